"""One answer in the making, in a Slack that takes it, puts it off, or breaks off."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.replies import Replies
from bot.slack.client import close, web_client
from bot.slack.identity import Identities
from bot.slack.pace import Pace
from bot.slack.reply import SlackReply
from bot.slack.workspace import Workspace
from core.answers import Answer, Citation, Origin, Placement, Question
from core.audience import EVERYONE
from core.errors import NoPlaceError, PlatformAwayError
from core.messages import Conversation, Message, MessageRef, Person
from tests.bot.slack.conftest import slack_settings
from tests.servers.slack import LoopbackSlack
from tests.servers.slack_post import Channel, Post

CITED = Citation(
    number=1,
    passage_id="p",
    document_id="d",
    title="Slack",
    breadcrumb="Slack › Tokens",
    link="https://docs.example/slack",
    quote="Set the token.",
    hash="h",
)
TEXT = "Set the **token** [1]."
ANSWER = Answer(
    id="a1",
    question=Question(id="q", text="How?", asked="How?"),
    text=TEXT,
    origin=Origin.GENERATED,
    audience=EVERYONE,
    created_at=datetime(2026, 11, 22, tzinfo=UTC),
    citations=(CITED,),
)
LONG = replace(ANSWER, text="\n\n".join(f"Part {n}. " + "Many words. " * 60 for n in range(30)))


class Scene:
    """A question in a channel, and the replies to it."""

    def __init__(self, slack: LoopbackSlack, client: AsyncWebClient) -> None:
        """Let Ana ask."""
        self.slack = slack
        self.client = client
        self.hall = slack.channel("hall")
        self.mods = slack.channel("mods")
        self.ana = slack.person("Ana")
        self.hall.members.add(self.ana.id)
        self.late = timedelta()
        self.asked = Post(channel=self.hall.id, ts=slack.workspace.new_ts(), user=self.ana.id)
        slack.workspace.posts[self.hall.id, self.asked.ts] = self.asked
        self.identities = Identities(self.client, lambda: datetime.now(UTC))
        self.replies = self.process()

    def process(self, patience: float = 5.0) -> Replies[SlackReply]:
        """Return the replies of a process that begins now."""
        workspace = self.slack.workspace
        pace = Pace(speed=1e6, patience=patience)
        made = partial(
            SlackReply,
            self.client,
            workspace=Workspace(
                user=workspace.bot.id, bot=workspace.bot.bot_id, team_id="T0TAVERN"
            ),
            identities=self.identities,
            settings=slack_settings(self.slack, moderators=self.mods.id),
            now=self.now,
            pace=pace,
        )
        return Replies(lambda message, opened: made(message, opened=opened), pace, self.now)

    def now(self) -> datetime:
        """Return the time, or a later one."""
        return datetime.now(UTC) + self.late

    def message(self, key: str | None = None) -> Message:
        """Return the question as core has it; a key makes it something that was typed."""
        at = float(self.asked.ts)
        return Message(
            event_id="e1",
            ref=MessageRef(platform="slack", conversation=self.hall.id, key=key or self.asked.ts),
            conversation=Conversation(platform="slack", key=self.hall.id, name="hall"),
            person=Person(platform="slack", key=self.ana.id, name="Ana"),
            text="How?",
            sent_at=datetime.fromtimestamp(at, UTC) + timedelta(milliseconds=1),
            private=key is not None,
        )

    def reply(self, key: str | None = None) -> SlackReply:
        """Return the reply to the question."""
        return self.replies.reply_to(self.message(key))

    def said(self, channel: Channel | None = None) -> list[Post]:
        """Return what the bot said in a channel, oldest first."""
        where = channel or self.hall
        posts = self.slack.workspace.posts.values()
        mine = [one for one in posts if one.user == self.slack.workspace.bot.id]
        return [one for one in mine if one.channel == where.id and not one.deleted]

    def calls(self, method: str) -> int:
        """Return how often a method was called."""
        return sum(one.method == method for one in self.slack.web.calls)


@pytest.fixture
async def scene(slack: LoopbackSlack) -> AsyncIterator[Scene]:
    """Return a scene with a client as the bot has it."""
    client = web_client(slack_settings(slack))
    made = Scene(slack, client)
    yield made
    await made.identities.close()
    await close(client)


async def stream(reply: SlackReply, text: str = TEXT) -> None:
    """Let a text come word by word."""
    await reply.progress("Searching…")
    await reply.progress("Reading 2 passages…")
    for word in text.split(" "):
        await reply.append(f"{word} ")


def kinds(posts: list[Post]) -> list[str]:
    """Return what messages are marked as."""
    return [str((one.metadata or {}).get("event_type", "")) for one in posts]


# -- streaming -----------------------------------------------------------------------------------


async def test_an_answer_streams_into_the_thread(scene: Scene) -> None:
    """Status, then words as they come, below what was done; in the end sources and buttons."""
    reply = scene.reply()
    await stream(reply)
    ref = await reply.finish(ANSWER)
    (post,) = scene.said()
    assert (post.thread, post.streaming, ref.key) == (scene.asked.ts, False, post.ts)
    assert post.metadata == {"event_type": "tavernkeep_answer", "event_payload": {"id": "a1"}}
    assert post.text.rstrip() == TEXT
    assert [one["status"] for one in post.tasks.values()] == ["complete", "complete"]
    assert "Slack › Tokens" in post.words
    assert len(post.shown) > 2
    assert scene.calls("chat.update") == 0
    status = scene.slack.workspace.statuses[0][2]
    assert (status["status"], status["loading_messages"][0]) == ("is searching…", "Searching…")


async def test_what_is_done_while_words_stream_is_a_task(scene: Scene) -> None:
    """A step after the first words stands in the stream, under way until words follow."""
    reply = scene.reply()
    await reply.append("Set the ")
    await reply.progress("Quoting the documents…")
    (post,) = scene.said()
    assert [one["status"] for one in post.tasks.values()] == ["in_progress"]
    await reply.finish(ANSWER)
    assert [one["status"] for one in post.tasks.values()] == ["complete"]


async def test_an_answer_that_comes_at_once_is_posted_once(scene: Scene) -> None:
    """Nothing streams where nothing was written bit by bit, and no link is unfolded."""
    ref = await scene.reply().finish(ANSWER)
    (post,) = scene.said()
    assert (post.ts, kinds([post])) == (ref.key, ["tavernkeep_answer"])
    assert (post.arguments["unfurl_links"], post.arguments["unfurl_media"]) == (False, False)


async def test_an_answer_that_turned_out_otherwise_replaces_what_streamed(scene: Scene) -> None:
    """What was shown and is not the beginning of the answer gives way to it."""
    reply = scene.reply()
    await stream(reply, "See [here](https://evil.example) now ")
    await reply.finish(ANSWER)
    (post,) = scene.said()
    assert "evil" not in post.words
    assert TEXT in post.words
    assert all("(https://evil" not in one for one in post.shown)


async def test_a_notice_stands_above_what_streamed(scene: Scene) -> None:
    """A stream can only be added to below, so the finished message is put in order."""
    reply = scene.reply()
    await stream(reply)
    await reply.finish(replace(ANSWER, notice="The model was away."))
    (post,) = scene.said()
    assert post.words.startswith("The model was away.")


async def test_a_long_answer_goes_on_in_further_messages(scene: Scene) -> None:
    """The first message streamed; the last has the buttons and is where the answer stands."""
    reply = scene.reply()
    await stream(reply, LONG.text)
    ref = await reply.finish(LONG)
    posts = scene.said()
    assert kinds(posts) == ["tavernkeep_part"] * (len(posts) - 1) + ["tavernkeep_answer"]
    assert len(posts) > 1
    assert ref.key == posts[-1].ts
    assert sum(one.words.count("Part ") for one in posts) == 30


@pytest.mark.parametrize("code", ["unknown_method", "feature_not_enabled", "channel_not_found"])
async def test_where_streams_are_refused_a_message_is_changed(scene: Scene, code: str) -> None:
    """One message is posted and changed as words come, marked as unfinished until the end."""
    scene.slack.faults.always(code, "chat.startStream")
    reply = scene.reply()
    await reply.append("Set the ")
    assert kinds(scene.said()) == ["tavernkeep_unfinished"]
    await reply.append("**token** [1]. ")
    await reply.finish(ANSWER)
    (post,) = scene.said()
    assert kinds([post]) == ["tavernkeep_answer"]
    assert len(post.shown) == 3


async def test_a_workspace_that_refuses_streams_is_not_asked_again_soon(scene: Scene) -> None:
    """The next answer does without a stream from the start."""
    scene.slack.faults.always("unknown_method", "chat.startStream")
    for _ in range(2):
        await scene.reply().append("Set the ")
    assert scene.calls("chat.startStream") == 1


async def test_a_stream_that_slack_closed_is_changed_to_the_end(scene: Scene) -> None:
    """An answer that takes longer than a stream may is whole all the same."""
    reply = scene.reply()
    await reply.append("Set the ")
    scene.slack.streams.expire_all()
    await reply.append("**token** ")
    await reply.append("[1]. ")
    await reply.finish(ANSWER)
    (post,) = scene.said()
    assert (kinds([post]), TEXT in post.words) == (["tavernkeep_answer"], True)


async def test_a_stream_that_was_closed_before_the_end_is_put_in_order(scene: Scene) -> None:
    """Where the last call comes too late, the message is changed instead."""
    reply = scene.reply()
    await stream(reply)
    scene.slack.streams.expire_all()
    await reply.finish(ANSWER)
    (post,) = scene.said()
    assert (kinds([post]), TEXT in post.words) == (["tavernkeep_answer"], True)


async def test_words_wait_while_slack_puts_calls_off(scene: Scene) -> None:
    """What could not be shown meanwhile comes later; nobody waits for it."""
    reply = scene.reply()
    await reply.append("Set the ")
    scene.slack.faults.next("429", "chat.appendStream", seconds=30)
    await reply.append("**token** ")
    await reply.append("[1]. ")
    assert scene.calls("chat.appendStream") == 1
    await reply.finish(ANSWER)
    (post,) = scene.said()
    assert post.text.rstrip() == TEXT


async def test_an_answer_does_not_wait_long_for_a_piece_to_be_shown(scene: Scene) -> None:
    """A Slack that says nothing holds up what is shown, and not the answer."""
    scene.replies = scene.process(patience=0.2)
    reply = scene.reply()
    await reply.append("Set the ")
    scene.slack.faults.next("hangs", "chat.appendStream")
    async with asyncio.timeout(2):
        await reply.append("**token** [1]. ")
    await reply.finish(ANSWER)
    assert kinds(scene.said()) == ["tavernkeep_answer"]


async def test_a_stream_that_is_put_off_is_posted_in_the_end(scene: Scene) -> None:
    """A storm of questions leaves no answer out."""
    scene.slack.faults.next("429", "chat.startStream", seconds=30)
    reply = scene.reply()
    await stream(reply)
    await reply.finish(ANSWER)
    assert kinds(scene.said()) == ["tavernkeep_answer"]


async def test_what_is_done_is_not_shown_where_slack_refuses_it(scene: Scene) -> None:
    """A line that says what is being done is not worth an error, nor a second try."""
    scene.slack.faults.always("missing_scope", "assistant.threads.setStatus")
    reply = scene.reply()
    await reply.progress("Searching…")
    await reply.progress("Reading…")
    assert scene.calls("assistant.threads.setStatus") == 1


# -- breaking off --------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["dropped before", "dropped after", "cut", "503", "html"])
async def test_a_post_that_broke_off_stands_once(scene: Scene, fault: str) -> None:
    """Whether Slack took it is looked up before it is posted again."""
    scene.slack.faults.next(fault, "chat.postMessage")
    ref = await scene.reply().finish(ANSWER)
    assert [one.ts for one in scene.said()] == [ref.key]


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
@pytest.mark.parametrize("fault", ["dropped before", "dropped after", "503", "429", "fatal_error"])
async def test_a_stream_that_broke_off_is_one_whole_answer(
    scene: Scene, method: str, fault: str
) -> None:
    """Wherever the connection is lost, one message holds the whole answer in the end."""
    scene.slack.faults.next(fault, method)
    reply = scene.reply()
    await stream(reply)
    ref = await reply.finish(ANSWER)
    (post,) = scene.said()
    assert (post.ts, kinds([post]), post.streaming) == (ref.key, ["tavernkeep_answer"], False)
    assert post.words.count("Set the **token** [1].") == 1


@pytest.mark.parametrize("fault", ["dropped after", "503", "429"])
async def test_a_change_that_broke_off_is_made_again(scene: Scene, fault: str) -> None:
    """Putting a message in order twice does no harm, so it is done until Slack says that it is."""
    reply = scene.reply()
    await stream(reply, "Something else")
    scene.slack.faults.next(fault, "chat.update")
    await reply.finish(ANSWER)
    (post,) = scene.said()
    assert (kinds([post]), TEXT in post.words) == (["tavernkeep_answer"], True)


async def test_a_growing_message_that_somebody_deleted_is_posted_anew(scene: Scene) -> None:
    """An answer does not vanish with the message that it began in."""
    reply = scene.reply()
    await stream(reply, "Something else")
    (post,) = scene.said()
    scene.slack.streams.expire(post)
    post.deleted = True
    ref = await reply.finish(ANSWER)
    assert [one.ts for one in scene.said()] == [ref.key]


async def test_a_slack_that_is_away_is_an_error_and_nothing_is_apologised_for(scene: Scene) -> None:
    """Whether the answer stands is looked into first; only then the asker is told a sentence."""
    reply = scene.reply()
    scene.slack.faults.always("dropped before", "chat.postMessage")
    with pytest.raises(PlatformAwayError):
        await reply.finish(ANSWER)
    with pytest.raises(PlatformAwayError):
        await reply.fail("Sorry.")
    scene.slack.faults.clear()
    assert await reply.posted("a1") is None
    await reply.fail("Sorry.")
    assert kinds(scene.said()) == ["tavernkeep_failure"]


async def test_a_refusal_is_an_error_at_once(scene: Scene) -> None:
    """What Slack will never take is not tried again here."""
    scene.slack.faults.always("is_archived", "chat.postMessage")
    with pytest.raises(PlatformAwayError):
        await scene.reply().finish(ANSWER)
    assert scene.calls("chat.postMessage") == 1


@pytest.mark.parametrize("key", [None, "command-1"])
async def test_a_workspace_without_such_blocks_gets_plain_ones(
    scene: Scene, key: str | None
) -> None:
    """Where Slack refuses Markdown or native buttons, words and ordinary buttons are shown."""
    method = "chat.postEphemeral" if key else "chat.postMessage"
    scene.slack.faults.next("invalid_blocks", method)
    await scene.reply(key).finish(ANSWER)
    post = scene.ana.whisper if key else scene.said()[0]
    assert post is not None
    assert {one["type"] for one in post.blocks} == {"section", "context", "actions"}
    assert "feedback_0" in str(post.blocks)
    assert "Set the" in post.words


async def test_a_message_that_cannot_be_deleted_twice_stays_gone(scene: Scene) -> None:
    """Taking away what is gone is no error, and a Slack that is away is one."""
    ref = await scene.reply().finish(LONG)
    scene.slack.faults.next("message_not_found", "chat.delete")
    await scene.reply().revise([ref], replace(ANSWER, id="a2"))
    other = await scene.reply().finish(replace(LONG, id="a3"))
    scene.slack.faults.always("fatal_error", "chat.delete")
    with pytest.raises(PlatformAwayError):
        await scene.reply().revise([other], replace(ANSWER, id="a4"))


async def test_a_change_that_slack_refuses_is_an_error(scene: Scene) -> None:
    """What Slack will never take is not tried again here."""
    ref = await scene.reply().finish(ANSWER)
    scene.slack.faults.always("is_archived", "chat.update")
    with pytest.raises(PlatformAwayError):
        await scene.reply().revise([ref], replace(ANSWER, id="a2"))
    assert scene.calls("chat.update") == 1


async def test_a_change_that_never_arrives_is_an_error(scene: Scene) -> None:
    """After some attempts it is left to a later one."""
    ref = await scene.reply().finish(ANSWER)
    scene.slack.faults.always("503", "chat.update")
    with pytest.raises(PlatformAwayError):
        await scene.reply().revise([ref], replace(ANSWER, id="a2"))
    assert scene.calls("chat.update") == 4


@pytest.mark.parametrize("fault", ["fatal_error", "unknown_method"])
async def test_a_stream_that_cannot_be_ended_is_an_error_or_left(scene: Scene, fault: str) -> None:
    """An open stream takes no change, so whoever posts knows that the answer is not whole."""
    await stream(scene.reply(), "Something else")
    scene.late = timedelta(seconds=10)
    scene.slack.faults.always(fault, "chat.stopStream")
    with pytest.raises(PlatformAwayError):
        await scene.reply().finish(ANSWER)
    scene.slack.faults.clear()
    await scene.reply().finish(ANSWER)
    assert kinds(scene.said()) == ["tavernkeep_answer"]


async def test_a_conversation_that_cannot_be_read_holds_nothing(scene: Scene) -> None:
    """Where the bot may not look, nothing of its own stands either."""
    scene.slack.faults.next("channel_not_found", "conversations.replies")
    assert await scene.reply().posted("a1") is None


METHODS = (
    "chat.startStream",
    "chat.appendStream",
    "chat.stopStream",
    "chat.postMessage",
    "chat.update",
    "conversations.replies",
)
FAULTS = ("dropped before", "dropped after", "cut", "503", "fatal_error", "429", "invalid_blocks")


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_goes_wrong_there_is_one_whole_answer(scene: Scene, seed: int) -> None:
    """Faults anywhere, streams that close, attempts that are cancelled: one answer, none left open."""
    chance = Random(seed)  # noqa: S311  # chance, not secrets
    answer = LONG if seed % 3 == 0 else ANSWER
    for _ in range(chance.randrange(3, 9)):
        scene.slack.faults.next(chance.choice(FAULTS), chance.choice(METHODS), seconds=0)
    ref = None
    for _ in range(9):
        task = asyncio.create_task(attempt(scene.reply(), answer, composes=ref is None))
        if chance.random() < 0.4:
            await asyncio.sleep(chance.random() * 0.03)
            task.cancel()
        if chance.random() < 0.3:
            scene.slack.streams.expire_all()
        (told,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(told, MessageRef):
            ref = told
            break
        scene.late = timedelta(seconds=10)
    posts = scene.said()
    assert ref is not None
    assert [one.ts for one in posts if kinds([one]) == ["tavernkeep_answer"]] == [ref.key]
    assert set(kinds(posts)) <= {"tavernkeep_answer", "tavernkeep_part"}
    words = "\n".join(one.words for one in posts)
    assert words.count("Part " if answer is LONG else "**token**") == (30 if answer is LONG else 1)
    assert not any(one.streaming for one in posts)


async def attempt(reply: SlackReply, answer: Answer, *, composes: bool) -> MessageRef:
    """Answer as the responder does: compose, post, and where that breaks off, look whether it stands."""
    standing = await reply.posted(answer.id)
    if standing is not None:
        return standing
    if composes:
        await stream(reply, answer.text[:400])
    try:
        return await reply.finish(answer)
    except PlatformAwayError:
        standing = await reply.posted(answer.id)
        if standing is None:
            raise
        return standing


# -- looking back --------------------------------------------------------------------------------


async def test_a_posted_answer_is_found_by_its_id(scene: Scene) -> None:
    """Another process finds where an answer stands, and that another one does not."""
    ref = await scene.reply().finish(ANSWER)
    looked = scene.reply()
    assert await looked.posted("a1") == ref
    assert await scene.reply().posted("a2") is None
    assert await looked.finish(ANSWER) == ref
    assert len(scene.said()) == 1


async def test_where_slack_cannot_be_asked_nobody_says_that_nothing_stands(scene: Scene) -> None:
    """Not knowing is an error, for "no" would post the answer twice."""
    scene.slack.faults.always("fatal_error", "conversations.replies")
    with pytest.raises(PlatformAwayError):
        await scene.reply().posted("a1")


async def test_a_stream_that_a_crash_left_open_becomes_the_answer(scene: Scene) -> None:
    """A bot that was killed while it wrote goes on in the same message when it is back."""
    await stream(scene.reply(), "Set the wrong")
    scene.replies = scene.process()
    reply = scene.reply()
    await stream(reply)
    await reply.finish(ANSWER)
    (post,) = scene.said()
    assert (post.streaming, kinds([post])) == (False, ["tavernkeep_answer"])
    assert "wrong" not in post.words


async def test_a_stream_that_a_stopped_bot_left_becomes_the_answer(scene: Scene) -> None:
    """A bot that is stopped ends its streams, and the next one finishes what stands there."""
    await stream(scene.reply(), "Set the wrong")
    await scene.replies.close()
    assert not scene.said()[0].streaming
    scene.replies = scene.process()
    await scene.reply().finish(ANSWER)
    assert kinds(scene.said()) == ["tavernkeep_answer"]


async def test_a_reply_that_was_cancelled_leaves_one_answer(scene: Scene) -> None:
    """A cancelled attempt and a later one, of the same process, are one answer together."""
    scene.slack.faults.next("slow", "chat.appendStream", seconds=5)
    task = asyncio.create_task(stream(scene.reply()))
    await scene.slack.until(lambda: scene.said())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    scene.late = timedelta(seconds=10)
    await scene.reply().finish(ANSWER)
    assert kinds(scene.said()) == ["tavernkeep_answer"]


async def test_parts_that_stand_are_not_posted_again(scene: Scene) -> None:
    """A long answer that broke off between two messages goes on after the last that stands."""
    scene.slack.faults.next("dropped before", "conversations.replies", times=9)
    scene.slack.faults.next("slow", "chat.postMessage", seconds=0)
    scene.slack.faults.next("500", "chat.postMessage", times=9)
    with pytest.raises(PlatformAwayError):
        await scene.reply().finish(LONG)
    scene.slack.faults.clear()
    scene.late = timedelta(seconds=10)
    await scene.reply().finish(LONG)
    posts = scene.said()
    assert sum(one.words.count("Part ") for one in posts) == 30
    assert kinds(posts).count("tavernkeep_answer") == 1


async def test_nothing_is_shown_early_where_nobody_knows_what_stands(scene: Scene) -> None:
    """An old question whose thread cannot be read gets its answer in the end, and not before."""
    scene.late = timedelta(seconds=10)
    scene.slack.faults.next("fatal_error", "conversations.replies")
    reply = scene.reply()
    await reply.append("Set the ")
    assert scene.said() == []
    await reply.finish(ANSWER)
    assert kinds(scene.said()) == ["tavernkeep_answer"]


async def test_another_questions_answer_is_left_alone(scene: Scene) -> None:
    """In a thread with several questions, each answer is its own message."""
    await scene.reply().finish(ANSWER)
    scene.late = timedelta(seconds=10)
    await scene.reply().finish(replace(ANSWER, id="a2"))
    assert len(scene.said()) == 2


# -- no answer -----------------------------------------------------------------------------------


async def test_a_failure_is_a_sentence_in_the_thread(scene: Scene) -> None:
    """The asker is told, in words that mean nothing to Slack."""
    await scene.reply().fail("There is no <!channel>.")
    (post,) = scene.said()
    assert (post.thread, kinds([post])) == (scene.asked.ts, ["tavernkeep_failure"])
    assert "<!channel>" not in post.words


async def test_a_failure_takes_the_place_of_what_streamed(scene: Scene) -> None:
    """Half an answer does not stay open, nor does it pose as one."""
    reply = scene.reply()
    await stream(reply)
    await reply.fail("The model broke off.")
    (post,) = scene.said()
    assert (post.streaming, "token" in post.words) == (False, False)
    assert "The model broke off." in post.words


async def test_a_failure_is_said_once(scene: Scene) -> None:
    """A later attempt finds that the asker was told already."""
    await scene.reply().fail("No.")
    scene.late = timedelta(seconds=10)
    await scene.reply().fail("No.")
    assert len(scene.said()) == 1


# -- elsewhere -----------------------------------------------------------------------------------


async def test_what_was_typed_is_answered_to_its_asker_alone(scene: Scene) -> None:
    """A command's answer is ephemeral, with a way to share it; nothing of it streams."""
    reply = scene.reply("command-1")
    await reply.progress("Searching…")
    await reply.append("Set the ")
    ref = await reply.finish(ANSWER)
    assert scene.said() == []
    whisper = scene.ana.whisper
    assert whisper is not None
    assert (ref.key, whisper.thread) == (whisper.ts, None)
    assert TEXT in whisper.words
    assert "Share with the channel" in whisper.words
    assert await reply.posted("a1") is None


async def test_a_failure_of_what_was_typed_is_told_to_its_asker_alone(scene: Scene) -> None:
    """Nobody else sees what went wrong with a private question."""
    await scene.reply("command-1").fail("No.")
    assert scene.said() == []
    assert scene.ana.whisper is not None


async def test_where_nothing_can_be_whispered_it_is_a_direct_message(scene: Scene) -> None:
    """Somebody who is not in the conversation is told in their own one with the bot."""
    scene.hall.members.discard(scene.ana.id)
    ref = await scene.reply("command-1").finish(ANSWER)
    direct = scene.slack.dm(scene.ana)
    assert ref.conversation == direct.id
    assert TEXT in scene.said(direct)[0].words


async def test_what_is_private_follows_nobody_out_of_its_conversation(scene: Scene) -> None:
    """Who left a private conversation is not told of it; who is in it still is told directly."""
    scene.hall.kind = "group"
    scene.slack.faults.next("user_not_in_channel", "chat.postEphemeral")
    await scene.reply("command-1").finish(ANSWER)
    direct = scene.slack.dm(scene.ana)
    assert len(scene.said(direct)) == 1
    scene.hall.members.discard(scene.ana.id)
    await scene.reply("command-2").finish(ANSWER)
    assert len(scene.said(direct)) == 1


async def test_a_whisper_that_slack_does_not_take_is_an_error(scene: Scene) -> None:
    """What the asker did not see was not answered."""
    scene.slack.faults.always("fatal_error", "chat.postEphemeral")
    with pytest.raises(PlatformAwayError):
        await scene.reply("command-1").finish(ANSWER)


async def test_a_shared_answer_of_a_command_is_a_message_of_its_own(scene: Scene) -> None:
    """No message stands where a command was typed, so no thread is begun."""
    reply = scene.reply("command-1")
    await reply.place(Placement.THREAD)
    ref = await reply.finish(ANSWER)
    (post,) = scene.said()
    assert (post.ts, post.thread, kinds([post])) == (ref.key, None, ["tavernkeep_answer"])
    again = scene.reply("command-1")
    await again.place(Placement.THREAD)
    assert await again.posted("a1") == ref


async def test_a_draft_is_put_before_the_moderators(scene: Scene) -> None:
    """Nothing stands in the thread; the draft has its question and can be found again."""
    reply = scene.reply()
    await reply.place(Placement.MODERATORS)
    await stream(reply)
    ref = await reply.finish(ANSWER)
    assert scene.said() == []
    (draft,) = scene.said(scene.mods)
    assert (ref.key, kinds([draft])) == (draft.ts, ["tavernkeep_draft"])
    assert "Ana asked in" in draft.words
    again = scene.reply()
    await again.place(Placement.MODERATORS)
    assert await again.posted("a1") == ref
    await again.fail("Nobody is told.")
    assert len(scene.said(scene.mods)) == 1


async def test_without_moderators_there_is_no_place_for_drafts(scene: Scene) -> None:
    """Whoever wants to show a draft is told that nobody would see it."""
    scene.mods.id = ""
    scene.replies = scene.process()
    with pytest.raises(NoPlaceError):
        await scene.reply().place(Placement.MODERATORS)


# -- once more -----------------------------------------------------------------------------------


async def test_a_revised_answer_stands_where_the_former_stood(scene: Scene) -> None:
    """An edited question's answer takes the old one's place, and what stood above that one goes."""
    ref = await scene.reply().finish(LONG)
    await scene.reply().revise([ref], replace(ANSWER, id="a2"))
    (post,) = scene.said()
    assert (post.ts, TEXT in post.words) == (ref.key, True)
    assert post.metadata == {"event_type": "tavernkeep_answer", "event_payload": {"id": "a2"}}


async def test_a_long_answer_is_told_of_with_all_its_messages(scene: Scene) -> None:
    """Whoever posts, looks or revises knows them in order; revised, it leaves all that were known."""
    reply, other, third = scene.reply(), scene.reply(), scene.reply()
    ref = await reply.finish(LONG)
    keys = [one.ts for one in scene.said()]
    assert [one.key for one in reply.parts] == keys
    assert reply.parts[-1] == ref
    assert await other.posted(LONG.id) == ref
    assert other.parts == reply.parts
    await third.revise(reply.parts, replace(ANSWER, id="a2"))
    (post,) = scene.said()
    assert [one.key for one in third.parts] == [post.ts] == keys[:1]
    await third.revise(third.parts, replace(LONG, id="a3"))
    assert [one.key for one in third.parts] == [one.ts for one in scene.said()]


async def test_a_revision_that_broke_off_is_brought_to_its_end(scene: Scene) -> None:
    """What the old answer stood in goes, even if its first message shows the new one already."""
    reply, other = scene.reply(), scene.reply()
    await reply.finish(LONG)
    scene.slack.faults.always("fatal_error", "chat.delete")
    with pytest.raises(PlatformAwayError):
        await other.revise(reply.parts, replace(ANSWER, id="a2"))
    scene.slack.faults.clear()
    await other.revise(reply.parts, replace(ANSWER, id="a2"))
    assert [one.ts for one in scene.said()] == [reply.parts[0].key]


async def test_a_revised_answer_may_be_longer(scene: Scene) -> None:
    """What does not fit the message follows below it; doing it again changes nothing."""
    ref = await scene.reply().finish(ANSWER)
    for _ in range(2):
        await scene.reply().revise([ref], replace(LONG, id="a2"))
    posts = scene.said()
    assert posts[0].ts == ref.key
    assert sum(one.words.count("Part ") for one in posts) == 30
