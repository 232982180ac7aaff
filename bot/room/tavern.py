"""Tavern: what all pages of the room share: the conversation, who is there, what was learned."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from bot.room.post import Post
from bot.room.reply import RoomReply
from bot.room.timeline import Timeline
from core.assistant import Assistant
from core.errors import TavernkeepError
from core.job import Progress
from core.ledger.views import Entry, Learned, RatingPoint
from core.messages import Conversation, Message, Person

logger = logging.getLogger(__name__)

PLATFORM = "room"
CONVERSATION = Conversation(platform=PLATFORM, key="tavern", name="The tavern")
SORRY = "Something went wrong while answering. The question is kept: please ask again in a moment."
# What is written before the ledger is open lies on no disk yet, so people are told.
NOT_TAKEN_YET = (
    "The tavern is still opening. This is not taken yet: it will be as soon as the doors open. "
    "Should the bot be stopped before, please write it again."
)
REFRESH_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the bot has learned, as the side panel shows it."""

    learned: Sequence[Learned] = ()
    points: Sequence[RatingPoint] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    status: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """A job that somebody started here; `total` is None where its end is unknown."""

    name: str
    what: str = ""
    done: int = 0
    total: int | None = None
    sentence: str = ""
    running: bool = True


@dataclass(slots=True, kw_only=True)
class Presence:
    """One open page: who sits at it, and whether something is being written there."""

    name: str = ""
    writing: bool = False


class Tavern:
    """The one public conversation of the room. Everything here runs in the bot's own event loop."""

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        """Begin closed: questions wait in memory until `open` is given the assistant."""
        self.now = now
        self.new_id = new_id
        self.timeline = Timeline(self.tell)
        self.knowledge = Knowledge()
        self.opening = "Lighting the lamps"
        self.job: JobRun | None = None
        self.pages: dict[str, Presence] = {}
        self.assistant: Assistant | None = None
        self._watchers: dict[str, Callable[[], None]] = {}
        self._waiting: list[tuple[Message, RoomReply]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._refreshing = asyncio.Lock()

    # -- who watches ---------------------------------------------------------------------------

    def enter(self, page: str, watcher: Callable[[], None]) -> Presence:
        """Let a page be told of every change, until it leaves."""
        self._watchers[page] = watcher
        self.pages[page] = Presence()
        return self.pages[page]

    def leave(self, page: str) -> None:
        """Forget a page that was closed."""
        self._watchers.pop(page, None)
        self.pages.pop(page, None)
        self.tell()

    def tell(self) -> None:
        """Tell every page that something changed."""
        for watcher in list(self._watchers.values()):
            watcher()

    def names(self) -> list[str]:
        """Return who is here, each name once, sorted."""
        return sorted({page.name for page in self.pages.values() if page.name}, key=str.casefold)

    def name_of(self, person_id: str) -> str:
        """Return a person's name, as far as it was seen here."""
        for post in self.timeline.posts():
            if post.entry.person and post.entry.person.id == person_id:
                return post.entry.person.name
        for name in self.names():
            if person(name).id == person_id:
                return name
        return person_id.partition(":")[2]

    # -- opening and closing -------------------------------------------------------------------

    async def open(self, assistant: Assistant) -> None:
        """Show the history, finish what a crash cut short, and answer what was asked meanwhile."""
        self.assistant = assistant
        await self.refresh()
        self.start(self._resume(assistant))
        self.start(self._keep_fresh())
        waiting, self._waiting = self._waiting, []
        for message, reply in waiting:
            self.start(self._answer(assistant, message, reply))

    async def close(self) -> None:
        """Stop everything that is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._watchers.clear()
        self.pages.clear()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something to its end, whether or not the page that began it is still open."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            logger.error("The room could not finish what it began", exc_info=error)

    # -- messages ------------------------------------------------------------------------------

    def post(self, message: Message) -> None:
        """Show a message and have it answered, now or as soon as the tavern is open."""
        entry = Entry(
            key=message.ref.key,
            thread=message.thread,
            at=message.sent_at,
            text=message.text,
            person=message.person,
        )
        self.timeline.put(Post(entry=entry))
        reply = self.reply_to(message)
        if self.assistant is None:
            self._waiting.append((message, reply))
            self.start(reply.progress(NOT_TAKEN_YET))
        else:
            self.start(self._answer(self.assistant, message, reply))

    def reply_to(self, message: Message) -> RoomReply:
        """Return where a message's answer will stand."""
        return RoomReply(self.timeline, message, key=self.new_id(), at=self.now())

    async def refresh(self) -> None:
        """Read again what the ledger holds; readings never overtake each other."""
        if self.assistant is None:
            return
        async with self._refreshing:
            self.knowledge = Knowledge(
                learned=await self.assistant.learned(),
                points=await self.assistant.ratings_over_time(),
                counts=await self.assistant.counts(),
                status=await self.assistant.status(),
            )
            self.timeline.load_offers(await self.assistant.offers(PLATFORM))
            self.timeline.load(await self.assistant.history(CONVERSATION.id))

    async def run_job(self, name: str) -> None:
        """Run a job, shown to everyone; a second one is not begun while the first runs."""
        if self.assistant is None or (self.job and self.job.running):
            return
        self._show_job(JobRun(name=name, what="Starting"))
        sentence = "It could not be finished; the log says why."
        try:
            sentence = (await self.assistant.run_job(name, self._progress(name))).summary
        except TavernkeepError as error:
            sentence = str(error)
        finally:
            self._show_job(JobRun(name=name, sentence=sentence, running=False))
        await self.refresh()

    def _progress(self, name: str) -> Progress:
        def show(what: str, done: int, total: int | None) -> None:
            self._show_job(JobRun(name=name, what=what, done=done, total=total))

        return show

    def _show_job(self, job: JobRun) -> None:
        self.job = job
        self.tell()

    async def _answer(self, assistant: Assistant, message: Message, reply: RoomReply) -> None:
        sentence: str | None = SORRY
        try:
            await assistant.on_message(message, reply)
            sentence = None
        except TavernkeepError as error:
            sentence = str(error)
        finally:
            if sentence:
                await reply.fail(sentence)
        await self.refresh()

    async def _resume(self, assistant: Assistant) -> None:
        await assistant.resume(PLATFORM, self.reply_to)
        await self.refresh()

    async def _keep_fresh(self) -> None:
        """Notice what the scheduler and other platforms change, while somebody looks."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                if self._watchers:
                    await self.refresh()
            except TavernkeepError:
                logger.warning("The room could not read the ledger and will try again")


def person(name: str) -> Person:
    """Return the person of that name in the room; spelling in capitals makes no other person."""
    key = "-".join(name.casefold().split())
    return Person(platform=PLATFORM, key=key, name=" ".join(name.split()))


def is_asked(text: str, names: Sequence[str]) -> bool:
    """Say whether a message is for the bot: not if it begins with "@" and a person's name."""
    said = text.lstrip().casefold()
    for name in names:
        start = f"@{name.casefold()}"
        if said.startswith(start) and not said[len(start) : len(start) + 1].isalnum():
            return False
    return True
