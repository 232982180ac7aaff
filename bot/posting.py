"""Posting: what replies have in common on platforms that keep the bot's messages.

Whoever answers may have been stopped before, or another process may have been: so what stands
already is looked up before anything is posted, and an answer that was begun is never apologised for.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from bot.shown import Shown
from core.answers import Placement
from core.errors import PlatformAwayError
from core.messages import Message, MessageRef

log = logging.getLogger(__name__)
STALE = timedelta(seconds=8)  # a message this old may have been answered in part before
ONCE_MORE = "{platform} broke off while the answer was posted; it is looked after in a moment."
Key = TypeVar("Key")
Said = TypeVar("Said", bound=Shown[Any])


class Posting(ABC, Generic[Key, Said]):
    """One answer in the making: what is known of earlier attempts at it, and where it stands.

    `parts` are the messages that it stands in, in order, once somebody posted or looked.
    """

    def __init__(
        self,
        platform: str,
        message: Message,
        *,
        now: Callable[[], datetime],
        opened: datetime | None,
    ) -> None:
        """Take the platform as people call it, what is answered, and when this process began."""
        self._platform = platform
        self._message = message
        self._now = now
        self._opened = opened
        self._placement = Placement.ASKER if message.private else Placement.THREAD
        self._said: Said | None = None
        self._looked = False
        self._begun = False  # to post an answer, which may stand for all anybody knows
        self.parts: Sequence[MessageRef] = ()

    async def fail(self, sentence: str) -> None:
        """Say why there is no answer, in place of what was shown of one.

        Raises `PlatformAwayError` where an answer may stand, so that this is looked into first.
        """
        if self._begun:
            self._begun = False
            raise PlatformAwayError(ONCE_MORE.format(platform=self._platform))
        if self._placement is Placement.ASKER:
            await self._fail_aside(sentence)
        elif self._placement is Placement.THREAD:
            await self._fail_here(sentence)

    @abstractmethod
    async def _fail_aside(self, sentence: str) -> None:
        """Say it to the asker alone."""

    @abstractmethod
    async def _fail_here(self, sentence: str) -> None:
        """Say it where the answer would stand."""

    # -- what stands already -------------------------------------------------------------------

    @abstractmethod
    async def _look(self, answer_id: str | None) -> Said:
        """Return what stands there; raise `PlatformAwayError` where nobody can tell."""

    @abstractmethod
    async def _adopt(self, said: Said) -> None:
        """Go on in what an earlier attempt left open, if anything."""

    @abstractmethod
    def _nothing(self) -> Said:
        """Return what is said of a message just written: nothing."""

    @property
    @abstractmethod
    def _lost(self) -> bool:
        """Whether a message of this attempt may stand whose key nobody knows."""

    async def _said_so_far(self, answer_id: str | None) -> Said:
        """Return what stands already, where anything can: nothing does of a message just written."""
        if self._lost or (self._said is None and self._is_old()):
            self._said = await self._look(answer_id)
        self._said = self._said or self._nothing()
        return self._said

    async def _looked_back(self) -> bool:
        """Go on in what an earlier attempt left open; say whether anything may be shown."""
        if self._looked or not self._is_old():
            return True
        try:
            said = await self._look(None)
        except PlatformAwayError as error:
            log.info("Nothing is shown before the end: %s", error)
            return False
        self._looked = True
        await self._adopt(said)
        return True

    def _is_old(self) -> bool:
        """Say whether somebody may have begun to answer before, this process or another."""
        sent = self._message.sent_at
        return self._now() - sent > STALE or (self._opened is not None and sent < self._opened)

    # -- where it stands -----------------------------------------------------------------------

    @abstractmethod
    def _ref(self, key: Key) -> MessageRef:
        """Return where a message of this answer stands."""

    def _stands(self, keys: Sequence[Key]) -> MessageRef:
        """Note every message that the answer stands in; return the last one, with its buttons."""
        self.parts = [self._ref(one) for one in keys]
        return self.parts[-1]
