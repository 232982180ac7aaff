"""The composition root: builds everything once, in order, and closes it in reverse."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot import data_folder
from bot.status import Status
from core.answering import Answerer
from core.assistant import Assistant, Loop
from core.embedders.sentence_transformer import SentenceTransformerEmbedder
from core.errors import IndexUnavailableError
from core.hookspecs import Services
from core.index.milvus import MilvusIndex
from core.indexing import Indexing
from core.ingestion import Ingestion
from core.interfaces import Embedder, Job, LanguageModel
from core.jobs.purge import Purge
from core.jobs.reconcile import Reconcile
from core.jobs.reembed import Reembed
from core.jobs.refresh import Refresh
from core.jobs.rerank import Rerank
from core.learning.corrections import Corrections
from core.learning.evidence import Evidence
from core.learning.reuse import Reuse
from core.ledger.ledger import Ledger
from core.models.claude import Claude
from core.models.quoting import QuotingModel
from core.plugins import Brought, Listeners, collect, load_plugins
from core.prompts import load_instructions
from core.retrieval import Retriever
from core.scheduler import Scheduler
from core.settings import CHECKOUT, Settings

log = logging.getLogger(__name__)
PROMPTS = CHECKOUT / "config" / "prompts"


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where everything is kept, and the embedder that it is kept with."""

    settings: Settings
    folder: data_folder.DataFolder
    ledger: Ledger
    index: MilvusIndex
    embedder: Embedder
    indexing: Indexing
    ingestion: Ingestion
    retriever: Retriever


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that a command may need."""

    store: Store
    model: LanguageModel
    brought: Brought
    scheduler: Scheduler
    reembed: Reembed
    refresh: Refresh
    assistant: Assistant


@asynccontextmanager
async def open_store(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    now: Callable[[], datetime] = utc_now,
) -> AsyncIterator[Store]:
    """Open the data folder, the ledger, the index and the embedder; the last two side by side."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(data_folder.held(settings.data))
        ledger = Ledger(settings.ledger.url or folder.ledger_url)
        stack.push_async_callback(ledger.close)
        uri = settings.index.uri or str(folder.index)
        index = MilvusIndex(uri, settings.index.token.get_secret_value(), settings.index)
        stack.push_async_callback(index.close)
        loaded = await _opened(stack, _loaded(embedder, settings), ledger, index, now)
        indexing = Indexing(ledger=ledger, index=index, embedder=loaded, now=now)
        await indexing.prepare()
        yield Store(
            settings=settings,
            folder=folder,
            ledger=ledger,
            index=index,
            embedder=loaded,
            indexing=indexing,
            ingestion=Ingestion(ledger=ledger, embedder=loaded, indexing=indexing, now=now),
            retriever=Retriever(
                ledger=ledger,
                index=index,
                embedder=loaded,
                indexing=indexing,
                settings=settings.retrieval,
                kernel_width=settings.learning.kernel_width,
            ),
        )


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    now: Callable[[], datetime] = utc_now,
) -> AsyncIterator[App]:
    """Open the store, load the plugins and build the assistant; jobs run once it is started."""
    plugins = load_plugins(settings.plugins)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings, embedder=embedder, now=now))
        quoting = QuotingModel()
        has_key = bool(settings.anthropic.api_key.get_secret_value())
        model: LanguageModel = Claude(settings.anthropic) if has_key else quoting
        stack.push_async_callback(model.close)
        brought = collect(
            plugins, lambda name, brought: _services(store, model, name, brought, now)
        )
        store.retriever.rerankers.extend(brought.rerankers)
        app = _built(store, model, quoting, brought, now)
        stack.push_async_callback(app.assistant.drain)
        yield app


def _built(
    store: Store,
    model: LanguageModel,
    quoting: LanguageModel,
    brought: Brought,
    now: Callable[[], datetime],
) -> App:
    reembed = Reembed(ledger=store.ledger, index=store.index, indexing=store.indexing, now=now)
    refresh = Refresh(
        ledger=store.ledger,
        ingestion=store.ingestion,
        indexing=store.indexing,
        sources=brought.sources,
        now=now,
    )
    jobs = [*_jobs(store, reembed, refresh, now), *brought.jobs]
    scheduler = Scheduler(ledger=store.ledger, jobs=jobs, owner=uuid.uuid4().hex, now=now)
    assistant = Assistant(
        ledger=store.ledger,
        loop=_loop(store, model, quoting, now),
        scheduler=scheduler,
        commands=brought.commands,
        listeners=Listeners(brought.listeners),
        status=Status(store.embedder, store.index, model, scheduler, now).sentences,
        turns=store.settings.thread.turns,
        now=now,
    )
    return App(
        store=store,
        model=model,
        brought=brought,
        scheduler=scheduler,
        reembed=reembed,
        refresh=refresh,
        assistant=assistant,
    )


async def _opened(
    stack: AsyncExitStack,
    loading: Awaitable[Embedder],
    ledger: Ledger,
    index: MilvusIndex,
    now: Callable[[], datetime],
) -> Embedder:
    """Open all three side by side. Each is awaited even if another fails, so that it can be closed."""

    async def load() -> Embedder:
        loaded = await loading
        stack.push_async_callback(loaded.close)
        return loaded

    loaded, *others = await asyncio.gather(
        load(), ledger.open(), _open_index(index, now), return_exceptions=True
    )
    failures = [one for one in (loaded, *others) if isinstance(one, BaseException)]
    if isinstance(loaded, BaseException) or failures:
        raise failures[0]
    return loaded


async def _loaded(embedder: Embedder | None, settings: Settings) -> Embedder:
    return embedder or await SentenceTransformerEmbedder.load(settings.embedder)


async def _open_index(index: MilvusIndex, now: Callable[[], datetime]) -> None:
    """Open the index; a folder that cannot be read is set aside, for the ledger can rebuild it."""
    try:
        await index.open()
    except IndexUnavailableError as error:
        aside = await index.set_aside(now())
        if aside is None:
            raise
        log.warning("%s It was set aside as %s and is rebuilt from the ledger.", error, aside)


def _services(
    store: Store, model: LanguageModel, name: str, brought: Brought, now: Callable[[], datetime]
) -> Services:
    return Services(
        settings=store.settings,
        index=store.index,
        embedder=store.embedder,
        model=model,
        folder=store.folder.of_plugin(name),
        commands=brought.commands,
        now=now,
    )


def _loop(
    store: Store, model: LanguageModel, quoting: LanguageModel, now: Callable[[], datetime]
) -> Loop:
    settings = store.settings
    answerer = Answerer(
        retriever=store.retriever,
        model=model,
        quoting=quoting,
        instructions=load_instructions(PROMPTS),
        floor=settings.retrieval.floor,
        now=now,
    )
    return Loop(
        reuse=Reuse(
            ledger=store.ledger,
            index=store.index,
            indexing=store.indexing,
            retriever=store.retriever,
            answerer=answerer,
            settings=settings.learning,
            now=now,
        ),
        answerer=answerer,
        evidence=Evidence(ledger=store.ledger, emoji=settings.learning.emoji, now=now),
        corrections=Corrections(ledger=store.ledger, retriever=store.retriever, now=now),
    )


def _jobs(
    store: Store, reembed: Reembed, refresh: Refresh, now: Callable[[], datetime]
) -> Sequence[Job]:
    settings = store.settings
    rerank = Rerank(
        ledger=store.ledger, indexing=store.indexing, settings=settings.learning, now=now
    )
    reconcile = Reconcile(indexing=store.indexing)
    purge = Purge(ledger=store.ledger, indexing=store.indexing, reembed=reembed, now=now)
    every = settings.jobs
    own = (
        ("rerank", "folds new verdicts into ratings and standings", every.rerank, rerank.run),
        ("reembed", "embeds what changed, also after a new model", every.reembed, reembed.run),
        ("refresh", "reads the sources again", every.refresh, refresh.run),
        ("reconcile", "compares ledger and index, and heals", every.reconcile, reconcile.run),
        ("purge", "wipes from every file what was deleted", every.purge, purge.run),
    )
    return [
        Job(name=name, summary=summary, every=timedelta(minutes=minutes), run=run)
        for name, summary, minutes, run in own
    ]
