"""Slack as people use it: the whole bot, over both transports, in a Slack that behaves badly."""

import asyncio
import gc
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.app import App
from bot.service import settle_memory
from core.feedback import Verdict
from tests.servers.claude import LoopbackClaude
from tests.servers.slack import LoopbackSlack
from tests.servers.slack_post import Channel
from tests.stories.slack_bot import ANSWER, PATIENCE, PensiveClaude, SlackBot, kind

QUESTION = "@Tavernkeep How do I connect Slack?"
IN_OTHER_WORDS = "@Tavernkeep How can I connect the bot to Slack?"
FURTHER = ("@Tavernkeep How long are backups kept?", "@Tavernkeep How often are votes folded?")
BETTER = "Ask Ben for the tokens; they are in the vault."
BOTH = pytest.mark.parametrize("transport", ["socket", "http"])


@BOTH
async def test_the_loop(bot: SlackBot, slack: LoopbackSlack, transport: str) -> None:
    """Mention, cited answer, thumbs down, reason, fix, re-rank: another channel gets the correction."""
    hall, garden = slack.channel("hall"), slack.channel("garden")
    ana, ben, cleo = slack.person("Ana"), slack.person("Ben"), slack.person("Cleo")
    async with bot.opened():
        asked = await ana.says(hall, QUESTION)
        answer = await bot.answer(hall, asked)
        assert "SLACK_BOT_TOKEN" in answer.words
        assert "Connecting Slack" in answer.words
        assert slack.web.of("chat.startStream")
        await ben.presses(answer, "feedback", "negative")
        why = await slack.until(lambda: ben.whisper)
        await ben.presses(why, "Wrong answer")
        await ben.presses(answer, "Fix it")
        modal = await slack.until(lambda: ben.modal)
        assert "SLACK_BOT_TOKEN" in str(modal.body)
        await ben.submits(modal, {"answer-00": BETTER})
        assert "vault" in modal.words  # what changes is shown, and handed in
        await ben.submits(modal)
        assert ben.modal is None
        await bot.run("rerank")
        again = await bot.answer(garden, await cleo.says(garden, IN_OTHER_WORDS))
    assert BETTER in again.words


@BOTH
async def test_an_event_that_comes_three_times_is_answered_once(
    quick: SlackBot, slack: LoopbackSlack, transport: str
) -> None:
    """And so are the two events of one mention: three times two deliveries, one answer."""
    slack.deliveries.times, slack.deliveries.pauses = 3, (0.01, 0.3)
    hall = slack.channel("hall")
    async with quick.opened():
        asked = await slack.person("Ana").says(hall, QUESTION)
        await quick.answer(hall, asked)
        await slack.settled()
        await quick.app.assistant.drain()
    assert [one.name for one in slack.acks].count("app_mention") == 3
    assert len(quick.marked(hall)) == 1


@pytest.mark.parametrize(
    ("fault", "method"),
    [
        ("dropped after", "chat.startStream"),
        ("dropped before", "chat.appendStream"),
        ("dropped after", "chat.appendStream"),
        ("dropped after", "chat.stopStream"),
    ],
)
async def test_a_connection_lost_in_the_middle_of_an_answer_leaves_one_whole_answer(
    quick: SlackBot, slack: LoopbackSlack, method: str, fault: str
) -> None:
    """Whatever call broke off, before or after its effect: one message, complete, with its mark."""
    hall = slack.channel("hall")
    async with PensiveClaude() as claude:
        bot = quick.with_claude(claude)
        async with bot.opened():
            slack.faults.next(fault, method)
            asked = await slack.person("Ana").says(hall, QUESTION)
            await slack.until(lambda: slack.web.calls[-1].method.startswith("chat."), PATIENCE)
            slack.sockets.drop()
            answer = await bot.answer(hall, asked)
            await bot.app.assistant.drain()
    assert slack.faults.taken == [(method, fault)]
    assert [kind(one) for one in bot.marked(hall)] == [ANSWER]
    assert "Connecting Slack" in answer.words
    assert not answer.streaming


@BOTH
async def test_a_bot_that_was_stopped_before_it_answered_answers_once(
    quick: SlackBot, slack: LoopbackSlack, transport: str
) -> None:
    """What was acknowledged is answered after the restart, and only then, in the same thread."""
    hall = slack.channel("hall")
    async with LoopbackClaude() as claude:
        claude.next("stall")
        bot = quick.with_claude(claude)
        async with bot.opened():
            asked = await slack.person("Ana").says(hall, QUESTION)
            await slack.until(lambda: bool(claude.requests), PATIENCE)
            await slack.settled()
        async with bot.opened():
            answer = await bot.answer(hall, asked)
            await bot.app.assistant.drain()
    assert [kind(one) for one in bot.marked(hall)] == [ANSWER]
    assert answer.thread == asked.ts


async def verdicts(app: App, channel: Channel) -> list[tuple[str, Verdict]]:
    """Return the verdicts that count in a channel, each with whose it is."""
    entries = await app.assistant.history(f"slack:{channel.id}")
    return [(one.person.id, one.verdict) for entry in entries for one in entry.verdicts]


@BOTH
async def test_what_was_missed_while_the_bot_was_away_counts_after_it_swept(
    quick: SlackBot, slack: LoopbackSlack, transport: str
) -> None:
    """A thumbs down that no event told of is read back, and so is one that was taken back."""
    hall = slack.channel("hall")
    ana, ben = slack.person("Ana"), slack.person("Ben")
    async with quick.opened():
        answer = await quick.answer(hall, await ana.says(hall, QUESTION))
        await ana.reacts(answer, "thumbsup")
        await slack.settled()
        await quick.app.assistant.drain()
        assert await verdicts(quick.app, hall) == [(f"slack:{ana.id}", Verdict.UP)]
    slack.deliveries.losing = True
    await ana.unreacts(answer, "thumbsup")
    await ben.reacts(answer, "thumbsdown")
    slack.deliveries.losing = False
    async with quick.opened() as app:
        for _ in range(600):
            found = await verdicts(app, hall)
            if found == [(f"slack:{ben.id}", Verdict.DOWN)]:
                break
            await asyncio.sleep(0.05)
    assert found == [(f"slack:{ben.id}", Verdict.DOWN)]


async def test_a_storm_of_refusals_delays_answers_and_loses_none(
    quick: SlackBot, slack: LoopbackSlack
) -> None:
    """Slack puts off call after call: all answers arrive, each whole and once, a thread's in order."""
    hall, ana = slack.channel("hall"), slack.person("Ana")
    async with quick.opened():
        slack.faults.next("429", times=15, seconds=1)
        others = [await ana.says(hall, QUESTION) for _ in range(3)]
        first = await ana.says(hall, QUESTION)
        following = [await ana.says(hall, text, thread=first) for text in FURTHER]
        await quick.answer(hall, first, 1 + len(FURTHER))
        for one in others:
            await quick.answer(hall, one)
        await quick.app.assistant.drain()
    assert len(slack.faults.taken) == 15
    assert {one.attempt for one in slack.acks} == {0}
    assert len(quick.marked(hall)) == 4 + len(following)
    wanted = ("SLACK_BOT_TOKEN", "thirty days", "five minutes")
    for words, answer in zip(wanted, quick.answers(hall, first), strict=True):
        assert words in answer.words


@BOTH
async def test_what_cannot_be_stored_is_not_acknowledged_and_comes_again(
    quick: SlackBot, slack: LoopbackSlack, tmp_path: Path, transport: str
) -> None:
    """While the ledger is locked no event is taken; delivered again, it is answered once."""
    hall = slack.channel("hall")
    async with quick.opened():
        await quick.answer(hall, await slack.person("Ana").says(hall, QUESTION))
        await slack.settled()
        slack.deliveries.patience, slack.deliveries.pauses = 0.5, (0.1, 0.5, 5.0)
        lock = sqlite3.connect(tmp_path / "data" / "ledger.sqlite", check_same_thread=False)
        await asyncio.to_thread(lock.execute, "BEGIN IMMEDIATE")
        asked = await slack.person("Ana").says(hall, QUESTION)
        mine = [one for one in slack.deliveries.all if one.payload["event"]["ts"] == asked.ts]
        await slack.until(lambda: all(one.reasons for one in mine))
        lock.rollback()
        lock.close()
        await quick.answer(hall, asked)
        await slack.settled()
        await quick.app.assistant.drain()
    assert all(one.acknowledged and one.attempts > 1 for one in mine)
    assert len(quick.marked(hall, asked)) == 1


async def test_connections_that_slack_renews_lose_nothing(
    quick: SlackBot, slack: LoopbackSlack
) -> None:
    """Ten questions while both sockets are sent away, closed and cut: ten answers, each once."""
    halls = [slack.channel(f"hall-{number}") for number in range(10)]
    ana = slack.person("Ana")
    async with quick.opened():
        asked = []
        for number, hall in enumerate(halls):
            asked.append((hall, await ana.says(hall, QUESTION)))
            if number == 2:
                await slack.sockets.disconnect("warning")
            elif number == 5:
                await slack.sockets.disconnect("refresh_requested", grace=0.1)
            elif number == 8:
                slack.sockets.drop()
        for hall, question in asked:
            await quick.answer(hall, question)
        await slack.settled()
        await quick.app.assistant.drain()
    assert [len(quick.marked(hall)) for hall in halls] == [1] * 10


@contextmanager
def settled_memory() -> Iterator[None]:
    """Settle memory as the service does before it serves; else collecting garbage is what takes long."""
    settle_memory()
    try:
        yield
    finally:
        gc.unfreeze()


@BOTH
async def test_forty_questions_in_twenty_channels(
    quick: SlackBot, slack: LoopbackSlack, transport: str
) -> None:
    """All are answered, and no acknowledgement takes longer than a second."""
    people = [slack.person(name) for name in ("Ana", "Ben")]
    halls = [slack.channel(f"hall-{number}") for number in range(20)]
    async with quick.opened():
        with settled_memory():
            asked = [(hall, await one.says(hall, QUESTION)) for hall in halls for one in people]
            for hall, question in asked:
                await quick.answer(hall, question)
            await slack.settled()
        await quick.app.assistant.drain()
    assert [len(quick.marked(hall)) for hall in halls] == [2] * 20
    assert [one.name for one in slack.acks].count("app_mention") == 40
    assert max(one.delay for one in slack.acks) < 1
