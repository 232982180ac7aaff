"""The terminal: lines become questions, verdicts and corrections; nothing typed ends it by accident."""

import io
import sys

import pytest
from rich.console import Console

from bot.terminal.adapter import CONVERSATION, PLATFORM, TerminalAdapter
from core.errors import TavernkeepError
from core.feedback import Feedback, Reason, Verdict
from core.ledger.feedback import live_verdicts
from core.messages import Message, MessageRef
from tests.tavern import ANA, Tavern

QUESTION = "When does the kitchen close?"


async def live(tavern: Tavern) -> Feedback | None:
    """Return the verdict that counts, if any."""
    async with tavern.ledger.reading() as connection:
        verdicts = await live_verdicts(connection)
    return verdicts[0] if verdicts else None


async def test_a_line_is_asked_and_the_answer_printed(
    terminal: TerminalAdapter, console: Console
) -> None:
    """The answer is shown with its sources."""
    await terminal.said(QUESTION)
    printed = console.export_text()
    assert "closes at ten" in printed
    assert "Sources" in printed
    assert "[1] Kitchen" in printed


@pytest.mark.parametrize(
    ("lines", "verdict", "reason"),
    [
        (["+"], Verdict.UP, None),
        (["-"], Verdict.DOWN, None),
        (["- sources"], Verdict.DOWN, Reason.WRONG_SOURCES),
        (["-   old"], Verdict.DOWN, Reason.OUTDATED),
        (["+", "-"], Verdict.DOWN, None),
        (["+", "~"], None, None),
        (["+", "-", "~"], Verdict.UP, None),
        (["-", "+", "~", "~"], None, None),
        (["= It closes at eleven."], Verdict.DOWN, None),
        (["= It closes at eleven.", "~"], None, None),
    ],
)
async def test_short_lines_are_verdicts(
    tavern: Tavern,
    terminal: TerminalAdapter,
    lines: list[str],
    verdict: Verdict | None,
    reason: Reason | None,
) -> None:
    """The last one counts, and ~ takes the last back."""
    await terminal.said(QUESTION)
    for line in lines:
        await terminal.said(line)
    given = await live(tavern)
    assert (given and given.verdict, given and given.reason) == (verdict, reason)


async def test_a_correction_is_learned(tavern: Tavern, terminal: TerminalAdapter) -> None:
    """What is written behind = is the better answer, whatever signs it holds."""
    await terminal.said(QUESTION)
    await terminal.said("=  It closes at = eleven.")
    await tavern.rerank()
    assert (await tavern.ask(QUESTION)).text == "It closes at = eleven."


@pytest.mark.parametrize("line", ["=", "~", "- because", "+ old", "- wrong old"])
async def test_what_cannot_be_meant_is_explained(terminal: TerminalAdapter, line: str) -> None:
    """A half line is answered with a sentence, never with a crash."""
    await terminal.said(QUESTION)
    with pytest.raises(TavernkeepError, match=r"\.$"):
        await terminal.said(line)


async def test_there_must_be_an_answer_to_judge(terminal: TerminalAdapter) -> None:
    """Nothing was said yet: nothing to say of it. And nothing typed is nothing asked."""
    for sign in ("+", "~", "= better"):
        with pytest.raises(TavernkeepError, match="no answer yet"):
            await terminal.said(sign)
    await terminal.said("")


async def test_the_terminal_is_one_thread(tavern: Tavern, terminal: TerminalAdapter) -> None:
    """A second question may lean on the first."""
    await terminal.said("How do I reset my password?")
    await terminal.said("and by phone?")
    history = await tavern.assistant.history(CONVERSATION.id)
    assert history[-1].answer
    assert "password" in history[-1].answer.question.text


async def test_it_talks_until_the_end_of_the_input(
    terminal: TerminalAdapter, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors are printed and the talk goes on; /quit and the end of the input end it."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"+\n\n{QUESTION}\n=\n"))
    await terminal.start()
    await terminal.talk()
    monkeypatch.setattr(sys, "stdin", io.StringIO(" /quit \nnever read\n"))
    await terminal.talk()
    await terminal.stop()
    printed = console.export_text()
    assert "Ask a question." in printed
    assert "no answer yet" in printed
    assert "closes at ten" in printed
    assert "needs a text" in printed


async def test_what_a_crash_left_open_is_answered_at_the_start(
    tavern: Tavern, terminal: TerminalAdapter, console: Console
) -> None:
    """The next start prints the answer that was owed."""
    message = Message(
        event_id="e",
        ref=MessageRef(platform=PLATFORM, conversation=CONVERSATION.key, key="k"),
        conversation=CONVERSATION,
        person=ANA,
        text=QUESTION,
        sent_at=tavern.clock(),
        addressed=True,
    )
    await tavern.received(message)
    await terminal.start()
    assert "closes at ten" in console.export_text()


def test_it_says_what_it_can_do(terminal: TerminalAdapter) -> None:
    """The parity test compares platforms by this."""
    assert terminal.platform == "terminal"
    assert "correction" in terminal.capabilities
    assert "mention" not in terminal.capabilities
