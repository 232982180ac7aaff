"""What happens in Slack reaches the ledger once, before Slack is told so."""

import asyncio
from typing import TypeVar

import pytest
from sqlalchemy import text

from bot.slack import marks
from bot.slack.commands import NOT_STORED, USAGE
from core.feedback import Feedback, Proposal
from core.interfaces import Event
from core.ledger.ledger import Ledger
from core.messages import Deleted, Edited, Message, Reaction, Reopened
from tests.bot.slack.conftest import Connect
from tests.servers.slack import LoopbackSlack
from tests.tavern import Tavern

Kind = TypeVar("Kind", bound=Event)
TRANSPORTS = pytest.mark.parametrize("transport", ["socket", "http"])


async def heard(slack: LoopbackSlack, tavern: Tavern, kind: type[Kind], number: int = 1) -> Kind:
    """Return the first, or another, event of a kind once it has come."""

    def so_far() -> list[Kind]:
        return [one for one in tavern.ear.heard if isinstance(one, kind)]

    return (await slack.until(lambda: so_far() if len(so_far()) >= number else []))[number - 1]


def all_heard(tavern: Tavern, kind: type[Kind]) -> list[Kind]:
    """Return every event of a kind that has come so far."""
    return [one for one in tavern.ear.heard if isinstance(one, kind)]


async def quiet(slack: LoopbackSlack, tavern: Tavern) -> None:
    """Wait until everything was delivered and had its effect."""
    await slack.settled()
    await tavern.assistant.drain()


async def break_ledger(ledger: Ledger, *, broken: bool) -> None:
    """Take the inbox's table away, or put it back."""
    names = ("inbox", "inbox_gone") if broken else ("inbox_gone", "inbox")
    async with ledger.writing() as connection:
        await connection.execute(text("ALTER TABLE {} RENAME TO {}".format(*names)))


# -- messages ------------------------------------------------------------------------------------


@TRANSPORTS
async def test_a_mention_in_a_channel(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect, transport: str
) -> None:
    """It comes with who wrote it, where, and that the bot is meant."""
    await connect(transport=transport)
    await slack.person("Ana").says(slack.channel("general"), "@Tavernkeep When does it close?")
    message = await heard(slack, tavern, Message)
    assert (message.text, message.addressed) == ("When does it close?", True)
    assert (message.person.name, message.conversation.name) == ("Ana", "general")
    assert message.conversation.public


@TRANSPORTS
async def test_a_mention_that_comes_six_times_is_one_message(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect, transport: str
) -> None:
    """Slack tells of a mention by two events, and may deliver each of them again."""
    slack.deliveries.times = 3
    await connect(transport=transport)
    await slack.person("Ana").says(slack.channel("general"), "@Tavernkeep When does it close?")
    await quiet(slack, tavern)
    assert len(all_heard(tavern, Message)) == 1


async def test_closed_conversations(slack: LoopbackSlack, tavern: Tavern, connect: Connect) -> None:
    """A private channel, a group conversation and a direct one are not read by everyone."""
    await connect()
    ana, ben = slack.person("Ana"), slack.person("Ben")
    await ana.says(slack.channel("held", private=True, members=[ana]), "@Tavernkeep one?")
    await ana.says(slack.dm(ana, ben), "@Tavernkeep two?")
    await ana.says(slack.dm(ana), "three?")
    await heard(slack, tavern, Message, 3)
    by_text = {one.text: one for one in all_heard(tavern, Message)}
    assert not any(one.conversation.public for one in by_text.values())
    assert [by_text[one].conversation.direct for one in ("one?", "two?", "three?")] == [
        False,
        False,
        True,
    ]
    assert all(one.addressed for one in by_text.values())


async def test_a_follow_up_and_words_to_others(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """A reply names its thread; one with somebody's name in it says that it is for them."""
    await connect()
    ana, general = slack.person("Ana"), slack.channel("general")
    slack.person("Ben")
    first = await ana.says(general, "lunch?")
    await ana.says(general, "@Ben you know?", first)
    reply = await heard(slack, tavern, Message, 2)
    reply = reply if reply.thread else all_heard(tavern, Message)[0]
    assert (reply.thread, reply.text, reply.to_others) == (first.ts, "@Ben you know?", True)
    assert not reply.addressed


async def test_bots_are_not_heard_unless_allowed(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """An allowed bot asks like anybody; another one, and Slack's own notices, say nothing."""
    jira, other = slack.other_bot("Jira"), slack.other_bot("Noise")
    await connect(allowed_bots=(jira.user.bot_id,))
    general = slack.channel("general")
    await other.says(general, "@Tavernkeep noise?")
    await slack.person("Ana").joins(general)
    await jira.says(general, "@Tavernkeep question?")
    await quiet(slack, tavern)
    assert [one.text for one in all_heard(tavern, Message)] == ["question?"]
    assert not all_heard(tavern, Message)[0].person.bot


async def test_edits_and_deletions(slack: LoopbackSlack, tavern: Tavern, connect: Connect) -> None:
    """New words come as an edit, a message taken away as a deletion, a thread's first one too."""
    await connect()
    ana, general = slack.person("Ana"), slack.channel("general")
    first = await ana.says(general, "lunch?")
    reply = await ana.says(general, "anybody?", first)
    await heard(slack, tavern, Message, 2)
    await ana.edits(reply, "nobody?")
    assert (await heard(slack, tavern, Edited)).text == "nobody?"
    await ana.deletes(first)
    assert (await heard(slack, tavern, Deleted)).ref.key == first.ts
    await ana.deletes(reply)
    assert (await heard(slack, tavern, Deleted, 2)).ref.key == reply.ts


@TRANSPORTS
async def test_what_is_not_stored_is_not_acknowledged(
    slack: LoopbackSlack, tavern: Tavern, ledger: Ledger, connect: Connect, transport: str
) -> None:
    """Slack delivers it again, and it has its effect then."""
    slack.deliveries.patience = 0.4
    await connect(transport=transport)
    await break_ledger(ledger, broken=True)
    await slack.person("Ana").says(slack.channel("general"), "lunch?")
    (delivery,) = slack.deliveries.all
    await slack.until(lambda: delivery.attempts)
    assert not delivery.acknowledged
    await break_ledger(ledger, broken=False)
    assert (await heard(slack, tavern, Message)).text == "lunch?"
    await quiet(slack, tavern)
    assert delivery.acknowledged


# -- emoji ---------------------------------------------------------------------------------------


async def test_only_emoji_that_mean_something_are_stored(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """Those on the bot's messages, and those that silence or save; people's own stay theirs."""
    await connect()
    ana, ben, general = slack.person("Ana"), slack.person("Ben"), slack.channel("general")
    said = await ana.says(general, "lunch?")
    await ben.reacts(said, "heart")
    await ben.reacts(said, "shushing_face")
    reaction = await heard(slack, tavern, Reaction)
    await quiet(slack, tavern)
    assert len(all_heard(tavern, Reaction)) == 1
    assert (reaction.emoji, reaction.person.name, reaction.added) == ("shushing_face", "Ben", True)


async def test_a_verdict_comes_and_goes(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """An emoji on an answer is a verdict when it is added, and none once it is taken back."""
    await connect()
    ana = slack.person("Ana")
    asked = await ana.says(slack.channel("general"), "@Tavernkeep When does the kitchen close?")
    answer = await slack.answer(asked)
    await ana.reacts(answer, "+1")
    assert not (await heard(slack, tavern, Feedback)).withdrawn
    await ana.unreacts(answer, "+1")
    assert (await heard(slack, tavern, Feedback, 2)).withdrawn


async def test_a_pin_in_a_thread_is_a_proposal(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """What is pinned is the answer, the thread's first message the question; both are read back."""
    await connect()
    ana, ben, general = slack.person("Ana"), slack.person("Ben"), slack.channel("general")
    asked = await ana.says(general, "Where are the mugs?")
    told = await ben.says(general, "On the <shelf> behind the bar", asked)
    await ana.reacts(told, "pushpin")
    proposal = await heard(slack, tavern, Proposal)
    assert (proposal.question, proposal.thread) == ("Where are the mugs?", asked.ts)
    assert proposal.text == "On the <shelf> behind the bar"
    assert (proposal.author.name, proposal.person.name) == ("Ben", "Ana")


async def test_what_a_pin_cannot_save(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """An answer of the bot is none of anybody's; what is in no thread waits for its question."""
    await connect()
    ana, ben, general = slack.person("Ana"), slack.person("Ben"), slack.channel("general")
    asked = await ana.says(general, "@Tavernkeep When does the kitchen close?")
    await ana.reacts(await slack.answer(asked), "pushpin")
    lone = await ana.says(general, "The mugs are behind the bar.")
    await ben.reacts(lone, "pushpin")
    await slack.until(lambda: ben.whispers)
    await quiet(slack, tavern)
    assert not all_heard(tavern, Proposal)
    told = await ana.says(general, "So it is.", slack.answers(asked)[0])
    other = slack.other_bot("Noise")
    await other.says(general, "beep", told)
    await other.reacts(told, "pushpin")
    await quiet(slack, tavern)
    assert not all_heard(tavern, Proposal)


async def test_under_a_bots_message_a_question_is_asked_for(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """What a bot wrote first is no question of anybody's."""
    await connect()
    ana, general = slack.person("Ana"), slack.channel("general")
    alert = await slack.other_bot("Noise").says(general, "The bar is down!")
    told = await ana.says(general, "Restart it with the red button.", alert)
    await ana.reacts(told, "pushpin")
    await slack.until(lambda: ana.whispers)
    await quiet(slack, tavern)
    assert not all_heard(tavern, Proposal)


async def test_a_pin_waits_for_slack_to_answer(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """Where the message cannot be read back just now, the reaction is delivered again."""
    await connect()
    ana, general = slack.person("Ana"), slack.channel("general")
    asked = await ana.says(general, "Where are the mugs?")
    told = await ana.says(general, "Behind the bar", asked)
    await quiet(slack, tavern)
    slack.deliveries.patience = 0.4
    slack.faults.next("fatal_error", "conversations.replies")
    await ana.reacts(told, "pushpin")
    await heard(slack, tavern, Proposal)
    assert slack.deliveries.all[-1].attempts == 2


async def test_a_pin_is_looked_up_in_time_or_comes_again(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is asked of Slack for it shares one patience, shorter than Slack's own."""
    assert marks.PATIENCE < 2.5
    monkeypatch.setattr(marks, "PATIENCE", 0.4)
    await connect()
    ana, general = slack.person("Ana"), slack.channel("general")
    asked = await ana.says(general, "Where are the mugs?")
    told = await ana.says(general, "Behind the bar", asked)
    await quiet(slack, tavern)
    slack.faults.next("slow", "conversations.replies", times=2, seconds=0.3)
    await ana.reacts(told, "pushpin")
    await heard(slack, tavern, Proposal)
    assert slack.deliveries.all[-1].attempts == 2


# -- conversations -------------------------------------------------------------------------------


async def test_a_mention_waits_until_it_is_known_who_reads_it(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """It does not tell what kind of conversation it is in; Slack delivers it again, and is asked."""
    await connect()
    ana, general = slack.person("Ana"), slack.channel("general")
    slack.faults.next("fatal_error", "conversations.info")
    said = {"channel": general.id, "user": ana.id, "text": "<@U0TAVERN> one?"}
    slack.announcer.send({"type": "app_mention", "ts": "1790000000.000100", **said})
    assert (await heard(slack, tavern, Message)).conversation.public
    assert slack.deliveries.all[-1].attempts == 2


async def test_a_channel_made_private_is_private_at_once(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """Whatever is told of a conversation, it is read anew, and stored as it is now."""
    await connect()
    ana, general = slack.person("Ana"), slack.channel("general")
    await ana.says(general, "lunch?")
    await ana.makes(general, "group")
    reopened = await heard(slack, tavern, Reopened)
    assert (reopened.conversation.key, reopened.conversation.public) == (general.id, False)
    await ana.renames(general, "secret")
    await slack.until(
        lambda: "secret" in [one.conversation.name for one in all_heard(tavern, Reopened)]
    )


async def test_a_missed_conversion_is_seen_by_the_next_message(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """Each message tells what kind of conversation it is in; what is remembered gives way."""
    await connect()
    ana, general = slack.person("Ana"), slack.channel("general")
    await ana.says(general, "one?")
    await heard(slack, tavern, Message)
    general.kind = "group"
    await ana.says(general, "two?")
    assert not (await heard(slack, tavern, Message, 2)).conversation.public
    assert not (await heard(slack, tavern, Reopened)).conversation.public


async def test_a_conversation_that_is_hidden_from_the_bot_is_closed(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """Who took the bot out of a private channel took it from everybody else's eyes."""
    await connect()
    ana, general = slack.person("Ana"), slack.channel("general")
    await ana.says(general, "lunch?")
    await heard(slack, tavern, Message)
    general.kind = "group"
    event = {"type": "channel_archive", "channel": general.id}
    general.members.discard(slack.workspace.bot.id)
    slack.announcer.send(event)
    reopened = await heard(slack, tavern, Reopened)
    assert (reopened.conversation.name, reopened.conversation.public) == ("general", False)


@pytest.mark.parametrize("private", [False, True])
async def test_a_deleted_channel_takes_all_that_stood_in_it_away(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect, private: bool
) -> None:
    """Each message as if it had been deleted, and nothing of another channel; twice is once."""
    await connect()
    ana, held = slack.person("Ana"), slack.channel("held", private=private)
    for place in (held, slack.channel("general")):
        await ana.says(place, "lunch?")
    await ana.says(held, "dinner?")
    await heard(slack, tavern, Message, 3)
    await quiet(slack, tavern)
    await ana.removes(held)
    await heard(slack, tavern, Deleted, 2)
    slack.announcer.send({"type": "channel_deleted", "channel": held.id})
    slack.announcer.send({"type": "channel_deleted"})
    await quiet(slack, tavern)
    assert [one.ref.conversation for one in all_heard(tavern, Deleted)] == [held.id, held.id]


async def test_members_who_leave(slack: LoopbackSlack, tavern: Tavern, connect: Connect) -> None:
    """Whose membership ends changes nothing of the conversation, unless it is the bot's own."""
    await connect()
    ana, held = slack.person("Ana"), slack.channel("held", private=True)
    await ana.says(held, "lunch?")
    await ana.leaves(held)
    await quiet(slack, tavern)
    assert not all_heard(tavern, Reopened)
    held.members.discard(slack.workspace.bot.id)
    slack.announcer.send({"type": "group_left", "channel": held.id})
    assert not (await heard(slack, tavern, Reopened)).conversation.public


async def test_a_conversation_that_cannot_be_read_is_told_again(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """Where Slack does not say how it is now, the event is not acknowledged."""
    await connect()
    ana, general = slack.person("Ana"), slack.channel("general")
    await quiet(slack, tavern)
    slack.deliveries.patience = 0.4
    slack.faults.next("fatal_error", "conversations.info")
    await ana.archives(general)
    await heard(slack, tavern, Reopened)
    assert slack.deliveries.all[-1].attempts == 2


async def test_broken_events_are_acknowledged_and_forgotten(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """What tells nothing would come again and again otherwise."""
    await connect()
    for kind in (
        "message",
        "reaction_added",
        "channel_rename",
        "app_context_changed",
        "unheard_of",
    ):
        slack.announcer.send({"type": kind})
    slack.announcer.send({"type": "message", "subtype": "message_deleted", "channel": "C1"})
    slack.announcer.send({"type": "message", "subtype": "message_changed", "channel": "C1"})
    changed = {"message": {"user": "U1", "text": "a"}, "subtype": "message_changed"}
    slack.announcer.send({"type": "message", "channel": "C1", **changed})
    item = {"type": "file", "channel": "C1", "ts": "1.1"}
    slack.announcer.send({"type": "reaction_added", "user": "U1", "reaction": "x", "item": item})
    await quiet(slack, tavern)
    assert all(one.acknowledged for one in slack.deliveries.all)
    assert not tavern.ear.heard


# -- commands ------------------------------------------------------------------------------------


@TRANSPORTS
async def test_a_question_by_command_is_private(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect, transport: str
) -> None:
    """It is acknowledged with nothing; only its writer will see the answer."""
    await connect(transport=transport)
    ana, general = slack.person("Ana"), slack.channel("general")
    delivery = await ana.types("/ask When does the kitchen close?", general)
    assert (delivery.acknowledged, delivery.answer) == (True, {})
    message = await heard(slack, tavern, Message)
    assert message.text == "When does the kitchen close?"
    assert (message.private, message.addressed) == (True, True)
    assert message.ref.key.startswith("command-")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("/tavernkeep", "/help"),
        ("/tavernkeep help", "/help"),
        ("/tavernkeep /status", "/status"),
        ("/tavernkeep forget me", "/forget me"),
    ],
)
async def test_the_bots_own_commands(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect, typed: str, text: str
) -> None:
    """What follows /tavernkeep is the command, as on every other platform; nothing asks for help."""
    await connect()
    await slack.person("Ana").types(typed, slack.channel("general"))
    assert (await heard(slack, tavern, Message)).text == text


@TRANSPORTS
async def test_a_command_without_a_question_is_told_how(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect, transport: str
) -> None:
    """The sentence is seen by nobody else, and nothing is stored."""
    await connect(transport=transport)
    delivery = await slack.person("Ana").types("/ask", slack.channel("general"))
    assert delivery.answer == {"response_type": "ephemeral", "text": USAGE}
    assert not tavern.ear.heard


async def test_a_command_where_the_bot_is_not_is_told_so(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """Nothing could be answered there; once the bot is invited it can."""
    await connect()
    ana, cellar = slack.person("Ana"), slack.channel("cellar", bot=False)
    told = (await ana.types("/ask When does it close?", cellar)).answer["text"]
    assert "/invite @" in told
    await ana.invites(cellar)
    await ana.types("/ask When does it close?", cellar)
    assert (await heard(slack, tavern, Message)).conversation.name == "cellar"


async def test_a_command_that_is_not_stored_is_told_so(
    slack: LoopbackSlack, tavern: Tavern, ledger: Ledger, connect: Connect
) -> None:
    """Slack delivers a command but once, so its writer is asked to."""
    await connect()
    await break_ledger(ledger, broken=True)
    delivery = await slack.person("Ana").types("/ask When?", slack.channel("general"))
    await break_ledger(ledger, broken=False)
    assert delivery.answer["text"] == NOT_STORED


async def test_a_command_where_nobody_tells_who_reads_along_is_not_stored(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """It is not known whether the bot can answer there, nor for whom."""
    await connect()
    slack.faults.next("fatal_error", "conversations.info")
    delivery = await slack.person("Ana").types("/ask When?", slack.channel("general"))
    assert delivery.answer["text"] == NOT_STORED
    assert not tavern.ear.heard


# -- the bot's own place -------------------------------------------------------------------------


async def test_questions_are_suggested(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """Whoever opens the bot's messages finds something to ask; its home tab brings nothing."""
    await connect()
    ana = slack.person("Ana")
    await ana.opens_home("home")
    await quiet(slack, tavern)
    assert not slack.workspace.prompts
    await ana.opens_home("messages")
    (prompts,) = (await slack.until(lambda: slack.workspace.prompts)).values()
    assert "What can you help me with?" in str(prompts)


@pytest.mark.parametrize(("private", "member", "named"), [(False, False, True), (True, True, True)])
async def test_the_place_that_a_person_comes_from_is_named(
    slack: LoopbackSlack, connect: Connect, private: bool, member: bool, named: bool
) -> None:
    """A public one to anybody, a private one to its members."""
    await connect()
    ana = slack.person("Ana")
    cellar = slack.channel("cellar", private=private, members=[ana] if member else [])
    await ana.looks_at(cellar)
    await slack.settled()
    await ana.opens_home("messages")
    prompts = await slack.until(lambda: slack.workspace.prompts)
    assert ("#cellar" in str(prompts)) is named


async def test_a_private_place_is_not_named_to_strangers(
    slack: LoopbackSlack, connect: Connect
) -> None:
    """What a payload says somebody looks at is believed only of members."""
    await connect()
    ana, cellar = slack.person("Ana"), slack.channel("cellar", private=True)
    await ana.looks_at(cellar)
    await ana.says(slack.dm(ana), "hello")  # which tells again what is being looked at
    await slack.settled()
    await ana.opens_home("messages")
    prompts = await slack.until(lambda: slack.workspace.prompts)
    assert "#cellar" not in str(prompts)


async def test_forty_questions_at_once_are_acknowledged_quickly(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """Each event waits for nothing but the ledger and a name or two."""
    await connect()
    people = [slack.person(f"Guest{number}") for number in range(20)]
    rooms = [slack.channel(f"room{number}") for number in range(20)]
    await asyncio.gather(
        *(
            person.says(room, f"question {turn}?")
            for turn in range(2)
            for person, room in zip(people, rooms, strict=True)
        )
    )
    await quiet(slack, tavern)
    assert len(all_heard(tavern, Message)) == 40
    assert max(ack.delay for ack in slack.acks) < 1.0
