"""The named points at which a bot kills itself, and what each of them proves.

The product holds no fault points: `tests/crash/faults.py` wraps the product's functions in the
process that is going to die, and nowhere else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Stir(StrEnum):
    """What must go on so that a point is passed; people talk all the time."""

    TALK = "talk"
    EDIT = "talk of people who change their questions"
    START = "start"  # of a bot whose data folder is empty
    RESTART = "restart"
    CRASHED = "restart with work left over"
    REFRESH = "refresh"
    RERANK = "rerank"
    REBUILD = "rebuild"  # a change of the embedder: new collections beside the live ones
    PURGE = "purge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place in the code: `before` or `after` a function, given as "module:name" or "module:Class.name".

    After a function that writes to the ledger means inside its transaction, before the commit.
    """

    name: str
    where: str
    after: bool
    proves: str
    by: Stir = Stir.TALK


def _before(name: str, where: str, proves: str, by: Stir = Stir.TALK) -> Point:
    return Point(name=f"before {name}", where=where, after=False, proves=proves, by=by)


def _after(name: str, where: str, proves: str, by: Stir = Stir.TALK) -> Point:
    return Point(name=f"after {name}", where=where, after=True, proves=proves, by=by)


SESSION = "core.index.session:Session"
ADAPTER = "tests.crash.adapter"
INTAKE = "core.ledger.intake"
MODEL = "core.models.quoting:QuotingModel"
POINTS = (
    # -- an event is taken in --
    _after("inbox row", f"{INTAKE}:_inserted", "an uncommitted event is not acknowledged"),
    _after("inbox commit", f"{INTAKE}:Intake.take", "committed and redelivered: once"),
    _before("acknowledgement", f"{ADAPTER}:CrashAdapter.acknowledge", "its effect may be there"),
    _after("acknowledgement", f"{ADAPTER}:CrashAdapter.acknowledge", "it is seen through"),
    _after(
        "claims", "core.ledger.inbox:claim", "what is claimed by the dead is free", Stir.CRASHED
    ),
    _after("message row", "core.ledger.messages:save_message", "stored with its effect, or again"),
    # -- an answer is made and posted --
    _before("model call", f"{MODEL}.answer", "a question without an answer is answered"),
    _after("model call", f"{MODEL}.answer", "an unsaved answer is made anew, not posted"),
    _after(
        "outbox row", "core.ledger.answers:save_answer", "answer and outbox are one transaction"
    ),
    _before(
        "post", f"{ADAPTER}:PlatformReply.finish", "a saved answer is posted by the next start"
    ),
    _before(
        "hearing of the post", f"{ADAPTER}:PlatformReply.heard", "the bot looks before it posts"
    ),
    _after("post", f"{ADAPTER}:PlatformReply.finish", "a post that is not noted is not repeated"),
    _after(
        "post row", "core.ledger.answers:save_post", "a post that is half noted is not repeated"
    ),
    _after(
        "catching up", "core.learning.evidence:Evidence.catch_up", "emoji that came early count"
    ),
    _after("handled", "core.ledger.inbox:handled", "an effect and its note are one transaction"),
    # -- what people say of answers --
    _after(
        "emoji row", "core.ledger.messages:set_reaction", "emoji and verdict are one transaction"
    ),
    _after("verdict row", "core.ledger.feedback:append", "a verdict counts once"),
    _after(
        "correction row", "core.ledger.feedback:save_correction", "a correction becomes one answer"
    ),
    _after("edit", "core.ledger.erasure:replace_message", "an edit is not lost"),
    _after("deletion", "core.ledger.erasure:erase_message", "a deletion is not lost"),
    # -- a changed question is answered anew --
    _before(
        "another answer is shown",
        f"{ADAPTER}:PlatformReply.revise",
        "a saved answer takes the old one's place by the next start",
        Stir.EDIT,
    ),
    _after(
        "another answer is shown",
        f"{ADAPTER}:PlatformReply.revise",
        "what people may see is noted, whatever happened meanwhile",
        Stir.EDIT,
    ),
    _after(
        "the old answer gave way",
        "core.ledger.posts:give_way",
        "one answer stands at a place, and what was said of it goes along",
        Stir.EDIT,
    ),
    # -- any transaction at all --
    _before(
        "a commit",
        "core.ledger.ledger:Ledger.writing",
        "what is not committed has no effect outside",
    ),
    _after(
        "a commit",
        "core.ledger.ledger:Ledger.writing",
        "what is committed is taken up where it was left",
    ),
    # -- documents change --
    _after(
        "document rows",
        "core.ledger.documents:save_document",
        "a document changes as a whole",
        Stir.REFRESH,
    ),
    _after(
        "document removal",
        "core.ledger.documents:remove_document",
        "and goes as a whole",
        Stir.REFRESH,
    ),
    _before(
        "index upsert",
        f"{SESSION}.upsert",
        "queued rows are written by the next start",
        Stir.REFRESH,
    ),
    _after(
        "index upsert",
        f"{SESSION}.upsert",
        "rows that are written twice are there once",
        Stir.REFRESH,
    ),
    _before(
        "index delete",
        f"{SESSION}.delete",
        "queued removals are made by the next start",
        Stir.REFRESH,
    ),
    _after(
        "index delete", f"{SESSION}.delete", "rows that are removed twice are gone", Stir.REFRESH
    ),
    _before(
        "taking off the queue",
        "core.ledger.operations:done",
        "operations may be repeated",
        Stir.REFRESH,
    ),
    _after(
        "taking off the queue",
        "core.ledger.operations:done",
        "the same, inside the transaction",
        Stir.REFRESH,
    ),
    _before("flush", f"{SESSION}.flush", "unflushed rows survive in Lite's log", Stir.REFRESH),
    _after("flush", f"{SESSION}.flush", "flushed rows are not read twice", Stir.REFRESH),
    _before(
        "manifest",
        "milvus_lite.storage.manifest:Manifest.save",
        "Lite's half-made flush is undone",
        Stir.REFRESH,
    ),
    _after(
        "manifest",
        "milvus_lite.storage.manifest:Manifest.save",
        "Lite's flush without its tidying is whole",
        Stir.REFRESH,
    ),
    # -- a new collection beside the live one --
    _before(
        "collection create",
        f"{SESSION}.create",
        "a planned collection is taken up or forgotten",
        Stir.REBUILD,
    ),
    _after(
        "collection create",
        f"{SESSION}.create",
        "an empty collection is never searched",
        Stir.REBUILD,
    ),
    _before(
        "alias swap", f"{SESSION}.point", "a full collection is swapped in later", Stir.REBUILD
    ),
    _after(
        "alias swap",
        f"{SESSION}.point",
        "index and ledger agree again on what is live",
        Stir.REBUILD,
    ),
    _after(
        "swap row",
        "core.ledger.collections:make_live",
        "the same, inside the transaction",
        Stir.REBUILD,
    ),
    _before("collection drop", f"{SESSION}.drop", "what is retired is dropped later", Stir.PURGE),
    _after("collection drop", f"{SESSION}.drop", "what is dropped is forgotten", Stir.PURGE),
    _before(
        "vacuum", "core.ledger.ledger:Ledger.wipe", "an unfinished purge is made up", Stir.PURGE
    ),
    _after(
        "vacuum",
        "core.ledger.ledger:Ledger.wipe",
        "the same, after the files were wiped",
        Stir.PURGE,
    ),
    # -- learning, and the record of it --
    _after(
        "epoch rows",
        "core.ledger.epochs:save_epoch",
        "one epoch is live, whole or not at all",
        Stir.RERANK,
    ),
    _after(
        "standing row",
        "core.ledger.answers:set_standing",
        "standings move with their epoch",
        Stir.RERANK,
    ),
    _after(
        "run start",
        "core.ledger.runs:start_run",
        "a run that never ended hinders nobody",
        Stir.RERANK,
    ),
    _after(
        "run end",
        "core.ledger.runs:finish_run",
        "a run whose end is not noted is made again",
        Stir.RERANK,
    ),
    # -- starting --
    _before(
        "migration", "core.ledger.ledger:migrate", "an empty file becomes a ledger", Stir.START
    ),
    _after("migration", "core.ledger.ledger:migrate", "half a migration is none", Stir.START),
    _after(
        "first collection",
        f"{SESSION}.create",
        "half a set of collections is completed",
        Stir.START,
    ),
    _after("first alias", f"{SESSION}.point", "half a set of aliases is completed", Stir.START),
    _before(
        "resuming",
        "core.worker:Worker.take_up",
        "a crash while recovering from one",
        Stir.RESTART,
    ),
    _before(
        "preparing",
        "core.indexing:Indexing.prepare",
        "the same, before the index is looked at",
        Stir.RESTART,
    ),
)
NAMED = {point.name: point for point in POINTS}


def described() -> Iterator[tuple[str, str, str]]:
    """Yield (name, what must go on, what it proves) of every point."""
    for point in POINTS:
        yield point.name, point.by.value, point.proves
