"""The quoting model: word for word, Markdown-aware, and silent where it has nothing."""

from dataclasses import replace

import pytest

from core.models.follow_ups import standing_alone
from core.models.quoting import QuotingModel
from core.preferences import Length, Preferences
from core.prompts import CitationPiece, Guidance, Prompt, PromptPassage, TextPiece, Turn
from tests.core.models.conftest import said, text_of


def passage(text: str, title: str = "Guide", breadcrumb: str = "") -> PromptPassage:
    """Return a passage."""
    return PromptPassage(title=title, breadcrumb=breadcrumb or title, source="guide.md", text=text)


def asking(question: str, *passages: PromptPassage) -> Prompt:
    """Return a prompt without guidance."""
    return Prompt(question=question, instructions="", passages=passages)


async def test_the_best_sentence_is_quoted_and_cited() -> None:
    """The answer is a lead-in, the words of the passage, and their citation."""
    text = "# Passwords\n\nTo reset your password, open the settings."
    assert await said(QuotingModel(), asking("How do I reset my password?", passage(text))) == [
        TextPiece("From **Guide**:\n\nTo reset your password, open the settings."),
        CitationPiece(0, "To reset your password, open the settings."),
    ]


@pytest.mark.parametrize(
    "block",
    [
        "1. Open the settings.\n2. Choose *Reset*.",
        "- One\n  - nested\n- Two",
        "```sh\nbot reset # now\n\n- x\n```",
        "| a | b |\n|---|---|\n| 1 | 2 |",
    ],
)
async def test_lists_code_and_tables_stay_whole_with_the_line_before_them(block: str) -> None:
    """A reader gets all steps, and no fence is cut."""
    text = f"Other things come first.\n\nTo reset your password:\n\n{block}\n\n## Next\n\nBeer is cold."
    pieces = await said(QuotingModel(), asking("How do I reset my password?", passage(text)))
    assert pieces[1] == CitationPiece(0, f"To reset your password:\n\n{block}")


async def test_steps_are_quoted_in_their_order() -> None:
    """Whichever part of a page answers best, the reader gets the first step before the second."""
    later = replace(passage("2. Reset the password: press *Reset your password*."), ordinal=1)
    other = replace(passage("A password is reset by your host.", "Hosts"), source="hosts.md")
    first = passage("1. To reset a password, open the password settings.")
    prompt = asking("How do I reset my password?", later, other, first)
    pieces = await said(QuotingModel(), prompt)
    cited = [piece for piece in pieces if isinstance(piece, CitationPiece)]
    assert [piece.passage for piece in cited] == [2, 0, 1]


async def test_text_can_go_on_after_code() -> None:
    """A fence is closed and its last line ended, as a mark behind it would keep it open."""
    open_fence = passage("Reset the password with:\n\n```sh\nbot reset")
    closed = passage("Reset the password with:\n\n```sh\nbot reset\n```")
    ended = text_of(await said(QuotingModel(), asking("reset password", open_fence)))
    assert ended.endswith("```sh\nbot reset\n```\n")
    assert text_of(await said(QuotingModel(), asking("reset password", closed))) == ended


async def test_of_a_long_paragraph_the_best_sentences_are_quoted() -> None:
    """The quote begins with what was asked for, stays short and is word for word."""
    text = (
        "Beer is cold. " * 20
        + "A forgotten password is reset by Ann. She asks who you are. "
        + "So it goes. " * 30
    )
    pieces = await said(QuotingModel(), asking("Who resets a forgotten password?", passage(text)))
    quote = pieces[1]
    assert isinstance(quote, CitationPiece)
    assert quote.quote.startswith("A forgotten password is reset by Ann. She asks who you are.")
    assert len(quote.quote) <= 320
    assert quote.quote in text


async def test_the_order_of_the_passages_is_trusted() -> None:
    """The first passage that comes near leads; a later one adds only what is about as good."""
    prompt = asking(
        "How do I reset my password?",
        passage("Nothing of use.", "Beer"),
        passage("Reset your password in the settings.", "First"),
        passage("A password has ten signs.", "Weak"),
        passage("Password reset: ask Ann.", "Third"),
    )
    text = text_of(await said(QuotingModel(), prompt))
    assert text.index("First") < text.index("Third")
    assert "Beer" not in text
    assert "Weak" not in text


async def test_nothing_is_said_twice() -> None:
    """Passages that overlap are quoted once."""
    line = "Reset your password in the settings."
    pieces = await said(
        QuotingModel(), asking("reset password", passage(line), passage(f"{line}\n"))
    )
    assert len(pieces) == 2


async def test_an_answer_is_short() -> None:
    """At most three quotes, and about 900 characters, are given."""
    many = [passage(f"Reset the password {n}. " * 14, f"T{n}") for n in range(6)]
    pieces = await said(QuotingModel(), asking("How do I reset the password?", *many))
    quotes = [piece.quote for piece in pieces if isinstance(piece, CitationPiece)]
    assert 1 < len(quotes) <= 3
    assert sum(map(len, quotes)) <= 900


async def test_who_likes_it_brief_gets_one_quote_and_who_likes_it_detailed_more() -> None:
    """Up to six quotes of five passages, and about 2000 characters."""
    many = [passage(f"Reset the password {n}. " * 14, f"T{n}") for n in range(6)]
    asked = asking("How do I reset the password?", *many)
    counts = {}
    for length in Length:
        pieces = await said(QuotingModel(), replace(asked, style=Preferences(length=length)))
        counts[length] = sum(isinstance(piece, CitationPiece) for piece in pieces)
    assert counts[Length.BRIEF] == 1
    assert counts[Length.NORMAL] < counts[Length.DETAILED] <= 6


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the capital of France?", "The tavern opens at noon."),
        ("How do I do that?", "How do I do that? Like this."),
        ("Where are the backups of the database stored?", "Beer is stored in the cellar."),
        ("How do I reset it?", "## Reset\n"),
    ],
)
async def test_nothing_is_said_where_no_passage_comes_near(question: str, text: str) -> None:
    """Words that every question has, and one of many, are not enough; headings are no answer."""
    assert await said(QuotingModel(), asking(question, passage(text, "Tavern"))) == []


async def test_a_heading_answers_for_the_lines_below_it() -> None:
    """The question's words may stand in the heading alone."""
    text = "## Beer\n\nIt is cold.\n\n## Resetting a password\n\nOpen the settings."
    pieces = await said(QuotingModel(), asking("How do I reset my password?", passage(text)))
    assert pieces[1] == CitationPiece(0, "Open the settings.")


async def test_badges_and_addresses_are_no_answer() -> None:
    """What a reader does not see does not count, and prose goes before a list of links."""
    badges = "[![python version](https://x/version)](https://x/python-version)"
    text = f"{badges}\n\n* [Site](https://x/python)\n* [Blog](https://x)\n\nIt needs snakes."
    pieces = await said(QuotingModel(), asking("Which tavern?", passage(text, "Tavern")))
    assert pieces[1] == CitationPiece(0, "It needs snakes.")


async def test_questions_without_spaces_are_answered() -> None:
    """Terms of Chinese are pairs of characters, and its sentences end without a blank."""
    text = "# 帐户\n\n打开设置页面可以重置密码。啤酒很冷。"
    pieces = await said(QuotingModel(), asking("如何重置密码？", passage(text)))
    assert isinstance(pieces[1], CitationPiece)
    assert "重置密码" in pieces[1].quote


async def test_a_persons_answer_leads_and_is_not_cited(prompt: Prompt) -> None:
    """A stored answer by a person comes first; generated ones are not repeated."""
    generated = Guidance(question="?", text="Generated.", by_person=False)
    pieces = await said(QuotingModel(), replace(prompt, guidance=(generated, *prompt.guidance)))
    assert isinstance(pieces[0], TextPiece)
    assert pieces[0].text.startswith("A person answered a similar question:\n\nAsk")
    assert "To reset your password" in text_of(pieces[1:])
    assert "Generated" not in text_of(pieces)


async def test_a_title_cannot_break_the_lead_in() -> None:
    """Markup in a title is taken out."""
    odd = passage("Reset your password.", "A **b**\n[c](d)")
    pieces = await said(QuotingModel(), asking("reset password", odd))
    assert text_of(pieces).startswith("From **A b c (d)**:\n\n")


THREAD = (
    Turn(by_bot=False, text="How do I install the bot?"),
    Turn(by_bot=True, text="With pip."),
    Turn(by_bot=False, text="And on Linux?"),
)


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("and on Windows?", True),
        ("What about Discord?", True),
        ("why?", True),
        ("Discord?", True),
        ("Does it need Docker?", True),
        ("Und unter Windows?", True),
        ("那Windows呢？", True),
        ("How do I do that?", True),
        ("How do I reset my password?", False),
        ("Where is the log file?", False),
        ("Can the bot answer in a thread when it is asked by somebody who left?", False),
    ],
)
async def test_a_follow_up_borrows_the_subject_of_its_thread(question: str, leans: bool) -> None:
    """Only a question that leans on the thread is put behind the last one that does not."""
    borrowed = f"How do I install the bot? {question}"
    assert await QuotingModel().standalone(question, THREAD) == (borrowed if leans else question)


def test_a_thread_without_an_earlier_question_lends_nothing() -> None:
    """The question itself may be the thread's last turn."""
    assert standing_alone("why?", ()) == "why?"
    assert standing_alone("why?", (Turn(by_bot=False, text="why?"),)) == "why?"
    assert standing_alone("why?", (Turn(by_bot=False, text="And it?"),)) == "And it? why?"


async def test_written_text_is_a_plain_paragraph() -> None:
    """Marks, headings and code are left out, and it is not long."""
    text = "# Title\n\n- **One** thing. See [here](x).\n\n```\ncode\n```\n\n" + "More of it. " * 99
    written = await QuotingModel().write("Sum up.", text)
    assert written.startswith("One thing. See here. More of it. More")
    assert len(written) <= 600
    assert await QuotingModel().write("Sum up.", "`a`\n") == "a"
    assert await QuotingModel().write("Sum up.", "# Only\n") == "# Only"


async def test_the_check_says_why_answers_are_quotations() -> None:
    """Nobody has to guess why the bot does not write."""
    model = QuotingModel()
    assert "ANTHROPIC_API_KEY" in await model.check()
    assert model.name == "quoting"
    await model.close()
