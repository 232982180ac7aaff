"""What happened while the bot was away is found again, once."""

import asyncio
from datetime import timedelta

import pytest

from bot.slack import sweep
from core.feedback import Feedback, Verdict
from core.messages import Edited, Message, Reopened
from tests.bot.slack.conftest import Connect
from tests.bot.slack.test_intake import all_heard, heard, quiet
from tests.servers.slack import LoopbackSlack
from tests.servers.slack_post import Channel, Post
from tests.tavern import Tavern


async def answered(slack: LoopbackSlack) -> tuple[Channel, Post]:
    """Return a channel, and the answer that was given in it."""
    general = slack.channel("general")
    asked = await slack.person("Ana").says(general, "@Tavernkeep When does the kitchen close?")
    return general, await slack.answer(asked)


async def away(slack: LoopbackSlack, tavern: Tavern, connect: Connect) -> tuple[Channel, Post]:
    """Have a question answered, then let the bot be away, and Slack give up what it cannot deliver."""
    adapter = await connect()
    found = await answered(slack)
    await quiet(slack, tavern)
    await adapter.stop()
    slack.deliveries.losing = True
    return found


async def test_emoji_that_came_and_went_while_away(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """They count after the next start, and taking them back takes their effect back, too."""
    _, answer = await away(slack, tavern, connect)
    ana = slack.person("Ana")
    await ana.reacts(answer, "+1")
    adapter = await connect()
    assert (await heard(slack, tavern, Feedback)).verdict is Verdict.UP
    await adapter.stop()
    await ana.unreacts(answer, "+1")
    tavern.clock.advance(minutes=5)
    await connect()
    assert (await heard(slack, tavern, Feedback, 2)).withdrawn


async def test_a_second_look_finds_nothing_new(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """However often it is swept, each emoji and each reply has its effect once."""
    general, answer = await away(slack, tavern, connect)
    await slack.person("Ana").reacts(answer, "+1")
    await slack.person("Ana").says(general, "thanks, and on Sundays?", answer)
    for _ in range(3):
        adapter = await connect()
        await slack.until(lambda: slack.web.of("conversations.replies"))
        await heard(slack, tavern, Message, 2)
        await quiet(slack, tavern)
        await adapter.stop()
        slack.web.calls.clear()
        tavern.clock.advance(minutes=5)
    assert len(all_heard(tavern, Feedback)) == 1
    assert len(all_heard(tavern, Message)) == 2


async def test_replies_that_were_missed_are_heard(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """A follow-up in an answer's thread gets its answer late rather than never."""
    general, answer = await away(slack, tavern, connect)
    await slack.person("Ana").says(general, "And when does it open?", answer)
    slack.deliveries.losing = False
    await connect()
    message = await heard(slack, tavern, Message, 2)
    assert (message.text, message.thread) == ("And when does it open?", answer.thread)
    await slack.answer(answer)
    assert not all_heard(tavern, Edited)


async def test_a_conversation_closed_while_away_is_closed(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """Who may read comes before all else."""
    general, _ = await away(slack, tavern, connect)
    general.kind = "group"
    await connect()
    await slack.until(
        lambda: [one for one in all_heard(tavern, Reopened) if not one.conversation.public]
    )


async def test_what_is_gone_is_passed_over(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """A deleted answer keeps no other from being looked at."""
    _, gone = await away(slack, tavern, connect)
    slack.deliveries.losing = False
    adapter = await connect()
    _, answer = await answered(slack)
    await quiet(slack, tavern)
    await adapter.stop()
    slack.deliveries.losing = True
    gone.deleted = True
    slack.workspace.posts[gone.channel, gone.root].deleted = True
    await slack.person("Ana").reacts(answer, "+1")
    await connect()
    await heard(slack, tavern, Feedback)


async def test_old_answers_rest(slack: LoopbackSlack, tavern: Tavern, connect: Connect) -> None:
    """After a week nothing is looked up any more."""
    await away(slack, tavern, connect)
    slack.web.calls.clear()
    tavern.clock.advance(days=8)
    await connect()
    await quiet(slack, tavern)
    await asyncio.sleep(0.1)
    assert not slack.web.of("reactions.get")


async def test_a_slack_that_breaks_off_is_read_again(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next round finds what this one did not."""
    monkeypatch.setattr(sweep, "EVERY", 0.1)
    _, answer = await away(slack, tavern, connect)
    await slack.person("Ana").reacts(answer, "-1")
    slack.faults.next("fatal_error", "reactions.get")
    await connect()
    assert (await heard(slack, tavern, Feedback)).verdict is Verdict.DOWN
    assert timedelta(seconds=sweep.EVERY) < timedelta(hours=1)
