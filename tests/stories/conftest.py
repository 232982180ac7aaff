"""The whole bot on Milvus Lite, with the model that is shipped, which is loaded once for all stories."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.terminal.reply import CollectedReply
from core.answers import Answer
from core.embedders.choice import load_embedder
from core.embedders.hashing import HashingEmbedder
from core.embedding import EmbedderDescription, Vectors
from core.feedback import Correction, Feedback, Reason, Verdict, Via
from core.interfaces import Embedder
from core.messages import Conversation, Message, MessageRef, Person
from core.scheduler import silent
from core.settings import EmbedderSettings, Settings, load_settings
from tests.doubles import Clock
from tests.servers.discord import LoopbackDiscord
from tests.servers.slack import LoopbackSlack
from tests.stories.discord_bot import DiscordBot
from tests.stories.slack_bot import SlackBot

PAGES = {
    "slack.md": (
        "# Connecting Slack\n\nCreate a Slack app from the manifest in config, install it to your "
        "workspace and set SLACK_BOT_TOKEN and SLACK_APP_TOKEN. Then restart the bot.\n"
    ),
    "backups.md": (
        "# Backups\n\nBackups of the ledger are kept for thirty days. To make a backup by hand, copy "
        "the file ledger.sqlite while the bot is stopped.\n"
    ),
    "voting.md": (
        "# Votes\n\nReact to an answer with a thumbs up or a thumbs down. The scheduler folds the "
        "votes into ratings every five minutes.\n"
    ),
    "厨房.md": "# 厨房\n\n厨房每天晚上十点关门。周日全天不营业。需要预订座位请联系前台。\n",
}
HALL = Conversation(platform="story", key="hall", name="The hall")
CELLAR = Conversation(platform="story", key="cellar", name="The cellar", public=False)
ANA, BEN, CLEO = (
    Person(platform="story", key=name.lower(), name=name) for name in ("Ana", "Ben", "Cleo")
)


class Lent:
    """An embedder that stays open when the bot that it is lent to closes."""

    def __init__(self, lender: Embedder) -> None:
        """Take what is lent."""
        self._lender = lender

    @property
    def description(self) -> EmbedderDescription:
        """What the lender's vectors depend on."""
        return self._lender.description

    async def embed_question(self, text: str) -> Vectors:
        """Embed with the lender."""
        return await self._lender.embed_question(text)

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed with the lender."""
        return await self._lender.embed_passages(texts)

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Embed with the lender."""
        return await self._lender.embed_questions(texts)

    def count_tokens(self, text: str) -> int:
        """Count as the lender does."""
        return self._lender.count_tokens(text)

    async def close(self) -> None:
        """Stay open."""


class Story:
    """One running bot and the people who talk to it."""

    def __init__(self, app: App, clock: Clock) -> None:
        """Take the bot."""
        self.app = app
        self.clock = clock
        self._ids = (f"{clock():%H%M%S}-{number}" for number in itertools.count())

    async def ask(
        self,
        text: str,
        *,
        person: Person = ANA,
        place: Conversation = HALL,
        thread: str | None = None,
    ) -> Answer:
        """Ask, and return the answer."""
        key = next(self._ids)
        message = Message(
            event_id=key,
            ref=MessageRef(platform=place.platform, conversation=place.key, key=key),
            conversation=place,
            person=person,
            text=text,
            sent_at=self.clock.advance(seconds=1),
            thread=thread,
            addressed=True,
        )
        ref = MessageRef(platform=place.platform, conversation=place.key, key=f"{key}-answer")
        reply = CollectedReply(ref)
        await self.app.assistant.on_message(message, reply)
        self.clock.advance(seconds=1)
        assert reply.answer, reply.failure
        return reply.answer

    async def judge(
        self, answer: Answer, verdict: Verdict, person: Person, reason: Reason | None = None
    ) -> None:
        """Press a button."""
        await self.app.assistant.on_verdict(
            Feedback(
                event_id=next(self._ids),
                answer_id=answer.id,
                person=person,
                verdict=verdict,
                via=Via.REASON if reason else Via.BUTTON,
                at=self.clock.advance(seconds=1),
                reason=reason,
            )
        )

    async def correct(self, answer: Answer, text: str, person: Person) -> None:
        """Write a better answer."""
        await self.app.assistant.on_correction(
            Correction(
                event_id=next(self._ids),
                answer_id=answer.id,
                person=person,
                text=text,
                at=self.clock.advance(seconds=1),
            )
        )

    async def run(self, job: str) -> None:
        """Run a job."""
        self.clock.advance(seconds=1)
        await self.app.assistant.run_job(job, silent)


@pytest.fixture(scope="session")
def bundled() -> Iterator[Embedder]:
    """Return the shipped model, loaded once, and outside of the stories' event loops."""
    loaded = asyncio.run(load_embedder(EmbedderSettings()))
    yield Lent(loaded)
    asyncio.run(loaded.close())


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Return a folder of four Markdown files, one of them Chinese."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for name, text in PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def quoting(tmp_path: Path, pages: Path) -> Settings:
    """Return the settings of a bot without a key that reads the folder."""
    return load_settings(
        env_file=None,
        data=tmp_path / "data",
        plugins=("folders", "help"),
        folders={"paths": (str(pages),)},
    )


@pytest.fixture
def opened(
    bundled: Embedder, clock: Clock
) -> Callable[[Settings], AbstractAsyncContextManager[Story]]:
    """Return what opens the bot, which has then read its folder; a second time is a restart."""

    @asynccontextmanager
    async def opened_with(settings: Settings) -> AsyncIterator[Story]:
        clock.advance(minutes=1)
        async with open_app(settings, embedder=bundled, now=clock) as app:
            story = Story(app, clock)
            await story.run("refresh")
            yield story

    return opened_with


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """Return a running Slack."""
    async with LoopbackSlack() as running:
        yield running


@pytest.fixture
def transport() -> str:
    """Return how events come from Slack where a story is told once."""
    return "socket"


@pytest.fixture
def in_slack(
    tmp_path: Path, pages: Path, slack: LoopbackSlack, transport: str, migrated: Path
) -> Settings:
    """Return the settings of a bot in that Slack that reads the folder, without a key."""
    (tmp_path / "data").mkdir()
    shutil.copy(migrated, tmp_path / "data" / "ledger.sqlite")
    return load_settings(
        env_file=None,
        data=tmp_path / "data",
        folders={"paths": (str(pages),)},
        slack={
            "bot_token": slack.bot_token,
            "app_token": slack.app_token,
            "signing_secret": slack.signing_secret,
            "api_url": slack.url,
            "transport": transport,
            "port": 0,
        },
    )


@pytest.fixture
def bot(slack: LoopbackSlack, in_slack: Settings, bundled: Embedder) -> SlackBot:
    """Return the bot in that Slack, with the shipped model."""
    return SlackBot(slack, in_slack, bundled)


@pytest.fixture
def quick(slack: LoopbackSlack, in_slack: Settings) -> SlackBot:
    """Return the bot in that Slack without a model, for stories that are not about meaning."""
    return SlackBot(slack, in_slack, HashingEmbedder())


@pytest.fixture
async def tavern() -> AsyncIterator[LoopbackDiscord]:
    """Return a running Discord."""
    async with LoopbackDiscord() as running:
        yield running


@pytest.fixture
def in_discord(tmp_path: Path, pages: Path, tavern: LoopbackDiscord, migrated: Path) -> Settings:
    """Return the settings of a bot in that Discord that reads the folder, without a key."""
    (tmp_path / "data").mkdir()
    shutil.copy(migrated, tmp_path / "data" / "ledger.sqlite")
    return load_settings(
        env_file=None,
        data=tmp_path / "data",
        folders={"paths": (str(pages),)},
        discord={"token": tavern.token, "api_url": tavern.url},
    )


@pytest.fixture
def discord_bot(tavern: LoopbackDiscord, in_discord: Settings, bundled: Embedder) -> DiscordBot:
    """Return the bot in that Discord, with the shipped model."""
    return DiscordBot(tavern, in_discord, bundled)


@pytest.fixture
def quick_discord(tavern: LoopbackDiscord, in_discord: Settings) -> DiscordBot:
    """Return the bot in that Discord without a model, for stories that are not about meaning."""
    return DiscordBot(tavern, in_discord, HashingEmbedder())
