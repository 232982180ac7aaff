"""Answering: cited from what was found, or an honest "I don't know"; and never silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answering import Answerer, Asked, _cite, _Draft
from core.answers import Answer, Origin, Question
from core.audience import EVERYONE
from core.errors import ModelError
from core.interfaces import LanguageModel
from core.items import Found
from core.models.claude import Claude
from core.models.quoting import QuotingModel
from core.prompts import Guidance, TextPiece, Turn
from core.settings import AnthropicSettings
from tests.servers.claude import LoopbackClaude
from tests.tavern import ANA, KITCHEN, PASSWORDS, KeptReply, Tavern, page, written

QUESTION = "When does the kitchen close?"


async def answered(
    tavern: Tavern, reply: KeptReply, text: str = QUESTION, guidance: tuple[Guidance, ...] = ()
) -> Answer:
    """Return what the answerer says, past all that was learned."""
    asked = Asked(
        answer_id="a",
        question=Question(id="q", text=text, asked=text),
        thread=(),
        person=ANA,
        audience=EVERYONE,
    )
    sought = await tavern.retriever.seek(text, frozenset())
    return await tavern.answerer.answer(asked, sought, reply, guidance)


async def test_marks_are_numbered_in_the_order_of_citing(tavern: Tavern) -> None:
    """The first cited passage is [1], one that is cited again keeps its number."""
    tavern.model.script = written("So", 1, " and so", 0, " and again", 1, ".")
    answer = await answered(tavern, KeptReply("x"), "kitchen password closes settings")
    assert answer.text == "So [1] and so [2] and again [1]."
    assert [one.number for one in answer.citations] == [1, 2]
    assert {one.title for one in answer.citations} == {"Kitchen", "Passwords"}
    assert all(one.quote == "so it says" and one.hash for one in answer.citations)


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["So", 0, 0, "."], "So [1]."),
        (["So", 9, -1, "."], "So."),
        (["So", 0, " ", 0, " and"], "So [1]  and"),
    ],
)
async def test_odd_citations_do_no_harm(tavern: Tavern, pieces: list[str | int], text: str) -> None:
    """A passage that was not given is not cited, and no mark stands twice in a row."""
    tavern.model.script = written(*pieces)
    assert (await answered(tavern, KeptReply("x"))).text == text


@given(st.lists(st.one_of(st.text(max_size=5), st.integers(-2, 4)), max_size=12))
def test_numbers_of_citations_are_one_to_n(pieces: list[str | int]) -> None:
    """Whatever a model cites, the citations are numbered 1…n without a gap."""
    draft = _Draft(found=[found("p"), found("q")])
    for piece in written(*pieces):
        draft.text += piece.text if isinstance(piece, TextPiece) else _cite(draft, piece)
    assert [one.number for one in draft.cited.values()] == list(range(1, len(draft.cited) + 1))


def found(id_: str) -> Found:
    """Return a found passage."""
    return Found(
        passage_id=id_,
        document_id="d",
        document_uri="slack.md",
        title="Slack",
        breadcrumb="Slack",
        text="Set the token.",
        link=None,
        hash="h",
        audience_id=1,
        score=0.9,
        dense=0.9,
        coverage=1.0,
    )


async def test_what_is_not_found_is_not_known_and_the_nearest_are_named(tavern: Tavern) -> None:
    """Below the floor the model is not even asked, and up to three nearest pages are named once."""
    long = "\n\n".join(
        f"## Part {n}\n\n" + "Zebras graze near water holes. " * 30 for n in range(4)
    )
    tavern.source.held.append(page("Zebras", long))
    await tavern.read()
    answer = await answered(tavern, KeptReply("x"), "How do I sharpen a chisel?")
    assert answer.origin is Origin.UNKNOWN
    assert tavern.model.prompts == []
    titles = [one.title for one in answer.nearest]
    assert 0 < len(titles) == len(set(titles)) <= 3
    assert [one.number for one in answer.nearest] == [1, 2, 3][: len(titles)]
    assert answer.citations == ()


async def test_an_empty_tavern_knows_nothing(tavern: Tavern) -> None:
    """Without documents no page is called nearest."""
    tavern.source.held.clear()
    await tavern.read()
    answer = await answered(tavern, KeptReply("x"))
    assert (answer.text, answer.nearest) == (
        "I don't know: nothing that I have read answers this.",
        (),
    )


async def test_a_model_that_says_nothing_does_not_know(tavern: Tavern) -> None:
    """An answer of no words, or of citations alone, is no answer."""
    tavern.model.script = written("  ")
    answer = await answered(tavern, KeptReply("x"))
    assert (answer.origin, answer.notice) == (Origin.UNKNOWN, None)


async def test_progress_counts_the_passages(tavern: Tavern) -> None:
    """The asker sees what is being done."""
    reply = KeptReply("x")
    await answered(tavern, reply)
    assert reply.said == ["Reading 1 passage…"]


async def test_when_the_model_breaks_off_the_documents_are_quoted(tavern: Tavern) -> None:
    """The asker gets the model's excuse and quotations; what was streamed is replaced."""
    tavern.model.script, tavern.model.broken = written("The kit"), ModelError("Claude is busy.")
    reply = KeptReply("x")
    answer = await answered(tavern, reply)
    assert reply.streamed == "The kit"
    assert answer.origin is Origin.QUOTED
    assert answer.notice == "Claude is busy. Here is what the documents say, word for word."
    assert "closes at ten" in answer.text
    assert "The kit" not in answer.text.replace("The kitchen", "")
    assert [one.title for one in answer.citations] == ["Kitchen"]


async def test_no_quotation_is_promised_where_there_is_none(tavern: Tavern) -> None:
    """Broken model and nothing to quote: the excuse stands alone above "I don't know"."""
    tavern.model.broken = ModelError("Claude is busy.")
    guidance = (Guidance(question="Chisels?", text="Ask Ben.", by_person=False),)
    answer = await answered(tavern, KeptReply("x"), "Sharpening chisels?", guidance)
    assert (answer.origin, answer.notice) == (Origin.UNKNOWN, "Claude is busy.")


async def test_follow_ups_are_rewritten_by_rule_where_the_model_cannot(tavern: Tavern) -> None:
    """The rewriting model may fail, too: its failure is not the asker's."""
    thread = [Turn(by_bot=False, text="How do I reset my password?")]
    tavern.model.rewritten = "How do I reset my password by phone?"
    assert await tavern.answerer.standalone("and by phone?", thread) == tavern.model.rewritten
    tavern.model.broken = ModelError("Claude is busy.")
    assert "password" in await tavern.answerer.standalone("and by phone?", thread)
    assert await tavern.answerer.standalone("by phone?", []) == "by phone?"


# -- through the real SDK ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "origin"),
    [
        ("answer", Origin.GENERATED),
        ("thinking first", Origin.GENERATED),
        ("429", Origin.QUOTED),
        ("529", Origin.QUOTED),
        ("500", Origin.QUOTED),
        ("401", Origin.QUOTED),
        ("404 model", Origin.QUOTED),
        ("cut stream", Origin.QUOTED),
        ("early end", Origin.QUOTED),
        ("error event", Origin.QUOTED),
        ("garbage", Origin.QUOTED),
        ("refusal", Origin.QUOTED),
        ("no JSON", Origin.QUOTED),
        ("no answer", Origin.UNKNOWN),
        ("not there", Origin.QUOTED),
    ],
)
async def test_the_asker_gets_a_sentence_whatever_claude_does(
    tavern: Tavern, behaviour: str, origin: Origin
) -> None:
    """Every failure of the API ends in a finished, cited answer that says what is missing."""
    async with LoopbackClaude() as server:
        server.always = "answer" if behaviour == "not there" else behaviour
        address = "http://127.0.0.1:1" if behaviour == "not there" else server.url
        given = {"api_key": "sk-secret", "base_url": address, "seconds": 3}
        claude = Claude(AnthropicSettings.model_validate(given))
        tavern.use(claude)
        answer = await tavern.ask(QUESTION)
        await claude.close()
    assert answer.origin is origin
    assert (answer.notice is not None) == (origin is Origin.QUOTED)
    assert "sk-secret" not in str(answer)
    if origin is not Origin.UNKNOWN:
        assert "closes at ten" in answer.text
        assert [one.title for one in answer.citations] == ["Kitchen"]


async def test_quoting_without_a_key_is_no_failure(tavern: Tavern) -> None:
    """Where the quoting model is the model, its answers are quoted and carry no excuse."""
    quoting: LanguageModel = QuotingModel()
    tavern.answerer = Answerer(
        retriever=tavern.retriever,
        model=quoting,
        quoting=quoting,
        instructions=tavern.answerer._instructions,
        floor=0.35,
        now=tavern.clock,
    )
    answer = await answered(tavern, KeptReply("x"))
    assert (answer.origin, answer.notice) == (Origin.QUOTED, None)
    assert KITCHEN.text in answer.text
    assert PASSWORDS.text not in answer.text
