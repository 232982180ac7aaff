"""The loopback Slack's Web API answers the real SDK as Slack does, its refusals too."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import (
    ContextActionsBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
    MarkdownBlock,
    SectionBlock,
)
from slack_sdk.models.messages.chunk import MarkdownTextChunk, TaskUpdateChunk
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack import LoopbackSlack
from tests.servers.slack_post import JSON, TEAM


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """Return a running Slack."""
    async with LoopbackSlack() as running:
        running.deliveries.losing = True  # nobody listens in these tests
        yield running


@pytest.fixture
def client(slack: LoopbackSlack) -> AsyncWebClient:
    """Return the real client, which repeats nothing by itself."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.url, retry_handlers=[])


async def refusal(call: Any) -> str:
    """Return the code that a call is refused with."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_the_bot_learns_who_it_is(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """auth.test names the bot and the workspace, and the header lists what was granted."""
    told = await client.auth_test()
    assert (told["user_id"], told["team_id"]) == (slack.workspace.bot.id, TEAM)
    assert "chat:write" in told.headers["x-oauth-scopes"].split(",")


async def test_tokens_are_checked(slack: LoopbackSlack) -> None:
    """No token, a wrong one, a revoked one and one of the wrong kind are four refusals."""
    slack.web.revoked.add("xoxb-gone")
    codes = []
    for token in ("", "xoxb-wrong", "xoxb-gone", slack.app_token):
        client = AsyncWebClient(token=token, base_url=slack.url)
        codes.append(await refusal(client.auth_test()))
    assert codes == ["not_authed", "invalid_auth", "token_revoked", "not_allowed_token_type"]


async def test_a_missing_scope_is_named(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """The refusal says what is needed and what is there."""
    slack.web.scopes.discard("groups:history")
    held = slack.channel("held", private=True)
    with pytest.raises(SlackApiError) as refused:
        await client.conversations_history(channel=held.id)
    told = refused.value.response
    assert (told["error"], told["needed"]) == ("missing_scope", "groups:history")
    assert "chat:write" in told["provided"]


async def test_the_bot_posts_and_changes_and_deletes(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """A message stands with its metadata, can be changed, read back, linked to and taken away."""
    hall = slack.channel("hall")
    about = {"event_type": "answer", "event_payload": {"id": "a1"}}
    posted = await client.chat_postMessage(
        channel=hall.id, text="Hello", blocks=[MarkdownBlock(text="**Hello**")], metadata=about
    )
    ts = posted["ts"]
    await client.chat_update(channel=hall.id, ts=ts, text="Bye", blocks=[MarkdownBlock(text="By")])
    read = await client.conversations_replies(channel=hall.id, ts=ts, include_all_metadata=True)
    assert read["messages"][0]["metadata"] == about
    assert slack.workspace.post(hall.id, ts).shown == ["**Hello**", "By"]
    link = await client.chat_getPermalink(channel=hall.id, message_ts=ts)
    assert link["permalink"].endswith(ts.replace(".", ""))
    await client.chat_delete(channel=hall.id, ts=ts)
    assert await refusal(client.chat_delete(channel=hall.id, ts=ts)) == "message_not_found"


async def test_what_cannot_be_posted_is_refused_in_slacks_words(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """Each mistake has the code that Slack gives it."""
    hall, away = slack.channel("hall"), slack.channel("away", bot=False)
    hidden = slack.channel("hidden", private=True, bot=False)
    ana = slack.person("Ana")
    said = await ana.says(hall, "hi")
    post, change, many = client.chat_postMessage, client.chat_update, [{"type": "divider"}] * 51
    expected = {
        "channel_not_found": post(channel=hidden.id, text="x"),
        "not_in_channel": post(channel=away.id, text="x"),
        "no_text": client.api_call("chat.postMessage", json={"channel": hall.id, "text": " "}),
        "invalid_blocks": post(channel=hall.id, text="x", blocks=many),
        "invalid_blocks_format": post(channel=hall.id, text="x", blocks="[{"),
        "markdown_text_conflict": post(channel=hall.id, text="x", markdown_text="x"),
        "msg_too_long": post(channel=hall.id, markdown_text="x" * 12_001),
        "invalid_arguments": post(channel="", text="x"),
        "invalid_metadata_schema": post(channel=hall.id, text="x", metadata={"event_type": "a"}),
        "thread_not_found": post(channel=hall.id, text="x", thread_ts="1.1"),
        "cant_update_message": change(channel=hall.id, ts=said.ts, text="x"),
        "user_not_in_channel": client.chat_postEphemeral(
            channel=hall.id, user=slack.person("Ben").id, text="x"
        ),
        "unknown_method": client.api_call("chat.sing"),
    }
    assert [await refusal(call) for call in expected.values()] == list(expected)


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        ([SectionBlock(text="x" * 3000).to_dict()], ""),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}], "invalid_blocks"),
        ([{"type": "markdown", "text": "x" * 6001}] * 2, "msg_too_long"),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}] * 5, "msg_blocks_too_long"),
        ([{"type": "context", "elements": []}], "invalid_blocks"),
        ([{"type": "section"}], "invalid_blocks"),
        ([{"type": "stave"}], "invalid_blocks"),
        ([{"type": "divider", "block_id": "x"}] * 2, "invalid_blocks"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "invalid_blocks"),
        ([{"type": "context_actions", "elements": [{"type": "button"}]}], "invalid_blocks"),
    ],
)  # fmt: skip
async def test_blocks_have_limits(
    slack: LoopbackSlack, client: AsyncWebClient, blocks: list[JSON], code: str
) -> None:
    """What is a sign too long, of no known kind or misshapen is not shown."""
    call = client.chat_postMessage(channel=slack.channel("hall").id, text="x", blocks=blocks)
    if code:
        assert await refusal(call) == code
    else:
        assert (await call)["ok"]


def button(**changed: Any) -> JSON:
    """Return a message's blocks with one button."""
    text = {"type": "plain_text", "text": "Press"}
    one = {"type": "button", "action_id": "a", "text": text, **changed}
    return {"type": "actions", "elements": [one]}


@pytest.mark.parametrize(
    "changed",
    [
        {"value": "x" * 2001},
        {"text": {"type": "plain_text", "text": "x" * 76}},
        {"style": "loud"},
        {"action_id": "x" * 256},
        {"type": "feedback_buttons"},
    ],
)
async def test_buttons_have_limits(
    slack: LoopbackSlack, client: AsyncWebClient, changed: JSON
) -> None:
    """Labels, values and styles of buttons are checked, and feedback buttons stand elsewhere."""
    blocks = [button(**changed)]
    call = client.chat_postMessage(channel=slack.channel("hall").id, text="x", blocks=blocks)
    assert await refusal(call) == "invalid_blocks"


async def test_an_answer_is_streamed(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """The SDK's stream grows in the thread, ends with feedback buttons, and ends the status."""
    hall = slack.channel("hall")
    asked = await slack.person("Ana").says(hall, "How?")
    await client.assistant_threads_setStatus(
        channel_id=hall.id, thread_ts=asked.ts, status="thinks", loading_messages=["Reading"]
    )
    stream = await client.chat_stream(
        channel=hall.id,
        thread_ts=asked.ts,
        recipient_team_id=TEAM,
        recipient_user_id=asked.user,
        buffer_size=1,
    )
    await stream.append(chunks=[TaskUpdateChunk(id="s", title="Searching", status="in_progress")])
    await stream.append(markdown_text="By ")
    assert slack.answers(asked) == []
    buttons = FeedbackButtonsElement(
        action_id="feedback",
        positive_button=FeedbackButtonObject(text="Good", value="up:1"),
        negative_button=FeedbackButtonObject(text="Bad", value="down:1"),
    )
    await stream.stop(markdown_text="hand.", blocks=[ContextActionsBlock(elements=[buttons])])
    answer = await slack.answer(asked)
    assert answer.words == "By hand.\nGood\nBad"
    assert [one[2]["status"] for one in slack.workspace.statuses] == ["thinks", ""]


async def test_streams_are_refused_as_slack_refuses_them(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """No recipient, a change while it grows, another mode, and an expired stream."""
    hall = slack.channel("hall")
    asked = await slack.person("Ana").says(hall, "How?")
    thread: Any = {"channel": hall.id, "thread_ts": asked.ts}
    whom: Any = {"recipient_team_id": TEAM, "recipient_user_id": asked.user}
    assert await refusal(client.chat_startStream(**thread)) == "missing_recipient_team_id"
    ts = (await client.chat_startStream(**thread, **whom, markdown_text="a"))["ts"]
    here: Any = {"channel": hall.id, "ts": ts}
    chunk = MarkdownTextChunk(text="b")
    assert await refusal(client.chat_update(**here, text="x")) == "streaming_state_conflict"
    assert await refusal(client.chat_delete(**here)) == "cant_delete_message"
    assert await refusal(client.chat_appendStream(**here, chunks=[chunk])) == (
        "streaming_mode_mismatch"
    )
    slack.streams.life = 0.0
    late = client.chat_appendStream(**here, markdown_text="b")
    assert await refusal(late) == "message_not_in_streaming_state"
    assert (await client.chat_update(**here, text="whole"))["ok"]


async def test_faults_come_by_name(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """A limit says how long to wait, a method can be unknown, a proxy can answer instead."""
    slack.faults.next("429", "auth.test", seconds=7)
    with pytest.raises(SlackApiError) as limited:
        await client.auth_test()
    assert limited.value.response.headers["Retry-After"] == "7"
    slack.faults.next("unknown_method", "chat.startStream")
    assert await refusal(client.chat_startStream(channel="C", thread_ts="1")) == "unknown_method"
    for name in ("html", "500", "503", "429 without a word"):
        slack.faults.next(name, "auth.test")
        with pytest.raises(SlackApiError):
            await client.auth_test()
    slack.faults.always("fatal_error")
    assert await refusal(client.team_info()) == "fatal_error"
    slack.faults.clear()
    assert (await client.team_info())["team"]["id"] == TEAM


@pytest.mark.parametrize(
    ("fault", "posted"), [("dropped before", 0), ("dropped after", 1), ("cut", 1)]
)
async def test_a_broken_connection_leaves_it_open_whether_a_message_stands(
    slack: LoopbackSlack, client: AsyncWebClient, fault: str, posted: int
) -> None:
    """The caller sees the same failure before and after the effect."""
    slack.faults.next(fault, "chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=slack.channel("hall").id, text="x")
    assert len(slack.workspace.posts) == posted


async def test_a_slow_call_can_be_given_up(slack: LoopbackSlack) -> None:
    """A call that hangs ends when its caller has waited enough."""
    slack.faults.next("hangs")
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.url, retry_handlers=[])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.auth_test(), 0.05)


async def test_rate_limits_are_per_conversation(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """A second message in the same channel is refused, one in another is not."""
    slack.web.every["chat.postMessage"] = 0.2
    hall, cellar = slack.channel("hall"), slack.channel("cellar")
    await client.chat_postMessage(channel=hall.id, text="1")
    await client.chat_postMessage(channel=cellar.id, text="1")
    assert await refusal(client.chat_postMessage(channel=hall.id, text="2")) == "ratelimited"
    await asyncio.sleep(0.2)
    await client.chat_postMessage(channel=hall.id, text="2")
    assert len(slack.web.of("chat.postMessage")) == 3


async def test_conversations_are_read_page_by_page(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """History comes newest first, without replies; replies come oldest first, in pages."""
    hall, ana = slack.channel("hall"), slack.person("Ana")
    root = await ana.says(hall, "one")
    for word in ("two", "three", "four"):
        await ana.says(hall, word, thread=root)
    await ana.says(hall, "five")
    told = await client.conversations_history(channel=hall.id)
    assert [one["text"] for one in told["messages"]] == ["five", "one"]
    assert told["messages"][1]["reply_count"] == 3
    read = []
    async for page in await client.conversations_replies(channel=hall.id, ts=root.ts, limit=3):
        read += [one["text"] for one in page["messages"]]
    assert read == ["one", "two", "three", "four"]
    since = await client.conversations_replies(channel=hall.id, ts=root.ts, oldest=root.ts)
    assert len(since["messages"]) == 4  # the root always comes along


async def test_conversations_say_what_they_are(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """Public, private and direct ones differ, and their members can be listed."""
    ana, ben = slack.person("Ana"), slack.person("Ben")
    hall = slack.channel("hall", members=[ana])
    held = slack.channel("held", private=True, members=[ben])
    opened = (await client.conversations_open(users=[ana.id, ben.id]))["channel"]["id"]
    direct = (await client.conversations_open(users=ana.id))["channel"]["id"]
    told = [
        (await client.conversations_info(channel=key))["channel"]
        for key in (hall.id, held.id, direct, opened)
    ]
    assert [one["is_private"] for one in told] == [False, True, True, True]
    assert [one["is_im"] for one in told] == [False, False, True, False]
    assert told[3]["is_mpim"]
    members = (await client.conversations_members(channel=hall.id))["members"]
    assert set(members) == {ana.id, slack.workspace.bot.id}
    listed = await client.conversations_list(types="public_channel,private_channel")
    assert {one["name"] for one in listed["channels"]} == {"hall", "held"}
    mine = await client.users_conversations(user=ben.id, types="public_channel,private_channel")
    assert [one["name"] for one in mine["channels"]] == ["held"]


async def test_people_and_reactions_are_known(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """Users and bots have names; a reaction is there once, and its users are listed."""
    ana, helper = slack.person("Ana"), slack.other_bot("Helper")
    assert (await client.users_info(user=ana.id))["user"]["real_name"] == "Ana"
    assert (await client.bots_info(bot=helper.user.bot_id))["bot"]["user_id"] == helper.id
    said = await ana.says(slack.channel("hall"), "hi")
    where: Any = {"channel": said.channel, "timestamp": said.ts}
    await client.reactions_add(**where, name="eyes")
    await ana.reacts(said, "+1::skin-tone-3")
    assert await refusal(client.reactions_add(**where, name="eyes")) == "already_reacted"
    assert await refusal(client.reactions_add(**where, name="no emoji")) == "invalid_name"
    got = (await client.reactions_get(**where, full=True))["message"]["reactions"]
    assert [one["name"] for one in got] == ["eyes", "+1::skin-tone-3"]
    await client.reactions_remove(**where, name="eyes")
    assert await refusal(client.reactions_remove(**where, name="eyes")) == "no_reaction"
    assert await refusal(client.users_info(user="U404")) == "user_not_found"
    assert await refusal(client.files_info(file="F404")) == "file_not_found"


async def test_the_agents_conversation_has_prompts_and_titles(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """Four prompts at most, in direct conversations alone."""
    direct = slack.dm(slack.person("Ana"))
    asked = await slack.person("Ana").says(direct, "How?")
    prompts = [{"title": "Ask", "message": "How?"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id=direct.id, prompts=prompts)
    await client.assistant_threads_setTitle(channel_id=direct.id, thread_ts=asked.ts, title="How")
    assert slack.workspace.prompts[direct.id]["prompts"] == prompts
    assert slack.workspace.titles[direct.id, asked.ts] == "How"
    many = client.assistant_threads_setSuggestedPrompts(channel_id=direct.id, prompts=prompts * 5)
    assert await refusal(many) == "invalid_arguments"
    hall = slack.channel("hall").id
    public = client.assistant_threads_setSuggestedPrompts(channel_id=hall, prompts=prompts)
    assert await refusal(public) == "method_not_supported_for_channel_type"
