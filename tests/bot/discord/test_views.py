"""An answer as Discord's components: everything on it, in as many messages as it takes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.card import AnswerCard, card_of
from bot.discord.buttons import TEMPLATE, Action
from bot.discord.views import (
    MESSAGE,
    Part,
    answer_parts,
    asker_parts,
    draft_parts,
    fixable_part,
    growing_part,
    question_part,
    reason_part,
    sentence_part,
    view_of,
)
from core.answers import Answer, Badge, Citation, Origin, Question, Standing
from core.audience import EVERYONE
from tests.servers.discord_components import check_message

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CITED = Citation(
    number=1,
    passage_id="p",
    document_id="d",
    title="Slack",
    breadcrumb="Slack › Tokens",
    link="https://docs.example/slack?a=1&b=2",
    quote="Set the <token>\nfirst.",
    hash="h",
)
ANSWER = Answer(
    id="a1",
    question=Question(id="q", text="How?", asked="How?"),
    text="Set the **token** [1].",
    origin=Origin.GENERATED,
    audience=EVERYONE,
    created_at=NOW,
    citations=(CITED,),
)


def card(**changes: object) -> AnswerCard:
    """Return a card of an answer that differs in something."""
    return card_of(replace(ANSWER, **changes), NOW)  # type: ignore[arg-type]


async def words(part: Part) -> str:
    """Return all that is read in a message, if Discord takes it."""
    view = view_of(part, 5_000_000)
    components = view.to_components()  # type: ignore[no-untyped-call]  # discord.py's own
    check_message(components, v2=True)
    assert components[0]["id"] == 5_000_000
    return "\n".join(one["content"] for one in components if one["type"] == 10)


def labels(part: Part) -> list[str]:
    """Return what stands on the buttons."""
    return [str(one.label) for one in part.buttons]


async def test_an_answer_has_its_words_sources_mark_and_buttons() -> None:
    """In that order, in one message."""
    (part,) = answer_parts(card())
    said = await words(part)
    assert said.startswith("Set the **token** [1].")
    link = "\\[1\\] [Slack › Tokens](https://docs.example/slack?a=1&b=2)"
    assert f"-# **Sources**\n{link}\n> Set the \\<token\\> first." in said
    assert said.endswith("-# not verified yet")
    assert labels(part) == ["Helpful", "Not helpful", "Fix it"]


async def test_what_people_made_of_it() -> None:
    """A stored answer tells whose it is; a notice stands above the words."""
    badge = Badge(author="Ana_B", standing=Standing.VERIFIED, age_days=12, helpful=3, verbatim=True)
    (part,) = answer_parts(card(badge=badge, notice="The model was away."))
    said = await words(part)
    assert said.startswith("-# The model was away.")
    assert "-# written by Ana\\_B · verified 12 days ago · 3 helpful" in said


async def test_an_answer_that_is_none() -> None:
    """It shows what comes near, and asks for the answer."""
    unknown = {"origin": Origin.UNKNOWN, "citations": (), "nearest": (replace(CITED, link=None),)}
    (part,) = answer_parts(card(**unknown))
    assert "**Nearest pages**\n\\[1\\] Slack › Tokens" in await words(part)
    assert labels(part)[-1] == "I know the answer"


async def test_a_commands_output_is_not_learned_from() -> None:
    """It has no buttons, whoever sees it."""
    output = card(origin=Origin.COMMAND, citations=())
    for (part,) in (answer_parts(output), asker_parts(output)):
        assert part.buttons == ()
        await words(part)


async def test_an_answer_for_its_asker_can_be_shared() -> None:
    """That is the first button."""
    (part,) = asker_parts(card())
    assert labels(part) == ["Share with the channel", "Helpful", "Not helpful", "Fix it"]


async def test_a_draft_names_its_question() -> None:
    """And who asked it, where; nothing of either is live."""
    (part,) = draft_parts(card(), "What of *this*, @everyone?", "A<b>", "77")
    assert (await words(part)).startswith(
        "**A draft.** A\\<b\\> asked in <#77>:\n> What of \\*this\\*, @\u200beveryone?"
    )
    assert labels(part) == ["Publish", "Edit", "Dismiss"]


async def test_a_source_that_would_fill_the_message() -> None:
    """An address that is too long is left out, and so is what is quoted beside a long title."""
    long = replace(CITED, link="https://docs.example/" + "a" * 600, breadcrumb="Page " * 100)
    (part,) = answer_parts(card(citations=(long,)))
    said = await words(part)
    assert "a" * 600 not in said
    assert "Page…" in said


async def test_many_sources_and_a_long_text() -> None:
    """They take as many messages as they need, all of which Discord takes; the last has the buttons."""
    many = tuple(replace(CITED, number=n, quote="so it is said " * 20) for n in range(1, 40))
    long = "\n\n".join(f"Word {n}. " + "`code` and words " * 30 for n in range(20))
    parts = answer_parts(card(text=long, citations=many))
    said = "\n".join([await words(part) for part in parts])
    assert all(f"Word {n}." in said for n in range(20))
    assert all(f"\\[{n}\\]" in said for n in range(1, 40))
    assert [bool(one.buttons) for one in parts] == [False] * (len(parts) - 1) + [True]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["```\n", "`x` ", "word ", "\n\n", "<b> ", "* ", "@here "]), max_size=1500
    )
)
async def test_whatever_is_said_fits(pieces: list[str]) -> None:
    """No text makes a message that Discord would refuse, be it whole or still growing."""
    text = "".join(pieces)
    for part in (*answer_parts(card(text=text)), growing_part(text, "Searching…")):
        await words(part)
        assert sum(map(len, part.texts)) <= MESSAGE + 100


async def test_an_answer_that_grows() -> None:
    """Nothing in it is a link yet; what is done stands below, and what does not fit is left to the end."""
    said = await words(growing_part("Set [it](https://docs.example/slack)", "Reading…"))
    assert said == "Set it\n-# Reading…"
    assert (await words(growing_part("word " * 2_000, ""))).startswith("word word")
    assert await words(growing_part("", "")) == "…"
    assert len(await words(growing_part("<" * 2_999 + "b", ""))) < MESSAGE


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (reason_part("a1"), ["Wrong sources", "Wrong answer", "Outdated", "Fix it"]),
        (fixable_part("a1", "Thank you."), ["Fix it"]),
        (question_part(5, 6, "You pinned it."), ["Write the question"]),
        (sentence_part("*No* answer."), []),
        (sentence_part(""), []),
    ],
)
async def test_what_else_is_said(part: Part, shown: list[str]) -> None:
    """Each is a message that Discord takes, with buttons that are known again."""
    await words(part)
    assert labels(part) == shown
    for one in part.buttons:
        found = TEMPLATE.fullmatch(one.custom_id)
        assert found is not None
        assert (Action(found["action"]), found["about"]) == (one.action, one.about)


def test_an_offer_has_two_buttons_and_no_other() -> None:
    """Whoever sees it keeps what they wrote, or not."""
    (part,) = asker_parts(AnswerCard(answer_id="offer", text="Shall it be kept?", offer=True))
    shown = [(one.label, one.action, one.about) for one in part.buttons]
    keep = ("Keep this as an answer", Action.KEEP, "offer")
    assert shown == [keep, ("No", Action.DECLINE, "offer")]
