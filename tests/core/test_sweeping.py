"""Sweeping: what was missed is found once, and what is newer than the look is left alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.messages import MessageRef, Person, Reaction
from core.sweeping import missed
from tests.doubles import NOON, person

REF = MessageRef(platform="room", conversation="lobby", key="post")
EARLIER, LATER = NOON - timedelta(minutes=5), NOON + timedelta(minutes=5)


def thumb(
    by: str = "ann", *, added: bool = True, at: datetime = EARLIER, emoji: str = "👍"
) -> Reaction:
    """Return what is known, or seen, of an emoji."""
    return Reaction(event_id="x", ref=REF, person=person(by), emoji=emoji, added=added, at=at)


def found(known: Sequence[Reaction], standing: Sequence[Reaction]) -> list[tuple[str, str, bool]]:
    """Return what was missed until noon, as (person, emoji, added)."""
    return [(one.person.key, one.emoji, one.added) for one in missed(known, standing, NOON)]


@pytest.mark.parametrize(
    ("known", "standing", "expected"),
    [
        ([], [thumb()], [("ann", "👍", True)]),
        ([thumb()], [], [("ann", "👍", False)]),
        ([thumb()], [thumb()], []),
        ([thumb(added=False)], [thumb()], [("ann", "👍", True)]),
        ([thumb(added=False)], [], []),
        ([thumb()], [thumb(emoji="👎")], [("ann", "👎", True), ("ann", "👍", False)]),
        ([thumb()], [thumb("bob")], [("bob", "👍", True), ("ann", "👍", False)]),
    ],
)
def test_what_was_added_or_taken_back_meanwhile_is_found(
    known: Sequence[Reaction],
    standing: Sequence[Reaction],
    expected: Sequence[tuple[str, str, bool]],
) -> None:
    """Added while away, taken back while away, both, and nothing."""
    assert found(known, standing) == expected


def test_what_is_known_of_a_later_time_stays() -> None:
    """An event that came after the look, or at the same time, knows better than the look."""
    for at in (LATER, NOON):
        assert found([thumb(at=at)], []) == []
        assert found([thumb(at=at, added=False)], [thumb()]) == []


def test_bots_say_nothing() -> None:
    """Neither their emoji nor taking them off is evidence."""
    robot = replace(thumb("rob"), person=Person(platform="room", key="rob", name="R", bot=True))
    assert found([], [robot]) == []
    assert found([robot], []) == []


def test_what_is_found_happened_at_the_look_and_has_one_identity() -> None:
    """Two looks at the same state find the same event; after the next change it is another one."""
    (first,) = missed([], [thumb()], NOON)
    (again,) = missed([], [thumb()], LATER)
    (later,) = missed([thumb(added=False)], [thumb()], LATER)
    assert (first.at, again.at) == (NOON, LATER)
    assert first.event_id == again.event_id
    assert later.event_id not in {first.event_id, "x"}


def test_what_was_found_is_not_found_again() -> None:
    """Once the ledger knows it, the next look finds nothing."""
    (first,) = missed([thumb()], [thumb("bob"), thumb()], NOON)
    assert missed([thumb(), first], [thumb("bob"), thumb()], LATER) == []
