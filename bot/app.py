"""The composition root: builds everything once, in order, and closes it in reverse."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from bot.jobs import PROMPTS, jobs_of
from bot.process import process_name
from bot.status import Status
from bot.store import Store, open_store, utc_now
from core.answering import Answerer
from core.assistant import Assistant
from core.breaker import Breaker
from core.composing import Loop
from core.conversations import Conversations
from core.gating import rules_of
from core.hookspecs import Services
from core.interfaces import Embedder, Index, LanguageModel
from core.jobs.reembed import Reembed
from core.jobs.refresh import Refresh
from core.learning.auditing import Auditing
from core.learning.corrections import Corrections
from core.learning.evidence import Evidence
from core.learning.forgetting import Forgetting
from core.learning.offering import Offering
from core.learning.preferring import Preferring
from core.learning.proposals import Proposals
from core.learning.reuse import Reuse
from core.learning.reviewing import Reviewing
from core.learning.signals import Signals
from core.learning.telling import Teller
from core.ledger.spending import Purse
from core.links import Linking
from core.models.quoting import QuotingModel
from core.plugins import Brought, Listeners, collect, load_plugins
from core.prompts import load_instructions
from core.scheduler import Scheduler
from core.settings import Settings
from core.sources import Sources

__all__ = ["App", "Store", "open_app", "open_store", "utc_now"]


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that a command may need."""

    store: Store
    model: LanguageModel
    brought: Brought
    scheduler: Scheduler
    reembed: Reembed
    refresh: Refresh
    forgetting: Forgetting
    loop: Loop
    assistant: Assistant
    status: Status


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
        model = _model(store, quoting)
        stack.push_async_callback(model.close)
        brought = collect(
            plugins, lambda name, brought: _services(store, model, name, brought, now)
        )
        store.retriever.rerankers.extend(brought.rerankers)
        app = _built(store, model, quoting, brought, now)
        stack.push_async_callback(app.assistant.stop)
        yield app


def _breakers(model: LanguageModel, index: Index) -> dict[str, Breaker]:
    """Return the circuit breakers that there are, by the part that they belong to."""
    parts = {"model": model, "index": index}
    held = {part: getattr(one, "breaker", None) for part, one in parts.items()}
    return {part: one for part, one in held.items() if isinstance(one, Breaker)}


def _model(store: Store, quoting: LanguageModel) -> LanguageModel:
    """Return Claude where there is a key; without one its library, a second's import, stays out."""
    settings = store.settings.anthropic
    if not settings.api_key.get_secret_value():
        return quoting
    from core.models.claude import Claude

    return Claude(settings, purse=Purse(store.ledger))


def _built(
    store: Store,
    model: LanguageModel,
    quoting: QuotingModel,
    brought: Brought,
    now: Callable[[], datetime],
) -> App:
    reembed = Reembed(ledger=store.ledger, index=store.index, indexing=store.indexing, now=now)
    refresh = _refresh(store, brought, now)
    loop = _loop(store, model, quoting, now)
    jobs = [*jobs_of(store, model, loop.reuse, loop.teller, reembed, refresh, now), *brought.jobs]
    owner = process_name()
    scheduler = Scheduler(ledger=store.ledger, jobs=jobs, owner=owner, now=now)
    status = _status(store, model, scheduler, now, loop.reuse)
    assistant = Assistant(
        ledger=store.ledger,
        loop=loop,
        scheduler=scheduler,
        commands=brought.commands,
        listeners=Listeners(brought.listeners),
        status=status.sentences,
        owner=owner,
        now=now,
    )
    return App(
        store=store,
        model=model,
        brought=brought,
        scheduler=scheduler,
        reembed=reembed,
        refresh=refresh,
        forgetting=Forgetting(ledger=store.ledger, now=now),
        loop=loop,
        assistant=assistant,
        status=status,
    )


def _status(
    store: Store,
    model: LanguageModel,
    scheduler: Scheduler,
    now: Callable[[], datetime],
    reuse: Reuse,
) -> Status:
    return Status(
        store.embedder,
        store.index,
        model,
        scheduler,
        now,
        _breakers(model, store.index),
        store.indexing.hindrance,
        reuse.floors.now,
    )


def _refresh(store: Store, brought: Brought, now: Callable[[], datetime]) -> Refresh:
    return Refresh(
        ledger=store.ledger,
        ingestion=store.ingestion,
        indexing=store.indexing,
        sources=brought.sources,
        now=now,
    )


def _services(
    store: Store, model: LanguageModel, name: str, brought: Brought, now: Callable[[], datetime]
) -> Services:
    return Services(
        settings=store.settings,
        index=store.index,
        embedder=store.embedder,
        model=model,
        forgetting=Forgetting(ledger=store.ledger, now=now),
        modes=Conversations(
            ledger=store.ledger,
            default=store.settings.conversations.mode,
            curators=store.settings.learning.curators,
            now=now,
        ),
        links=Linking(store.ledger, store.settings.learning.curators, now),
        preferring=_preferring(store, now),
        sources=Sources(store.ledger),
        reviews=Reviewing(ledger=store.ledger, curators=store.settings.learning.curators, now=now),
        audits=Auditing(ledger=store.ledger, curators=store.settings.learning.curators, now=now),
        folder=store.folder.of_plugin(name),
        commands=brought.commands,
        now=now,
    )


def _preferring(store: Store, now: Callable[[], datetime]) -> Preferring:
    return Preferring(store.ledger, store.settings.learning.guess_preferences, now)


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
    saved_by = settings.conversations.saved_by
    proposals = Proposals(retriever=store.retriever, saved_by=saved_by, now=now)
    reuse = _reuse(store, answerer, now)
    evidence = Evidence(
        emoji=settings.learning.emoji,
        saved_by=saved_by,
        now=now,
        signals=Signals(settings.learning.implicit),
    )
    return Loop(
        reuse=reuse,
        answerer=answerer,
        evidence=evidence,
        corrections=Corrections(ledger=store.ledger, retriever=store.retriever, now=now),
        proposals=proposals,
        offering=_offering(store, proposals, now),
        teller=_teller(store, reuse, evidence, now),
        preferring=_preferring(store, now),
        turns=settings.thread.turns,
        rules=rules_of(settings),
    )


def _reuse(store: Store, answerer: Answerer, now: Callable[[], datetime]) -> Reuse:
    return Reuse(
        ledger=store.ledger,
        index=store.index,
        indexing=store.indexing,
        retriever=store.retriever,
        answerer=answerer,
        settings=store.settings.learning,
        floor=store.settings.retrieval.floor,
        now=now,
    )


def _offering(store: Store, proposals: Proposals, now: Callable[[], datetime]) -> Offering:
    return Offering(
        ledger=store.ledger,
        proposals=proposals,
        settings=store.settings.learning,
        rules=rules_of(store.settings),
        now=now,
    )


def _teller(store: Store, reuse: Reuse, evidence: Evidence, now: Callable[[], datetime]) -> Teller:
    return Teller(
        ledger=store.ledger,
        retriever=store.retriever,
        reuse=reuse,
        evidence=evidence,
        rules=rules_of(store.settings),
        tells=store.settings.learning.tell,
        now=now,
    )
