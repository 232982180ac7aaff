"""A process that tells how nice the threads are that embed: a line for questions, one for passages.

Nothing else runs in it, as it does in the process of the tests: what took the time was embedding.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

from core.embedders.choice import load_quick
from core.settings import EmbedderSettings


def threads() -> dict[str, tuple[int, int]]:
    """Return the processor time so far, in ticks, and the niceness of each thread, by its id."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            stat = (task / "stat").read_text().rpartition(")")[2].split()
            found[task.name] = int(stat[11]), int(stat[16])
    return found


async def added_by(work: Awaitable[object]) -> int:
    """Return what most of the time of this work was spent at, above the process's own niceness."""
    before = threads()
    await work
    spent: Counter[int] = Counter()
    for thread, (ticks, niceness) in threads().items():
        spent[niceness] += ticks - before.get(thread, (0, 0))[0]
    ((niceness, _),) = spent.most_common(1)
    return niceness - os.getpriority(os.PRIO_PROCESS, 0)


async def main() -> None:
    """Embed with one embedder after the other: the second may find threads that the first left."""
    for _ in range(2):
        embedder = load_quick(EmbedderSettings())
        asked = asyncio.gather(*(embedder.embed_question("ale? " * 99) for _ in range(20)))
        sys.stdout.write(f"questions {await added_by(asked)}\n")
        bulk = embedder.embed_passages(["ale and hops " * 60] * 40)
        sys.stdout.write(f"passages {await added_by(bulk)}\n")
        await embedder.close()


if __name__ == "__main__":
    asyncio.run(main())
