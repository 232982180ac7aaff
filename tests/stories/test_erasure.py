"""Forgetting as people ask for it: out of sight at once, and out of every file after the purge."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from pyarrow import parquet  # type: ignore[import-untyped]  # it ships no types

from bot.app import open_app
from bot.terminal.reply import CollectedReply
from core.answers import FORGOTTEN, Origin
from core.embedders.hashing import HashingEmbedder
from core.feedback import Verdict
from core.index.schema import encoded
from core.messages import Deleted, Message, MessageRef
from core.responder import TAKEN_AWAY
from core.scheduler import silent
from core.settings import Settings
from core.terms import terms_of
from tests.doubles import Clock
from tests.stories.conftest import ANA, BEN, CLEO, HALL, Story

PAGE_CANARY, MESSAGE_CANARY = "quetzalcoatlus7b", "Pterodaustros-9x"
SECRET = f"# Attic\n\nThe {PAGE_CANARY} sleeps in the attic above the stables.\n"
OF_THE_ATTIC = "What sleeps in the attic above the stables?"
OF_THE_BACKUPS = "How long are backups of the ledger kept?"
REF = MessageRef(platform=HALL.platform, conversation=HALL.key, key="canary")


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Story]:
    """Open the bot, which then reads its folder."""
    clock.advance(minutes=1)
    async with open_app(settings, embedder=HashingEmbedder(), now=clock) as app:
        story = Story(app, clock)
        await story.run("refresh")
        yield story


def forms(canary: str) -> set[str]:
    """Return a word as it is written, and as word search has it."""
    terms = [term for term in terms_of(canary) if len(term) > 4]
    return {canary, *terms, *map(encoded, terms)}


def contents(path: Path) -> Iterator[bytes]:
    """Yield what is in a file, and what is in it unpacked where it is packed."""
    yield path.read_bytes()
    if path.suffix == ".parquet":
        yield str(parquet.read_table(path).to_pydict()).encode()


def traces(folder: Path, canary: str) -> set[str]:
    """Return the parts of the data folder in whose files a word is left."""
    return {
        path.relative_to(folder).parts[0].partition(".")[0]
        for path in folder.rglob("*")
        if path.is_file()
        for held in contents(path)
        if any(form.encode() in held for form in forms(canary))
    }


def canary_message(clock: Clock) -> Message:
    """Return a message that is going to be deleted."""
    return Message(
        event_id="canary",
        ref=REF,
        conversation=HALL,
        person=ANA,
        text=f"Are backups of the ledger kept for thirty days, and made by hand, {MESSAGE_CANARY}?",
        sent_at=clock.advance(seconds=1),
        addressed=True,
    )


async def take_away(story: Story) -> None:
    """Delete the message."""
    deleted = Deleted(event_id="gone", ref=REF, at=story.clock.advance(seconds=1))
    await story.app.assistant.on_deleted(deleted)


async def found(story: Story, canary: str) -> set[str]:
    """Return the ids that word search finds in either collection, and the passages retrieval finds."""
    store = story.app.store
    sought = await store.retriever.seek(canary, frozenset())
    passages = await store.retriever.find(sought)
    ids = {one.passage_id for one in passages if canary in one.text}
    for alias in ("passages", "answers"):
        terms = " ".join(form for form in terms_of(canary) if len(form) > 4)
        hits = await store.index.search_terms(alias, terms, audiences=sought.audiences, limit=9)
        ids |= {hit.id for hit in hits}
    return ids


async def shown(story: Story) -> str:
    """Return everything that the history of the hall shows."""
    return str(await story.app.assistant.history(HALL.id))


async def learn(story: Story) -> None:
    """Ask in the message and have the answer verified, so that its phrasing is learned."""
    reply = CollectedReply(MessageRef(platform=HALL.platform, conversation=HALL.key, key="reply"))
    await story.app.assistant.on_message(canary_message(story.clock), reply)
    assert reply.answer
    assert reply.answer.origin is Origin.QUOTED
    for person in (ANA, BEN, CLEO):
        await story.judge(reply.answer, Verdict.UP, person)
    await story.run("rerank")


async def test_what_is_deleted_is_hidden_then_gone(
    quoting: Settings, pages: Path, clock: Clock
) -> None:
    """A page and a message are found, then hidden, then in no file; the rest is as it was."""
    (pages / "attic.md").write_text(SECRET, encoding="utf-8")
    async with opened(quoting, clock) as story:
        assert PAGE_CANARY in (await story.ask(OF_THE_ATTIC)).text
        await learn(story)
        assert await found(story, PAGE_CANARY)
        assert await found(story, MESSAGE_CANARY)
        assert MESSAGE_CANARY in await shown(story)

        (pages / "attic.md").unlink()
        await story.run("refresh")
        await take_away(story)
        assert PAGE_CANARY not in (await story.ask(OF_THE_ATTIC)).text
        assert MESSAGE_CANARY not in await shown(story)
        await story.app.store.indexing.catch_up()
        for canary in (PAGE_CANARY, MESSAGE_CANARY):
            assert await found(story, canary) == set()
            assert traces(quoting.data, canary) == {"ledger", "index"}  # hidden, and not yet gone

        await story.run("purge")
        for canary in (PAGE_CANARY, MESSAGE_CANARY):
            assert traces(quoting.data, canary) == set()
        assert FORGOTTEN in await shown(story)
        assert "thirty days" in (await story.ask(OF_THE_BACKUPS)).text
    async with opened(quoting, clock) as story:
        assert "thirty days" in (await story.ask(OF_THE_BACKUPS)).text
    for canary in (PAGE_CANARY, MESSAGE_CANARY):
        assert traces(quoting.data, canary) == set()


async def test_a_second_purge_does_nothing(quoting: Settings, pages: Path, clock: Clock) -> None:
    """Nothing was deleted since, so no collection is written anew and nothing is removed."""
    async with opened(quoting, clock) as story:
        (pages / "backups.md").unlink()
        await story.run("refresh")
        await story.run("purge")
        names = await story.app.store.index.collections()
        clock.advance(days=1)
        report = await story.app.assistant.run_job("purge", silent)
        assert report.summary == "Nothing was erased since the last purge."
        assert not any(report.figures.values())
        assert await story.app.store.index.collections() == names


async def test_a_deletion_that_overtakes_its_message_wins(quoting: Settings, clock: Clock) -> None:
    """A message that was taken away before it arrived is neither answered nor kept."""
    async with opened(quoting, clock) as story:
        await take_away(story)
        reply = CollectedReply(REF)
        await story.app.assistant.on_message(canary_message(clock), reply)
        assert (reply.answer, reply.failure) == (None, None)
        assert await shown(story) == "[]"
        assert traces(quoting.data, MESSAGE_CANARY) == set()


class TakenAway(CollectedReply):
    """A reply during whose making the question is deleted."""

    def __init__(self, story: Story) -> None:
        """Take the bot that is told."""
        super().__init__(REF)
        self._story = story

    async def progress(self, text: str) -> None:
        """Delete the question."""
        await take_away(self._story)


async def test_a_question_that_is_deleted_while_it_is_answered_is_forgotten(
    quoting: Settings, clock: Clock
) -> None:
    """The answer is neither kept nor posted; the asker gets a sentence that says so."""
    async with opened(quoting, clock) as story:
        reply = TakenAway(story)
        await story.app.assistant.on_message(canary_message(clock), reply)
        assert (reply.answer, reply.failure) == (None, TAKEN_AWAY)
        assert await shown(story) == "[]"
        await story.run("purge")
        assert traces(quoting.data, MESSAGE_CANARY) == set()
