"""What every language model promises, run over Claude (on loopback) and the quoting one."""

from collections.abc import AsyncIterator

import pytest

from core.interfaces import LanguageModel
from core.models.claude import Claude
from core.models.quoting import QuotingModel
from core.prompts import CitationPiece, Prompt, PromptPassage, TextPiece, Turn
from core.settings import AnthropicSettings
from tests.servers.claude import LoopbackClaude

TEXT = "Accounts are free.\n\nTo reset your password, open the settings.\n\n- Beer\n- Bread\n"


def asking(question: str) -> Prompt:
    """Return a prompt with two passages, of which the second is about passwords."""
    passages = [("Hours", "The tavern opens at noon."), ("Accounts", TEXT)]
    return Prompt(
        question=question,
        instructions="Answer from the documents.",
        passages=tuple(
            PromptPassage(title=title, breadcrumb=title, source=f"{title}.md", text=text)
            for title, text in passages
        ),
    )


@pytest.fixture(params=["claude", "quoting"])
async def model(request: pytest.FixtureRequest) -> AsyncIterator[LanguageModel]:
    """Give each language model in turn."""
    if request.param == "quoting":
        yield QuotingModel()
        return
    async with LoopbackClaude() as server:
        claude = Claude(AnthropicSettings.model_validate({"api_key": "k", "base_url": server.url}))
        yield claude
        await claude.close()


async def test_an_answer_is_text_followed_by_what_supports_it(model: LanguageModel) -> None:
    """It begins with text, and each citation names a passage and quotes it word for word."""
    prompt = asking("How do I reset my password?")
    pieces = [piece async for piece in model.answer(prompt)]
    citations = [piece for piece in pieces if isinstance(piece, CitationPiece)]
    assert isinstance(pieces[0], TextPiece)
    assert all(piece.text for piece in pieces if isinstance(piece, TextPiece))
    assert [citation.passage for citation in citations] == [1]
    assert all(c.quote and c.quote in prompt.passages[c.passage].text for c in citations)


async def test_without_an_answer_in_the_passages_there_is_no_piece(model: LanguageModel) -> None:
    """The answerer then says that it does not know."""
    assert [piece async for piece in model.answer(asking("Who won yesterday's chess game?"))] == []


async def test_without_passages_there_is_no_piece(model: LanguageModel) -> None:
    """Nothing is made up."""
    prompt = Prompt(question="How do I reset my password?", instructions="", passages=())
    assert [piece async for piece in model.answer(prompt)] == []


async def test_a_follow_up_keeps_its_subject(model: LanguageModel) -> None:
    """What was asked before and what is asked now can both be searched."""
    thread = (Turn(by_bot=False, text="How do I install the bot?"), Turn(by_bot=True, text="Pip."))
    rewritten = await model.standalone("And on Windows?", thread)
    assert "install" in rewritten
    assert "Windows" in rewritten


async def test_a_question_without_a_thread_stays_as_it_is(model: LanguageModel) -> None:
    """There is nothing to put in."""
    assert await model.standalone("And on Windows?", ()) == "And on Windows?"


async def test_a_text_is_written(model: LanguageModel) -> None:
    """Plugins get a text that is not empty."""
    assert await model.write("Sum up in a sentence.", "The tavern opens at noon. Beer is cold.")


async def test_the_check_is_one_sentence(model: LanguageModel) -> None:
    """`doctor` shows it beside the model's name."""
    sentence = await model.check()
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert model.name
