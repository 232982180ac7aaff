"""What people press, choose and write: each becomes an event, and they are told what came of it."""

import pytest
from sqlalchemy import text as sql

from bot.discord.dialogs import CHANGED
from bot.discord.presses import NOT_SHARED
from bot.discord.presses import THANKS as NOTED_UP
from bot.sentences import (
    ASK_WHY,
    ELSEWHERE,
    EMPTY,
    GONE,
    NOT_HERE,
    NOT_OPENED,
    NOT_PRESSED,
    NOT_WRITTEN,
    OWN,
    SHARED,
    UNCHANGED,
    WHICH_QUESTION,
)
from core.assistant import SAVED, THANKS
from core.feedback import Correction, Decision, Feedback, Proposal, Reason, Verdict, Via
from core.ledger.ledger import Ledger
from core.ledger.modes import set_mode
from core.messages import Conversation, Message, Reopened
from core.modes import Mode
from tests.bot.discord.conftest import Connect, all_heard, heard
from tests.bot.discord.test_intake import break_ledger
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_interactions import Used
from tests.servers.discord_permissions import HISTORY, SEND, VIEW
from tests.servers.discord_person import Person
from tests.servers.discord_post import Channel, Post
from tests.tavern import Tavern, written

ASKED = "@Tavernkeep When does the kitchen close?"


@pytest.fixture
def ana(discord: LoopbackDiscord) -> Person:
    """Return somebody."""
    return discord.person("Ana")


@pytest.fixture
def hall(discord: LoopbackDiscord) -> Channel:
    """Return a channel that everybody reads."""
    return discord.channel("hall")


@pytest.fixture
def mods(discord: LoopbackDiscord) -> Channel:
    """Return the channel where drafts are decided upon."""
    return discord.channel("mods")


@pytest.fixture
async def answer(
    discord: LoopbackDiscord, connect: Connect, ana: Person, hall: Channel, mods: Channel
) -> Post:
    """Return the answer to a question that Ana asked."""
    await connect(moderators=str(mods.id))
    asked = await ana.says(hall, ASKED)
    return await discord.answer(asked)


def told(used: Used) -> str:
    """Return what somebody is told alone, without backslashes."""
    last = used.followups[-1] if used.followups else used.original
    return last.words.replace("\\", "") if last else ""


def given_id(answer: Post) -> str:
    """Return the id of the answer that a message shows."""
    return str(answer.buttons[0]["custom_id"]).rpartition(":")[2]


# -- verdicts ------------------------------------------------------------------------------------


async def test_each_press_counts_and_the_last_wins(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """Whoever presses is thanked alone, and every press is an event."""
    up = await ana.presses(answer, "Helpful")
    await ana.presses(answer, "Not helpful")
    await heard(discord, tavern, Feedback, 2)
    given = all_heard(tavern, Feedback)
    assert [(one.verdict, one.via) for one in given] == [
        (Verdict.UP, Via.BUTTON),
        (Verdict.DOWN, Via.BUTTON),
    ]
    assert (given[0].answer_id, given[0].person.name) == (given_id(answer), "Ana")
    assert (told(up), up.original and up.original.only_for) == (NOTED_UP, ana.user.id)


async def test_a_no_is_asked_for_its_reason(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """Three reasons are one tap each, seen by nobody else; the question becomes thanks."""
    why = await ana.presses(answer, "Not helpful")
    assert ASK_WHY in told(why)
    assert why.original is not None
    await ana.presses(why.original, "Outdated")
    given = await heard(discord, tavern, Feedback, 2)
    assert (given.reason, given.via) == (Reason.OUTDATED, Via.REASON)
    await discord.until(lambda: "it is noted: outdated" in told(why))
    assert [one["label"] for one in why.original.buttons] == ["Fix it"]


async def test_a_press_that_is_not_stored_is_said_so(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post, ledger: Ledger
) -> None:
    """Nobody is thanked for what was lost."""
    await tavern.assistant.drain()
    await break_ledger(ledger, broken=True)
    used = await ana.presses(answer, "Not helpful")
    await break_ledger(ledger, broken=False)
    assert told(used) == NOT_PRESSED


async def test_a_ledger_that_takes_long(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post, ledger: Ledger
) -> None:
    """Discord is told within three seconds that something follows, and then it does."""
    await tavern.assistant.drain()
    async with ledger.writing():
        used = await ana.presses(answer, "Helpful")
        assert not discord.failed(used)
        assert used.followups == []
    await discord.until(lambda: used.followups)
    assert told(used) == NOTED_UP


async def test_buttons_work_after_a_restart(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, hall: Channel, connect: Connect
) -> None:
    """A press tells by itself what was pressed; so does a dialog that was opened before."""
    before = await connect()
    answer = await discord.answer(await ana.says(hall, ASKED))
    fix = await ana.presses(answer, "Fix it")
    await before.stop()
    await connect()
    await discord.connected()
    await ana.presses(answer, "Helpful")
    await heard(discord, tavern, Feedback)
    await ana.submits({"Answer": "At eleven."}, fix)
    assert (await heard(discord, tavern, Correction)).text == "At eleven."


@pytest.mark.parametrize("what", ["tavernkeep:nonsense:a", "other:up:a"])
async def test_buttons_that_are_not_ours(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post, what: str
) -> None:
    """What comes in is not trusted to be of the bot's own making: nothing happens."""
    answer.buttons[0]["custom_id"] = what
    discord.interactions.deadline = 0.2
    assert (await ana.presses(answer, what)).answered is None
    assert all_heard(tavern, Feedback) == []


# -- an emoji ------------------------------------------------------------------------------------


async def test_a_thumb_down_is_asked_for_its_reason_too(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """Discord lets nobody answer an emoji in secret, so the question comes as a direct message."""
    await ana.reacts(answer, "👎")
    (why,) = await discord.until(lambda: discord.said_by_bot(ana.dm()))
    assert ASK_WHY in why.words
    assert f"/{answer.channel.id}/{answer.id}" in why.words
    await ana.presses(why, "Wrong sources")
    given = await heard(discord, tavern, Feedback, 2)
    assert (given.reason, given.answer_id) == (Reason.WRONG_SOURCES, given_id(answer))
    await discord.until(lambda: "it is noted" in why.words)


async def test_who_takes_no_direct_messages_is_asked_below_the_answer(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """Nobody is called, and the question goes once it is answered."""
    ana.user.takes_dms = False
    await ana.reacts(answer, "👎")
    why = await discord.until(lambda: discord.said_by_bot(answer.channel)[1:])
    assert (why[0].reply_to, why[0].mentions) == (answer.id, [])
    used = await ana.presses(why[0], "Wrong answer")
    assert (await heard(discord, tavern, Feedback, 2)).reason is Reason.WRONG_ANSWER
    assert "it is noted" in told(used)
    await discord.until(lambda: why[0].deleted)


async def test_where_the_bot_does_not_read_back_it_asks_without_replying(
    discord: LoopbackDiscord, ana: Person, answer: Post
) -> None:
    """Discord would refuse a reply there, and count that."""
    for role in (one for one in discord.guild.roles.values() if one.bot_id):
        answer.channel.deny[role.id] = HISTORY
    discord.announcer.channel("UPDATE", answer.channel)
    await discord.settled()
    ana.user.takes_dms = False
    refused = discord.rest.invalid
    await ana.reacts(answer, "👎")
    (why,) = await discord.until(lambda: discord.said_by_bot(answer.channel)[1:])
    assert why.reply_to is None
    assert discord.rest.invalid - refused <= 1  # the direct message that she takes none of


@pytest.mark.parametrize("late", [0.0, 0.5])
async def test_a_question_that_nobody_answers_is_taken_away(
    discord: LoopbackDiscord, ana: Person, hall: Channel, connect: Connect, late: float
) -> None:
    """What everybody sees does not stand for ever, though Discord confirms it when the bot stops."""
    adapter = await connect()
    answer = await discord.answer(await ana.says(hall, ASKED))
    ana.user.takes_dms = False
    discord.faults.next("slow after", "POST /channels/{channel}/messages", times=2, seconds=late)
    await ana.reacts(answer, "👎")
    (why,) = await discord.until(lambda: discord.said_by_bot(hall)[1:])
    await adapter.stop()
    await discord.until(lambda: why.deleted)


async def test_a_discord_that_takes_no_question(
    discord: LoopbackDiscord, ana: Person, answer: Post, tavern: Tavern
) -> None:
    """Then nobody is asked; the verdict stands all the same."""
    discord.faults.always("403 50013", "POST /users/@me/channels")
    await ana.reacts(answer, "👎")
    assert (await heard(discord, tavern, Feedback)).verdict is Verdict.DOWN


# -- a better answer -----------------------------------------------------------------------------


async def test_a_better_answer_is_taken_and_what_it_changes_is_shown(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """The dialog begins with the answer that was given."""
    used = await ana.presses(answer, "Fix it")
    assert used.modal is not None
    assert "kitchen closes at ten" in str(used.modal)
    done = await ana.submits({"Answer": "The kitchen closes at eleven in the evening."})
    correction = await heard(discord, tavern, Correction)
    assert correction.answer_id == given_id(answer)
    assert correction.text == "The kitchen closes at eleven in the evening."
    assert all(one in told(done) for one in (THANKS, CHANGED, "**eleven**"))


@pytest.mark.parametrize(("text", "said"), [("  ", EMPTY), (None, UNCHANGED)])
async def test_what_is_no_better_answer(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post, text: str | None, said: str
) -> None:
    """Nothing, and what was answered already."""
    await ana.presses(answer, "Fix it")
    done = await ana.submits({} if text is None else {"Answer": text})
    assert told(done) == said
    assert all_heard(tavern, Correction) == []


async def test_what_cannot_be_stored_is_given_back(
    tavern: Tavern, ana: Person, answer: Post, ledger: Ledger
) -> None:
    """The dialog is closed by then, so that the words would be lost."""
    await ana.presses(answer, "Fix it")
    await tavern.assistant.drain()
    await break_ledger(ledger, broken=True)
    done = await ana.submits({"Answer": "At eleven."})
    await break_ledger(ledger, broken=False)
    assert NOT_WRITTEN in told(done)
    assert "At eleven." in told(done)


async def test_what_is_written_while_the_ledger_takes_long(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post, ledger: Ledger
) -> None:
    """Discord is told in time that something follows, and then it does."""
    await ana.presses(answer, "Fix it")
    await tavern.assistant.drain()
    async with ledger.writing():
        used = await ana.submits({"Answer": "At eleven."})
        assert used.loading
    await discord.until(lambda: THANKS in told(used))
    assert not used.loading


async def test_an_answer_that_is_gone(
    tavern: Tavern, ana: Person, answer: Post, ledger: Ledger
) -> None:
    """Whoever would fix it is told; so they are where the ledger is away."""
    answer.buttons[2]["custom_id"] = "tavernkeep:fix:unknown"
    assert told(await ana.presses(answer, "Fix it")) == GONE
    answer.buttons[0]["custom_id"] = "tavernkeep:afresh:unknown"
    assert told(await ana.presses(answer, "Helpful")) == GONE
    await tavern.assistant.drain()
    async with ledger.writing() as connection:
        await connection.execute(sql("ALTER TABLE answers RENAME TO answers_gone"))
    assert told(await ana.presses(answer, "Fix it")) == NOT_OPENED


async def test_an_answer_of_a_closed_channel(
    discord: LoopbackDiscord, connect: Connect, ana: Person
) -> None:
    """Its readers fix it from a direct message, too; others do not."""
    held = discord.channel("held", private=True, members=[ana])
    await connect()
    answer = await discord.answer(await ana.says(held, ASKED))
    await ana.reacts(answer, "👎")
    (why,) = await discord.until(lambda: discord.said_by_bot(ana.dm()))
    assert (await ana.presses(why, "Fix it")).modal is not None
    held.allow.pop(ana.user.id)
    await discord.closes(held)
    await discord.settled()
    assert told(await ana.presses(why, "Fix it")) == NOT_HERE


@pytest.mark.parametrize("fault", ["hangs", "403 50013"])
async def test_a_discord_that_does_not_tell_who_reads(
    discord: LoopbackDiscord, connect: Connect, ana: Person, fault: str
) -> None:
    """A dialog that is not opened is said so in time, before Discord says that the bot failed."""
    held = discord.channel("held", private=True, members=[ana])
    await connect()
    answer = await discord.answer(await ana.says(held, ASKED))
    await ana.reacts(answer, "👎")
    (why,) = await discord.until(lambda: discord.said_by_bot(ana.dm()))
    discord.faults.always(fault, "GET /guilds/{guild}/members/{user}")
    assert told(await ana.presses(why, "Fix it")) == NOT_OPENED


@pytest.mark.parametrize("menu", ["Ask about this", "Save as answer"])
async def test_a_menu_asks_discord_nothing(
    discord: LoopbackDiscord, ana: Person, answer: Post, hall: Channel, menu: str
) -> None:
    """Whatever is needed came along, so a Discord that is slow does not keep a dialog closed."""
    said = await ana.says(hall, "The cellar is locked at nine.")
    discord.faults.always("503", "GET ")
    assert "locked at nine" in str((await ana.uses(menu, said)).modal)


@pytest.mark.parametrize("how", ["role taken", "role shut out", "left"])
async def test_who_reads_a_closed_channel_by_a_role_and_then_no_more(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect, ana: Person, how: str
) -> None:
    """Nobody tells the bot of members, so it asks each time; what one role reads is not everyone's."""
    staff = discord.world.role(discord.guild, "Staff", 0)
    held = discord.channel("held", private=True)
    await connect()
    held.allow[staff.id] = VIEW | HISTORY | SEND
    await discord.grants(ana, staff)
    discord.announcer.channel("UPDATE", held)
    answer = await discord.answer(await ana.says(held, ASKED))
    await ana.reacts(answer, "👎")
    (why,) = await discord.until(lambda: discord.said_by_bot(ana.dm()))
    assert (await ana.presses(why, "Fix it")).modal is not None
    if how == "role taken":
        await discord.grants(ana, staff, taken=True)
    elif how == "role shut out":
        del held.allow[staff.id]
        discord.announcer.channel("UPDATE", held)
    else:
        await ana.leaves()
    await discord.settled()
    assert told(await ana.presses(why, "Fix it")) == NOT_HERE
    assert not any(one.conversation.public for one in all_heard(tavern, Reopened))


# -- an answer for one person --------------------------------------------------------------------


async def test_an_answer_to_a_command_is_shared(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post, hall: Channel
) -> None:
    """Nobody but the asker sees it, until they share it; it is a whole answer then."""
    used = await ana.types("/ask When does the kitchen close?", hall)
    assert used.original is not None
    original = used.original
    await discord.until(lambda: original.buttons)
    assert original.only_for == ana.user.id
    before = len(discord.said_by_bot(hall))
    await ana.presses(original, "Share with the channel")
    shared = await discord.until(lambda: discord.said_by_bot(hall)[before:])
    assert "ten" in shared[0].words
    assert (await heard(discord, tavern, Decision)).person.name == "Ana"
    await discord.until(lambda: original.words.replace("\\", "") == SHARED)


async def test_an_answer_by_direct_message_is_shared(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post, hall: Channel
) -> None:
    """In the mode that suggests, the answer comes directly, and goes where the question stands."""
    await set_to(tavern, hall, Mode.SUGGEST)
    asked = await ana.says(hall, ASKED)
    direct = await discord.until(lambda: discord.said_by_bot(ana.dm()))
    await discord.until(lambda: direct[0].buttons)
    await ana.presses(direct[0], "Share with the channel")
    assert (await discord.answer(asked)).reply_to == asked.id


async def test_who_may_not_write_there_shares_nothing(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """Anybody may ask by command where only the bot writes, but does not write through the bot."""
    news = discord.channel("news")
    news.deny[discord.guild.id] = SEND
    for role in (one for one in discord.guild.roles.values() if one.bot_id):
        news.allow[role.id] = VIEW | HISTORY | SEND
    discord.announcer.channel("UPDATE", news)
    await discord.settled()
    used = await ana.types("/ask When does the kitchen close?", news)
    await discord.until(lambda: used.original and used.original.buttons)
    assert used.original is not None
    assert told(await ana.presses(used.original, "Share with the channel")) == NOT_SHARED
    await tavern.assistant.drain()
    assert (discord.said_by_bot(news), all_heard(tavern, Decision)) == ([], [])


async def test_in_a_thread_who_may_write_in_threads_shares(
    discord: LoopbackDiscord, ana: Person, answer: Post, hall: Channel
) -> None:
    """A channel may be closed to words, and its threads open to them."""
    thread = await ana.starts(await ana.says(hall, "About the kitchen"), "kitchen")
    hall.deny[discord.guild.id] = SEND
    discord.announcer.channel("UPDATE", hall)
    await discord.settled()
    used = await ana.types("/ask When does the kitchen close?", thread)
    await discord.until(lambda: used.original and used.original.buttons)
    assert used.original is not None
    await ana.presses(used.original, "Share with the channel")
    await discord.until(lambda: discord.said_by_bot(thread))


async def test_who_reads_no_more_shares_nothing(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """An answer that came directly stays with whoever was removed from its closed channel since."""
    held = discord.channel("held", private=True, members=[ana])
    await discord.settled()
    await set_to(tavern, held, Mode.SUGGEST)
    await ana.says(held, ASKED)
    (direct,) = await discord.until(lambda: discord.said_by_bot(ana.dm()))
    await discord.until(lambda: direct.buttons)
    del held.allow[ana.user.id]
    await discord.closes(held)
    await discord.settled()
    assert told(await ana.presses(direct, "Share with the channel")) == NOT_SHARED
    await tavern.assistant.drain()
    assert (discord.said_by_bot(held), all_heard(tavern, Decision)) == ([], [])


async def test_who_writes_there_no_more_shares_nothing_directly(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """An answer that came directly is posted in the channel only by whoever may still write in it."""
    news = discord.channel("news")
    await discord.settled()
    await set_to(tavern, news, Mode.SUGGEST)
    await ana.says(news, ASKED)
    (direct,) = await discord.until(lambda: discord.said_by_bot(ana.dm()))
    await discord.until(lambda: direct.buttons)
    news.deny[ana.user.id] = SEND
    discord.announcer.channel("UPDATE", news)
    await discord.settled()
    assert told(await ana.presses(direct, "Share with the channel")) == NOT_SHARED
    news.deny.clear()
    discord.announcer.channel("UPDATE", news)
    await discord.settled()
    await ana.presses(direct, "Share with the channel")
    await discord.until(lambda: discord.said_by_bot(news))
    await heard(discord, tavern, Decision)


async def set_to(tavern: Tavern, channel: Channel, mode: Mode) -> None:
    """Let the bot answer otherwise in a channel."""
    place = Conversation(platform="discord", key=str(channel.id), name=channel.name)
    async with tavern.ledger.writing() as connection:
        await set_mode(connection, place, mode, tavern.clock())


async def test_a_long_answer_to_a_command(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post, hall: Channel
) -> None:
    """It takes several messages that only the asker sees; the last has the buttons."""
    tavern.model.script = written("Many words. " * 600, 1)
    used = await ana.types("/ask When does the kitchen close?", hall)
    await discord.until(lambda: used.followups and used.followups[-1].buttons)
    assert used.original is not None
    assert used.original.buttons == []
    assert {one.only_for for one in (used.original, *used.followups)} == {ana.user.id}


async def test_a_command_whose_time_is_over(
    discord: LoopbackDiscord, ana: Person, answer: Post, hall: Channel
) -> None:
    """After a quarter of an hour Discord takes no answer to it, so that comes directly."""
    discord.interactions.life = 0.0
    await ana.types("/ask When does the kitchen close?", hall)
    (direct,) = await discord.until(lambda: discord.said_by_bot(ana.dm()))
    assert "ten" in direct.words


# -- drafts --------------------------------------------------------------------------------------


async def drafted(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, hall: Channel, mods: Channel
) -> tuple[Post, Post]:
    """Return a question, and the draft of the answer to it."""
    await set_to(tavern, hall, Mode.DRAFT)
    asked = await ana.says(hall, ASKED)
    draft = await discord.until(lambda: discord.said_by_bot(mods))
    return asked, draft[-1]


@pytest.mark.usefixtures("answer")
async def test_a_draft_is_published(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, hall: Channel, mods: Channel
) -> None:
    """The moderators see it first; then everybody does, and the draft says by whom."""
    asked, draft = await drafted(discord, tavern, ana, hall, mods)
    await ana.presses(draft, "Publish")
    assert "ten" in (await discord.answer(asked)).words
    await discord.until(lambda: "Published by Ana" in draft.words)
    assert draft.buttons == []


@pytest.mark.usefixtures("answer")
async def test_a_draft_is_dismissed_once(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, hall: Channel, mods: Channel
) -> None:
    """Who comes second is told what was decided."""
    _, draft = await drafted(discord, tavern, ana, hall, mods)
    held = [dict(one) for one in draft.components]
    await ana.presses(draft, "Dismiss")
    await discord.until(lambda: "Dismissed by Ana" in draft.words)
    await tavern.assistant.drain()
    draft.components = held
    assert "decided before" in told(await ana.presses(draft, "Publish"))


@pytest.mark.usefixtures("answer")
async def test_a_draft_is_edited(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, hall: Channel, mods: Channel
) -> None:
    """It is published as a moderator would rather have it."""
    asked, draft = await drafted(discord, tavern, ana, hall, mods)
    await ana.presses(draft, "Edit")
    await ana.submits({"Answer": "At midnight."})
    assert "At midnight" in (await discord.answer(asked)).words
    await discord.until(lambda: "Published, edited, by Ana" in draft.words)


@pytest.mark.usefixtures("answer")
async def test_a_draft_that_is_not_edited_well(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, hall: Channel, mods: Channel
) -> None:
    """Nothing is no answer, and what was decided meanwhile stays so."""
    _, draft = await drafted(discord, tavern, ana, hall, mods)
    await ana.presses(draft, "Edit")
    assert told(await ana.submits({"Answer": " "})) == EMPTY
    edit = await ana.presses(draft, "Edit")
    await ana.presses(draft, "Dismiss")
    await discord.until(lambda: "Dismissed" in draft.words)
    await tavern.assistant.drain()
    assert "decided before" in told(await ana.submits({"Answer": "At midnight."}, edit))


@pytest.mark.parametrize("what", ["publish", "dismiss", "edit"])
async def test_drafts_are_decided_nowhere_else(ana: Person, answer: Post, what: str) -> None:
    """A button that somebody brought elsewhere has no effect."""
    answer.buttons[0]["custom_id"] = f"tavernkeep:{what}:{given_id(answer)}"
    assert told(await ana.presses(answer, answer.buttons[0]["custom_id"])) == ELSEWHERE


# -- menus ---------------------------------------------------------------------------------------


async def test_a_message_is_saved_as_an_answer(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post, hall: Channel
) -> None:
    """By its menu; the question is asked for, and whose words they are is kept."""
    said = await discord.person("Ben").says(hall, "The cellar is locked at nine.")
    used = await ana.uses("Save as answer", said)
    assert "locked at nine" in str(used.modal)
    done = await ana.submits({"Which question does it answer?": "When is the cellar locked?"})
    proposal = await heard(discord, tavern, Proposal)
    assert (proposal.author.name, proposal.person.name) == ("Ben", "Ana")
    assert proposal.question == "When is the cellar locked?"
    assert proposal.ref.key == str(said.id)
    assert told(done) == SAVED


async def test_what_is_no_answer_to_save(
    tavern: Tavern, ana: Person, answer: Post, hall: Channel
) -> None:
    """The bot's own messages, and what is left empty."""
    assert told(await ana.uses("Save as answer", answer)) == OWN
    said = await ana.says(hall, "The cellar is locked at nine.")
    await ana.uses("Save as answer", said)
    assert told(await ana.submits({"Which question does it answer?": " "})) == EMPTY
    assert all_heard(tavern, Proposal) == []


async def test_somebody_asks_about_a_message(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, answer: Post, hall: Channel
) -> None:
    """By its menu; what it says goes with the question, and only they see the answer."""
    said = await discord.person("Ben").says(hall, "The kitchen is open.")
    await ana.uses("Ask about this", said)
    used = await ana.submits({"Your question": "When does the kitchen close?"})
    message = await heard(discord, tavern, Message, 2)
    assert message.text == "When does the kitchen close?\n\nAbout: The kitchen is open."
    assert message.private
    await discord.until(lambda: used.original and used.original.buttons)
    assert used.original is not None
    assert used.original.only_for == ana.user.id


async def test_an_empty_question_about_a_message(ana: Person, answer: Post) -> None:
    """Nothing is asked."""
    await ana.uses("Ask about this", answer)
    assert told(await ana.submits({"Your question": " ", "About": ""})) == EMPTY


# -- a pinned message ----------------------------------------------------------------------------


async def pinned(discord: LoopbackDiscord, ana: Person, connect: Connect) -> tuple[Post, Post]:
    """Return a message that somebody pinned, and what they are asked then."""
    discord.world.privileged = True
    await connect(message_content=True)
    said = await discord.person("Ben").says(discord.channel("hall"), "It is locked at nine.")
    await ana.reacts(said, "📌")
    (asks,) = await discord.until(lambda: discord.said_by_bot(ana.dm()))
    return said, asks


async def test_a_pin_without_a_question_is_asked_for_it(
    discord: LoopbackDiscord, tavern: Tavern, ana: Person, connect: Connect
) -> None:
    """Only who pinned it is asked; then it is saved."""
    said, asks = await pinned(discord, ana, connect)
    assert WHICH_QUESTION in asks.words
    assert "locked at nine" in str((await ana.presses(asks, "Write the question")).modal)
    await ana.submits({"Which question does it answer?": "When is it locked?"})
    proposal = await heard(discord, tavern, Proposal)
    assert (proposal.ref.key, proposal.author.name) == (str(said.id), "Ben")
    assert proposal.conversation.name == "hall"


async def test_a_pinned_message_that_cannot_be_read(
    discord: LoopbackDiscord, ana: Person, connect: Connect
) -> None:
    """It is gone, Discord does not tell, or who pinned it reads there no more."""
    said, asks = await pinned(discord, ana, connect)
    discord.faults.next("403 0", "GET /guilds/{guild}/members/{user}")
    assert told(await ana.presses(asks, "Write the question")) == NOT_OPENED
    said.deleted = True
    assert told(await ana.presses(asks, "Write the question")) == GONE
    del discord.guild.members[ana.user.id]
    assert told(await ana.presses(asks, "Write the question")) == NOT_HERE
