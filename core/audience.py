"""Who may read something.

An audience is the set of memberships that a reader must hold: none for what everyone in the
workspace may read, one conversation's membership, a role. Because *all* of them are required,
the narrowest audience of several is the union of their requirements.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote


@dataclass(frozen=True, slots=True)
class Audience:
    """Readers who hold every membership in `requires`; an empty set means everyone."""

    requires: frozenset[str] = frozenset()

    def readable_by(self, held: frozenset[str]) -> bool:
        """Say whether readers who all hold `held` may read this."""
        return self.requires <= held

    def key(self) -> str:
        """Return the one spelling of this audience, fit to be a unique column."""
        return " ".join(sorted(quote(one, safe=":/@") for one in self.requires))


EVERYONE = Audience()


def members_of(conversation_id: str) -> Audience:
    """Return the audience of one conversation's members."""
    return Audience(frozenset({f"conversation:{conversation_id}"}))


def holders_of(role: str) -> Audience:
    """Return the audience of everyone who holds a role."""
    return Audience(frozenset({f"role:{role}"}))


def narrowest(audiences: Iterable[Audience]) -> Audience:
    """Return the audience that may read all of them."""
    return Audience(frozenset().union(*(audience.requires for audience in audiences)))


def audience_of(key: str) -> Audience:
    """Return the audience whose `key()` this is."""
    return Audience(frozenset(unquote(one) for one in key.split()))
