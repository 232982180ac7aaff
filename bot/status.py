"""A sentence on each part of the running bot."""

from dataclasses import dataclass

from core.errors import ModelError
from core.interfaces import Embedder, Index, LanguageModel
from core.scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class Status:
    """Asks each part how it is, whenever somebody wants to know."""

    embedder: Embedder
    index: Index
    model: LanguageModel
    scheduler: Scheduler

    async def sentences(self) -> dict[str, str]:
        """Return a sentence each on the model, the embedder, the index and the job that runs."""
        try:
            said = await self.model.check()
        except ModelError as error:
            said = str(error)
        described = self.embedder.description
        running = self.scheduler.running
        return {
            "model": said,
            "embedder": f"{described.model}, {described.dimension} dimensions",
            "index": self.index.capabilities.server,
            "job": f"{running} is running" if running else "no job is running",
        }
