"""Who may read: every membership is required, and the narrowest of several is all of them."""

from hypothesis import given
from hypothesis import strategies as st

from core.audience import EVERYONE, Audience, audience_of, holders_of, members_of, narrowest

AUDIENCES = st.frozensets(st.text(min_size=1), max_size=4).map(Audience)


@given(AUDIENCES)
def test_a_key_is_the_audience(audience: Audience) -> None:
    """The key tells any audience from any other, whatever a role is called."""
    assert audience_of(audience.key()) == audience


@given(st.lists(AUDIENCES, max_size=4), st.frozensets(st.text(min_size=1), max_size=4))
def test_the_narrowest_may_read_all(audiences: list[Audience], held: frozenset[str]) -> None:
    """Who may read the narrowest audience may read each, and who may read each may read it."""
    may_read_each = all(one.readable_by(held) for one in audiences)
    assert narrowest(audiences).readable_by(held) == may_read_each


def test_everyone_needs_nothing() -> None:
    """What is for everyone is readable without any membership; nothing else is."""
    assert EVERYONE.readable_by(frozenset())
    assert EVERYONE.key() == ""
    for narrow in (members_of("room:den"), holders_of("Head Cook")):
        assert not narrow.readable_by(frozenset())
        assert narrow.readable_by(narrow.requires)


def test_plain_keys_stay_legible() -> None:
    """The keys of usual memberships are their own names, so that the ledger can be read."""
    both = narrowest([members_of("slack:C01"), holders_of("cook")])
    assert both.key() == "conversation:slack:C01 role:cook"
