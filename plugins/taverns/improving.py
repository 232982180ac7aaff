"""The loop: verdicts are heard, and a tale that more people dislike than like is told anew."""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from core.errors import ModelError
from core.feedback import Feedback
from core.interfaces import Event
from core.job import JobReport, Progress
from plugins.taverns.book import read_book, write_book
from plugins.taverns.tavern import Tavern
from plugins.taverns.telling import Teller

log = logging.getLogger(__name__)


class Hearing:
    """The listener: writes down what people say of a tale."""

    name = "taverns"

    def __init__(self, folder: Path) -> None:
        """Take the folder of the book."""
        self._folder = folder

    async def on_event(self, event: Event) -> None:
        """Write a verdict down; everything else is none of its business."""
        if isinstance(event, Feedback):
            book = read_book(self._folder)
            heard = book.heard(event)
            if heard is not book:
                write_book(self._folder, heard)


class Retelling:
    """The job: has disliked tales told anew."""

    def __init__(self, folder: Path, taverns: Sequence[Tavern], teller: Teller) -> None:
        """Take the folder of the book, the taverns and who tells."""
        self._folder = folder
        self._taverns = taverns
        self._teller = teller

    async def run(self, now: datetime, progress: Progress) -> JobReport:
        """Tell anew what is disliked; where the model fails, the next run tries again."""
        del now
        book = read_book(self._folder)
        disliked = [one for one in self._taverns if book.disliked(one.id)]
        told = 0
        for number, tavern in enumerate(disliked, 1):
            told += await self._tell_anew(tavern)
            progress("taverns", number, len(disliked))
        left = len(disliked) - told
        waiting = f", {left} left for the next run" if left else ""
        return JobReport(
            summary=f"{told} {'tale' if told == 1 else 'tales'} told anew{waiting}.",
            figures={"told": told, "left": left},
        )

    async def _tell_anew(self, tavern: Tavern) -> bool:
        book = read_book(self._folder)
        earlier = book.tales[tavern.id]
        try:
            tale = await self._teller.tell_anew(tavern, earlier, book.verdicts(tavern.id))
        except ModelError as error:
            log.warning("The tale of %s stays as it is: %s", tavern.id, error)
            return False
        write_book(self._folder, read_book(self._folder).told(tavern.id, tale, earlier))
        return True
