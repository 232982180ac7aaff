"""People, conversations and audiences."""

from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.audience import Audience, audience_of
from core.ledger.tables import audiences, conversations, people
from core.ledger.writes import insert_once, put
from core.messages import Conversation, MessageRef, Person


async def see_person(connection: AsyncConnection, person: Person, now: datetime) -> None:
    """Store a person, or the name that they go by now.

    Who is known by the key alone, because the platform did not tell more just now, stays the guest
    that they were, and keeps the age of the account.
    """
    row: dict[str, object] = {
        "id": person.id,
        "platform": person.platform,
        "key": person.key,
        "name": person.name,
        "bot": person.bot,
        "seen_at": now,
    }
    if person.name != person.key:
        row["guest"] = person.guest
    if person.since is not None:
        row["since"] = person.since
    await put(connection, people, row, key=["id"])


async def see_conversation(connection: AsyncConnection, conversation: Conversation) -> None:
    """Store a conversation where it is new; `narrowing` alone changes who may read one."""
    row = {
        "id": conversation.id,
        "platform": conversation.platform,
        "key": conversation.key,
        "name": conversation.name,
        "direct": conversation.direct,
        "public": conversation.public,
    }
    await insert_once(connection, conversations, row)


async def know_place(connection: AsyncConnection, ref: MessageRef) -> None:
    """Store the conversation that a message stands in, private as far as is known, where it is new."""
    row = {
        "id": f"{ref.platform}:{ref.conversation}",
        "platform": ref.platform,
        "key": ref.conversation,
        "name": "",
        "direct": False,
        "public": False,
    }
    await insert_once(connection, conversations, row)


async def conversation(connection: AsyncConnection, conversation_id: str) -> Conversation:
    """Return a stored conversation; raise `LookupError` for an unknown one."""
    found = await connection.execute(
        select(conversations).where(conversations.c.id == conversation_id)
    )
    row = found.one_or_none()
    if row is None:
        raise LookupError(f"no conversation {conversation_id}")
    return Conversation(
        platform=row.platform, key=row.key, name=row.name, direct=row.direct, public=row.public
    )


async def closed_conversations(connection: AsyncConnection, platform: str) -> list[Conversation]:
    """Return what not everyone of a platform reads, by its key; direct conversations are left out."""
    found = await connection.execute(
        select(conversations)
        .where(
            conversations.c.platform == platform,
            conversations.c.public.is_(False),
            conversations.c.direct.is_(False),
        )
        .order_by(conversations.c.key)
    )
    return [
        Conversation(platform=row.platform, key=row.key, name=row.name, public=False)
        for row in found
    ]


async def all_people(connection: AsyncConnection) -> list[Person]:
    """Return everybody whom the ledger knows, by their ids' order."""
    rows = await connection.execute(select(people).order_by(people.c.id))
    return [Person(platform=row.platform, key=row.key, name=row.name, bot=row.bot) for row in rows]


def person_of(row: Row[tuple[object, ...]], prefix: str = "") -> Person | None:
    """Return the person in a joined row whose columns carry the prefix, or None."""
    held = row._mapping
    if held[f"{prefix}platform"] is None:
        return None
    return Person(
        platform=str(held[f"{prefix}platform"]),
        key=str(held[f"{prefix}key"]),
        name=str(held[f"{prefix}name"]),
        bot=bool(held[f"{prefix}bot"]),
    )


async def audience_number(connection: AsyncConnection, audience: Audience) -> int:
    """Return the number of a set of readers, giving it one where it is new."""
    wanted = select(audiences.c.id).where(audiences.c.key == audience.key())
    number = (await connection.execute(wanted)).scalar_one_or_none()
    if number is None:
        await insert_once(connection, audiences, {"key": audience.key()})
        number = (await connection.execute(wanted)).scalar_one()
    return int(number)


async def readable_numbers(connection: AsyncConnection, held: frozenset[str]) -> list[int]:
    """Return the numbers of every audience that readers with these memberships belong to."""
    rows = await connection.execute(
        select(audiences.c.id, audiences.c.key).order_by(audiences.c.id)
    )
    return [row.id for row in rows if audience_of(row.key).readable_by(held)]
