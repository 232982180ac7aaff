"""How Slack hands over what happened: once, again where it is not acknowledged, and the delays."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.servers.slack_post import JSON

EVENTS, INTERACTIVE, COMMANDS = "events_api", "interactive", "slash_commands"


@dataclass
class Delivery:
    """Something that the app is told; `answer` is what it acknowledged it with."""

    kind: str
    payload: JSON
    attempts: int = 0
    acknowledged: bool = False
    answer: JSON = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is: an event's type, or "block_actions", or "/ask"."""
        if self.kind == EVENTS:
            return str(self.payload["event"]["type"])
        return str(self.payload.get("command") or self.payload["type"])


@dataclass(frozen=True, kw_only=True)
class Ack:
    """One acknowledgement: of what, which attempt it was, and how many seconds it took."""

    name: str
    kind: str
    event_id: str
    attempt: int
    delay: float


@dataclass(frozen=True, kw_only=True)
class Handed:
    """What came of one attempt; `reason` says why it failed, and is empty where it did not."""

    reason: str = ""
    answer: JSON = field(default_factory=dict)
    final: bool = False
    """The app asked for no further attempt."""


class Transport(Protocol):
    """The way to the app: sockets, or signed HTTP."""

    async def hand_over(self, delivery: Delivery, patience: float) -> Handed:
        """Hand something over and wait so many seconds for the acknowledgement."""
        ...


class Deliveries:
    """Hands over, each thing in a task of its own. Only events are tried again: three times."""

    def __init__(self, transport: Transport) -> None:
        """Take the way to the app."""
        self.transport = transport
        self.patience = 3.0
        self.pauses: tuple[float, ...] = (0.05, 0.5, 2.0)
        """Seconds before each further attempt; Slack's own are none, a minute and five."""
        self.times = 1
        """How often each event is delivered, though it was acknowledged."""
        self.losing = False
        """Whether nothing is delivered at all, as when Slack gives up."""
        self.all: list[Delivery] = []
        self._tasks: set[asyncio.Task[Delivery]] = set()

    def send(self, kind: str, payload: JSON) -> asyncio.Task[Delivery]:
        """Hand something over soon; the task ends when Slack is through with it."""
        delivery = Delivery(kind=kind, payload=payload)
        self.all.append(delivery)
        task = asyncio.create_task(self._see_through(delivery, lost=self.losing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def stop(self) -> None:
        """Give up what is on its way."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _see_through(self, delivery: Delivery, *, lost: bool) -> Delivery:
        if lost:
            return delivery
        pauses = self.pauses if delivery.kind == EVENTS else ()
        for pause in (0.0, *pauses):
            await asyncio.sleep(pause if delivery.attempts else 0)
            handed = await self.transport.hand_over(delivery, self.patience)
            delivery.attempts += 1
            delivery.reasons.append(handed.reason or "timeout")
            if not handed.reason:
                delivery.acknowledged = True
                delivery.answer = handed.answer
            enough = delivery.kind != EVENTS or delivery.attempts >= self.times
            if handed.final or (delivery.acknowledged and enough):
                break
        return delivery


async def within(seconds: float, work: Coroutine[Any, Any, Handed]) -> Handed:
    """Return what work comes to, or that it took too long."""
    try:
        return await asyncio.wait_for(work, seconds)
    except TimeoutError:
        return Handed(reason="timeout")
