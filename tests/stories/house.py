"""One bot that serves every platform at once, and what stories on it are about."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.app import App, open_app, utc_now
from core.answers import Origin, Standing
from core.interfaces import Embedder
from core.learning.promotion import Move, carry_out
from core.ledger.offers import OfferState, count_offers
from core.ledger.tables import answers
from core.scheduler import silent
from core.settings import load_settings
from tests.stories.driver import CURATOR, Guest, Platform

# Each story is about a thing of its own, so that what one teaches the bot is nothing to another.
THINGS = (
    *(
        "anvil",
        "bagpipe",
        "cauldron",
        "dulcimer",
        "easel",
        "ferret",
        "goblet",
        "hammock",
        "incense",
    ),
    *("jukebox", "kettle", "ladder", "mandolin", "needle", "orchid", "parrot", "quilt", "raft"),
    *("saddle", "telescope", "umbrella", "violin", "wheelbarrow", "xylophone", "yoke", "zither"),
    *("accordion", "bicycle", "chessboard", "drum", "elevator", "fountain", "guitar", "harpoon"),
    *("icebox", "javelin", "kayak", "lantern", "microscope", "notebook", "oven", "piano", "quiver"),
    *("apron", "bucket", "candle", "dagger", "envelope", "funnel", "globe", "hatchet", "inkwell"),
    *("rowboat", "sundial", "trumpet", "unicycle", "velvet", "windmill", "yacht", "zeppelin"),
)
PLACES = ("attic", "barn", "cellar", "den", "garret", "hallway", "larder", "pantry", "stable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A thing, and the page that tells where it is kept."""

    thing: str
    place: str

    @property
    def page(self) -> str:
        """The page."""
        return (
            f"# The {self.thing}\n\nThe {self.thing} of the house is kept in the {self.place}.\n\n"
            f"## Cleaning the {self.thing}\n\nThe {self.thing} is cleaned every Tuesday at noon.\n"
        )

    @property
    def question(self) -> str:
        """What people ask."""
        return f"Where is the {self.thing} of the house kept?"

    @property
    def in_other_words(self) -> str:
        """What other people ask who mean the same."""
        return f"Where do we keep the {self.thing} of the house?"

    @property
    def other(self) -> str:
        """Another question, whose answer says "Tuesday"."""
        return f"When is the {self.thing} cleaned?"

    @property
    def better(self) -> str:
        """What people know better."""
        return f"The {self.thing} was lent to Zelda, who brings it back on Sunday."


class House:
    """The bot, the platforms, and the topics that nobody has talked about yet."""

    def __init__(
        self, app: App, platforms: Mapping[str, Platform], topics: Iterator[Topic], pages: Path
    ) -> None:
        """Take what is open, and where the pages are."""
        self.app = app
        self.pages = pages
        self.platforms = platforms
        self._topics = topics

    async def run(self, job: str) -> None:
        """Run a job, after all that was done on any platform had its effect."""
        for platform in self.platforms.values():
            await platform.settled()
        await self.app.assistant.run_job(job, silent)

    async def vouched(self, words: str) -> None:
        """Have stored answers with such words verified, as a curator's word does."""
        async with self.app.store.ledger.writing() as connection:
            rows = await connection.execute(
                select(answers.c.id).where(
                    answers.c.text.contains(words),
                    answers.c.standing == Standing.TRIAL.value,
                )
            )
            moves = [
                Move(answer_id=id_, standing=Standing.VERIFIED, reason="a curator found it right")
                for id_ in rows.scalars()
            ]
            await carry_out(connection, moves, utc_now)

    async def kept(self) -> list[str]:
        """Return what people wrote that is stored as answers."""
        async with self.app.store.ledger.reading() as connection:
            wrote = answers.c.origin == Origin.CORRECTION.value
            return list((await connection.execute(select(answers.c.text).where(wrote))).scalars())

    async def has_kept(self, text: str) -> bool:
        """Say whether what somebody wrote is stored as an answer, be it with somebody's name before it."""
        return any(text in one for one in await self.kept())

    async def until(self, true: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something is stored; raise `TimeoutError` after a minute."""
        async with asyncio.timeout(60):
            while not await true():  # noqa: ASYNC110 - nothing tells when it is
                await asyncio.sleep(0.02)

    async def has_declined(self, person_id: str) -> bool:
        """Say whether somebody said No to an offer."""
        return await self.declined(person_id) > 0

    async def declined(self, person_id: str) -> int:
        """Return how often somebody said No to an offer."""
        async with self.app.store.ledger.reading() as connection:
            return await count_offers(connection, [person_id], state=OfferState.DECLINED)

    def scene(self, platform: str) -> "Scene":
        """Return a scene on a platform, about something new, in places that nobody was in."""
        topic = next(self._topics)
        return Scene(self, self.platforms[platform], topic)


class Scene:
    """Three people and a curator on one platform, two places, and a topic."""

    def __init__(self, house: House, platform: Platform, topic: Topic) -> None:
        """Take where, and what it is about."""
        self.house, self.platform, self.topic = house, platform, topic
        self.ana, self.ben, self.cleo = (platform.guest(name) for name in ("Ana", "Ben", "Cleo"))
        self.vera = platform.guest(CURATOR)
        self.hall, self.garden = f"{topic.thing}-hall", f"{topic.thing}-garden"

    def moved(self, platform: str) -> "Scene":
        """Return a scene about the same topic on another platform."""
        return Scene(self.house, self.house.platforms[platform], self.topic)

    async def asked(self, guest: Guest, text: str, place: str = "") -> Any:
        """Ask, and return the finished answer."""
        return await self.platform.answer(await guest.asks(place or self.hall, text))

    async def told(self, guest: Guest, text: str, place: str = "") -> str:
        """Ask, and return what the answer says."""
        return await self.platform.words(await self.asked(guest, text, place))

    async def reads(self, page: str) -> None:
        """Change the topic's page, and have the sources read again."""
        (self.house.pages / f"{self.topic.thing}.md").write_text(page, encoding="utf-8")
        await self.house.run("refresh")

    async def reranked(self) -> None:
        """Have what people said folded into ratings."""
        await self.house.run("rerank")


def topics() -> Iterator[Topic]:
    """Yield topics, each once."""
    places = itertools.cycle(PLACES)
    return (Topic(thing=thing, place=next(places)) for thing in THINGS)


@asynccontextmanager
async def opened_house(
    folder: Path, embedder: Embedder, platforms: Sequence[Platform], *, curated: bool = False
) -> AsyncIterator[House]:
    """Open a bot that has read a page of each topic, and serves the platforms."""
    pages = folder / "pages"
    pages.mkdir()
    for topic in topics():
        (pages / f"{topic.thing}.md").write_text(topic.page, encoding="utf-8")
    sections: dict[str, Mapping[str, Any]] = {"anthropic": {"api_key": ""}}
    for platform in platforms:
        sections |= platform.settings()
    if curated:
        sections |= {"learning": {"curators": tuple(one.person_id(CURATOR) for one in platforms)}}
    settings = load_settings(
        env_file=None, data=folder / "data", folders={"paths": (str(pages),)}, **sections
    )
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(open_app(settings, embedder=embedder))
        await app.assistant.run_job("refresh", silent)
        for platform in platforms:
            await stack.enter_async_context(platform.serving(app))
        yield House(app, {one.name: one for one in platforms}, topics(), pages)
