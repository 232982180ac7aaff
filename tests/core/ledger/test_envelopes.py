"""Envelopes: each kind of event comes back as it was, is known again, and fits into the ledger."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.feedback import Choice, Correction, Decision, Proposal
from core.interfaces import Event
from core.ledger.envelopes import (
    CUT,
    KINDS,
    LONGEST,
    event_of,
    natural_key,
    payload_of,
    people_of,
    platform_of,
    ref_of,
    row_of,
    storable,
)
from core.messages import Deleted, Edited, Message, Reaction, Reopened
from tests.doubles import LOBBY, NOON, message, person, said

REF = message().ref
PROPOSAL = Proposal(
    event_id="p",
    ref=REF,
    conversation=LOBBY,
    person=person("bob"),
    author=person("ann"),
    text="Behind the clock.",
    question="Where?",
    at=NOON,
    thread="m0",
)
DECISION = Decision(
    event_id="d",
    answer_id="a1",
    person=person("bob"),
    choice=Choice.PUBLISH,
    at=NOON,
    text="Better.",
)
REOPENED = Reopened(event_id="o", conversation=LOBBY, at=NOON)
EVENTS: tuple[Event, ...] = (
    message(),
    Reaction(event_id="r", ref=REF, person=person("bob"), emoji="👍", added=True, at=NOON),
    said("a1", by="bob"),
    Correction(event_id="c", answer_id="a1", person=person("bob"), text="Better.", at=NOON),
    PROPOSAL,
    DECISION,
    Edited(event_id="e", ref=REF, text="Hello", at=NOON),
    Deleted(event_id="x", ref=REF, at=NOON),
    REOPENED,
)


def test_every_kind_is_here() -> None:
    """A new kind of event is thought of in this file."""
    assert {type(one).__name__ for one in EVENTS} == KINDS.keys()


@pytest.mark.parametrize("event", EVENTS, ids=lambda one: type(one).__name__)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    """Its row names its platform, and its message where it is about one."""
    row = row_of(event, NOON)
    assert event_of(row["kind"], row["payload"]) == event
    assert (row["platform"], platform_of(event)) == ("room", "room")
    assert row["message_id"] == (REF.id if ref_of(event) else None)
    assert storable(event) is event


@pytest.mark.parametrize("event", EVENTS, ids=lambda one: type(one).__name__)
def test_an_event_is_the_same_under_another_identity(event: Event) -> None:
    """And no other: later it is another one, unless there can be only one of a message."""
    assert natural_key(replace(event, event_id="other")) == natural_key(event)
    if not isinstance(event, Message):
        later = replace(event, at=NOON + timedelta(seconds=1))
        assert (natural_key(later) == natural_key(event)) is isinstance(event, Deleted)
    assert len({natural_key(one) for one in EVENTS}) == len(EVENTS)


@pytest.mark.parametrize(
    ("event", "other", "same"),
    [
        (PROPOSAL, replace(PROPOSAL, text="Fetched a second time."), True),
        (PROPOSAL, replace(PROPOSAL, question="When?"), False),
        (PROPOSAL, replace(PROPOSAL, person=person("cid")), False),
        (DECISION, replace(DECISION, choice=Choice.DISMISS), False),
        (DECISION, replace(DECISION, text=None), False),
        (REOPENED, replace(REOPENED, conversation=replace(LOBBY, public=False)), False),
        (REOPENED, replace(REOPENED, conversation=replace(LOBBY, name="Hall")), False),
    ],
)
def test_what_makes_an_event_that_event(event: Event, other: Event, same: bool) -> None:
    """What is looked up for an event does not; who did it and what they said does."""
    assert (natural_key(event) == natural_key(other)) is same


def test_whose_an_event_is() -> None:
    """A proposal is of two people; edits, deletions and conversations name nobody."""
    named = {type(one).__name__: [who.key for who in people_of(one)] for one in EVENTS}
    assert named["Proposal"] == ["bob", "ann"]
    assert named["Message"] == ["ann"]
    assert named["Edited"] == named["Deleted"] == named["Reopened"] == []
    assert named["Decision"] == named["Reaction"] == ["bob"]


@pytest.mark.parametrize(
    "event",
    [
        replace(PROPOSAL, text="long" * LONGEST, question="long" * LONGEST),
        replace(DECISION, text="long" * LONGEST),
    ],
)
def test_a_text_that_is_too_long_is_cut(event: Event) -> None:
    """Every text of an event, with a word that it was."""
    kept = storable(event)
    assert len(payload_of(kept)) < 3 * LONGEST
    assert payload_of(kept).count(CUT) == 1 + isinstance(event, Proposal)


def test_signs_that_no_database_takes_are_replaced() -> None:
    """In every text and name within."""
    bad = replace(
        PROPOSAL,
        text="a\x00b",
        question="\ud800?",
        author=replace(person(), name="A\x00"),
        conversation=replace(LOBBY, name="\ud800"),
    )
    kept = storable(bad)
    assert isinstance(kept, Proposal)
    assert (kept.text, kept.question) == ("a\ufffdb", "\ufffd?")
    assert (kept.author.name, kept.conversation.name) == ("A\ufffd", "\ufffd")
