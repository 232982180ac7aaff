"""The facts that gating needs are read from what was said, and from what people set."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.ledger.answers import save_answer, save_post
from core.ledger.ledger import Transaction
from core.ledger.messages import save_message, set_reaction
from core.ledger.modes import SKEW, facts_of, lift_silence, set_mode, silence, standing_mode
from core.messages import Message, MessageRef, Reaction
from core.modes import Facts, Mode
from tests.doubles import LOBBY, NOON, answer, message, person

HUSH = ("shushing_face", "🤫")


def at(minutes: float, key: str, *, by: str = "ann", **changes: object) -> Message:
    """Return a message in the thread of m1, so many minutes after noon."""
    sent_at = NOON + timedelta(minutes=minutes)
    moved = replace(message(key, by=by), sent_at=sent_at, thread="m1")
    return replace(moved, **changes)  # type: ignore[arg-type]  # the fields' types differ


def ref(key: str) -> MessageRef:
    """Return a place in the lobby."""
    return MessageRef(platform="room", conversation="lobby", key=key)


async def facts(connection: Transaction, of: Message) -> Facts:
    """Store a message and return the facts of it."""
    await save_message(connection, of, of.sent_at)
    return await facts_of(connection, of, default=Mode.MENTION, silenced_by=HUSH)


@pytest.fixture
async def thread(writer: Transaction) -> Transaction:
    """Return the writer, where Ann asked m1 with a mention and the bot answered a minute later."""
    await save_message(writer, replace(message("m1"), addressed=True), NOON)
    await answered(writer, replace(message("m1"), addressed=True), 1, "a1")
    return writer


async def answered(connection: Transaction, asked: Message, minutes: float, key: str) -> None:
    """Have the bot answer a message in the thread of m1."""
    posted = answer(key, f"What about {key}?")
    await save_answer(connection, posted, asked)
    at, stands = NOON + timedelta(minutes=minutes), ref(f"p-{key}")
    await save_post(connection, posted, stands, "m1", at, [ref(f"above-{key}"), stands])


async def test_the_bot_spoke_last_to_the_asker(thread: Transaction) -> None:
    """Whoever asked is answered last, also after words of their own that it passed over."""
    expected = Facts(mode=Mode.MENTION, inside=True, last_to="room:ann", unasked=0)
    assert await facts(thread, at(2, "m2")) == expected
    assert await facts(thread, at(3, "m3")) == expected
    assert (await facts(thread, at(4, "m4", by="bob"))).last_to is None  # Ann spoke since


async def test_who_speaks_between_ends_it(thread: Transaction) -> None:
    """Until the bot answers again; what somebody said while the answer was written is before it."""
    await save_message(thread, at(0.5, "early", by="bob"), NOON)
    assert (await facts(thread, at(2, "m2"))).last_to == "room:ann"
    await save_message(thread, at(3, "between", by="bob"), NOON)
    assert (await facts(thread, at(4, "m4"))).last_to is None
    await answered(thread, at(4, "m4"), 5, "a4")
    assert (await facts(thread, at(6, "m6"))).last_to == "room:ann"


async def test_turns_that_nobody_asked_for_are_counted(thread: Transaction) -> None:
    """Each once, however many messages it stands in; answers to mentions are not, nor later ones."""
    for minutes, key in ((2, "m2"), (4, "m4")):
        await save_message(thread, at(minutes, key), NOON)
        await answered(thread, at(minutes, key), minutes + 1, f"a-{key}")
    assert (await facts(thread, at(6, "m6"))).unasked == 2
    assert (await facts(thread, at(3, "m3"))).unasked == 1


async def test_clocks_may_differ_a_little(thread: Transaction) -> None:
    """A follow-up that seems to come just before the post still follows it."""
    posted = NOON + timedelta(minutes=1)
    just = at(0, "m2", sent_at=posted - SKEW)
    assert (await facts(thread, just)).inside
    assert not (await facts(thread, at(0, "m3", sent_at=just.sent_at - SKEW))).inside


async def test_another_thread_has_other_facts(thread: Transaction) -> None:
    """And a message that says itself whom it is for needs none."""
    chat = Facts(mode=Mode.MENTION)
    assert await facts(thread, at(2, "m2", thread="m9")) == chat
    assert await facts(thread, at(2, "m3", thread=None)) == chat
    assert await facts(thread, at(2, "m4", addressed=True)) == chat


@pytest.mark.parametrize("key", ["m1", "m2", "p-a1"])
async def test_an_emoji_silences_a_thread_until_it_is_taken_back(
    thread: Transaction, key: str
) -> None:
    """On its first message, on another, on the bot's post; in whatever spelling, and by anybody."""
    await save_message(thread, at(2, "m2"), NOON)
    given = Reaction(
        event_id="r", ref=ref(key), person=person("bob"), emoji="🤫", added=True, at=NOON
    )
    await set_reaction(thread, given)
    await set_reaction(thread, replace(given, ref=ref("elsewhere"), emoji=":shushing_face:"))
    assert (await facts(thread, at(3, "m3"))).silenced
    await set_reaction(thread, replace(given, added=False))
    assert not (await facts(thread, at(4, "m4"))).silenced


async def test_a_mode_and_a_silence_stand_until_they_are_changed(writer: Transaction) -> None:
    """Of a conversation that nobody spoke of, the default holds."""
    assert await standing_mode(writer, "room:unknown") == (None, False)
    assert await standing_mode(writer, LOBBY.id) == (None, False)
    for mode in (Mode.AUTO, Mode.DRAFT):
        await set_mode(writer, LOBBY, mode, NOON)
    assert [await silence(writer, LOBBY, NOON) for _ in range(2)] == [True, False]
    assert await standing_mode(writer, LOBBY.id) == (Mode.DRAFT, True)
    assert await facts(writer, message("m7")) == Facts(mode=Mode.DRAFT, silenced=True)
    assert [await lift_silence(writer, LOBBY) for _ in range(2)] == [True, False]
    assert await standing_mode(writer, LOBBY.id) == (Mode.DRAFT, False)
