"""One answer in the making in a terminal: live where it can be, plain elsewhere, never steered."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from bot.terminal.reply import CollectedReply, TerminalReply
from core.answers import Answer, Badge, Citation, Origin, Placement, Question, Standing
from core.audience import EVERYONE
from core.errors import NoPlaceError
from core.messages import MessageRef
from tests.doubles import Clock

REF = MessageRef(platform="terminal", conversation="here", key="a")


def answer(clock: Clock) -> Answer:
    """Return an answer that shows everything."""
    source = Citation(
        number=1,
        passage_id="p",
        document_id="d",
        title="Kitchen",
        breadcrumb="Kitchen › Hours",
        link=None,
        quote="At ten.",
        hash="h",
    )
    return Answer(
        id="a",
        question=Question(id="q", text="When?", asked="When?"),
        text="At **ten** [1].",
        origin=Origin.CORRECTION,
        audience=EVERYONE,
        created_at=clock() - timedelta(days=3),
        citations=(source,),
        notice="Claude is busy.",
        badge=Badge(author="Ben", standing=Standing.TRIAL, age_days=3, helpful=2, verbatim=True),
    )


def printed(console: Console) -> str:
    """Return everything that a console wrote, control sequences included."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_a_finished_answer_is_printed_whole(clock: Clock) -> None:
    """Notice, badge, text and sources each have their place."""
    console = Console(file=io.StringIO(), width=80)
    reply = TerminalReply(console, REF, clock)
    await reply.progress("Searching…")
    await reply.append("At ")
    assert printed(console) == ""
    assert await reply.finish(answer(clock)) == REF
    for part in ("Claude is busy.", "Written by Ben · 3 days ago", "At ten [1].", "[1] Kitchen"):
        assert part in printed(console)
    assert reply.answer == answer(clock)


async def test_nearest_pages_are_named_as_such(clock: Clock) -> None:
    """Pages that only come closest are not called sources."""
    console = Console(file=io.StringIO(), width=80)
    full = answer(clock)
    unknown = replace(full, origin=Origin.UNKNOWN, citations=(), nearest=full.citations)
    await TerminalReply(console, REF, clock).finish(unknown)
    assert "Nearest pages" in printed(console)
    assert "Sources" not in printed(console)


async def test_a_terminal_shows_the_words_as_they_come(clock: Clock) -> None:
    """Status first, then the words; a late status does not replace them; at the end all is gone."""
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    reply = TerminalReply(console, REF, clock)
    await reply.progress("Searching…")
    await reply.append("It closes ")
    await reply.progress("Quoting…")
    await reply.append("at ten.")
    await reply.fail("Sorry.")
    assert "It closes at ten." in printed(console)
    assert "Quoting" not in printed(console)
    assert reply.failure == "Sorry."


@pytest.mark.parametrize("evil", ["\x1b]0;owned\x07", "\x1b[2J", "\x9b31m"])
async def test_nothing_untrusted_steers_the_terminal(clock: Clock, evil: str) -> None:
    """Control characters of a model or a document are not sent to the terminal."""
    console = Console(file=io.StringIO(), force_terminal=True, width=80, no_color=True)
    reply = TerminalReply(console, REF, clock)
    await reply.progress(f"Read{evil}ing")
    await reply.append(f"Hel{evil}lo")
    await reply.fail(f"Sor{evil}ry")
    await TerminalReply(console, REF, clock).finish(
        replace(answer(clock), text=f"Hel{evil}lo", notice=evil)
    )
    assert evil not in printed(console)


async def test_a_failure_may_be_left_to_others_to_print(clock: Clock) -> None:
    """`ask` raises it as an error, which is printed once."""
    console = Console(file=io.StringIO(), width=80)
    reply = TerminalReply(console, REF, clock, says_failure=False)
    await reply.fail("Sorry.")
    assert (printed(console), reply.failure) == ("", "Sorry.")


async def test_a_collected_reply_only_keeps(clock: Clock) -> None:
    """For JSON and tours nothing is shown."""
    reply = CollectedReply(REF)
    await reply.progress("Searching…")
    await reply.append("At ")
    assert await reply.finish(answer(clock)) == REF
    await reply.fail("Sorry.")
    assert (reply.answer, reply.failure) == (answer(clock), "Sorry.")


async def test_a_reply_knows_what_it_printed_and_no_more(clock: Clock) -> None:
    """A terminal cannot be read: only the reply that printed an answer knows that it stands."""
    for reply in (TerminalReply(Console(file=io.StringIO()), REF, clock), CollectedReply(REF)):
        assert await reply.posted("a") is None
        await reply.finish(answer(clock))
        assert await reply.posted("a") == REF
        assert await reply.posted("another") is None


async def test_a_terminal_has_one_place(clock: Clock) -> None:
    """What is for the asker is shown as always; what is for moderators is refused, and shown nowhere."""
    console = Console(file=io.StringIO(), width=80)
    for reply in (TerminalReply(console, REF, clock), CollectedReply(REF)):
        await reply.place(Placement.ASKER)
        with pytest.raises(NoPlaceError):
            await reply.place(Placement.MODERATORS)
        assert reply.answer is None
    assert printed(console) == ""


async def test_another_answer_is_printed_below(clock: Clock) -> None:
    """What a terminal has printed stays."""
    console = Console(file=io.StringIO(), width=80)
    for reply in (TerminalReply(console, REF, clock), CollectedReply(REF)):
        await reply.finish(answer(clock))
        await reply.revise([REF], replace(answer(clock), text="At eleven."))
        assert reply.answer is not None
        assert reply.answer.text == "At eleven."
    assert printed(console).index("At ten") < printed(console).index("At eleven.")
