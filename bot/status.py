"""How each part of the running bot is, in a sentence."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.finding import Finding
from bot.refusal import refusal
from core.breaker import Breaker, State
from core.errors import ModelError
from core.floor import Floor
from core.interfaces import Embedder, Index, LanguageModel
from core.scheduler import Scheduler

KEPT_FOR = timedelta(minutes=1)  # what the model said; every page asks for it at every change
MODEL = "model"
INDEX = "index"
MEANWHILE = {
    MODEL: "Meanwhile answers are quotations; it is tried again by itself.",
    INDEX: "Meanwhile questions get a sentence; it is tried again by itself.",
}


@dataclass(slots=True)
class Status:
    """Asks each part how it is, whenever somebody wants to know; the model once a minute."""

    embedder: Embedder
    index: Index
    model: LanguageModel
    scheduler: Scheduler
    now: Callable[[], datetime]
    breakers: Mapping[str, Breaker] = field(default_factory=dict)
    """The circuit breaker of a part, by the part's name."""
    hindrance: Callable[[], str | None] = lambda: None
    """Why the index may lack something, in a sentence; None while it lacks nothing."""
    floor: Callable[[], Awaitable[Floor]] | None = None
    """From which score on the bot answers."""
    _said: Finding | None = field(default=None, init=False)
    _asked_at: datetime | None = field(default=None, init=False)

    async def sentences(self) -> dict[str, str]:
        """Return a sentence each on the model, the embedder, the index and the job that runs."""
        return {one.part: one.said for one in await self.findings()}

    async def findings(self) -> Sequence[Finding]:
        """Return how each part is; of one whose breaker is not closed, why, and when it is tried."""
        described = self.embedder.description
        running = self.scheduler.running
        embedder = f"{described.model}, {described.dimension} dimensions"
        job = f"{running} is running" if running else "no job is running"
        return (
            self._of_breaker(MODEL) or await self._of_model(),
            Finding(part="embedder", well=True, said=embedder),
            self._of_breaker(INDEX) or self._of_index(),
            Finding(part="job", well=True, said=job),
            *([refusal(await self.floor())] if self.floor else []),
        )

    def _of_breaker(self, part: str) -> Finding | None:
        """Return what a part's breaker holds against it, or None where that is nothing."""
        breaker = self.breakers.get(part)
        if breaker is None or breaker.state is State.CLOSED:
            return None
        now = self.now()
        again = now + timedelta(seconds=breaker.seconds_left)
        when = f"It is tried again at {moment(again, now)}."
        if breaker.state is State.HALF_OPEN:
            when = "The next question tries whether it is back."
        said = f"{breaker.name} is left alone (breaker {breaker.state}): {breaker.reason} {when}"
        return Finding(part=part, well=False, said=said, advice=MEANWHILE[part])

    def _of_index(self) -> Finding:
        """Return what kind of index it is, and what keeps it from holding everything."""
        server, hindrance = self.index.capabilities.server, self.hindrance()
        said = f"{server}. {hindrance}" if hindrance else server
        return Finding(part=INDEX, well=hindrance is None, said=said)

    async def _of_model(self) -> Finding:
        """Return what the model said, or why it cannot be used, at most a minute ago."""
        now = self.now()
        since = now - self._asked_at if self._asked_at else None
        # A clock that was set back must not keep an old sentence for an hour.
        if self._said is None or since is None or not timedelta(0) <= since < KEPT_FOR:
            try:
                self._said = Finding(part=MODEL, well=True, said=await self.model.check())
            except ModelError as error:
                advice = MEANWHILE[MODEL]
                self._said = Finding(part=MODEL, well=False, said=str(error), advice=advice)
            self._asked_at = now
        return self._said


def moment(at: datetime, now: datetime) -> str:
    """Return a time of today as a clock shows it, of another day with its date; both are UTC."""
    return f"{at:%H:%M:%S} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"
