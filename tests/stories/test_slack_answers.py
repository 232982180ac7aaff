"""Slack as people use it: what becomes of its answers, through the whole bot."""

import asyncio
import json
import re

import pytest

from core.feedback import Verdict
from tests.servers.slack import LoopbackSlack
from tests.servers.slack_post import Post
from tests.stories.slack_bot import ANSWER, PART, PATIENCE, PensiveClaude, SlackBot, kind

QUESTION = "How do I connect Slack?"
MENTIONED = f"@Tavernkeep {QUESTION}"
BACKUPS = "How long are backups kept?"
BETTER = "Ask Ben for the tokens; they are in the vault."
BOTH = pytest.mark.parametrize("transport", ["socket", "http"])


@BOTH
async def test_an_edit_changes_the_answer_unless_somebody_reacted(
    quick: SlackBot, slack: LoopbackSlack, transport: str
) -> None:
    """Another question gets another answer in the same message; an unfurled link changes nothing."""
    hall, ana = slack.channel("hall"), slack.person("Ana")
    async with quick.opened():
        asked = await ana.says(hall, MENTIONED)
        answer = await quick.answer(hall, asked)
        await ana.edits(asked, MENTIONED)
        await slack.settled()
        await ana.edits(asked, f"@Tavernkeep {BACKUPS}")
        await slack.until(lambda: "thirty days" in answer.words, PATIENCE)
        await ana.reacts(answer, "thumbsup")
        await slack.settled()
        await quick.app.assistant.drain()
        await ana.edits(asked, MENTIONED)
        await slack.settled()
        await quick.app.assistant.drain()
    assert "thirty days" in answer.words
    assert len(quick.marked(hall)) == 1


async def test_a_channel_made_private_keeps_what_was_learned_in_it(
    bot: SlackBot, slack: LoopbackSlack
) -> None:
    """From then on its members alone get the correction that was written there."""
    hall, garden = slack.channel("hall"), slack.channel("garden")
    ana, ben = slack.person("Ana"), slack.person("Ben")
    async with bot.opened():
        answer = await bot.answer(hall, await ana.says(hall, MENTIONED))
        await ben.presses(answer, "Fix it")
        modal = await slack.until(lambda: ben.modal)
        await ben.submits(modal, {"answer-00": BETTER})
        await ben.submits(ben.modal)
        await bot.run("rerank")
        assert BETTER in (await bot.answer(garden, await ana.says(garden, MENTIONED))).words
        await ana.makes(hall, "group")
        await slack.settled()
        await bot.app.assistant.drain()
        outside = await bot.answer(garden, await ben.says(garden, MENTIONED))
        inside = await bot.answer(hall, await ben.says(hall, MENTIONED))
    assert "vault" not in outside.words
    assert BETTER in inside.words


@pytest.mark.parametrize("how", ["refused", "expired"])
async def test_where_streaming_is_refused_the_answer_is_posted_and_changed(
    quick: SlackBot, slack: LoopbackSlack, how: str
) -> None:
    """An older workspace and an expired stream end the same way: one message, whole."""
    hall, ana = slack.channel("hall"), slack.person("Ana")
    async with PensiveClaude() as claude:
        bot = quick.with_claude(claude)
        if how == "refused":
            slack.faults.always("unknown_method", "chat.startStream")
        else:
            slack.streams.life = 0.5
        async with bot.opened():
            answer = await bot.answer(hall, await ana.says(hall, MENTIONED))
            await bot.app.assistant.drain()
    assert [kind(one) for one in bot.marked(hall)] == [ANSWER]
    assert "Connecting Slack" in answer.words
    assert slack.web.of("chat.update")


async def test_a_thumbs_down_by_emoji_is_asked_for_its_reason(
    quick: SlackBot, slack: LoopbackSlack
) -> None:
    """Whoever reacted sees three reasons and "Fix it", alone."""
    hall, ana, ben = slack.channel("hall"), slack.person("Ana"), slack.person("Ben")
    async with quick.opened():
        answer = await quick.answer(hall, await ana.says(hall, MENTIONED))
        await ben.reacts(answer, "-1::skin-tone-4")
        why = await slack.until(lambda: ben.whisper, PATIENCE)
        await ben.presses(why, "Outdated")
        await slack.until(lambda: "Noted" in whispers(ben.whispers), PATIENCE)
    assert ana.whispers == []


def whispers(posts: list[Post]) -> str:
    """Return all that somebody was told alone."""
    return "\n".join(f"{one.text}\n{one.words}" for one in posts)


async def test_nothing_in_an_answer_calls_people_or_fetches_links(
    quick: SlackBot, slack: LoopbackSlack
) -> None:
    """Every message is posted without previews, and no text of it calls a channel or a person."""
    hall, ana = slack.channel("hall"), slack.person("Ana")
    async with quick.opened():
        await quick.answer(hall, await ana.says(hall, "@Tavernkeep <!channel> @Ana what of it?"))
        await quick.app.assistant.drain()
    said = json.dumps([one.json() for one in quick.marked(hall)])
    assert "<!channel>" not in said
    assert f"<@{ana.id}>" not in said
    for call in slack.web.of("chat.postMessage"):
        assert (call.arguments["unfurl_links"], call.arguments["unfurl_media"]) == (False, False)


@pytest.mark.parametrize("transport", ["http"])
async def test_forged_and_old_requests_are_refused(
    quick: SlackBot, slack: LoopbackSlack, transport: str
) -> None:
    """What is not signed with the secret, or was signed long ago, has no effect."""
    hall = slack.channel("hall")
    event = {"type": "message", "channel": hall.id, "channel_type": "channel", "ts": "1.1"}
    event |= {"user": slack.person("Ana").id, "text": f"<@{slack.workspace.bot.id}> hi"}
    body = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": event})
    headers = {"Content-Type": "application/json"}
    async with quick.opened():
        assert await slack.endpoint.verify("prove it") == "prove it"
        assert (await slack.endpoint.post(body, headers, secret="wrong"))[0] == 401
        assert (await slack.endpoint.post(body, headers, age=400))[0] == 401
        await asyncio.sleep(0.1)
        await quick.app.assistant.drain()
    assert quick.marked(hall) == []


async def test_a_long_answer_comes_in_parts_in_order_and_once(
    bot: SlackBot, slack: LoopbackSlack
) -> None:
    """Also where a connection breaks after one was posted; an emoji on the first is said of the answer."""
    hall, ana, ben = slack.channel("hall"), slack.person("Ana"), slack.person("Ben")
    recipe = "\n\n".join(f"Step {number}: stir it {'well ' * 40}." for number in range(120))
    async with bot.opened():
        told = await ben.says(hall, recipe)
        await ana.uses("save_answer", told)
        modal = await slack.until(lambda: ana.modal)
        await ana.submits(modal, {"question": "How is the stew of the house cooked?"})
        await bot.run("rerank")
        slack.faults.next("dropped after", "chat.postMessage")
        asked = await ana.says(hall, "@Tavernkeep How is the stew of the house cooked?")
        await bot.answer(hall, asked)
        await bot.app.assistant.drain()
        said = bot.marked(hall, asked)
        await ben.reacts(said[0], "thumbsup")
        await slack.settled()
        await bot.app.assistant.drain()
        (entry,) = [
            one for one in await bot.app.assistant.history(f"slack:{hall.id}") if one.answer
        ]
    assert [kind(one) for one in said[:-1]] == [PART] * (len(said) - 1)
    assert [(one.person.id, one.verdict) for one in entry.verdicts] == [
        (f"slack:{ben.id}", Verdict.UP)
    ]
    words = "\n".join(one.words for one in said)
    found = [int(number) for number in re.findall(r"Step (\d+):", words)]
    assert found == [*range(120)]
    assert slack.faults.taken == [("chat.postMessage", "dropped after")]
