"""Order: whatever order events arrive in, they come to the same."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sqlalchemy import select

from core.feedback import Verdict
from core.interfaces import Event
from core.ledger.answers import answer_at
from core.ledger.feedback import live_verdicts
from core.ledger.tables import inbox, messages, reactions
from core.messages import Deleted, Edited, Message, MessageRef, Reaction
from tests.doubles import NOON
from tests.tavern import ANA, BEN, HALL, KeptReply, Tavern

State = tuple[object, ...]
EXAMPLES = hypothesis(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PLACES = itertools.count()  # every example has messages of its own


def ref_of(place: int, key: str) -> MessageRef:
    """Return a place in the hall that no other example uses."""
    return MessageRef(platform="test", conversation=HALL.key, key=f"{key}-{place}")


def moved(event: Event, place: int) -> Event:
    """Return an event as one of an example's own."""
    if isinstance(event, Message | Edited | Deleted | Reaction):
        ref = ref_of(place, event.ref.key)
        return replace(event, event_id=f"{event.event_id}-{place}", ref=ref)
    raise TypeError


def at(seconds: int) -> timedelta:
    """Return when something happened, after noon."""
    return timedelta(seconds=seconds)


ASKED = Message(
    event_id="asked",
    ref=MessageRef(platform="test", conversation=HALL.key, key="asked"),
    conversation=HALL,
    person=ANA,
    text="When does the kitchen close?",
    sent_at=NOON,
    addressed=True,
)
EDITS = [
    Edited(
        event_id=f"e{n}", ref=ASKED.ref, text=f"When does the kitchen open, {n}?", at=NOON + at(n)
    )
    for n in (1, 2, 3)
]
GONE = Deleted(event_id="gone", ref=ASKED.ref, at=NOON + at(9))
POST = MessageRef(platform="test", conversation=HALL.key, key="post")


def emoji(seconds: int, sign: str, *, added: bool = True) -> Reaction:
    """Return what Ben did to an emoji below the answer."""
    return Reaction(
        event_id=f"r{seconds}", ref=POST, person=BEN, emoji=sign, added=added, at=NOON + at(seconds)
    )


LIKES = [
    emoji(11, "👍"),
    emoji(12, "❤️"),
    emoji(13, "👎"),
    emoji(14, "👍", added=False),
    emoji(15, "👎", added=False),
]


async def deliver(tavern: Tavern, events: Sequence[Event], place: int) -> None:
    """Hand over events one after the other, the answer standing below the example's question."""
    await tavern.assistant.resume("test", lambda _: KeptReply(f"post-{place}"))
    for event in events:
        await tavern.assistant.receive(moved(event, place))
        await tavern.assistant.drain()


async def written(tavern: Tavern, place: int) -> State:
    """Return what the ledger knows of the example's question, and what its inbox still says."""
    ref = ref_of(place, "asked")
    async with tavern.ledger.reading() as connection:
        rows = await connection.execute(
            select(messages.c.text, messages.c.edited_at).where(messages.c.id == ref.id)
        )
        payloads = await connection.execute(
            select(inbox.c.payload).where(inbox.c.message_id == ref.id)
        )
        kept = "\n".join(payloads.scalars())
        said = {text for text in (ASKED.text, *(one.text for one in EDITS)) if text in kept}
        return (*map(tuple, rows.all()), frozenset(said))


async def judged(tavern: Tavern, place: int) -> State:
    """Return Ben's verdict below the example's answer, and the emoji that stand there."""
    ref = ref_of(place, "post")
    async with tavern.ledger.reading() as connection:
        rows = await connection.execute(
            select(reactions.c.emoji)
            .where(reactions.c.message_id == ref.id, reactions.c.added)
            .order_by(reactions.c.emoji)
        )
        standing = tuple(rows.scalars())
        answer_id = await answer_at(connection, ref)
        verdicts = await live_verdicts(connection, [answer_id]) if answer_id else []
    return (standing, tuple(one.verdict for one in verdicts))


@given(st.permutations([ASKED, *EDITS]))
@EXAMPLES
async def test_the_last_edit_stands(tavern: Tavern, events: list[Event]) -> None:
    """A message has the text of its newest edit, and the older ones are kept nowhere."""
    place = next(PLACES)
    await deliver(tavern, events, place)
    newest = EDITS[-1]
    assert await written(tavern, place) == ((newest.text, newest.at), frozenset({newest.text}))


@given(st.permutations([ASKED, *EDITS[:2], GONE]))
@EXAMPLES
async def test_what_was_taken_away_is_gone(tavern: Tavern, events: list[Event]) -> None:
    """Of a deleted message no text is kept, however late its edits or the message itself arrive."""
    place = next(PLACES)
    await deliver(tavern, events, place)
    *rows, said = await written(tavern, place)
    assert said == frozenset()
    assert [row[0] for row in rows if isinstance(row, tuple)] in ([], [""])


@given(st.permutations([ASKED, *LIKES]), st.integers(0, len(LIKES)))
@EXAMPLES
async def test_emoji_come_to_the_same_verdict(
    tavern: Tavern, events: list[Event], left_out: int
) -> None:
    """The verdict is what the emoji say by the platform's time, also those before the answer."""
    place, then = next(PLACES), next(PLACES)
    kept = [one for one in events if one not in LIKES[left_out : left_out + 1]]
    await deliver(tavern, kept, place)
    await deliver(tavern, sorted(kept, key=_time), then)
    assert await judged(tavern, place) == await judged(tavern, then)


def _time(event: Event) -> float:
    moment = event.sent_at if isinstance(event, Message) else event.at
    return moment.timestamp()


async def test_the_last_emoji_is_what_counts(tavern: Tavern) -> None:
    """👍 ❤️ 👎, less 👍 and 👎: ❤️ is left, and says that the answer helped."""
    place = next(PLACES)
    await deliver(tavern, [*reversed(LIKES), ASKED], place)
    assert await judged(tavern, place) == (("❤️",), (Verdict.UP,))


@pytest.mark.parametrize("late", [False, True])
async def test_an_edited_question_is_answered_as_it_stands(tavern: Tavern, late: bool) -> None:
    """Where the edit came first the new text is answered."""
    place = next(PLACES)
    edited = replace(EDITS[0], text="/echo edited")
    await deliver(tavern, [ASKED, edited] if late else [edited, ASKED], place)
    texts = [one.text for one in await tavern.assistant.history(HALL.id)]
    assert ("Ana: edited" in texts) is not late
