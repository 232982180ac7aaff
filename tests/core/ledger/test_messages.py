"""What was written is kept, edited, forgotten, and read again as a thread."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from core.ledger.answers import save_answer, save_post
from core.ledger.ledger import Ledger
from core.ledger.messages import (
    delete_message,
    edit_message,
    reactions_on,
    save_message,
    set_reaction,
    thread_turns,
)
from core.ledger.people import see_person
from core.ledger.tables import messages
from core.messages import Deleted, Edited, Message, MessageRef, Reaction
from core.prompts import Turn
from tests.doubles import LOBBY, NOON, answer, message, person

FIRST = message()


def later(key: str, minutes: int, text: str) -> Message:
    """Return a message in the first one's thread."""
    sent_at = NOON + timedelta(minutes=minutes)
    return replace(message(key, text), thread=FIRST.ref.key, sent_at=sent_at)


async def test_a_message_is_stored_once(ledger: Ledger) -> None:
    """A message that is stored already keeps its text."""
    async with ledger.writing() as connection:
        await save_message(connection, FIRST, NOON)
        await save_message(connection, replace(FIRST, text="other"), NOON)
        assert list((await connection.execute(select(messages.c.text))).scalars()) == [FIRST.text]


async def test_an_edit_and_a_deletion(ledger: Ledger) -> None:
    """An edit replaces the text; a deletion leaves no text behind."""
    async with ledger.writing() as connection:
        await save_message(connection, FIRST, NOON)
        await edit_message(connection, Edited(event_id="e", ref=FIRST.ref, text="new", at=NOON))
        row = (await connection.execute(select(messages))).one()
        assert (row.text, row.edited_at) == ("new", NOON)
        await delete_message(connection, Deleted(event_id="d", ref=FIRST.ref, at=NOON))
        row = (await connection.execute(select(messages))).one()
        assert (row.text, row.deleted_at) == ("", NOON)


async def test_an_emoji_stands_until_it_is_removed(ledger: Ledger) -> None:
    """The same emoji twice is one; taking it away leaves the others."""
    up = Reaction(event_id="1", ref=FIRST.ref, person=person(), emoji="👍", added=True, at=NOON)
    async with ledger.writing() as connection:
        await see_person(connection, person(), NOON)
        for one in (up, up, replace(up, emoji="🎉", at=NOON + timedelta(minutes=1))):
            await set_reaction(connection, one)
        standing = await reactions_on(connection, FIRST.ref)
        assert [(one.emoji, one.person, one.added) for one in standing] == [
            ("👍", person(), True),
            ("🎉", person(), True),
        ]
        await set_reaction(connection, replace(up, added=False))
        assert [one.emoji for one in await reactions_on(connection, FIRST.ref)] == ["🎉"]


async def test_a_thread_is_read_from_its_first_message(ledger: Ledger) -> None:
    """People's messages and the bot's posts come in order, the newest few before the question."""
    ref = MessageRef(platform="room", conversation="lobby", key="p1")
    async with ledger.writing() as connection:
        for one in (FIRST, later("m2", 2, "And then?"), later("m3", 9, "Later.")):
            await save_message(connection, one, NOON)
        await save_answer(connection, answer(), FIRST)
        await save_post(connection, answer(), ref, "m1", NOON + timedelta(minutes=1))
        before = NOON + timedelta(minutes=5)
        turns = await thread_turns(connection, LOBBY.id, "m1", before, 6)
        assert turns == [
            Turn(by_bot=False, text=FIRST.text),
            Turn(by_bot=True, text="The text of a1."),
            Turn(by_bot=False, text="And then?"),
        ]
        assert await thread_turns(connection, LOBBY.id, "m1", before, 2) == turns[1:]
