"""The book: what was told of each tavern, where it was shown, and what people said of it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from core.feedback import Feedback, Reason, Verdict

log = logging.getLogger(__name__)
FILE = "book.json"
SHOWN_KEPT = 500  # replies whose feedback still finds the tale that they showed


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """A description, who wrote it, and the hash of the facts that it was written from.

    `edition` counts the tales of one tavern, from 1.
    """

    text: str
    teller: str
    facts: str
    edition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which tale a reply showed."""

    tavern: str
    edition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One person's verdict on the tale that one reply showed."""

    tavern: str
    answer: str
    person: str
    verdict: Verdict
    reason: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All that the plugin remembers. `built` says of which facts and vectors the collection is."""

    built: str = ""
    tales: Mapping[str, Tale] = field(default_factory=dict)
    shown: Mapping[str, Shown] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()

    def marked(self, built: str) -> "Book":
        """Return the book that says of which facts and vectors the collection is."""
        return replace(self, built=built)

    def told(self, tavern: str, tale: Tale, earlier: Tale | None) -> "Book":
        """Return the book with a new tale; what was said of the earlier one no longer counts.

        Unchanged where a tale other than `earlier` has been told in the meantime.
        """
        if self.tales.get(tavern) != earlier:
            return self
        marks = tuple(mark for mark in self.marks if mark.tavern != tavern)
        return replace(self, tales={**self.tales, tavern: tale}, marks=marks)

    def showed(self, answer: str, tavern: str) -> "Book":
        """Return the book that knows which tale a reply shows."""
        shown = {
            **self.shown,
            answer: Shown(tavern=tavern, edition=self.tales[tavern].edition),
        }
        return replace(self, shown=dict(list(shown.items())[-SHOWN_KEPT:]))

    def heard(self, said: Feedback) -> "Book":
        """Return the book with a verdict added or taken back; unchanged where it is of no tale.

        A verdict on an edition that was replaced is of no tale any more. A plain 👎 keeps the
        reason that the same person gave before.
        """
        shown = self.shown.get(said.answer_id)
        if said.person.bot or shown is None or shown.edition != self.tales[shown.tavern].edition:
            return self
        mark = Mark(
            tavern=shown.tavern,
            answer=said.answer_id,
            person=said.person.id,
            verdict=said.verdict,
            reason=said.reason,
        )
        same = [one for one in self.marks if replace(one, reason=said.reason) == mark]
        others = tuple(one for one in self.marks if one not in same)
        if said.withdrawn:
            return replace(self, marks=others)
        earlier = next((one.reason for one in same), None)
        return replace(self, marks=(*others, replace(mark, reason=said.reason or earlier)))

    def verdicts(self, tavern: str) -> list[Mark]:
        """Return the live verdicts on a tavern's tale: of each person the last that stands."""
        return list({mark.person: mark for mark in self.marks if mark.tavern == tavern}.values())

    def disliked(self, tavern: str) -> bool:
        """Say whether more people are against a tavern's tale than for it."""
        downs = [mark.verdict is Verdict.DOWN for mark in self.verdicts(tavern)]
        return 2 * sum(downs) > len(downs)


@cache
def form() -> TypeAdapter[Book]:
    """Return what reads and writes a book; making it takes long, so that it is made once."""
    return TypeAdapter(Book)


def read_book(folder: Path) -> Book:
    """Return the book; an empty one where there is none or it cannot be read."""
    try:
        return form().validate_json((folder / FILE).read_bytes())
    except FileNotFoundError:
        return Book()
    except (OSError, ValidationError) as error:
        log.warning("The book of the taverns cannot be read and is begun anew: %s", error)
        return Book()


def write_book(folder: Path, book: Book) -> None:
    """Replace the book as a whole: whoever stops in the middle leaves the former one.

    It is small, and it is read, changed and written without an `await` in between: this is why
    the command, the job and the listener need no lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{FILE}.new"
    fresh.write_bytes(form().dump_json(book, indent=1))
    fresh.replace(folder / FILE)
