"""Made private: what was asked and learned in a conversation is for its members, at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from core.answers import Answer, Origin, Standing
from core.audience import EVERYONE, Audience, holders_of, members_of, narrowest
from core.feedback import Correction, Proposal
from core.ledger import tables
from core.ledger.answers import load_answers, save_answer
from core.ledger.feedback import save_correction
from core.ledger.ledger import Transaction
from core.ledger.messages import save_message
from core.ledger.narrowing import meet, narrowed_to, reopen
from core.ledger.operations import ANSWERS, queued, wanted_rows
from core.ledger.people import audience_number
from core.ledger.proposals import save_proposal
from core.ledger.reanswers import Reanswer, Stage, put_reanswer
from core.messages import Conversation, Message, Reopened
from tests.doubles import LOBBY, NOON, answer, message, person

LATER = NOON + timedelta(hours=1)
CLOSED = replace(LOBBY, public=False, name="den")
DEN = members_of(LOBBY.id)
YARD = Conversation(platform="room", key="yard", name="yard")


def closing(at: datetime = LATER, conversation: Conversation = CLOSED) -> Reopened:
    """Return that a conversation was made what it is."""
    return Reopened(event_id=f"closed:{at.isoformat()}", conversation=conversation, at=at)


async def ask(writer: Transaction, key: str, given: Answer, place: Conversation = LOBBY) -> Message:
    """Let something be asked and answered."""
    asked = message(key)
    asked = replace(asked, conversation=place, ref=replace(asked.ref, conversation=place.key))
    await save_message(writer, asked, NOON)
    await save_answer(writer, given, asked)
    return asked


async def audiences(writer: Transaction, *ids: str) -> list[Audience]:
    """Return who may read answers."""
    held = await load_answers(writer, ids)
    return [held[id_].audience for id_ in ids]


async def is_public(writer: Transaction) -> tuple[bool, str]:
    """Return whether the lobby is public, and its name."""
    row = (
        await writer.execute(
            select(tables.conversations).where(tables.conversations.c.id == LOBBY.id)
        )
    ).one()
    return row.public, row.name


async def items(writer: Transaction) -> Sequence[str]:
    """Return what the index is to look at again."""
    return [one.item_id for one in await queued(writer, 99)]


async def test_what_was_asked_there_is_for_its_members(writer: Transaction) -> None:
    """In the ledger at once, and queued for the index; what was asked elsewhere stays as it is."""
    verified = Standing.VERIFIED
    await ask(writer, "m1", answer("a1", standing=verified))
    await ask(writer, "m2", answer("a2", standing=verified), YARD)
    await reopen(writer, closing(), LATER)
    assert await audiences(writer, "a1", "a2") == [DEN, EVERYONE]
    assert await items(writer) == ["q-a1"]
    rows = await wanted_rows(writer, ANSWERS)
    assert rows == {
        "q-a1": await audience_number(writer, DEN),
        "q-a2": await audience_number(writer, EVERYONE),
    }
    assert await is_public(writer) == (False, "den")


async def test_corrections_and_what_was_saved_there_follow(writer: Transaction) -> None:
    """Also a correction of a correction; an answer that was given again elsewhere stays."""
    await ask(writer, "m1", answer("a1"))
    better = answer("a2", origin=Origin.CORRECTION)
    for key, of in (("a2", "a1"), ("a3", "a2")):
        await save_answer(writer, replace(better, id=key, question=answer(key).question), None)
        event = Correction(event_id=key, answer_id=of, person=person(), text="x", at=NOON)
        await save_correction(writer, event, key, NOON)
    await save_answer(writer, answer("a4", origin=Origin.CORRECTION), None)
    saved = Proposal(
        event_id="p",
        ref=message("said").ref,
        conversation=LOBBY,
        person=person(),
        author=person("bob"),
        text="x",
        question=None,
        at=NOON,
    )
    await save_proposal(writer, saved, "a4")
    await ask(writer, "m5", answer("a5", reused="a2"), YARD)
    await reopen(writer, closing(), LATER)
    assert await audiences(writer, "a1", "a2", "a3", "a4", "a5") == [DEN] * 4 + [EVERYONE]


async def test_what_few_may_read_is_for_fewer(writer: Transaction) -> None:
    """An answer for cooks is for the cooks among the members; closing twice changes nothing more."""
    cooks = holders_of("cook")
    await ask(writer, "m1", answer("a1", audience=cooks))
    for _ in range(2):
        await reopen(writer, closing(), LATER)
    assert await audiences(writer, "a1") == [narrowest([cooks, DEN])]
    assert await items(writer) == ["q-a1"]


async def test_opening_widens_nothing(writer: Transaction) -> None:
    """What was asked among members stays among them; what is asked from then on is for everyone."""
    await ask(writer, "m1", answer("a1"))
    await reopen(writer, closing(), LATER)
    await reopen(writer, closing(LATER + timedelta(hours=1), LOBBY), LATER)
    assert await audiences(writer, "a1") == [DEN]
    assert await is_public(writer) == (True, "lobby")
    await ask(writer, "m2", answer("a2"))
    assert await audiences(writer, "a2") == [EVERYONE]


async def test_an_older_change_that_comes_late_does_not_open(writer: Transaction) -> None:
    """The platform's time counts, whatever arrives last."""
    await reopen(writer, closing(), LATER)
    await reopen(writer, closing(NOON, LOBBY), LATER)
    assert await is_public(writer) == (False, "den")
    assert await meet(writer, LOBBY, NOON, LATER) == CLOSED
    assert await narrowed_to(writer, EVERYONE, LOBBY.id) == DEN


async def test_an_answer_to_what_was_asked_before_is_for_the_members(writer: Transaction) -> None:
    """It was being written while the conversation was closed: it is saved for those who may read."""
    await reopen(writer, closing(), LATER)
    await ask(writer, "m1", answer("a1"))
    assert await audiences(writer, "a1") == [DEN]
    assert await is_public(writer) == (False, "den")


async def test_a_message_shows_what_nobody_told(writer: Transaction) -> None:
    """The bot was away when the conversation was closed: the next message there closes it."""
    await ask(writer, "m1", answer("a1"))
    said = replace(message("m2"), conversation=CLOSED, sent_at=LATER)
    await save_message(writer, said, LATER)
    assert await audiences(writer, "a1") == [DEN]
    assert await is_public(writer) == (False, "den")


async def test_a_new_name_changes_nobodys_view(writer: Transaction) -> None:
    """The row has the name; who may read stays."""
    await ask(writer, "m1", answer("a1"))
    await reopen(writer, closing(LATER, replace(LOBBY, name="hall")), LATER)
    assert await audiences(writer, "a1") == [EVERYONE]
    assert await is_public(writer) == (True, "hall")
    assert await items(writer) == []


async def test_a_conversation_that_was_never_seen_is_known_from_then_on(
    writer: Transaction,
) -> None:
    """Nothing was asked there, so nothing is narrowed."""
    new = Conversation(platform="room", key="new", public=False)
    await reopen(writer, closing(NOON, new), NOON)
    assert await narrowed_to(writer, EVERYONE, new.id) == members_of(new.id)
    assert await narrowed_to(writer, EVERYONE, "room:unknown") == EVERYONE


async def test_a_fresh_answer_follows_the_one_that_it_was_written_for(writer: Transaction) -> None:
    """It answers what was asked there, so it is for those who read there, and is reviewed among them."""
    await ask(writer, "m1", answer("a1"))
    await save_answer(writer, answer("fresh"), None)
    made = Reanswer(
        fresh_id="fresh", answer_id="a1", stage=Stage.MADE, batch_id=None, passages=(), at=NOON
    )
    await put_reanswer(writer, made)
    await reopen(writer, closing(), LATER)
    assert await audiences(writer, "a1", "fresh") == [DEN, DEN]
