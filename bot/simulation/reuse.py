"""`simulate --reuse`: how often a stored answer is given again, and how often wrongly.

Half of what people asked teaches the bot: each question is stored as a phrasing of the answer that is
right for it. The other half is asked, through the product's own recall, thresholds and guard.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.app import App, open_app
from bot.progress import bars
from bot.simulation.product import BEGIN, Times
from bot.simulation.world import fresh_settings, load_asked_before
from core.answers import Answer, Origin, Question, Standing
from core.audience import EVERYONE
from core.documents import content_hash
from core.interfaces import Embedder
from core.job import Progress
from core.jobs.rerank import Rerank
from core.learning.recalled import verbatim
from core.ledger.answers import question_ids, save_answer, save_question
from core.ledger.operations import ANSWERS, queue
from core.measures import upper_bound
from core.settings import Settings
from core.thresholds import untaught

STATIC = (0.7, 0.9)
ASKED = 700  # of the other half, in each seed
CONFIDENCE = 0.975  # one-sided: the upper end of a 95 % interval
LEARNED = "learned"


@dataclass(slots=True)
class Count:
    """How many were asked, given again, and given wrongly."""

    asked: int = 0
    given: int = 0
    wrong: int = 0

    def told(self) -> dict[str, float]:
        """Return the shares, with the upper bound of the wrong ones among those given."""
        return {
            "asked": self.asked,
            "given": self.given / self.asked if self.asked else 0.0,
            "wrong": self.wrong / self.given if self.given else 0.0,
            "at_most": upper_bound(self.wrong, self.given, CONFIDENCE),
        }


@dataclass(frozen=True, slots=True)
class Known:
    """A question with the answer that is right for it."""

    text: str
    right: str


@dataclass(slots=True)
class Counts:
    """What came of one seed, by rule."""

    by_rule: dict[str, Count] = field(default_factory=dict)

    def take(self, rule: str, given: str | None, right: str) -> None:
        """Count one question, and which answer a rule gave to it, if any."""
        count = self.by_rule.setdefault(rule, Count())
        count.asked += 1
        count.given += given is not None
        count.wrong += given is not None and given != right


async def measure(
    settings: Settings,
    folder: Path,
    seeds: int,
    console: Console,
    *,
    as_json: bool,
    embedder: Embedder | None = None,
) -> None:
    """Measure every seed, and print a table or one JSON object."""
    known = [Known(text, min(right)) for text, right in load_asked_before(folder).values() if right]
    with bars(Console(stderr=True) if as_json else console) as progress:
        found = [
            await _one(settings, known, seed, progress, embedder) for seed in range(1, seeds + 1)
        ]
    rules = found[0].by_rule
    told = {rule: [one.by_rule[rule].told() for one in found] for rule in rules}
    if as_json:
        console.print_json(json.dumps({"bound": settings.learning.reuse_error, "rules": told}))
        return
    console.print(_table(told))


def _table(told: Mapping[str, Sequence[Mapping[str, float]]]) -> Table:
    table = Table(title=Text("Stored answers given again"), title_justify="left")
    for column in ("rule", "seed", "asked", "given", "wrong", "wrong, at most"):
        table.add_column(column)
    for rule, seeds in told.items():
        for seed, one in enumerate(seeds, 1):
            shares = (f"{one[what]:.2%}" for what in ("given", "wrong", "at_most"))
            table.add_row(rule, str(seed), f"{one['asked']:.0f}", *shares)
    return table


async def _one(
    settings: Settings,
    known: Sequence[Known],
    seed: int,
    progress: Progress,
    embedder: Embedder | None,
) -> Counts:
    """Teach one half, in the order of a seed, and ask the other."""
    shuffled = list(known)
    Random(seed).shuffle(shuffled)  # noqa: S311  # an order, not a secret
    half = len(shuffled) // 2
    with tempfile.TemporaryDirectory(prefix="tavernkeep-") as data:
        fresh = fresh_settings(settings, Path(data))
        times = Times(BEGIN)
        async with open_app(fresh, embedder=embedder, now=times) as app:
            await teach(app, shuffled[:half], times)
            rerank = Rerank(
                ledger=app.store.ledger,
                indexing=app.store.indexing,
                settings=fresh.learning,
                now=times,
            )
            await rerank.run(times.go_on(), progress)
            return await _ask(app, shuffled[half : half + ASKED], progress)


async def teach(app: App, known: Sequence[Known], times: Times) -> None:
    """Store a verified answer for each right one, with every phrasing of it."""
    phrasings: dict[str, list[str]] = {}
    for one in known:
        phrasings.setdefault(one.right, []).append(one.text)
    async with app.store.ledger.writing() as connection:
        for right, texts in sorted(phrasings.items()):
            questions = [
                Question(id=content_hash(right, text)[:32], text=text, asked=text) for text in texts
            ]
            answer = Answer(
                id=content_hash(right)[:32],
                question=questions[0],
                text=right,
                origin=Origin.CORRECTION,
                audience=EVERYONE,
                created_at=times(),
                standing=Standing.VERIFIED,
            )
            await save_answer(connection, answer, None)
            for question in questions[1:]:
                await save_question(connection, answer.id, question, None, times())
            await queue(connection, ANSWERS, await question_ids(connection, answer.id), times())


async def _ask(app: App, known: Sequence[Known], progress: Progress) -> Counts:
    """Ask each question, and see what each rule would give."""
    counts = Counts()
    reuse, rules = app.loop.reuse, {f"static {near}": untaught(near, 0.5) for near in STATIC}
    for done, one in enumerate(known, 1):
        sought = await app.store.retriever.seek(one.text, EVERYONE.requires)
        recalled = await reuse.recalled(sought)
        thresholds = await reuse.thresholds(sought)
        given = {LEARNED: verbatim(one.text, recalled, thresholds)}
        given |= {rule: verbatim(one.text, recalled, static) for rule, static in rules.items()}
        for rule, again in given.items():
            counts.take(rule, again.answer.text if again else None, one.right)
        progress("Asking", done, len(known))
    return counts
