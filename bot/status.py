"""A sentence on each part of the running bot."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.errors import ModelError
from core.interfaces import Embedder, Index, LanguageModel
from core.scheduler import Scheduler

KEPT_FOR = timedelta(minutes=1)  # what the model said; every page asks for it at every change


@dataclass(slots=True)
class Status:
    """Asks each part how it is, whenever somebody wants to know; the model once a minute."""

    embedder: Embedder
    index: Index
    model: LanguageModel
    scheduler: Scheduler
    now: Callable[[], datetime]
    _said: str = field(default="", init=False)
    _asked_at: datetime | None = field(default=None, init=False)

    async def sentences(self) -> dict[str, str]:
        """Return a sentence each on the model, the embedder, the index and the job that runs."""
        described = self.embedder.description
        running = self.scheduler.running
        return {
            "model": await self._of_model(),
            "embedder": f"{described.model}, {described.dimension} dimensions",
            "index": self.index.capabilities.server,
            "job": f"{running} is running" if running else "no job is running",
        }

    async def _of_model(self) -> str:
        """Return what the model said, or why it cannot be used, at most a minute ago."""
        now = self.now()
        if self._asked_at is None or now - self._asked_at >= KEPT_FOR:
            try:
                self._said = await self.model.check()
            except ModelError as error:
                self._said = str(error)
            self._asked_at = now
        return self._said
