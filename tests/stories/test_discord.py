"""Discord as it is at times: connections that break, calls that fail, and a bot that was away."""

import asyncio
import logging

import pytest

from bot.app import App
from core.assistant import THANKS
from core.embedders.hashing import HashingEmbedder
from core.feedback import Verdict
from core.settings import Settings
from tests.servers.claude import LoopbackClaude
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_post import Channel
from tests.servers.slack import LoopbackSlack
from tests.stories.discord_bot import PATIENCE, DiscordBot

QUESTION = "@Tavernkeep How do I connect Slack?"
SENDING = "POST /channels/{channel}/messages"


@pytest.fixture
def hall(tavern: LoopbackDiscord) -> Channel:
    """Return a channel that everybody reads."""
    return tavern.channel("hall")


@pytest.mark.parametrize(
    "fault", ["dropped before", "dropped after", "cut", "502 after", "500", "429", "429 global"]
)
async def test_a_call_that_breaks_off_leaves_one_whole_answer(
    quick_discord: DiscordBot, tavern: LoopbackDiscord, hall: Channel, fault: str
) -> None:
    """Whatever became of the call that posts an answer, and of the gateway: one message stands."""
    async with quick_discord.opened():
        tavern.faults.next(fault, SENDING)
        asked = await tavern.person("Ana").says(hall, QUESTION)
        tavern.gateway.drop()
        answer = await quick_discord.answer(asked)
        await quick_discord.settled()
    assert (SENDING, fault) in tavern.faults.taken
    assert quick_discord.said(hall) == [answer]
    assert "Connecting Slack" in answer.words


async def test_an_answer_grows_in_one_message_over_a_dropped_connection(
    quick_discord: DiscordBot, tavern: LoopbackDiscord, hall: Channel
) -> None:
    """With a model that writes, one message becomes the answer, though edits of it fail."""
    async with LoopbackClaude() as claude:
        claude.next("slow")
        bot = quick_discord.with_claude(claude)
        async with bot.opened():
            tavern.faults.next("dropped after", "PATCH /channels/{channel}/messages/{message}")
            asked = await tavern.person("Ana").says(hall, QUESTION)
            tavern.gateway.drop()
            answer = await bot.answer(asked)
            await bot.settled()
    assert bot.said(hall) == [answer]
    assert "Connecting Slack" in answer.words
    assert answer.reply_to == asked.id
    assert answer.mentions == []


async def test_a_bot_that_was_stopped_before_it_answered_answers_once(
    quick_discord: DiscordBot, tavern: LoopbackDiscord, hall: Channel
) -> None:
    """What was stored is answered after the restart, and only then, as a reply to the question."""
    async with LoopbackClaude() as claude:
        claude.next("stall")
        bot = quick_discord.with_claude(claude)
        async with bot.opened():
            asked = await tavern.person("Ana").says(hall, QUESTION)
            await tavern.until(lambda: bool(claude.requests), PATIENCE)
            await tavern.settled()
        async with bot.opened():
            answer = await bot.answer(asked)
            await bot.settled()
    assert bot.said(hall) == [answer]
    assert answer.reply_to == asked.id


async def test_what_happened_while_the_bot_was_away_is_read_back(
    quick_discord: DiscordBot, tavern: LoopbackDiscord, hall: Channel
) -> None:
    """A question and a thumb from the time without a bot have their effect, once."""
    bot = quick_discord.quickened(20.0)
    ana, ben = tavern.person("Ana"), tavern.person("Ben")
    async with bot.opened():
        answer = await bot.answer(await ana.says(hall, QUESTION))
        await bot.settled()
    await ben.reacts(answer, "👍")
    missed = await ben.says(hall, "@Tavernkeep How long are backups kept?")
    async with bot.opened() as app:
        late = await bot.answer(missed)
        for _ in range(int(PATIENCE / 0.05)):
            if found := await verdicts(app, hall):
                break
            await asyncio.sleep(0.05)
        await bot.settled()
    assert "thirty days" in late.words
    assert found == [(ben.id, Verdict.UP)]
    assert len(bot.said(hall)) == 2


async def verdicts(app: App, channel: Channel) -> list[tuple[str, Verdict]]:
    """Return the verdicts that count in a channel, each with whose it is."""
    entries = await app.assistant.history(f"discord:{channel.id}")
    return [(one.person.key, one.verdict) for entry in entries for one in entry.verdicts]


async def test_a_lost_session_loses_no_question(
    quick_discord: DiscordBot, tavern: LoopbackDiscord, hall: Channel
) -> None:
    """Where Discord forgot the session, what was said in between is read from the channel."""
    bot = quick_discord.quickened(20.0)
    ana = tavern.person("Ana")
    async with bot.opened():
        await bot.answer(await ana.says(hall, QUESTION))
        tavern.gateway.forget()
        tavern.gateway.drop()
        missed = await ana.says(hall, "@Tavernkeep How long are backups kept?")
        late = await bot.answer(missed)
        await tavern.until(lambda: len(tavern.gateway.identified) == 2)
        await bot.settled()
    assert "thirty days" in late.words
    assert len(bot.said(hall)) == 2


async def test_a_storm_of_refusals_is_sat_out(
    quick_discord: DiscordBot, tavern: LoopbackDiscord
) -> None:
    """Ten questions while Discord wants less of everything: each has one answer, and few calls fail."""
    halls = [tavern.channel(f"hall-{number}") for number in range(5)]
    people = [tavern.person(name) for name in ("Ana", "Ben")]
    tavern.rest.window, tavern.rest.most = 0.3, 5
    async with quick_discord.opened():
        tavern.faults.next("429 global", SENDING, times=3)
        tavern.faults.next("429", SENDING, times=3)
        asked = [await one.says(hall, QUESTION) for hall in halls for one in people]
        for one in asked:
            await quick_discord.answer(one)
        await quick_discord.settled()
    assert all(len(tavern.answers(one)) >= 1 for one in asked)
    assert sum(len(quick_discord.said(hall)) for hall in halls) == len(asked)
    assert tavern.rest.invalid < 60


async def test_what_is_refused_for_good_is_not_asked_again(
    quick_discord: DiscordBot, tavern: LoopbackDiscord, hall: Channel
) -> None:
    """Where the bot may not write, it tries once and is silent: Discord counts refusals."""
    tavern.faults.always("403 50013", SENDING)
    async with quick_discord.opened():
        await tavern.person("Ana").says(hall, QUESTION)
        await tavern.until(lambda: tavern.rest.invalid, PATIENCE)
        await quick_discord.settled()
    assert quick_discord.said(hall) == []
    assert tavern.rest.invalid <= 3


async def test_a_bot_that_was_started_too_often_says_so_and_stays_away(
    quick_discord: DiscordBot, tavern: LoopbackDiscord
) -> None:
    """With the day's introductions all but used up it does not introduce itself, and keeps its token."""
    tavern.gateway.remaining = 20
    with pytest.raises(AssertionError, match="started too often"):
        async with quick_discord.opened():
            pass
    assert tavern.gateway.identified == []


@pytest.mark.parametrize(("code", "said"), [(4004, "DISCORD_TOKEN"), (4014, "Intent")])
async def test_a_connection_that_is_closed_for_good_is_not_opened_again(
    quick_discord: DiscordBot,
    tavern: LoopbackDiscord,
    caplog: pytest.LogCaptureFixture,
    code: int,
    said: str,
) -> None:
    """What somebody must put right is said once; the bot does not knock on."""
    caplog.set_level(logging.ERROR)
    async with quick_discord.opened():
        await tavern.gateway.close(code)
        await tavern.until(lambda: said in caplog.text)
        await asyncio.sleep(0.2)
        assert len(tavern.gateway.identified) == 1
        assert not tavern.gateway.connected


async def test_where_discord_ends_for_good_the_other_platforms_go_on(
    tavern: LoopbackDiscord, in_discord: Settings, slack: LoopbackSlack
) -> None:
    """Whoever asks in Slack is answered there as before."""
    chosen = {"bot_token": slack.bot_token, "app_token": slack.app_token, "api_url": slack.url}
    section = type(in_discord.slack).model_validate(chosen)
    both = in_discord.model_copy(update={"slack": section})
    async with DiscordBot(tavern, both, HashingEmbedder()).opened():
        await slack.until(lambda: slack.sockets.connections, PATIENCE)
        await tavern.gateway.close(4014)
        await tavern.until(lambda: not tavern.gateway.connected)
        asked = await slack.person("Ana").says(slack.channel("hall"), QUESTION)
        answer = await slack.answer(asked)
    assert "Connecting Slack" in str(answer)


async def test_a_dialog_that_was_opened_before_a_restart_is_handed_in_after_it(
    quick_discord: DiscordBot, tavern: LoopbackDiscord, hall: Channel
) -> None:
    """What somebody wrote meanwhile is not lost with the process that opened it."""
    ana = tavern.person("Ana")
    async with quick_discord.opened():
        answer = await quick_discord.answer(await ana.says(hall, QUESTION))
        await ana.presses(answer, "Fix it")
        assert ana.modal is not None
    async with quick_discord.opened() as app:
        used = await ana.submits({"Answer": "By the token of the workspace."})
        await tavern.until(lambda: used.original, PATIENCE)
        assert THANKS in str(used.original and used.original.words).replace("\\", "")
        await quick_discord.run("rerank")
        learned = [one.answer.text for one in await app.assistant.learned()]
        assert "By the token of the workspace." in learned


async def test_a_command_is_told_of_at_once_however_slow_the_answer_is(
    quick_discord: DiscordBot, tavern: LoopbackDiscord, hall: Channel
) -> None:
    """Within three seconds Discord hears that an answer follows, which one person alone then sees."""
    async with LoopbackClaude() as claude:
        claude.next("slow")
        bot = quick_discord.with_claude(claude)
        ana = tavern.person("Ana")
        async with bot.opened():
            await tavern.until(lambda: tavern.commands.held, PATIENCE)
            used = await ana.types("/ask How do I connect Slack?", hall)
            assert used.loading
            await tavern.until(lambda: not used.loading, PATIENCE)
            await bot.settled()
    assert [one.only_for for one in ana.whispers] == [ana.user.id]
    assert "Connecting Slack" in ana.whispers[0].words
    assert bot.said(hall) == []
