"""One answer in the making, in a Discord that takes it, puts it off, or breaks off."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.discord.client import pointed
from bot.discord.gateway import Gateway, TavernkeepClient, client_of, log_in
from bot.discord.identifying import Identifying
from bot.discord.identity import Identities
from bot.discord.interactions import Interactions
from bot.discord.pace import Pace
from bot.discord.refusals import Refusals
from bot.discord.reply import DiscordReply
from bot.discord.whisper import CLOSED
from bot.replies import Replies
from core.answers import Answer, Citation, Origin, Placement, Question
from core.audience import EVERYONE
from core.errors import NoPlaceError, PlatformAwayError
from core.messages import Conversation, Message, MessageRef, Person
from tests.bot.discord.conftest import discord_settings
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_permissions import HISTORY
from tests.servers.discord_post import NO_EMBEDS, V2, Channel, Post

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
LONG = replace(ANSWER, text="\n\n".join(f"Part {n}. " + "Many words. " * 60 for n in range(12)))
POSTING = "POST /channels/{channel}/messages"
TYPING = "POST /channels/{channel}/typing"
CHANGING = "PATCH /channels/{channel}/messages/{message}"


class Scene:
    """A question in a channel, and the replies to it."""

    def __init__(self, discord: LoopbackDiscord, client: TavernkeepClient) -> None:
        """Let Ana ask."""
        self.discord = discord
        self.client = client
        self.hall = discord.channel("hall")
        self.mods = discord.channel("mods")
        self.ana = discord.person("Ana")
        self.asked = Post(
            id=discord.world.new_id(),
            channel=self.hall,
            author=self.ana.user,
            created=discord.world.now(),
        )
        discord.world.posts[self.asked.id] = self.asked
        self.late = timedelta()
        self.identities = Identities(client, lambda: datetime.now(UTC))
        self.replies = self.process()

    def process(self, moderators: str | None = None) -> Replies[DiscordReply]:
        """Return the replies of a process that begins now."""
        chosen = str(self.mods.id) if moderators is None else moderators
        pace = Pace(speed=1e3)
        made = partial(
            DiscordReply,
            self.client,
            settings=discord_settings(self.discord, moderators=chosen),
            identities=self.identities,
            interactions=Interactions(),
            now=self.now,
            pace=pace,
        )
        return Replies(lambda message, opened: made(message, opened=opened), pace, self.now)

    def now(self) -> datetime:
        """Return the time, or a later one."""
        return datetime.now(UTC) + self.late

    def message(self, key: str | None = None) -> Message:
        """Return the question as core has it; a key makes it something that was typed."""
        here = str(self.hall.id)
        return Message(
            event_id="e1",
            ref=MessageRef(platform="discord", conversation=here, key=key or str(self.asked.id)),
            conversation=Conversation(platform="discord", key=here, name="hall"),
            person=Person(platform="discord", key=str(self.ana.user.id), name="Ana"),
            text="How?",
            sent_at=datetime.now(UTC),
            private=key is not None,
        )

    def reply(self, key: str | None = None) -> DiscordReply:
        """Return the reply to the question."""
        return self.replies.reply_to(self.message(key))

    def said(self, channel: Channel | None = None) -> list[Post]:
        """Return what the bot said in a channel, oldest first."""
        return self.discord.said_by_bot(channel or self.hall)

    def direct(self) -> list[Post]:
        """Return what the bot wrote to Ana."""
        return self.said(self.discord.world.direct(self.ana.user))

    def calls(self, route: str) -> int:
        """Return how often a call was made."""
        return sum(one.route == route for one in self.discord.rest.calls)


@pytest.fixture
async def scene(discord: LoopbackDiscord) -> AsyncIterator[Scene]:
    """Return a scene with a client as the bot has it."""
    settings = discord_settings(discord)
    discord.rest.window = 0.05
    with pointed(settings.api_url):
        clock = asyncio.get_running_loop().time
        client = client_of(settings, Refusals(clock), Identifying(clock, 50.0), 50.0)
        await log_in(client, settings)
        discord.channel("hall"), discord.channel("mods"), discord.person("Ana")
        gateway = Gateway(client, lambda: datetime.now(UTC), 50.0)
        await gateway.open()
        await client.settled.wait()
        made = Scene(discord, client)
        yield made
        await made.replies.close()
        await made.identities.close()
        await gateway.close()


async def stream(scene: Scene, reply: DiscordReply, text: str = TEXT) -> None:
    """Let a text come word by word, until some of it is seen."""
    before = len(scene.said())
    await reply.progress("Searching…")
    await reply.progress("Reading 2 passages…")
    for word in text.split(" "):
        await reply.append(f"{word} ")
        await asyncio.sleep(0)
    await scene.discord.until(lambda: len(scene.said()) > before)


# -- growing -------------------------------------------------------------------------------------


async def test_an_answer_grows_below_the_question(scene: Scene) -> None:
    """Typing, then words as they come; in the end sources and buttons, all in one message."""
    reply = scene.reply()
    await stream(scene, reply)
    ref = await reply.finish(ANSWER)
    (post,) = scene.said()
    assert ref.key == str(post.id)
    assert post.reply_to == scene.asked.id
    assert len(post.shown) > 1
    assert "token" in post.words
    assert "https://docs.example/slack" in post.words
    assert [one["label"] for one in post.buttons] == ["Helpful", "Not helpful", "Fix it"]
    assert scene.calls(TYPING) >= 1


async def test_that_something_is_written_is_shown_until_the_end(scene: Scene) -> None:
    """Discord shows it for ten seconds, so it is told of again while an answer is in the making."""
    reply = scene.reply()
    await reply.progress("Searching…")
    await scene.discord.until(lambda: scene.calls(TYPING) > 2)
    scene.discord.faults.always("403 50013", TYPING)
    await scene.discord.until(lambda: scene.discord.rest.invalid)
    await reply.finish(ANSWER)
    assert (len(scene.said()), scene.discord.rest.invalid) == (1, 1)


async def test_nobody_is_called(scene: Scene) -> None:
    """Not even who asked: an answer pings nobody, shows no previews, and is one set of components."""
    await scene.reply().finish(replace(ANSWER, text="@everyone <@1> see"))
    (post,) = scene.said()
    assert post.mentions == []
    assert not post.mention_everyone
    assert post.flags & V2
    assert post.flags & NO_EMBEDS
    assert "@everyone" not in post.words


async def test_what_is_being_done_is_shown(scene: Scene) -> None:
    """While the first words are awaited, the message says what is being done."""
    reply = scene.reply()
    await reply.progress("Searching…")
    await scene.discord.until(scene.said)
    assert "Searching…" in scene.said()[0].words
    await reply.finish(ANSWER)
    assert "Searching…" not in scene.said()[0].words


async def test_a_quick_answer_is_posted_at_once(scene: Scene) -> None:
    """Without anything shown before there is one call, and no change."""
    await scene.reply().finish(ANSWER)
    assert (scene.calls(POSTING), scene.calls(CHANGING)) == (1, 0)


async def test_what_cannot_be_shown_live_comes_with_the_end(scene: Scene) -> None:
    """Discord refuses to show it meanwhile: the answer arrives all the same, once."""
    scene.discord.faults.next("500 0", CHANGING)
    reply = scene.reply()
    await stream(scene, reply)
    await reply.finish(ANSWER)
    (post,) = scene.said()
    assert "Sources" in post.words


async def test_a_long_answer_takes_several_messages(scene: Scene) -> None:
    """Each is a reply to the question; the last has the buttons, and no word is lost."""
    await stream(scene, reply := scene.reply())
    ref = await reply.finish(LONG)
    posts = scene.said()
    assert len(posts) > 2
    assert ref.key == str(posts[-1].id)
    assert [bool(one.buttons) for one in posts] == [False] * (len(posts) - 1) + [True]
    assert all(f"Part {n}" in "".join(one.words for one in posts) for n in range(12))
    assert {one.reply_to for one in posts} == {scene.asked.id}


# -- arriving once -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["dropped after", "cut", "429"])
async def test_an_answer_is_posted_once(scene: Scene, fault: str) -> None:
    """Whatever breaks off, the same message is not posted twice."""
    scene.discord.faults.next(fault, POSTING)
    ref = await scene.reply().finish(ANSWER)
    (post,) = scene.said()
    assert ref.key == str(post.id)


@pytest.mark.parametrize("fault", ["dropped after", "dropped before"])
async def test_the_last_change_arrives(scene: Scene, fault: str) -> None:
    """A message that grew is put in order, whatever breaks off."""
    await stream(scene, reply := scene.reply())
    scene.discord.faults.next(fault, CHANGING)
    await reply.finish(ANSWER)
    (post,) = scene.said()
    assert post.buttons


async def test_an_answer_that_stands_is_found(scene: Scene) -> None:
    """Another process finds it by its id, and nothing of another answer."""
    ref = await scene.reply().finish(LONG)
    other = scene.process().reply_to(scene.message())
    assert await other.posted(LONG.id) == ref
    assert await other.posted("another") is None


async def test_the_rest_of_a_long_answer_follows(scene: Scene) -> None:
    """Broken off between two parts, another process posts those that are missing."""
    await scene.reply().finish(LONG)
    *posts, last = scene.said()
    del scene.discord.world.posts[last.id]
    scene.late = timedelta(minutes=1)
    again = scene.process().reply_to(scene.message())
    assert await again.posted(LONG.id) is None
    await again.finish(LONG)
    assert [one.id for one in scene.said()][:-1] == [one.id for one in posts]
    assert scene.said()[-1].buttons


async def test_a_message_whose_like_was_deleted(scene: Scene) -> None:
    """Discord does not take what it holds for the deleted message: it is told that it is another."""
    scene.discord.faults.next("404 10008", POSTING)
    await scene.reply().finish(ANSWER)
    assert len(scene.said()) == 1


async def test_another_process_goes_on_in_the_same_message(scene: Scene) -> None:
    """What was left unfinished grows on and becomes the answer."""
    await stream(scene, scene.reply())
    await scene.replies.close()
    (left,) = scene.said()
    scene.late = timedelta(minutes=1)
    again = scene.process().reply_to(scene.message())
    await again.append("Set the token")
    ref = await again.finish(ANSWER)
    assert [one.id for one in scene.said()] == [left.id]
    assert ref.key == str(left.id)


async def test_a_growing_message_that_was_deleted(scene: Scene) -> None:
    """A moderator deleted it meanwhile: the answer is posted anew."""
    await stream(scene, reply := scene.reply())
    scene.said()[0].deleted = True
    await reply.finish(ANSWER)
    (post,) = scene.said()
    assert post.buttons


async def test_what_discord_refuses_is_not_repeated(scene: Scene) -> None:
    """Without the permission to write there, one call tells."""
    scene.discord.faults.always("403 50013", POSTING)
    with pytest.raises(PlatformAwayError) as raised:
        await scene.reply().finish(ANSWER)
    assert raised.value.refuses
    assert scene.calls(POSTING) == 1


async def test_a_discord_that_is_away(scene: Scene) -> None:
    """After some attempts it is left for later."""
    scene.discord.faults.always("503", POSTING)
    with pytest.raises(PlatformAwayError, match="in a moment") as raised:
        await scene.reply().finish(ANSWER)
    assert not raised.value.refuses


async def test_a_question_that_is_gone(scene: Scene) -> None:
    """The answer stands by itself then."""
    del scene.discord.world.posts[scene.asked.id]
    await scene.reply().finish(ANSWER)
    assert scene.said()


async def test_a_channel_that_the_bot_may_not_read_back(scene: Scene) -> None:
    """Then an answer replies to nothing, but it stands."""
    scene.discord.faults.next("403 160002", POSTING)
    await scene.reply().finish(ANSWER)
    (post,) = scene.said()
    assert post.reply_to is None


async def test_a_bot_that_was_told_that_it_may_not_read_back(scene: Scene) -> None:
    """It does not try to reply, which Discord would refuse, and count."""
    for role in (one for one in scene.discord.guild.roles.values() if one.bot_id):
        scene.hall.deny[role.id] = HISTORY
    scene.discord.announcer.channel("UPDATE", scene.hall)
    await scene.discord.settled()
    await scene.reply().finish(ANSWER)
    (post,) = scene.said()
    assert (post.reply_to, scene.calls(POSTING)) == (None, 1)


async def test_what_is_shown_as_the_connection_ends(scene: Scene) -> None:
    """It is left to whoever answers later; nothing fails that nobody hears of."""
    before = asyncio.all_tasks()
    await scene.client.http.close()
    reply = scene.reply()
    await reply.append("Set the token")
    shown, _ = await asyncio.wait(asyncio.all_tasks() - before, timeout=5.0)
    assert [one.exception() for one in shown] == [None]
    with pytest.raises(PlatformAwayError):
        await reply.finish(ANSWER)


async def test_what_is_under_way_is_broken_off_in_the_end(scene: Scene) -> None:
    """Also where the answer itself was broken off before, waiting for it: nothing is left behind."""
    before = asyncio.all_tasks()
    scene.discord.faults.next("429", POSTING, seconds=20)
    await (reply := scene.reply()).append("Set the token")
    await scene.discord.until(lambda: scene.discord.faults.taken)
    finishing = asyncio.create_task(reply.finish(ANSWER))
    await asyncio.sleep(0)
    finishing.cancel()
    await asyncio.wait([finishing])
    await scene.replies.close()
    left = {getattr(one.get_coro(), "__qualname__", "") for one in asyncio.all_tasks() - before}
    assert not any(name.startswith("Live.") for name in left)


async def test_what_cannot_be_looked_back_at_is_not_shown_early(scene: Scene) -> None:
    """Perhaps another process left something: until Discord tells, nothing grows."""
    scene.late = timedelta(minutes=1)
    scene.discord.faults.next("429 banned", "GET /channels/{channel}/messages")
    reply = scene.reply()
    await reply.append("Set the token")
    await reply.finish(ANSWER)
    (post,) = scene.said()
    assert len(post.shown) == 1


async def test_what_cannot_be_taken_away(scene: Scene) -> None:
    """A part that Discord does not delete is left; where Discord is away, it is tried again."""
    ref = await scene.reply().finish(LONG)
    deleting = "DELETE /channels/{channel}/messages/{message}"
    scene.discord.faults.always("503", deleting)
    with pytest.raises(PlatformAwayError):
        await scene.reply().revise([ref], replace(ANSWER, id="a2"))
    scene.discord.faults.clear()
    scene.discord.faults.next("403 50013", deleting)
    await scene.reply().revise([ref], replace(ANSWER, id="a2"))
    assert len(scene.said()) == 2


async def test_an_answer_that_is_gone_is_revised_anew(scene: Scene) -> None:
    """A moderator deleted it; what was typed has no message that could be changed."""
    ref = await scene.reply().finish(ANSWER)
    scene.said()[0].deleted = True
    await scene.reply().revise([ref], replace(ANSWER, id="a2"))
    assert len(scene.said()) == 1
    await scene.reply().revise([replace(ref, key="command-1")], replace(ANSWER, id="a3"))
    assert len(scene.said()) == 1


# -- failing -------------------------------------------------------------------------------------


async def test_a_failure_takes_the_place_of_what_was_shown(scene: Scene) -> None:
    """Whoever saw words come sees why no more do."""
    await stream(scene, reply := scene.reply())
    await reply.fail("It went wrong.")
    (post,) = scene.said()
    assert post.words == "It went wrong."


async def test_a_failure_is_said_once(scene: Scene) -> None:
    """A later attempt finds that it was said."""
    await scene.reply().fail("It went wrong.")
    scene.late = timedelta(minutes=1)
    await scene.process().reply_to(scene.message()).fail("It went wrong.")
    assert len(scene.said()) == 1


async def test_no_failure_is_said_where_an_answer_may_stand(scene: Scene) -> None:
    """It is looked into first."""
    scene.discord.faults.always("503", POSTING)
    reply = scene.reply()
    with pytest.raises(PlatformAwayError):
        await reply.finish(ANSWER)
    with pytest.raises(PlatformAwayError, match="looked after"):
        await reply.fail("It went wrong.")


# -- elsewhere -----------------------------------------------------------------------------------


async def test_drafts_stand_with_the_moderators(scene: Scene) -> None:
    """With the question, who asked it, and what to decide."""
    reply = scene.reply()
    await reply.place(Placement.MODERATORS)
    ref = await reply.finish(ANSWER)
    (post,) = scene.said(scene.mods)
    assert (ref.conversation, ref.key) == (str(scene.mods.id), str(post.id))
    assert "A draft" in post.words
    assert "Ana" in post.words
    assert [one["label"] for one in post.buttons] == ["Publish", "Edit", "Dismiss"]
    assert scene.said() == []
    assert await reply.posted(ANSWER.id) == ref


@pytest.mark.parametrize("moderators", ["", "general"])
async def test_no_moderators(scene: Scene, moderators: str) -> None:
    """Without a channel for drafts there is no such place."""
    reply = scene.process(moderators).reply_to(scene.message())
    with pytest.raises(NoPlaceError):
        await reply.place(Placement.MODERATORS)


async def test_an_answer_for_one_person_comes_directly(scene: Scene) -> None:
    """In a channel Discord shows nothing to one person alone, so it is a direct message."""
    reply = scene.reply()
    await reply.place(Placement.ASKER)
    ref = await reply.finish(ANSWER)
    (post,) = scene.direct()
    assert (ref.conversation, ref.key) == (str(post.channel.id), str(post.id))
    assert post.buttons[0]["label"] == "Share with the channel"
    assert scene.said() == []
    assert await reply.posted(ANSWER.id) == ref


async def test_who_takes_no_direct_messages_is_told_so(scene: Scene) -> None:
    """Where they asked stands how to get at the answer, and nothing of it."""
    scene.ana.user.takes_dms = False
    reply = scene.reply()
    await reply.place(Placement.ASKER)
    with pytest.raises(PlatformAwayError) as raised:
        await reply.finish(ANSWER)
    assert raised.value.refuses
    await reply.fail(str(raised.value))
    (post,) = scene.said()
    assert post.words.replace("\\", "") == CLOSED
    assert post.reply_to == scene.asked.id


async def test_who_reads_no_more_is_told_nothing(scene: Scene) -> None:
    """Who was removed from where they asked is shown nothing of what stands there."""
    del scene.discord.guild.members[scene.ana.user.id]
    reply = scene.reply()
    await reply.place(Placement.ASKER)
    with pytest.raises(PlatformAwayError, match="read along") as raised:
        await reply.finish(ANSWER)
    await reply.fail(str(raised.value))
    assert scene.direct() == scene.said() == []


async def test_a_command_from_before_a_restart_is_answered_directly(scene: Scene) -> None:
    """Nobody has the interaction any more; the failure comes by the same way, once."""
    await scene.reply("command-1").finish(ANSWER)
    assert len(scene.direct()) == 1
    await scene.reply("command-2").fail("It went wrong.")
    await scene.reply("command-2").fail("It went wrong.")
    assert len(scene.direct()) == 2


# -- revising ------------------------------------------------------------------------------------


async def test_a_long_answer_is_revised_to_a_short_one(scene: Scene) -> None:
    """The parts above go; what people can react to stays where it is."""
    ref = await scene.reply().finish(LONG)
    newer = replace(ANSWER, id="a2")
    await scene.reply().revise([ref], newer)
    (post,) = scene.said()
    assert str(post.id) == ref.key
    assert "token" in post.words
    assert post.buttons[0]["custom_id"].endswith(":a2")


async def test_a_short_answer_is_revised_to_a_long_one(scene: Scene) -> None:
    """Its first part takes the place; the others follow, also when it is done twice."""
    ref = await scene.reply().finish(ANSWER)
    newer = replace(LONG, id="a2")
    await scene.reply().revise([ref], newer)
    await scene.reply().revise([ref], newer)
    posts = scene.said()
    assert str(posts[0].id) == ref.key
    assert all(sum(f"Part {n}." in one.words for one in posts) == 1 for n in range(12))
    await scene.reply().revise([ref], replace(ANSWER, id="a3"))
    assert [str(one.id) for one in scene.said()] == [ref.key]


async def test_a_long_answer_is_told_of_with_all_its_messages(scene: Scene) -> None:
    """Whoever posts, looks or revises knows them in order; revised, it leaves all that were known."""
    reply, other, third = scene.reply(), scene.reply(), scene.reply()
    ref = await reply.finish(LONG)
    keys = [str(one.id) for one in scene.said()]
    assert ([one.key for one in reply.parts], reply.parts[-1]) == (keys, ref)
    assert (await other.posted(LONG.id), other.parts) == (ref, reply.parts)
    await third.revise(reply.parts, replace(ANSWER, id="a2"))
    assert [one.key for one in third.parts] == keys[:1] == [str(one.id) for one in scene.said()]
    await third.revise(third.parts, replace(LONG, id="a3"))
    assert [one.key for one in third.parts] == [str(one.id) for one in scene.said()]


async def test_a_long_answer_in_a_direct_message_is_told_of(scene: Scene) -> None:
    """People can react to each of its messages there, too."""
    reply = scene.reply()
    await reply.place(Placement.ASKER)
    ref = await reply.finish(LONG)
    keys = [str(one.id) for one in scene.direct()]
    assert ([one.key for one in reply.parts], reply.parts[-1]) == (keys, ref)
    assert await reply.posted(LONG.id) == ref


async def test_an_answer_in_a_direct_message_is_revised_there(scene: Scene) -> None:
    """It stays where it stands."""
    reply = scene.reply()
    await reply.place(Placement.ASKER)
    ref = await reply.finish(ANSWER)
    await scene.reply().revise([ref], replace(ANSWER, id="a2", text="Otherwise [1]."))
    (post,) = scene.direct()
    assert "Otherwise" in post.words
    assert scene.said() == []
