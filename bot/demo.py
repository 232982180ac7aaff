"""`demo`: the whole loop once, as a finite tour. It prints what it did and what changed."""

import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot.app import App, open_app, utc_now
from bot.asking import message_of
from bot.card import card_of
from bot.progress import bars
from bot.tending import table_of
from bot.terminal.reply import CollectedReply
from bot.terminal.show import say
from core.answers import Answer
from core.errors import TavernkeepError
from core.feedback import Correction, Feedback, Reason, Verdict, Via
from core.messages import Conversation, MessageRef, Person
from core.settings import CHECKOUT, load_settings

FOLDER = CHECKOUT / "config" / "demo"
COUNTER = Conversation(platform="demo", key="counter", name="The counter")
ANA = Person(platform="demo", key="ana", name="Ana")
BEN = Person(platform="demo", key="ben", name="Ben")
ASKED = "When does the kitchen close?"
OTHER_WORDS = "What is the closing time of the kitchen?"
BETTER = "On Fridays and Saturdays the kitchen is open until 22:30, on all other days until 21:00."


async def tour(console: Console) -> None:
    """Run the tour; raise `TavernkeepError` where a step did not have its effect."""
    with tempfile.TemporaryDirectory(prefix="tavernkeep-demo-") as scratch:
        settings = load_settings(
            data=Path(scratch),
            ledger={"url": ""},  # nor may a server that is set up be written to
            index={"uri": ""},
            plugins=("folders", "help"),
            folders={"paths": (str(FOLDER),)},
        )
        async with open_app(settings) as app:
            await Tour(app, console).walk()


class Tour:
    """The steps, in order; each prints its own result."""

    def __init__(self, app: App, console: Console) -> None:
        """Take the opened app and where to print."""
        self._app = app
        self._console = console

    async def walk(self) -> None:
        """Take every step."""
        await self.ingest()
        self._step(f"Ana asks: {ASKED}")
        first = await self.ask(ASKED, ANA)
        await self.judge(first)
        await self.rerank(first)
        self._step(f"Ana asks in other words: {OTHER_WORDS}")
        again = await self.ask(OTHER_WORDS, ANA)
        self.expect(true=again.text == BETTER, otherwise="The correction was not found again.")
        await self.reembed(again)
        await self.show_ledger()

    async def ingest(self) -> None:
        """Read the demo's folder."""
        self._step(f"Read {FOLDER.relative_to(CHECKOUT)}")
        with bars(self._console) as progress:
            for source in self._app.brought.sources:
                summary = await self._app.store.ingestion.ingest(source, progress)
        self._console.print(table_of(summary))

    async def ask(self, question: str, person: Person) -> Answer:
        """Ask, print the answer, and return it."""
        key = uuid.uuid4().hex
        place = MessageRef(platform=COUNTER.platform, conversation=COUNTER.key, key=f"{key}-answer")
        reply = CollectedReply(place)
        await self._app.assistant.on_message(message_of(question, person, COUNTER, key), reply)
        if reply.answer is None:
            raise TavernkeepError(reply.failure or "The question was not answered.")
        say(self._console, card_of(reply.answer, utc_now()))
        return reply.answer

    async def judge(self, answer: Answer) -> None:
        """Let one person say what is wrong and another write the better answer."""
        self._step("Ana reacts 👎 and says why; Ben writes the better answer")
        down = Feedback(
            event_id=uuid.uuid4().hex,
            answer_id=answer.id,
            person=ANA,
            verdict=Verdict.DOWN,
            via=Via.REASON,
            at=utc_now(),
            reason=Reason.OUTDATED,
        )
        await self._app.assistant.on_verdict(down)
        better = Correction(
            event_id=uuid.uuid4().hex, answer_id=answer.id, person=BEN, text=BETTER, at=utc_now()
        )
        self._console.print(f"Ana: 👎 {down.reason}")
        self._console.print(f"Ben: {BETTER}")
        self._console.print(Text(await self._app.assistant.on_correction(better), style="dim"))

    async def rerank(self, answer: Answer) -> None:
        """Fold the verdicts into ratings and standings."""
        self._step("Re-rank")
        with bars(self._console) as progress:
            report = await self._app.scheduler.run("rerank", progress)
        self._console.print(report.summary)
        table = Table("answer", "written by", "rating", "standing")
        for one in await self._app.assistant.learned():
            author = one.answer.author.name if one.answer.author else "the bot"
            rating = f"{one.rating.value:.2f}" if one.rating else "none yet"
            table.add_row(Text(one.answer.text), author, rating, one.answer.standing.value)
            if one.answer.id == answer.id:
                self.expect(true=one.rating is not None, otherwise="The 👎 was not counted.")
        self._console.print(table)

    async def reembed(self, before: Answer) -> None:
        """Build new collections beside the live ones, swap, and compare the answers."""
        self._step("Re-embed into new collections beside the live ones, and swap")
        old = await self._live()
        with bars(self._console) as progress:
            report = await self._app.reembed.run_afresh(utc_now(), progress)
        new = await self._live()
        self._console.print(report.summary)
        for was, is_now in zip(old, new, strict=True):
            self.expect(true=was != is_now, otherwise="No new collection was swapped in.")
            self._console.print(f"{was}\n  → {is_now}")
        again = await self.ask(OTHER_WORDS, BEN)
        self.expect(true=again.text == before.text, otherwise="The answer changed.")
        self._console.print("The same answer as before.")

    async def show_ledger(self) -> None:
        """Print what is in the ledger now."""
        self._step("In the ledger")
        table = Table(show_header=False)
        for what, count in (await self._app.assistant.counts()).items():
            if count:
                table.add_row(what, str(count))
        self._console.print(table)

    async def _live(self) -> Sequence[str]:
        aliases = ("passages", "answers")
        return [str(await self._app.store.index.pointed(alias)) for alias in aliases]

    def _step(self, title: str) -> None:
        self._console.print(Rule(title, align="left"))

    @staticmethod
    def expect(*, true: bool, otherwise: str) -> None:
        """Raise `TavernkeepError` where something is not true that a step promises."""
        if not true:
            raise TavernkeepError(f"The tour failed: {otherwise}")
