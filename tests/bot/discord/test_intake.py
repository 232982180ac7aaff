"""What happens in Discord reaches the ledger once, in order, and with who may read it."""

import pytest
from sqlalchemy import text

from core.feedback import Feedback, Proposal, Verdict
from core.ledger.ledger import Ledger
from core.messages import Deleted, Edited, Message, Reopened
from tests.bot.discord.conftest import Connect, all_heard, heard, quiet
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_permissions import HISTORY, SEND, VIEW
from tests.tavern import Tavern

ASKED = "@Tavernkeep When does it close?"


async def break_ledger(ledger: Ledger, *, broken: bool) -> None:
    """Take the inbox's table away, or put it back."""
    names = ("inbox", "inbox_gone") if broken else ("inbox_gone", "inbox")
    async with ledger.writing() as connection:
        await connection.execute(text("ALTER TABLE {} RENAME TO {}".format(*names)))


# -- messages ------------------------------------------------------------------------------------


async def test_a_mention_in_a_channel(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """It comes with who wrote it, where, and that the bot is meant; no privileged intent is needed."""
    general = discord.channel("general")
    await connect()
    asked = await discord.person("Ana").says(general, ASKED)
    message = await heard(discord, tavern, Message)
    assert (message.text, message.addressed) == ("When does it close?", True)
    assert (message.person.name, message.conversation.name) == ("Ana", "general")
    assert message.ref.id == f"discord:{general.id}:{asked.id}"
    assert message.conversation.public


async def test_closed_conversations(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """A private channel, a private thread and a direct conversation are not read by everyone."""
    ana, general = discord.person("Ana"), discord.channel("general")
    closed = discord.channel("held", private=True, members=[ana])
    await connect()
    thread = await ana.whispers_in(general, "between us")
    for place in (closed, thread, ana.dm()):
        await ana.says(place, ASKED)
    await heard(discord, tavern, Message, 3)
    found = all_heard(tavern, Message)
    assert {one.conversation.key for one in found} == {
        str(one.id) for one in (closed, thread, ana.dm())
    }
    assert not any(one.conversation.public for one in found)
    assert sum(one.conversation.direct for one in found) == 1
    assert all(one.addressed for one in found)


async def test_what_nobody_said_to_the_bot_comes_with_the_privileged_intent_only(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Without it Discord tells no words, and nothing is stored."""
    general, ana = discord.channel("general"), discord.person("Ana")
    adapter = await connect()
    await ana.says(general, "lunch?")
    await quiet(discord, adapter, tavern)
    assert not all_heard(tavern, Message)
    await adapter.stop()
    discord.world.privileged = True
    await connect(message_content=True)
    await ana.says(general, "lunch now?")
    message = await heard(discord, tavern, Message)
    assert (message.text, message.addressed) == ("lunch now?", False)


async def test_replies_belong_to_the_first_message_of_their_chain(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Also where the bot was started anew in between, and knows none of them any more."""
    general, ana = discord.channel("general"), discord.person("Ana")
    adapter = await connect()
    asked = await ana.says(general, ASKED)
    answer = await discord.reply(asked)
    await quiet(discord, adapter, tavern)
    await adapter.stop()
    await connect()
    await ana.says(general, "and on Sundays?", answer)
    second = await heard(discord, tavern, Message, 2)
    assert (second.thread, second.addressed) == (str(asked.id), True)
    assert all_heard(tavern, Message)[0].thread is None


async def test_a_thread_belongs_to_the_message_that_it_was_started_from(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """What is said there is read by who reads the channel; the answer stands in the thread."""
    general, ana = discord.channel("general"), discord.person("Ana")
    await connect()
    first = await ana.says(general, ASKED)
    thread = await ana.starts(first, "closing")
    inside = await ana.says(thread, "@Tavernkeep and on Sundays?")
    message = await heard(discord, tavern, Message, 2)
    assert (message.conversation.key, message.conversation.public) == (str(general.id), True)
    assert (message.ref.key, message.thread) == (f"{thread.id}/{inside.id}", str(first.id))
    assert (await discord.reply(inside)).channel is thread


async def test_the_post_of_a_forum(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Its title and first message are what it is about; all else hangs below."""
    forum, ana = discord.forum("help"), discord.person("Ana")
    await connect()
    post = await ana.starts(forum, "Opening hours", "the kitchen's, I mean")
    await ana.says(post, ASKED)
    later = await heard(discord, tavern, Message, 2)
    first = all_heard(tavern, Message)[0]
    assert (first.text, first.thread) == ("Opening hours", None)  # the rest is not told
    assert first.ref.key == f"{post.id}/{post.id}"
    assert later.thread == first.ref.key
    assert later.conversation.name == "help"


async def test_bots_are_not_heard_unless_allowed(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """An allowed bot asks like anybody; another one says nothing."""
    general = discord.channel("general")
    jira, other = discord.other_bot("Jira"), discord.other_bot("Noise")
    await connect(allowed_bots=(jira.id,))
    await other.says(general, ASKED)
    await jira.says(general, "@Tavernkeep question?")
    message = await heard(discord, tavern, Message)
    assert (message.text, message.person.bot) == ("question?", False)


async def test_edits_and_deletions(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """New words, a message that is gone, and several at once; what Discord adds says nothing."""
    general, ana = discord.channel("general"), discord.person("Ana")
    adapter = await connect()
    asked = await ana.says(general, ASKED)
    await ana.edits(asked, "@Tavernkeep When does it open?")
    assert (await heard(discord, tavern, Edited)).text == "When does it open?"
    await ana.pins(asked)
    more = [await ana.says(general, f"@Tavernkeep {number}?") for number in range(2)]
    await ana.deletes(asked)
    await ana.deletes(*more)
    await quiet(discord, adapter, tavern)
    gone = {one.ref.key for one in all_heard(tavern, Deleted)}
    assert gone == {str(one.id) for one in (asked, *more)}
    assert len(all_heard(tavern, Edited)) == 1


async def test_a_thread_that_is_deleted_takes_its_messages_along(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Discord tells of the thread alone; the message that it was started from stays."""
    general, ana = discord.channel("general"), discord.person("Ana")
    adapter = await connect()
    first = await ana.says(general, ASKED)
    thread = await ana.starts(first, "closing")
    inside = await ana.says(thread, "@Tavernkeep and on Sundays?")
    answer = await discord.reply(inside)
    await quiet(discord, adapter, tavern)
    await discord.removes(thread)
    await quiet(discord, adapter, tavern)
    gone = {one.ref.key for one in all_heard(tavern, Deleted)}
    assert gone == {f"{thread.id}/{one.id}" for one in (inside, answer)}


async def test_a_channel_that_is_deleted_takes_its_messages_along(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """With those of its threads, private and archived ones too; what stands in another channel stays."""
    general, other, ana = (
        discord.channel("general"),
        discord.channel("other"),
        discord.person("Ana"),
    )
    adapter = await connect()
    first = await ana.says(general, ASKED)
    thread = await ana.starts(first, "closing")
    held = await ana.whispers_in(general, "held", ana)
    old = await ana.whispers_in(general, "archived", ana)
    places = [general, thread, held, old, other]
    asked = [first, *[await ana.says(one, "@Tavernkeep and on Sundays?") for one in places[1:]]]
    answers = [await discord.reply(one) for one in asked]
    await quiet(discord, adapter, tavern)
    await ana.archives(old)
    await quiet(discord, adapter, tavern)
    await discord.removes(general)
    await quiet(discord, adapter, tavern)
    gone = {one.ref.id for one in all_heard(tavern, Deleted)}
    below = [(f"{general.id}:", 0), (f"{general.id}:{thread.id}/", 1)]
    below += [(f"{one.id}:{one.id}/", n) for n, one in enumerate((held, old), 2)]
    assert gone == {f"discord:{place}{one[n].id}" for place, n in below for one in (asked, answers)}


async def test_what_cannot_be_stored_is_kept_and_tried_again(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect, ledger: Ledger
) -> None:
    """Discord sends it but once, and hears no acknowledgement."""
    general, ana = discord.channel("general"), discord.person("Ana")
    await connect()
    await discord.connected()
    await break_ledger(ledger, broken=True)
    await ana.says(general, ASKED)
    await discord.settled()
    await break_ledger(ledger, broken=False)
    assert (await heard(discord, tavern, Message)).text == "When does it close?"


# -- reactions -----------------------------------------------------------------------------------


async def test_an_emoji_on_an_answer_and_taken_back(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Only a new one says whose message it is on; that it is gone is understood all the same."""
    general, ana = discord.channel("general"), discord.person("Ana")
    adapter = await connect()
    answer = await discord.reply(await ana.says(general, ASKED))
    await quiet(discord, adapter, tavern)
    await ana.reacts(answer, "👍🏽")
    first = await heard(discord, tavern, Feedback)
    assert (first.verdict, first.withdrawn, first.person.name) == (Verdict.UP, False, "Ana")
    await ana.unreacts(answer, "👍🏽")
    assert (await heard(discord, tavern, Feedback, 2)).withdrawn


async def test_emoji_on_messages_of_before_the_start(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """No cache is needed: the ledger knows the bot's answers, and Discord is asked once of others."""
    general, ana = discord.channel("general"), discord.person("Ana")
    adapter = await connect()
    asked = await ana.says(general, ASKED)
    answer = await discord.reply(asked)
    await quiet(discord, adapter, tavern)
    await ana.reacts(answer, "👎")
    await heard(discord, tavern, Feedback)
    await adapter.stop()
    again = await connect()
    await ana.unreacts(answer, "👎")
    assert (await heard(discord, tavern, Feedback, 2)).withdrawn
    for emoji in ("👍", "🎉"):
        await ana.reacts(asked, emoji)
        await ana.unreacts(asked, emoji)
    await quiet(discord, again, tavern)
    looked = [one for one in discord.rest.calls if one.path.get("message") == str(asked.id)]
    assert len(looked) <= 1
    assert len(all_heard(tavern, Feedback)) == 2


@pytest.mark.parametrize("emoji", [None, "👎"])
async def test_emoji_that_a_moderator_removes(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect, emoji: str | None
) -> None:
    """All of a message, or everybody's of one kind: what does not stand any more counts no more."""
    general, ana, ben = discord.channel("general"), discord.person("Ana"), discord.person("Ben")
    adapter = await connect()
    answer = await discord.reply(await ana.says(general, ASKED))
    await quiet(discord, adapter, tavern)
    await ana.reacts(answer, "👎")
    await ben.reacts(answer, "👍")
    await heard(discord, tavern, Feedback, 2)
    tavern.clock.advance(seconds=1)
    await discord.person("Cleo").clears(answer, emoji)
    await quiet(discord, adapter, tavern)
    gone = {one.person.name for one in all_heard(tavern, Feedback) if one.withdrawn}
    assert gone == ({"Ana", "Ben"} if emoji is None else {"Ana"})


async def test_own_and_other_bots_emoji_say_nothing(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Nor do those between people."""
    general, ana = discord.channel("general"), discord.person("Ana")
    adapter = await connect()
    asked = await ana.says(general, ASKED)
    answer = await discord.reply(asked)
    await quiet(discord, adapter, tavern)
    await discord.other_bot("Jira").reacts(answer, "👍")
    discord.messages.react(answer, discord.world.bot.id, "👍")
    await discord.person("Ben").reacts(asked, "👍")
    await quiet(discord, adapter, tavern)
    assert not all_heard(tavern, Feedback)


async def test_a_pin_on_an_answer_that_somebody_gave(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """It is a proposal, with the question that its talk began with."""
    discord.world.privileged = True
    general, ana, ben = discord.channel("general"), discord.person("Ana"), discord.person("Ben")
    await connect(message_content=True)
    asked = await ana.says(general, "When does the cellar open?")
    said = await ben.says(general, "At eight, by the back door.", asked)
    await ana.reacts(said, "📌")
    found = await heard(discord, tavern, Proposal)
    assert (found.text, found.question) == (
        "At eight, by the back door.",
        "When does the cellar open?",
    )
    assert (found.author.name, found.person.name) == ("Ben", "Ana")


async def test_a_pin_without_words_or_on_the_bots_own_is_no_proposal(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """What the bot is not told it cannot keep."""
    general, ana = discord.channel("general"), discord.person("Ana")
    adapter = await connect()
    answer = await discord.reply(await ana.says(general, ASKED))
    untold = await ana.says(general, "At eight.")
    for post in (answer, untold):
        await ana.reacts(post, "📌")
    await quiet(discord, adapter, tavern)
    assert not all_heard(tavern, Proposal)


async def test_who_silences_a_thread(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """The emoji is stored on whosever message it stands."""
    general, ana = discord.channel("general"), discord.person("Ana")
    adapter = await connect()
    asked = await ana.says(general, ASKED)
    await discord.reply(asked)
    await ana.reacts(asked, "🤫")
    await quiet(discord, adapter, tavern)
    async with tavern.ledger.reading() as connection:
        found = await connection.execute(text("SELECT message_id, emoji FROM reactions"))
    assert [tuple(row) for row in found] == [(f"discord:{general.id}:{asked.id}", "🤫")]


# -- who reads -----------------------------------------------------------------------------------


async def test_a_channel_made_private_and_public_again(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Discord tells of changed permissions; that somebody may write there changes nothing."""
    general = discord.channel("general")
    adapter = await connect()
    await discord.connected()
    await discord.closes(general)
    closed = await heard(discord, tavern, Reopened)
    assert (closed.conversation.key, closed.conversation.public) == (str(general.id), False)
    await discord.opens(general)
    assert (await heard(discord, tavern, Reopened, 2)).conversation.public
    general.deny[discord.guild.id] = SEND
    discord.announcer.channel("UPDATE", general)
    await quiet(discord, adapter, tavern)
    assert len(all_heard(tavern, Reopened)) == 2


async def test_everybodys_role_is_changed(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """All channels are another circle's then; what another role may do says nothing of everyone."""
    general = discord.channel("general")
    staff = discord.world.role(discord.guild, "Staff", VIEW | HISTORY)
    adapter = await connect()
    await discord.connected()
    await discord.changes(staff, 0)
    await quiet(discord, adapter, tavern)
    assert not all_heard(tavern, Reopened)
    await discord.changes(discord.guild.roles[discord.guild.id], SEND)
    closed = await heard(discord, tavern, Reopened)
    assert (closed.conversation.key, closed.conversation.public) == (str(general.id), False)


async def test_what_is_closed_at_the_start_is_stored_as_closed(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """It may have been closed while the bot was away."""
    discord.channel("general")
    held = discord.channel("held", private=True)
    await connect()
    closed = await heard(discord, tavern, Reopened)
    assert (closed.conversation.key, closed.conversation.public) == (str(held.id), False)


async def test_a_second_server_closes_the_first(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """The people of both are not one circle; a server that the bot has to leave is closed, too."""
    general = discord.channel("general")
    adapter = await connect()
    await discord.connected()
    await quiet(discord, adapter, tavern)
    second = discord.server("Another")
    closed = await heard(discord, tavern, Reopened)
    assert (closed.conversation.key, closed.conversation.public) == (str(general.id), False)
    discord.announcer.guild(second, gone=True)
    await quiet(discord, adapter, tavern)


async def test_a_server_that_the_bot_has_to_leave(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Who reads there by now, nobody can tell."""
    general = discord.channel("general")
    adapter = await connect()
    await discord.connected()
    await quiet(discord, adapter, tavern)
    discord.announcer.guild(discord.guild, gone=True)
    closed = await heard(discord, tavern, Reopened)
    assert (closed.conversation.key, closed.conversation.public) == (str(general.id), False)
