"""Preferring: what is kept of how a person likes answers, said or guessed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.errors import TavernkeepError
from core.learning.guessing import guessed_length
from core.ledger import preferences
from core.ledger.ledger import Ledger
from core.ledger.links import accounts_of
from core.ledger.people import see_person
from core.messages import Person
from core.preferences import VALUES, Aspect, Kept

NO_BOTS = "Only people have preferences."
NO_VALUE = "There is no such preference; `/prefs` shows what there is."


@dataclass(frozen=True, slots=True)
class Preferring:
    """Keeps what people say of how they like answers; linked accounts are one person.

    What is guessed is stored nowhere: it is read off the feedback log each time, where `guesses`
    allows it.
    """

    ledger: Ledger
    guesses: bool
    now: Callable[[], datetime]

    async def kept(self, person: Person) -> Kept:
        """Return what is known of how a person likes answers; of a bot, nothing."""
        if person.bot:
            return Kept(said={})
        async with self.ledger.reading() as connection:
            accounts = await accounts_of(connection, person)
            said = await preferences.said_by(connection, accounts)
            if not self.guesses or Aspect.LENGTH in said:
                return Kept(said=said)
            judged = await preferences.judged_lengths(connection, accounts)
        return Kept(said=said, guessed=guessed_length(judged))

    async def prefer(self, person: Person, aspect: Aspect, value: str) -> None:
        """Keep what a person says; raise `TavernkeepError` for a value that is on no list."""
        if person.bot:
            raise TavernkeepError(NO_BOTS)
        if value not in VALUES[aspect]:
            raise TavernkeepError(NO_VALUE)
        async with self.ledger.writing() as connection:
            now = self.now()
            await see_person(connection, person, now)
            await preferences.prefer(connection, person, aspect, value, now)

    async def forget(self, person: Person) -> bool:
        """Remove what a person said, by whichever account; return False where there was nothing."""
        async with self.ledger.writing() as connection:
            accounts = await accounts_of(connection, person)
            ids = [one.id for one in accounts]
            return await preferences.forget_preferences(connection, ids) > 0
