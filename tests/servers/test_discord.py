"""The loopback Discord as the real discord.py sees it: messages, reactions, permissions, limits."""

import asyncio

import aiohttp
import discord
import pytest
from discord.http import MultipartParameters

from bot.discord.client import pointed
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_listener import INTENTS, Listener, listening
from tests.servers.discord_permissions import HISTORY, VIEW
from tests.servers.discord_post import Channel

SENDING = "POST /channels/{channel}/messages"


@pytest.fixture(autouse=True)
def hall(tavern: LoopbackDiscord) -> Channel:
    """Return a channel that was there before the bot came."""
    return tavern.channel("hall")


def place(client: Listener, channel: Channel) -> discord.TextChannel:
    """Return a channel as the client knows it."""
    found = client.get_channel(channel.id)
    assert isinstance(found, discord.TextChannel)
    return found


async def test_a_mention_is_heard_and_answered(tavern: LoopbackDiscord, listener: Listener) -> None:
    """What somebody writes to the bot arrives whole; what it answers stands as a reply."""
    ana, hall = tavern.person("Ana"), tavern.channel("hall")
    asked = await ana.says(hall, "@Tavernkeep where?")
    await tavern.settled()
    await listener.messages[0].reply("Here.", mention_author=False)
    answer = await tavern.reply(asked)
    assert listener.messages[0].content == f"<@{tavern.world.bot.id}> where?"
    assert (answer.words, answer.reply_to, answer.mentions) == ("Here.", asked.id, [])


async def test_words_that_are_not_for_the_bot_are_not_told(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """Without the intent a message arrives empty, by REST too; with a ping, or alone with it, whole."""
    ana, hall = tavern.person("Ana"), tavern.channel("hall")
    aside = await ana.says(hall, "between us")
    await ana.says(ana.dm(), "just you")
    await tavern.settled()
    assert listener.said == ["", "just you"]
    read = await place(listener, hall).fetch_message(aside.id)
    assert read.content == ""


async def test_a_reply_without_a_ping_keeps_its_words(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """A reply to the bot tells its words only where it pings."""
    ana, hall = tavern.person("Ana"), tavern.channel("hall")
    own = await place(listener, hall).send("Hello.")
    post = tavern.world.posts[own.id]
    await ana.says(hall, "quietly", reply_to=post, ping=False)
    await ana.says(hall, "aloud", reply_to=post)
    await tavern.settled()
    assert listener.said == ["", "aloud"]


async def test_with_the_privileged_intent_all_words_are_told(tavern: LoopbackDiscord) -> None:
    """Where Message Content Intent is switched on, and asked for, messages arrive whole."""
    tavern.world.privileged = True
    intents = discord.Intents(INTENTS.value, message_content=True)
    async with listening(tavern, Listener(intents)) as client:
        await tavern.person("Ana").says(tavern.channel("hall"), "between us")
        await tavern.settled()
        assert client.said == ["between us"]


async def test_reactions_are_told_with_what_discord_tells_of_them(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """Only a new reaction says who wrote the message; clearing is an event of its own."""
    ana, hall = tavern.person("Ana"), tavern.channel("hall")
    sent = await place(listener, hall).send("Hello.")
    post = tavern.world.posts[sent.id]
    await ana.reacts(post, "👎")
    await ana.unreacts(post, "👎")
    await ana.reacts(post, "👍")
    await ana.clears(post, "👍")
    await ana.clears(post)
    await tavern.settled()
    added, removed, _, emoji, everything = listener.raw
    assert (added.message_author_id, removed.message_author_id) == (tavern.world.bot.id, None)
    assert (emoji.emoji.name, everything.message_id) == ("👍", sent.id)


async def test_who_reacted_can_be_read_back(tavern: LoopbackDiscord, listener: Listener) -> None:
    """Reactions of messages that are in no cache are read over REST."""
    ana, ben, hall = tavern.person("Ana"), tavern.person("Ben"), tavern.channel("hall")
    sent = await place(listener, hall).send("Hello.")
    for person in (ana, ben):
        await person.reacts(tavern.world.posts[sent.id], "👍")
    read = await place(listener, hall).fetch_message(sent.id)
    assert (read.reactions[0].count, read.reactions[0].me) == (2, False)
    assert {user.id async for user in read.reactions[0].users()} == {ana.user.id, ben.user.id}


async def test_edits_and_deletions_are_told(tavern: LoopbackDiscord, listener: Listener) -> None:
    """A change arrives with the new words; deletions arrive one by one, or many at once."""
    ana, hall = tavern.person("Ana"), tavern.channel("hall")
    posts = [await ana.says(hall, f"@Tavernkeep {number}") for number in range(3)]
    await ana.edits(posts[0], "@Tavernkeep more")
    await ana.deletes(posts[0])
    await ana.deletes(*posts[1:])
    await tavern.settled()
    edited, one, many = listener.raw
    assert edited.message.content.endswith("more")
    assert one.message_id == posts[0].id
    assert many.message_ids == {posts[1].id, posts[2].id}


async def test_the_same_nonce_is_the_same_message(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """A send that is repeated with its nonce returns what already stands."""
    hall = tavern.channel("hall")
    first = await place(listener, hall).send("once", nonce="answer-1")
    again = await place(listener, hall).send("once", nonce="answer-1")
    assert again.id == first.id
    assert len(tavern.said_by_bot(hall)) == 1


async def test_an_error_after_the_effect_doubles_only_what_has_no_nonce(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """discord.py sends again after a 502; with a nonce it stands once, without it twice."""
    hall, den = tavern.channel("hall"), tavern.channel("den")
    await tavern.settled()
    tavern.faults.next("502 after", SENDING, times=2)
    await asyncio.gather(
        place(listener, hall).send("once", nonce="answer-1"),
        listener.http.send_message(den.id, params=bare("twice")),
    )
    assert (len(tavern.said_by_bot(hall)), len(tavern.said_by_bot(den))) == (1, 2)


def bare(content: str, **more: str) -> MultipartParameters:
    """Return a message without the nonce that discord.py gives to each by itself."""
    return MultipartParameters(payload={"content": content, **more}, multipart=None, files=None)


async def test_limits_are_told_and_kept(tavern: LoopbackDiscord, listener: Listener) -> None:
    """discord.py waits for a bucket by its headers, so that no call is refused."""
    tavern.rest.window = 0.2
    hall = place(listener, tavern.channel("hall"))
    started = asyncio.get_running_loop().time()
    await asyncio.gather(*(hall.send(f"{number}") for number in range(11)))
    assert asyncio.get_running_loop().time() - started >= 0.35
    assert 429 not in {one.status for one in tavern.rest.calls[-11:]}


@pytest.mark.parametrize(("fault", "counted"), [("429", 1), ("429 global", 1), ("429 shared", 0)])
async def test_too_often_is_waited_out_and_counted(
    tavern: LoopbackDiscord, listener: Listener, fault: str, counted: int
) -> None:
    """A 429 is repeated after its seconds; a shared one does not count against the bot."""
    tavern.faults.next(fault, SENDING)
    await place(listener, tavern.channel("hall")).send("late")
    assert [one.status for one in tavern.rest.calls if one.route == SENDING] == [429, 200]
    assert tavern.rest.invalid == counted


async def test_too_many_invalid_calls_ban_the_address(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """After as many refusals as Discord bears, its front answers with a page instead."""
    tavern.rest.banned_from = 2
    hidden = tavern.channel("hidden", private=True, bot=False)
    await tavern.settled()
    for _ in range(2):
        with pytest.raises(discord.Forbidden):
            await place(listener, hidden).send("?")
    with pytest.raises(discord.HTTPException, match="1015"):
        await place(listener, hidden).send("?")


@pytest.mark.parametrize("fault", ["dropped before", "dropped after", "cut"])
async def test_a_broken_connection_fails_the_call(
    tavern: LoopbackDiscord, listener: Listener, fault: str
) -> None:
    """A call whose connection breaks raises; only a look tells whether it had its effect."""
    hall = tavern.channel("hall")
    tavern.faults.next(fault, SENDING)
    with pytest.raises((aiohttp.ClientError, OSError)):
        await place(listener, hall).send("perhaps")
    assert len(tavern.said_by_bot(hall)) == (0 if fault == "dropped before" else 1)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("403 50013", discord.Forbidden),
        ("503", discord.DiscordServerError),
        ("404 10008", discord.NotFound),
    ],
)
async def test_a_refusal_raises_what_discord_py_makes_of_it(
    tavern: LoopbackDiscord, listener: Listener, fault: str, error: type[Exception]
) -> None:
    """A fault named by status and code is answered as Discord answers it."""
    tavern.faults.always(fault, SENDING)
    with pytest.raises(error):
        await place(listener, tavern.channel("hall")).send("no")
    tavern.faults.clear()
    await place(listener, tavern.channel("hall")).send("yes")


async def test_a_channel_that_the_bot_does_not_see_is_silent(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """Nothing of a hidden channel is told, and reading there is refused."""
    ana = tavern.person("Ana")
    hidden = tavern.channel("hidden", private=True, members=[ana], bot=False)
    await ana.says(hidden, "@Tavernkeep psst")
    await tavern.settled()
    assert listener.messages == []
    with pytest.raises(discord.Forbidden):
        await place(listener, hidden).fetch_message(1)


async def test_permissions_follow_roles_and_channels(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """Who reads a channel as the client computes it is who reads it here, before and after a change."""
    ana, ben = tavern.person("Ana"), tavern.person("Ben")
    staff = tavern.world.role(tavern.guild, "Staff", 0)
    room = tavern.channel("staff", private=True)
    room.allow[staff.id] = VIEW | HISTORY
    tavern.announcer.role("CREATE", tavern.guild, staff)
    await tavern.grants(ana, staff)
    await tavern.closes(room)
    await tavern.settled()
    for person, expected in ((ana, True), (ben, False)):
        member = await place(listener, room).guild.fetch_member(person.user.id)
        seen = place(listener, room).permissions_for(member).view_channel
        assert seen == person.sees(room) == expected
    await tavern.opens(room)
    await tavern.settled()
    assert ben.sees(room)
    assert place(listener, room).permissions_for(member).view_channel


async def test_history_is_read_forwards_and_backwards(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """Messages are listed newest first, or after one of them, in pages of a hundred at most."""
    ana, hall = tavern.person("Ana"), tavern.channel("hall")
    posts = [await ana.says(hall, f"@Tavernkeep {number}") for number in range(5)]
    channel = place(listener, hall)
    newest = [one.id async for one in channel.history(limit=2)]
    after = discord.Object(posts[2].id)
    later = [one.id async for one in channel.history(after=after, oldest_first=True)]
    assert newest == [posts[4].id, posts[3].id]
    assert later == [posts[3].id, posts[4].id]


async def test_threads_and_forum_posts(tavern: LoopbackDiscord, listener: Listener) -> None:
    """A thread has the id of the message it hangs on; a forum's first message has the thread's."""
    ana, hall, forum = tavern.person("Ana"), tavern.channel("hall"), tavern.forum("help")
    root = await ana.says(hall, "@Tavernkeep a long story")
    thread = await ana.starts(root, "A long story")
    post = await ana.starts(forum, "How?", "@Tavernkeep please")
    await tavern.settled()
    assert (thread.id, listener.messages[-1].id) == (root.id, post.id)
    found = listener.get_channel(post.id)
    assert isinstance(found, discord.Thread)
    assert (found.parent_id, found.name) == (forum.id, "How?")
    await found.send("So.")
    assert [one.words for one in tavern.said_by_bot(post)] == ["So."]


async def test_a_thread_of_the_bot_s_own(tavern: LoopbackDiscord, listener: Listener) -> None:
    """The bot starts a thread from a message, once, and a post in a forum with its first message."""
    ana, hall = tavern.person("Ana"), tavern.channel("hall")
    forum = tavern.forum("help")
    root = await ana.says(hall, "@Tavernkeep hm")
    await tavern.settled()
    thread = await listener.messages[0].create_thread(name="Hm")
    with pytest.raises(discord.HTTPException, match="160004"):
        await listener.messages[0].create_thread(name="Hm")
    place_of = listener.get_channel(forum.id)
    assert isinstance(place_of, discord.ForumChannel)
    made = await place_of.create_thread(name="News", content="We opened.")
    assert (thread.id, made.message.id) == (root.id, made.thread.id)


async def test_an_archived_thread_opens_when_something_is_said(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """Writing in a closed thread opens it, unless it is locked."""
    ana, hall = tavern.person("Ana"), tavern.channel("hall")
    thread = await ana.starts(await ana.says(hall, "@Tavernkeep ?"), "Q")
    await ana.archives(thread)
    await tavern.settled()
    found = await listener.fetch_channel(thread.id)
    assert isinstance(found, discord.Thread)
    await found.send("Back.")
    assert not thread.archived
    await ana.archives(thread, locked=True)
    with pytest.raises(discord.HTTPException, match="50083"):
        await found.send("Again.")


async def test_a_private_thread_is_open_to_its_members_alone(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """Who is not in a private thread does not see it, and is not found among its members."""
    ana, ben, hall = tavern.person("Ana"), tavern.person("Ben"), tavern.channel("hall")
    thread = await ana.whispers_in(hall, "Between us")
    await tavern.settled()
    found = listener.get_channel(thread.id)
    assert isinstance(found, discord.Thread)
    assert (await found.fetch_member(ana.user.id)).id == ana.user.id
    with pytest.raises(discord.NotFound):
        await found.fetch_member(ben.user.id)
    assert not ben.sees(thread)


async def test_direct_messages_reach_who_wants_them(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """The bot writes to somebody alone; who does not take that is a refusal."""
    ana, ben = tavern.person("Ana"), tavern.person("Ben")
    await (await listener.fetch_user(ana.user.id)).send("psst")
    assert [one.words for one in tavern.said_by_bot(ana.dm())] == ["psst"]
    ben.user.takes_dms = False
    with pytest.raises(discord.Forbidden, match="50007"):
        await (await listener.fetch_user(ben.user.id)).send("psst")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"content": "x" * 2001}, "50035"),
        ({"content": " "}, "50006"),
        ({"content": "x", "nonce": "n" * 26}, "50035"),
    ],
)
async def test_messages_that_discord_does_not_take(
    tavern: LoopbackDiscord, listener: Listener, sent: dict[str, str], code: str
) -> None:
    """Too long, empty, or with too long a nonce: refused."""
    with pytest.raises(discord.HTTPException, match=code):
        await listener.http.send_message(tavern.channel("hall").id, params=bare(**sent))


async def test_a_reply_to_what_is_gone_is_refused_unless_it_may_stand_alone(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """A reference to a deleted message fails, where it was not said that it need not exist."""
    ana, hall = tavern.person("Ana"), tavern.channel("hall")
    asked = await ana.says(hall, "@Tavernkeep ?")
    await tavern.settled()
    await ana.deletes(asked)
    with pytest.raises(discord.HTTPException, match="Unknown message"):
        await listener.messages[0].reply("late")
    reference = listener.messages[0].to_reference(fail_if_not_exists=False)
    await place(listener, hall).send("late", reference=reference)


async def test_a_wrong_token_is_refused(tavern: LoopbackDiscord) -> None:
    """Another token does not let anybody in."""
    client = Listener()
    with pointed(tavern.url), pytest.raises(discord.LoginFailure):
        await client.login("another")
    await client.close()


async def test_an_unknown_route_is_no_route(tavern: LoopbackDiscord) -> None:
    """What Discord has no route for is a 404."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"{tavern.url}/nothing", headers={"Authorization": f"Bot {tavern.token}"}
        ) as response,
    ):
        assert response.status == 404
