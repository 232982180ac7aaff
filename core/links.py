"""Links: the accounts that one person has on several platforms, joined by a code, are one rater."""

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.documents import content_hash
from core.errors import TavernkeepError
from core.ledger import links
from core.ledger.ledger import Ledger, Transaction
from core.ledger.links import Code
from core.ledger.people import see_person
from core.ledger.runs import note
from core.messages import Person

# Crockford's base 32: no letter looks like a digit. Sixty bits are not found by trying in the ten
# minutes that a code holds, however many accounts try; the limit on each is for the log's sake.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALIKE = str.maketrans("OIL", "011")
SIGNS = 12
GROUP = 4
HOLDS = timedelta(minutes=10)
PATIENCE = timedelta(minutes=15)
MOST_TRIES = 5
MOST_ACCOUNTS = 5

NO_CODE = (
    "I know no such code. A code holds for ten minutes and can be used once; "
    "`/link` on the other side gives a new one."
)
OWN_CODE = "That is your own code: write it from your other account."
ENOUGH_TRIES = "Those were too many wrong codes: try again in a quarter of an hour."
ALREADY = "These two accounts are linked already."
TOO_MANY = f"One person can link {MOST_ACCOUNTS} accounts, and these would be more."
NO_BOTS = "Only people link their accounts."
NOT_OF_ONE_RANK = (
    "One of these accounts is a curator's and the other is not, so I do not link them. Whoever runs "
    "me can name both in `learning.curators`."
)


def new_code() -> str:
    """Return a code that nobody can foresee, in groups that are easy to read out."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(SIGNS))
    return "-".join(signs[start : start + GROUP] for start in range(0, SIGNS, GROUP))


@dataclass(frozen=True, slots=True)
class Linking:
    """Gives codes and joins accounts by them; every change is noted in the audit log.

    Only a digest of a code is stored. An account of a curator is joined with other curators'
    accounts only, for what that may do is the operator's to say. `now` and `code` are given.
    """

    ledger: Ledger
    curators: Collection[str]
    now: Callable[[], datetime]
    code: Callable[[], str] = new_code

    def is_code(self, text: str) -> bool:
        """Say whether a text has the shape of a code."""
        return len(_plain(text)) == SIGNS and not set(_plain(text)) - set(ALPHABET)

    async def offer(self, person: Person) -> str:
        """Return a new code for a person's other account; the one before it is void.

        Raises `TavernkeepError` for a bot.
        """
        _refuse_bots(person)
        code = self.code()
        async with self.ledger.writing() as connection:
            now = self.now()
            await links.expire(connection, now, now - PATIENCE)
            await see_person(connection, person, now)
            await links.save_code(connection, person, _digest(code), now + HOLDS)
        return code

    async def redeem(self, person: Person, code: str) -> Person:
        """Join a person's account with the one that a code was given to; return that.

        Doing it again changes nothing. Raises `TavernkeepError` with a sentence where it cannot be.
        """
        _refuse_bots(person)
        async with self.ledger.alone("linking"), self.ledger.writing() as connection:
            now = self.now()
            await links.expire(connection, now, now - PATIENCE)
            if await links.count_tries(connection, person, now - PATIENCE) >= MOST_TRIES:
                raise TavernkeepError(ENOUGH_TRIES)
            found = await links.code_of(connection, _digest(code), now)
            if found is not None and found.redeemed_by in (None, person.id):
                await self._join(connection, found, person, now)
                return found.person
            await links.note_try(connection, person, now)
        raise TavernkeepError(NO_CODE)

    async def accounts(self, person: Person) -> Sequence[Person]:
        """Return the other accounts that a person has linked."""
        async with self.ledger.reading() as connection:
            linked = await links.accounts_of(connection, person)
        return [one for one in linked if one.id != person.id]

    async def part(self, person: Person) -> bool:
        """Take an account out of its links; return False where it has none."""
        async with self.ledger.alone("linking"), self.ledger.writing() as connection:
            parted = await links.part(connection, person.id)
            if parted:
                await _note(connection, person, "unlink", self.now())
        return parted

    async def _join(
        self, connection: Transaction, code: Code, person: Person, now: datetime
    ) -> None:
        theirs = await links.accounts_of(connection, code.person)
        if person.id == code.person.id:
            raise TavernkeepError(OWN_CODE)
        if person.id in {one.id for one in theirs}:
            if code.redeemed_by == person.id:  # the same request once more, after a crash
                return
            raise TavernkeepError(ALREADY)
        joined = [*theirs, *await links.accounts_of(connection, person)]
        if len(joined) > MOST_ACCOUNTS:
            raise TavernkeepError(TOO_MANY)
        if len({one.id in self.curators for one in joined}) > 1:
            raise TavernkeepError(NOT_OF_ONE_RANK)
        await see_person(connection, person, now)
        await links.redeem(connection, code, person)
        await links.join(connection, joined, code, now)
        for one in (code.person, person):
            await _note(connection, one, "link", now)


async def _note(connection: Transaction, by: Person, action: str, now: datetime) -> None:
    """Note a change under the account's own id, which goes when that account is forgotten."""
    await note(connection, by=by.id, action=action, subject="accounts", now=now)


def _refuse_bots(person: Person) -> None:
    if person.bot:
        raise TavernkeepError(NO_BOTS)


def _plain(code: str) -> str:
    """Return a code as it is compared: without what people put between, in capitals."""
    return "".join(code.split()).replace("-", "").upper().translate(ALIKE)


def _digest(code: str) -> str:
    return content_hash("link", _plain(code))
