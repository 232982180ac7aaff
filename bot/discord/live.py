"""Live: the message that an answer grows in.

What is shown meanwhile may fail without harm: whatever Discord did not take comes with the end.
One call is under way at a time; what comes meanwhile goes with the next, so that an answer never
waits for Discord, and nothing old is shown over something newer.
"""

import asyncio
import logging
from contextlib import suppress

import discord

from bot.discord.client import away
from bot.discord.pace import Pace
from bot.discord.poster import edit, is_unsure, send
from bot.discord.spot import Spot
from bot.discord.views import growing_part
from core.errors import PlatformAwayError

log = logging.getLogger(__name__)
PATIENCE = 30.0  # seconds that the end waits for what is under way


class Live:
    """One growing message. `key` is its id once it stands.

    `lost` says that a message may stand whose id nobody knows.
    """

    def __init__(self, client: discord.Client, spot: Spot, pace: Pace) -> None:
        """Take where it is to grow; nothing is shown yet."""
        self._client = client
        self._spot = spot
        self._pace = pace
        self._text = ""
        self._doing = ""
        self._typing: asyncio.Task[None] | None = None
        self._fresh = False  # something was said that is not shown
        self._last = 0.0
        self._over = asyncio.Event()
        self._showing: asyncio.Task[None] | None = None
        self.key: int | None = None
        self.lost = False

    def adopt(self, key: int) -> None:
        """Go on in a message that stands already, left unfinished."""
        self.key = key

    def task(self, title: str) -> None:
        """Note what is being done, and show it soon."""
        self._doing = title
        self._note()

    def append(self, delta: str) -> None:
        """Take the next words, and show them when it is time to."""
        self._text += delta
        self._doing = ""
        if self._text.strip():
            self._note()

    async def end(self) -> None:
        """Show no more; return once nothing is under way. What was shown stays."""
        self._over.set()
        showing = self._showing
        if showing is None:
            return
        # Counted until then, so that whoever stops knows what is under way even if this is cancelled.
        over = asyncio.gather(*self._under_way(), return_exceptions=True)
        over.add_done_callback(lambda _: self._pace.end(self))
        if not showing.done():
            await asyncio.wait([showing], timeout=PATIENCE)
            self.lost = self.lost or (self.key is None and not showing.done())

    async def close(self) -> None:
        """Show no more, and break off what is under way; whoever answers later looks for it."""
        self._over.set()
        self._pace.end(self)
        showing = self._showing
        if showing is not None and not showing.done():
            self.lost = self.lost or self.key is None
        for task in self._under_way():
            task.cancel()
        await asyncio.gather(*self._under_way(), return_exceptions=True)

    def _under_way(self) -> list[asyncio.Task[None]]:
        return [task for task in (self._showing, self._typing) if task is not None]

    def _note(self) -> None:
        self._fresh = True
        if self._over.is_set():
            return
        if self._showing is None:
            self._last = self._pace.begin(self, self._spot.channel)
        if self._showing is None or self._showing.done():
            self._showing = asyncio.create_task(self._show_all())

    async def _show_all(self) -> None:
        """Show what is new, as often as may be, until nothing is."""
        try:
            with away():
                if self._typing is None:
                    await self._client.http.send_typing(self._spot.channel)
                    self._typing = asyncio.create_task(self._type())
                await self._show_news()
        except PlatformAwayError as error:
            log.info("An answer is shown only once it is finished: %s", error)
            unsure = is_unsure(error.__cause__ or error)
            self.lost = self.lost or (self.key is None and unsure)
            self._over.set()

    async def _show_news(self) -> None:
        while self._fresh:
            if await self._ends_within(self._pace.wait(self._spot.channel, self._last)):
                return
            self._fresh = False
            await self._show()
            self._last = self._pace.now()

    async def _type(self) -> None:
        """Let people see until the end that something is being written."""
        try:
            with away():
                while not await self._ends_within(self._pace.typing):
                    await self._client.http.send_typing(self._spot.channel)
        except PlatformAwayError as error:
            log.info("That an answer is being written is shown no more: %s", error)

    async def _ends_within(self, seconds: float) -> bool:
        """Wait so long, or until the end; say whether that has come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self._over.is_set()

    async def _show(self) -> None:
        part = growing_part(self._text, self._doing)
        if self.key is None:
            self.key = await send(self._client, self._spot, part, self._spot.unfinished)
        else:
            await edit(self._client, self._spot, self.key, part, self._spot.unfinished)
