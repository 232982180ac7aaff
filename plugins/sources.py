"""The sources plugin: `/sources` says what the bot reads, of that which everyone may read."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.documents import Contents
from core.hookspecs import Reads, Register, Services, hookimpl
from core.interfaces import Call, Command

NOTHING = "I have read nothing yet that everyone may read."
SHOWN = 10  # titles of each source


@dataclass(frozen=True, slots=True)
class Sources:
    """`/sources`: each source with the documents that everyone may read."""

    sources: Reads
    name: str = "sources"
    summary: str = "which documents I answer from"

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return a line on each source, and its first titles."""
        del call, progress
        return told(await self.sources.readable())


def told(read: Sequence[Contents]) -> str:
    """Return what was read, as Markdown."""
    lines = [line for one in read for line in lines_of(one)]
    return "\n".join(["I answer from these documents:", "", *lines]) if lines else NOTHING


def lines_of(one: Contents) -> list[str]:
    """Return the lines on one source."""
    counted = f"{count(one.documents, 'document')}, {count(one.passages, 'passage')}"
    titles = [f"    - {title}" for title in one.titles[:SHOWN]]
    more = one.documents - len(titles)
    return [
        f"- **{one.source}**: {counted}",
        *titles,
        *([f"    - and {more} more"] if more else []),
    ]


def count(number: int, what: str) -> str:
    """Return a number of things in words."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@hookimpl
def register_commands(register: Register[Command], services: Services) -> None:
    """Bring the command."""
    register(Sources(services.sources))
