"""Forgetting a person: what they wrote is hidden at once, and what was learned from it alone with it."""

import difflib
from collections.abc import Callable
from datetime import datetime

from core.commands import is_command
from core.ledger.deliveries import under_way
from core.ledger.forgotten import erase_trail
from core.ledger.ledger import Ledger, Transaction
from core.ledger.people import all_people
from core.ledger.tombstones import lay
from core.ledger.trail import trail_of
from core.messages import Footprint, Message, Person

NEAR = 0.5  # similarity from which a name may have been meant
SHOWN = 5


class Forgetting:
    """Forgets people, in one transaction each; the job `purge` then wipes the files.

    Only a hash is kept, so that an old event which is delivered late is not stored. What the person
    writes from then on is taken as anybody's.
    """

    def __init__(self, *, ledger: Ledger, now: Callable[[], datetime]) -> None:
        """Take the ledger; ratings follow with the next `rerank`, the index with the next pass."""
        self._ledger = ledger
        self._now = now

    async def preview(self, person: Person) -> Footprint:
        """Return what `forget` would take away now; nothing is changed."""
        async with self._ledger.reading() as connection:
            asking = await _asking(connection, person)
            trail = await trail_of(connection, person, asking=[one.ref.id for one in asking])
        return trail.footprint

    async def forget(self, person: Person) -> Footprint:
        """Hide at once all that a person wrote, for the next purge to wipe; return what that was.

        A command of theirs that is being answered, such as the one that asks for this, is left for
        the purge.
        """
        async with self._ledger.writing() as connection:
            now = self._now()
            asking = await _asking(connection, person)
            # The platform's clock says what came before the request, where the request came by it.
            until = max((one.sent_at for one in asking), default=now)
            trail = await trail_of(connection, person, asking=[one.ref.id for one in asking])
            await lay(connection, person, until, now)
            await erase_trail(connection, trail, now)
        return trail.footprint

    async def known(self, id_: str) -> Person | None:
        """Return the person whom the ledger knows by this id, platform:key, or None."""
        async with self._ledger.reading() as connection:
            everybody = await all_people(connection)
        return next((one for one in everybody if one.id == id_), None)

    async def near(self, words: str) -> list[Person]:
        """Return the people whose id or name is like these words, the most alike first."""
        async with self._ledger.reading() as connection:
            everybody = await all_people(connection)
        likeness = {one.id: _likeness(words, one) for one in everybody}
        alike = [one for one in everybody if likeness[one.id] >= NEAR]
        return sorted(alike, key=lambda one: (-likeness[one.id], one.id))[:SHOWN]


async def _asking(connection: Transaction, person: Person) -> list[Message]:
    """Return the commands of a person that are being answered."""
    return [one for one in await under_way(connection, person) if is_command(one.text)]


def _likeness(words: str, person: Person) -> float:
    """Return how alike words are to a person's id, key or name, 0…1."""
    spellings = (person.id, person.key, person.name)
    return max(
        difflib.SequenceMatcher(None, words.lower(), spelling.lower()).ratio()
        for spelling in spellings
    )
