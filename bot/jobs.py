"""The jobs of a bot: what the scheduler runs, and how often."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from bot.store import Store
from core.grounds import Judge
from core.index.lite import is_folder
from core.interfaces import LanguageModel
from core.job import Job
from core.jobs.purge import Purge
from core.jobs.reanswer import Reanswers
from core.jobs.reconcile import Reconcile
from core.jobs.reembed import Reembed
from core.jobs.refresh import Refresh
from core.jobs.replay import ReplayJob
from core.jobs.rerank import Rerank
from core.learning.grounds import SecondGate
from core.learning.replay import Replay
from core.learning.reuse import Reuse
from core.learning.rollback import Epochs
from core.learning.telling import Teller
from core.models.quoting import QuotingModel
from core.prompts import load_instructions
from core.settings import CHECKOUT

PROMPTS = CHECKOUT / "config" / "prompts"
CANARIES = CHECKOUT / "config" / "canaries.txt"


def jobs_of(
    store: Store,
    model: LanguageModel,
    reuse: Reuse,
    teller: Teller,
    reembed: Reembed,
    refresh: Refresh,
    now: Callable[[], datetime],
) -> Sequence[Job]:
    """Return the jobs that every bot has; those of plugins come beside them."""
    settings = store.settings
    replay = _replay(store, reuse, now)
    rerank = Rerank(
        ledger=store.ledger,
        indexing=store.indexing,
        settings=settings.learning,
        now=now,
        grounds=_grounds(store, model, now),
        gate=replay,
    )
    reanswer = _reanswers(store, model, now)
    reconcile = Reconcile(indexing=store.indexing)
    purge = _purge(store, reembed, now)
    replaying = _replaying(store, replay, now)
    every = settings.jobs
    own = (
        ("rerank", "folds new verdicts into ratings and standings", every.rerank, rerank.run),
        ("replay", "asks what is known; undoes what got worse", every.replay, replaying.run),
        ("tell", "tells who asked in vain of what was verified", every.tell, teller.run),
        ("reembed", "embeds what changed, also after a new model", every.reembed, reembed.run),
        ("refresh", "reads the sources again", every.refresh, refresh.run),
        ("reconcile", "compares ledger and index, and heals", every.reconcile, reconcile.run),
        ("reanswer", "writes answers for review to what went stale", every.reanswer, reanswer.run),
        ("purge", "wipes from every file what was deleted", every.purge, purge.run),
    )
    return [
        Job(name=name, summary=summary, every=timedelta(minutes=minutes), run=run)
        for name, summary, minutes, run in own
    ]


def _purge(store: Store, reembed: Reembed, now: Callable[[], datetime]) -> Purge:
    return Purge(
        ledger=store.ledger,
        indexing=store.indexing,
        reembed=reembed,
        index_folder=_index_folder(store),
        keeps=timedelta(days=store.settings.ledger.deliveries_days),
        now=now,
    )


def _index_folder(store: Store) -> Path | None:
    """Return where the index lies on this machine, or None where it is on a server."""
    uri = store.settings.index.uri or str(store.folder.index)
    return Path(uri) if is_folder(uri) else None


def _replay(store: Store, reuse: Reuse, now: Callable[[], datetime]) -> Replay:
    return Replay(
        ledger=store.ledger,
        indexing=store.indexing,
        retriever=store.retriever,
        reuse=reuse,
        settings=store.settings.learning,
        canaries=CANARIES.read_text(encoding="utf-8").splitlines(),
        now=now,
    )


def _replaying(store: Store, replay: Replay, now: Callable[[], datetime]) -> ReplayJob:
    return ReplayJob(
        ledger=store.ledger,
        indexing=store.indexing,
        replay=replay,
        epochs=Epochs(ledger=store.ledger, now=now),
    )


def _grounds(store: Store, model: LanguageModel, now: Callable[[], datetime]) -> SecondGate:
    judge = model if isinstance(model, Judge) else QuotingModel()
    floor = store.settings.retrieval.floor
    return SecondGate(
        ledger=store.ledger, retriever=store.retriever, judge=judge, floor=floor, now=now
    )


def _reanswers(store: Store, model: LanguageModel, now: Callable[[], datetime]) -> Reanswers:
    settings = store.settings
    return Reanswers(
        ledger=store.ledger,
        retriever=store.retriever,
        model=model,
        instructions=load_instructions(PROMPTS),
        floor=settings.retrieval.floor,
        most=settings.learning.reanswers,
        now=now,
    )
