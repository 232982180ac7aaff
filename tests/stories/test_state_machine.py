"""Whatever people do, in whatever order it arrives and however often, and wherever the bot stops."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bot.app import App, open_app
from core.answers import Answer, Placement
from core.embedders.hashing import HashingEmbedder
from core.messages import Message, MessageRef
from core.scheduler import silent
from tests.crash.adapter import PLATFORM
from tests.crash.checks import violations
from tests.crash.child import settings_of
from tests.crash.people import NAMES, Pages, Writer
from tests.crash.platform import Platform
from tests.crash.reports import report_of

SLOW = os.environ.get("TAVERNKEEP_SLOW") == "1"
T = TypeVar("T")
someone = st.integers(0, len(NAMES) - 1)
# What comes next must not depend on how far the bot got before it was stopped, or Hypothesis, which
# draws from steps that it knows, calls the machine flaky. So one draw seeds all chance of a step, and
# every step can be taken at any time.
chance = st.randoms(use_true_random=True)
times = st.integers(1, 4)  # how often, so that a step is worth its price
LATE = 0.4  # share of events that others overtake
steps = st.integers(0, 60)  # awaits that an event gets before the bot stops


def unnoted(what: str, **told: Any) -> None:
    """Keep no history: Hypothesis prints the steps."""


class KeptReply:
    """One answer in the making on the platform in memory."""

    parts: Sequence[MessageRef] = ()

    def __init__(self, platform: Platform, message: Message, deaf: asyncio.Event | None) -> None:
        """Take the platform and what is replied to; `deaf` is set where the bot never hears of a post."""
        self._platform = platform
        self._message = message
        self._deaf = deaf

    async def place(self, placement: Placement) -> None:
        """Show it as always."""

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Show another answer where one stands."""
        await asyncio.sleep(0)
        self._platform.revise(standing[0].key, answer.id)
        await asyncio.sleep(0)

    async def progress(self, text: str) -> None:
        """Show nothing."""

    async def append(self, delta: str) -> None:
        """Show nothing."""

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Return where an answer stands."""
        await asyncio.sleep(0)
        key = self._platform.look(answer_id)
        await asyncio.sleep(0)
        return self._ref(key) if key else None

    async def finish(self, answer: Answer) -> MessageRef:
        """Post; the bot may be stopped before it hears of it."""
        await asyncio.sleep(0)
        key = self._platform.keep(self._message.ref.id, answer.id)
        if self._deaf is not None:
            self._deaf.set()
            await asyncio.Event().wait()
        return self._ref(key)

    async def fail(self, sentence: str) -> None:
        """Post a sentence."""
        self._platform.keep(self._message.ref.id, "", sentence)
        await asyncio.sleep(0)

    def _ref(self, key: str) -> MessageRef:
        return MessageRef(platform=PLATFORM, conversation=self._message.ref.conversation, key=key)


class Tavern(RuleBasedStateMachine):
    """The real bot beside a dictionary of what people did; at the end both must say the same."""

    def __init__(self) -> None:
        """Open the bot over an empty folder."""
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="tavernkeep-states-"))
        self.platform = Platform(Random(0), unnoted)
        self.pages = Pages(self.folder / "pages", Random(0))
        self.writers = [Writer(name, self.platform, Random(0)) for name in NAMES]
        self.held: list[str] = []  # what happened and has not arrived
        self.deaf: asyncio.Event | None = None
        self.bot = AsyncExitStack()
        self.app: App
        self.run(self.open())
        self.run(self.app.assistant.run_job("refresh", silent))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something to its end."""
        return self.runner.run(work)

    async def open(self) -> None:
        """Start the bot and let it take up what it finds."""
        app = open_app(settings_of(self.folder), embedder=HashingEmbedder(dimension=32))
        self.app = await self.bot.enter_async_context(app)
        await self.app.assistant.resume(PLATFORM, self.reply_to)

    def reply_to(self, message: Message) -> KeptReply:
        """Return the reply to a message."""
        return KeptReply(self.platform, message, self.deaf)

    async def arrive(self, *event_ids: str) -> None:
        """Deliver events, hear that they are acknowledged, and wait for their effects."""
        for event_id in event_ids:
            await self.app.assistant.receive(self.platform.deliveries[event_id].event)
            self.platform.acknowledged(event_id)
        await self.app.assistant.drain()

    def does(self, who: int, what: str, random: Random, times: int) -> None:
        """Let a person do something, some times; of that some arrives later."""
        writer, known = self.writers[who], len(self.platform.deliveries)
        writer.random = random
        for _ in range(times):
            writer.act(what)
        new = list(self.platform.deliveries)[known:]
        late = [event_id for event_id in new if random.random() < LATE]
        self.held += late
        self.run(self.arrive(*(event_id for event_id in new if event_id not in late)))

    @initialize(random=chance)
    def morning(self, random: Random) -> None:
        """Two people have asked, and a third has something to say of it."""
        for who, what in ((0, "ask"), (1, "ask"), (2, "react")):
            self.does(who, what, random, 1)

    @rule(who=someone, random=chance, times=times)
    def ask(self, who: int, random: Random, times: int) -> None:
        """Somebody asks."""
        self.does(who, "ask", random, times)

    @rule(who=someone, random=chance, times=times)
    def react(self, who: int, random: Random, times: int) -> None:
        """Somebody puts emoji on answers."""
        self.does(who, "react", random, times)

    @rule(who=someone, random=chance, times=times)
    def unreact(self, who: int, random: Random, times: int) -> None:
        """Somebody takes emoji back."""
        self.does(who, "unreact", random, times)

    @rule(who=someone, what=st.sampled_from(["judge", "correct"]), random=chance)
    def correct(self, who: int, what: str, random: Random) -> None:
        """Somebody writes a better answer, or presses a button."""
        self.does(who, what, random, 1)

    @rule(who=someone, random=chance, times=times)
    def edit(self, who: int, random: Random, times: int) -> None:
        """Somebody changes what they wrote."""
        self.does(who, "edit", random, times)

    @rule(who=someone, random=chance)
    def delete(self, who: int, random: Random) -> None:
        """Somebody takes away what they wrote."""
        self.does(who, "delete", random, 1)

    @rule(random=chance)
    def reorder(self, random: Random) -> None:
        """Something arrives that others have overtaken, if anything is under way."""
        if self.held:
            event_id = random.choice(self.held)
            self.held.remove(event_id)
            self.run(self.arrive(event_id))

    @rule(random=chance)
    def redeliver(self, random: Random) -> None:
        """Something arrives once more, acknowledged or not."""
        self.run(self.arrive(random.choice(list(self.platform.deliveries))))

    @rule(random=chance, awaits=steps)
    def crash(self, random: Random, awaits: int) -> None:
        """The bot is stopped while it handles what is under way, if anything is, and started again."""
        if self.held:
            self.run(self.stopped_while(random.choice(self.held), awaits))

    @rule(job=st.sampled_from(["refresh", "rerank", "purge"]))
    def work(self, job: str) -> None:
        """The pages change, and a job runs."""
        self.pages.change()
        self.run(self.app.assistant.run_job(job, silent))

    @rule(who=someone, random=chance)
    def crash_after_posting(self, who: int, random: Random) -> None:
        """The bot is stopped when its answer stands and it has not heard so."""
        known = len(self.platform.deliveries)
        self.writers[who].random = random
        self.writers[who].act("ask")
        (asked,) = list(self.platform.deliveries)[known:]
        self.held.append(asked)
        self.run(self.stopped_unheard(asked))

    async def stopped_while(self, event_id: str, awaits: int) -> None:
        """Stop the bot after so many awaits, without letting it finish; open it again."""
        arriving = asyncio.create_task(self.arrive(event_id))
        for _ in range(awaits):
            await asyncio.sleep(0.0005)
            if arriving.done():
                break
        await self.restart(arriving, event_id)

    async def stopped_unheard(self, event_id: str) -> None:
        """Stop the bot as soon as anything is posted, if anything is; open it again."""
        self.deaf = asyncio.Event()
        arriving = asyncio.create_task(self.arrive(event_id))
        posted = asyncio.create_task(self.deaf.wait())
        await asyncio.wait([arriving, posted], return_when=asyncio.FIRST_COMPLETED)
        posted.cancel()
        self.deaf = None
        await self.restart(arriving, event_id)

    async def restart(self, arriving: asyncio.Task[None], event_id: str) -> None:
        """Stop the bot without letting it finish, and open it again."""
        arriving.cancel()
        await asyncio.gather(arriving, return_exceptions=True)
        await self.app.assistant.stop()
        if self.platform.deliveries[event_id].acknowledged:
            self.held.remove(event_id)
        await self.bot.aclose()
        await self.open()

    async def everything(self) -> list[str]:
        """Let all arrive, and return what is not as people did it."""
        await self.arrive(*self.held)
        report = await report_of(self.app)
        return violations(self.platform, report, self.pages.texts())

    def teardown(self) -> None:
        """In the end everything is as people did it."""
        try:
            found = self.run(self.everything())
            assert not found, "\n".join(found)
        finally:
            self.run(self.bot.aclose())
            self.runner.close()
            shutil.rmtree(self.folder)


Tavern.TestCase.settings = settings(
    max_examples=300 if SLOW else 12,
    stateful_step_count=60 if SLOW else 30,
    deadline=None,
    derandomize=not SLOW,
    database=None,
    phases=list(Phase)
    if SLOW
    else [Phase.generate],  # without making what fails smaller, which takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestTavern = Tavern.TestCase
