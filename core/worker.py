"""Worker: has every event of the inbox seen through, whatever happens to processes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from core.effects import Effects
from core.errors import ClaimLostError, LedgerError, PlatformAwayError, UnknownAnswerError
from core.feedback import Decision
from core.interfaces import Event, Reply
from core.ledger import inbox
from core.ledger.envelopes import platform_of
from core.ledger.inbox import Claimed
from core.ledger.intake import LEASE
from core.ledger.ledger import Ledger
from core.ledger.posts import edit_waits
from core.messages import Edited, Message

log = logging.getLogger(__name__)
POLL = 2.0  # seconds between two looks for events that nobody sees through
RENEWAL = LEASE / 3
AT_ONCE = 2  # effects side by side: more would only stand between new events and the one writer
MOST = 100  # events that are taken on at once
ATTEMPTS = 5
REFUSALS = 2  # attempts at what a platform refuses: it may be put right meanwhile, but hardly is
PAUSE = timedelta(seconds=10)  # after the first failure; doubled after each further one
LONGEST_PAUSE = timedelta(minutes=5)  # while a platform is away
PATIENCE = timedelta(days=1)  # with a platform that is away; after that, its absence is a failure


class Worker:
    """Takes on the events that this process received, and those that nobody sees through.

    What fails is tried again after growing pauses, and given up after `ATTEMPTS` attempts; those
    that fail because the platform is away do not count, for a day. Messages of one thread are seen through one after the other, in the order in which they were taken on.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        effects: Effects,
        owner: str,
        now: Callable[[], datetime],
        replies: dict[str, Callable[[Message], Reply]] | None = None,
        poll: float = POLL,
    ) -> None:
        """Take whose claims it holds, and the seconds between two looks; nothing runs yet.

        What `serve` is given is put into `replies`, for whoever else posts.
        """
        self._ledger = ledger
        self._effects = effects
        self._owner = owner
        self._now = now
        self._poll = poll
        self._replies = {} if replies is None else replies
        self._under_way: set[tuple[str, str]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None
        self._begun = False

    def serve(self, platform: str, reply_to: Callable[[Message], Reply]) -> None:
        """Take on a platform's events from here on; `reply_to` says where answers are to stand."""
        self._replies[platform] = reply_to

    def start(self) -> None:
        """Go on looking for events that nobody sees through, until `stop`."""
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """End what is under way and give the claims back, so that others can take the events on."""
        tasks = [*self._tasks, *([self._watching] if self._watching else [])]
        self._watching = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if not tasks and not self._under_way:
            return
        try:
            async with self._ledger.writing() as connection:
                await inbox.release_all(connection, self._owner)
        except LedgerError as error:
            log.warning("What was under way is taken on once its claims run out: %s", error)

    async def drain(self) -> None:
        """Wait until everything that was begun in the background has ended."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def begin(self, claimed: Claimed) -> asyncio.Task[None]:
        """See an event through in the background; what happens to it is logged."""
        task = asyncio.create_task(self._in_background(claimed))
        key = _key(claimed)
        self._under_way.add(key)
        self._tasks.add(task)

        def ended(_: object) -> None:
            self._tasks.discard(task)
            self._under_way.discard(key)

        task.add_done_callback(ended)
        return task

    async def see_through(self, claimed: Claimed, reply: Reply | None) -> None:
        """See an event through and return once it had its effect, or rests until it is tried again.

        A refusal is raised, and so is a failure, after which it is tried again.
        """
        self._under_way.add(_key(claimed))
        try:
            async with self._in_turn(claimed):
                await self._attempt(claimed, lambda: reply)
        finally:
            self._under_way.discard(_key(claimed))

    async def take_up(self, platforms: Collection[str]) -> None:
        """See through everything of these platforms that nobody sees through now."""
        await self._begin()
        while taken := await self._claim(platforms, MOST):
            await asyncio.gather(*(self.begin(claimed) for claimed in taken))

    # -- one event -----------------------------------------------------------------------------

    async def _attempt(self, claimed: Claimed, reply_to: Callable[[], Reply | None]) -> None:
        reply: Reply | None = None
        try:
            reply = reply_to()
            if claimed.attempts > ATTEMPTS:
                await self._effects.give_up(claimed, reply, "each time its process was stopped")
            elif not await self._effects.see_through(claimed, reply):
                await self._rest(claimed, reply, "nobody could be told")
            await self._take_up_edit(claimed.event)
        except ClaimLostError as error:
            log.info("It is left alone: %s", error)
        except UnknownAnswerError:
            raise
        except PlatformAwayError as error:
            await self._wait(claimed, reply, error)
            raise
        except Exception as error:
            await self._rest(claimed, reply, repr(error))
            raise

    async def _take_up_edit(self, event: Event) -> None:
        """See what was changed in a message through, where that came while it was being answered."""
        if not isinstance(event, Message) or event.ref.platform not in self._replies:
            return
        async with self._ledger.reading() as connection:
            if not await edit_waits(connection, event.ref):
                return
        for claimed in await self._claim([event.ref.platform], MOST):
            self.begin(claimed)

    async def _rest(
        self, claimed: Claimed, reply: Reply | None, failure: str, most: int = ATTEMPTS
    ) -> None:
        """Let an event rest after a failure, the longer the more often it failed; or give it up."""
        event, attempts = claimed.event, claimed.attempts
        log.warning("Attempt %d at %s failed: %s", attempts, event.event_id, failure)
        try:
            if attempts >= most:
                await self._effects.give_up(claimed, reply, failure)
                return
            rests_until = self._now() + PAUSE * 2 ** (attempts - 1)
            async with self._ledger.writing() as connection:
                await inbox.release(connection, event, self._owner, rests_until)
        except (ClaimLostError, LedgerError) as error:
            log.warning("It is taken up once its claim has run out: %s", error)

    async def _wait(self, claimed: Claimed, reply: Reply | None, error: PlatformAwayError) -> None:
        """Let an event rest, without counting, as long as it has waited already, within bounds.

        What the platform refuses is tried once more; it is asked no better by being asked often.
        """
        now = self._now()
        waited = now - (claimed.since or now)
        if error.refuses or waited > PATIENCE:
            most = REFUSALS if error.refuses else ATTEMPTS
            await self._rest(claimed, reply, repr(error), most)
            return
        until = now + min(max(waited, PAUSE), LONGEST_PAUSE)
        try:
            async with self._ledger.writing() as connection:
                await inbox.release(connection, claimed.event, self._owner, until, counts=False)
        except LedgerError as failure:
            log.warning("It is taken up once its claim has run out: %s", failure)

    @asynccontextmanager
    async def _in_turn(self, claimed: Claimed) -> AsyncIterator[None]:
        """Wait until what was taken on before has been seen through: in a thread, or of one message."""
        event = claimed.event
        if isinstance(event, Message):
            turn = f"messages of {event.conversation.id}:{event.thread or event.ref.key}"
        elif isinstance(event, Edited):
            turn = f"edits of {event.ref.id}"
        else:
            yield
            return
        async with self._turns.setdefault(turn, asyncio.Lock()):
            yield

    async def _in_background(self, claimed: Claimed) -> None:
        event = claimed.event
        # What may write or post an answer takes long, and leaves the turn to what is quick.
        quick = not isinstance(event, Message | Edited | Decision)
        try:
            async with self._in_turn(claimed), self._at_once if quick else nullcontext():
                await self._attempt(claimed, lambda: self._reply_to(event))
        except UnknownAnswerError as error:
            log.info("The event %s has no effect: %s", event.event_id, error)
        except (LedgerError, PlatformAwayError) as error:
            log.warning("The event %s is taken up again: %s", event.event_id, error)
        except Exception:
            log.exception("The event %s had no effect.", event.event_id)

    def _reply_to(self, event: Event) -> Reply | None:
        if not isinstance(event, Message):
            return None
        reply_to = self._replies.get(event.ref.platform)
        return reply_to(event) if reply_to else None

    # -- the inbox -----------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Keep the claims of what is under way, and look for what nobody sees through."""
        renewed = self._now()
        while True:
            try:
                await self._begin()
                if not timedelta(0) <= self._now() - renewed < RENEWAL:
                    renewed = self._now()
                    await self._renew()
                for claimed in await self._claim(list(self._replies), MOST - len(self._tasks)):
                    self.begin(claimed)
            except LedgerError as error:
                log.warning("The inbox is looked at again soon: %s", error)
            except Exception:
                log.exception("The inbox is looked at again soon.")
            await asyncio.sleep(self._poll)

    async def _begin(self) -> None:
        """Once, free what processes before this one had taken on."""
        if self._begun:
            return
        async with self._ledger.writing() as connection:
            await inbox.release_former(connection, self._owner)
        self._begun = True

    async def _claim(self, platforms: Collection[str], limit: int) -> list[Claimed]:
        """Take on what nobody sees through, at most so many."""
        now = self._now()
        if not platforms or limit <= 0:
            return []
        async with self._ledger.reading() as connection:
            if not await inbox.waits(connection, platforms, now):
                return []
        async with self._ledger.writing() as connection:
            taken = await inbox.claim(connection, self._owner, platforms, now, now + LEASE, limit)
        # A claim of ours may have run out while the process stood still: it is under way still.
        return [claimed for claimed in taken if _key(claimed) not in self._under_way]

    async def _renew(self) -> None:
        if self._under_way:
            ids = [event_id for _, event_id in self._under_way]
            async with self._ledger.writing() as connection:
                await inbox.renew(connection, self._owner, ids, self._now() + LEASE)


def _key(claimed: Claimed) -> tuple[str, str]:
    return platform_of(claimed.event), claimed.event.event_id
