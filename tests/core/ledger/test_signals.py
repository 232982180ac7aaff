"""What signals are read from: the last answer of a thread, earlier questions; and their way back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.answers import Origin
from core.feedback import Via
from core.ledger.answers import save_answer, save_post
from core.ledger.feedback import append, live_verdicts
from core.ledger.ledger import Transaction
from core.ledger.messages import save_message
from core.ledger.signals import (
    asked_between,
    forget_signals,
    given_to,
    last_given,
    signal_id,
    spoken_since,
)
from core.messages import Message, MessageRef
from tests.doubles import NOON, answer, message, person, said

ASKED = message("asked")
POST = MessageRef(platform="room", conversation="lobby", key="post")
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
async def asked(writer: Transaction) -> Transaction:
    """Return the writer where ann's question has an answer."""
    await save_message(writer, ASKED, NOON)
    await save_answer(writer, answer("a1"), ASKED)
    await save_post(writer, answer("a1"), POST, ASKED.ref.key, NOON)
    return writer


def below(key: str, by: str, thread: str | None = "asked") -> Message:
    """Return a message in the thread of the question, a minute later."""
    return replace(message(key, by=by), thread=thread, sent_at=LATER)


async def test_the_last_answer_of_a_thread_is_found(asked: Transaction) -> None:
    """Outside of threads only in a direct conversation; what a command printed is none."""
    given = await last_given(asked, below("b", "bob"))
    assert given
    assert (given.answer_id, given.asker_id, given.at) == ("a1", person("ann").id, NOON)
    outside = below("b", "bob", thread=None)
    direct = replace(outside, conversation=replace(outside.conversation, direct=True))
    assert await last_given(asked, outside) is None
    assert await last_given(asked, direct) == given
    await save_answer(asked, answer("printed", origin=Origin.COMMAND), message("m-ann"))
    await save_post(asked, answer("printed"), replace(POST, key="p"), "asked", LATER)
    assert await last_given(asked, below("b", "bob")) == given


async def test_who_spoke_since_is_known(asked: Transaction) -> None:
    """Before the message itself, and not by the accounts that are asked about."""
    await save_message(asked, below("b", "bob"), LATER)
    thanks = replace(below("t", "ann"), sent_at=LATER + timedelta(minutes=1))
    assert await spoken_since(asked, thanks, NOON, [person("ann").id])
    assert not await spoken_since(asked, thanks, NOON, [person("ann").id, person("bob").id])
    assert not await spoken_since(asked, thanks, LATER, [person("ann").id])


async def test_questions_are_found_by_asker_and_time(asked: Transaction) -> None:
    """With the message that each was asked in; also straight from that message."""
    ann, span = [person("ann").id], timedelta(minutes=10)
    ((asked_in, given),) = await asked_between(asked, ann, NOON - span, NOON)
    assert (asked_in, given.answer_id) == (ASKED.ref.id, "a1")
    assert not await asked_between(asked, ann, LATER, LATER + span)
    assert not await asked_between(asked, [person("bob").id], NOON - span, NOON)
    assert await given_to(asked, ASKED.ref, ann) == "a1"
    assert await given_to(asked, ASKED.ref, [person("bob").id]) is None


async def test_what_was_read_from_a_message_is_taken_back(asked: Transaction) -> None:
    """All of it, and nothing that was read from another one."""
    for ref in (ASKED.ref, POST):
        for part in ("one", "two"):
            event = replace(said("a1"), event_id=signal_id(ref, part))
            await append(asked, replace(event, via=Via.THANKS))
    await forget_signals(asked, ASKED.ref)
    (left,) = await live_verdicts(asked, implicit=True)
    assert left.event_id in {signal_id(POST, part) for part in ("one", "two")}
    assert await live_verdicts(asked) == []
