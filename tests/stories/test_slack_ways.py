"""Slack as people use it: each way in once, through the whole bot."""

import pytest

from core.modes import Mode
from tests.servers.slack import LoopbackSlack
from tests.stories.slack_bot import PATIENCE, SlackBot

QUESTION = "How do I connect Slack?"
MENTIONED = f"@Tavernkeep {QUESTION}"
BACKUPS = "How long are backups kept?"
BETTER = "Ask Ben for the tokens; they are in the vault."
BOTH = pytest.mark.parametrize("transport", ["socket", "http"])


@BOTH
async def test_a_direct_message_needs_no_mention(
    quick: SlackBot, slack: LoopbackSlack, transport: str
) -> None:
    """The agent's conversation suggests questions when it is opened, and answers in threads."""
    ana = slack.person("Ana")
    place = slack.dm(ana)
    async with quick.opened():
        await ana.opens_home("messages")
        await slack.until(lambda: slack.workspace.prompts.get(place.id), PATIENCE)
        asked = await ana.says(place, QUESTION)
        answer = await quick.answer(place, asked)
        assert answer.thread == asked.ts
        further = await ana.says(place, BACKUPS, thread=asked)
        assert "thirty days" in (await quick.answer(place, further, 2)).words
    assert any(one.get("status") for _, _, one in slack.workspace.statuses)


@BOTH
async def test_a_command_is_answered_to_its_asker_who_may_share_it(
    quick: SlackBot, slack: LoopbackSlack, transport: str
) -> None:
    """`/ask` is seen by one; "Share with the channel" posts it, once, for all."""
    hall, ana = slack.channel("hall"), slack.person("Ana")
    async with quick.opened():
        await ana.types(f"/ask {QUESTION}", hall)
        whisper = await slack.until(lambda: ana.whisper, PATIENCE)
        assert "SLACK_BOT_TOKEN" in whisper.words
        assert quick.marked(hall) == []
        await ana.presses(whisper, "Share with the channel")
        shared = (await slack.until(lambda: quick.answers(hall), PATIENCE))[0]
        await quick.app.assistant.drain()
    assert "SLACK_BOT_TOKEN" in shared.words
    assert len(quick.marked(hall)) == 1


async def test_a_thread_goes_on_without_mentions(quick: SlackBot, slack: LoopbackSlack) -> None:
    """Follow-ups are answered; people who talk to each other are left alone; 🤫 silences it."""
    hall, ana, ben = slack.channel("hall"), slack.person("Ana"), slack.person("Ben")
    async with quick.opened():
        asked = await ana.says(hall, MENTIONED)
        first = await quick.answer(hall, asked)
        await ana.says(hall, BACKUPS, thread=asked)
        assert "thirty days" in (await quick.answer(hall, asked, 2)).words
        await ben.says(hall, "@Ana Did you try it?", thread=asked)
        await ana.says(hall, "@Ben Not yet, how long are backups kept?", thread=asked)
        await slack.settled()
        await quick.app.assistant.drain()
        assert len(quick.answers(hall)) == 2
        await ana.reacts(first, "shushing_face")
        await slack.settled()
        await quick.app.assistant.drain()
        await ana.says(hall, BACKUPS, thread=asked)
        await slack.settled()
        await quick.app.assistant.drain()
    assert len(quick.answers(hall)) == 2


async def test_what_is_not_for_it_is_left_alone(quick: SlackBot, slack: LoopbackSlack) -> None:
    """No answer to other bots, to people among themselves, to itself, to who joins and leaves."""
    hall, ana = slack.channel("hall"), slack.person("Ana")
    async with quick.opened():
        helper = slack.other_bot("Helper")
        await helper.says(hall, MENTIONED)
        await helper.says(hall, MENTIONED, legacy=True)
        said = await ana.says(hall, QUESTION)
        await ana.edits(said, f"{QUESTION} Please.")
        await ana.joins(hall)
        await ana.leaves(hall)
        await slack.settled()
        await quick.app.assistant.drain()
    assert quick.marked(hall) == []


async def test_a_suggestion_is_for_the_asker(quick: SlackBot, slack: LoopbackSlack) -> None:
    """In mode suggest a mention is answered to who asked alone."""
    hall, ana = slack.channel("hall"), slack.person("Ana")
    async with quick.with_section("conversations", mode=Mode.SUGGEST).opened():
        await ana.says(hall, MENTIONED)
        whisper = await slack.until(lambda: ana.whisper, PATIENCE)
    assert "SLACK_BOT_TOKEN" in whisper.words
    assert quick.marked(hall) == []


@BOTH
async def test_a_draft_is_published_edited_or_dismissed(
    quick: SlackBot, slack: LoopbackSlack, transport: str
) -> None:
    """In mode draft moderators see the answer first, and decide what of it is seen in the thread."""
    hall, den = slack.channel("hall"), slack.channel("den", private=True)
    ana, mod = slack.person("Ana"), slack.person("Mod")
    bot = quick.with_section("conversations", mode=Mode.DRAFT).with_section(
        "slack", moderators=den.id
    )
    async with bot.opened():
        asked = []
        for number in (1, 2, 3):
            asked.append(await ana.says(hall, MENTIONED))
            await bot.said(den, number)
        publish, edit, dismiss = bot.marked(den)
        await mod.presses(publish, "Publish")
        assert "SLACK_BOT_TOKEN" in (await bot.answer(hall, asked[0])).words
        await mod.presses(edit, "Edit")
        modal = await slack.until(lambda: mod.modal)
        await mod.submits(modal, {"answer-00": BETTER})
        assert BETTER in (await bot.answer(hall, asked[1])).words
        await mod.presses(dismiss, "Dismiss")
        await slack.settled()
        await bot.app.assistant.drain()
    assert len(bot.answers(hall)) == 2


async def test_in_mode_auto_it_answers_what_it_is_sure_of(
    bot: SlackBot, slack: LoopbackSlack
) -> None:
    """A question that nobody addressed to it is answered where it is sure; else nothing is seen."""
    hall, garden, ana = slack.channel("hall"), slack.channel("garden"), slack.person("Ana")
    auto = bot.with_section("conversations", mode=Mode.AUTO)
    async with auto.opened():
        answer = await auto.answer(garden, await ana.says(garden, f"@Tavernkeep {BACKUPS}"))
        for name in ("Ana", "Ben", "Cleo"):
            await slack.person(name).reacts(answer, "thumbsup")
        await auto.run("rerank")
        sure = await ana.says(hall, BACKUPS)
        await auto.answer(hall, sure)
        await ana.says(hall, "Who invented the zipper?")
        await ana.says(hall, "Lunch is ready.")
        await slack.settled()
        await auto.app.assistant.drain()
    assert [one.thread for one in auto.marked(hall)] == [sure.ts]
    assert ana.whispers == []
