"""`/taverns`: finds a tavern for a wish, and builds the collection that it searches."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from core.hookspecs import Services
from core.interfaces import Call
from plugins.taverns.book import Book, read_book, write_book
from plugins.taverns.cellar import COLLECTION, Cellar, Choice
from plugins.taverns.tavern import Tavern
from plugins.taverns.telling import RECORDED, Teller

SHOWN = 3
AT_ONCE = 4  # tales that a model writes side by side
USAGE = """Tell me what you wish for, and I name a tavern:

- `/taverns somewhere quiet with fish and a view of the water`
- `/taverns build` embeds the facts and has every tavern described anew where that is due.
"""


class Taverns:
    """The command; the first wish builds what is searched."""

    name = "taverns"
    summary = "finds a tavern for a wish, such as /taverns quiet, with fish"

    def __init__(self, services: Services, taverns: Sequence[Tavern]) -> None:
        """Take what the bot offers, and the taverns to choose from."""
        self._folder = services.folder
        self._cellar = Cellar(services.index, services.embedder, taverns)
        self._teller = Teller(services.model)
        self._taverns = taverns
        self._building = asyncio.Lock()

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return the best taverns for a wish, the state after `build`, or how it is used."""
        wish = call.arguments.strip()
        if not wish:
            return USAGE
        async with self._building:
            ready = await self._cellar.holds(read_book(self._folder).built)
            if wish.lower() == "build" or not ready:
                await self._build(progress)
            if wish.lower() == "build":
                return await self._built()
            await progress("Asking at the bar…")
            chosen = await self._cellar.search(wish, SHOWN)
        book = read_book(self._folder).showed(call.answer_id, chosen[0].tavern.id)
        write_book(self._folder, book)
        return shown(chosen, book)

    async def _build(self, progress: Callable[[str], Awaitable[None]]) -> None:
        await progress(f"Embedding the facts of {len(self._taverns)} taverns…")
        await self._cellar.build()
        for start in range(0, len(self._taverns), AT_ONCE):
            some = self._taverns[start : start + AT_ONCE]
            await progress(f"Describing {', '.join(tavern.name for tavern in some)}…")
            await asyncio.gather(*(self._describe(tavern) for tavern in some))
        book = read_book(self._folder)
        write_book(self._folder, book.marked(self._cellar.fingerprint))

    async def _describe(self, tavern: Tavern) -> None:
        """Have a tale told where there is none, or where it is out of date or only recorded."""
        tale = read_book(self._folder).tales.get(tavern.id)
        recorded = tale is not None and tale.teller == RECORDED
        if tale and tale.facts == tavern.hash and not (recorded and self._teller.writes):
            return
        fresh = await self._teller.tell(tavern, tale.edition + 1 if tale else 1)
        write_book(self._folder, read_book(self._folder).told(tavern.id, fresh, tale))

    async def _built(self) -> str:
        tellers = sorted({tale.teller for tale in read_book(self._folder).tales.values()})
        return (
            f"The collection `{COLLECTION}` holds the facts of {len(self._taverns)} taverns: "
            f"{await self._cellar.state()}. Described by {', '.join(tellers)}."
        )


def shown(chosen: Sequence[Choice], book: Book) -> str:
    """Return the reply: the best tavern with its tale, the others with the fact that speaks for them.

    Only one tale is shown, so that a verdict is a verdict on that tale.
    """
    best, *others = chosen
    tale = book.tales[best.tavern.id]
    paragraphs = [
        f"**{best.tavern.name}**, {best.tavern.place}",
        f"Why: “{best.why}”",
        f"{tale.text}\n*As told by {tale.teller}. 👎 has it told anew.*",
    ]
    if others:
        named = (f"- **{one.tavern.name}**, {one.tavern.place}: “{one.why}”" for one in others)
        paragraphs += ["Also near your wish:", "\n".join(named)]
    return "\n\n".join(paragraphs)
