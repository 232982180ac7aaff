"""Forgetting a person from the command line: who is meant, what would go, and the deed."""

import io
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from rich.console import Console

from bot.app import App, open_app, utc_now
from bot.asking import message_of
from bot.forgetting import forget, staying
from bot.tending import run_job
from bot.terminal.reply import CollectedReply
from core.embedders.hashing import HashingEmbedder
from core.errors import UnknownPersonError
from core.feedback import Feedback, Verdict, Via
from core.messages import Conversation, Footprint, MessageRef, Person
from core.settings import Settings

COUNTER = Conversation(platform="slack", key="counter", name="The counter")
ANA = Person(platform="slack", key="UANA", name="Ana [red]\x1b[2J")
BEN = Person(platform="slack", key="UBEN", name="Ben")
NOTHING = Footprint(messages=0, verdicts=0, corrections=0, answers=0, kept=0)
Left: TypeAlias = Callable[[], Awaitable[Footprint]]


async def ask(app: App, person: Person, key: str) -> None:
    """Ask something that no page answers, and have the other person find the answer right."""
    place = MessageRef(platform="slack", conversation="counter", key=f"{key}-answer")
    reply = CollectedReply(place)
    await app.assistant.on_message(message_of("Who is there?", person, COUNTER, key), reply)
    assert reply.answer
    other = BEN if person is ANA else ANA
    await app.assistant.on_verdict(
        Feedback(
            event_id=f"{key}-up",
            answer_id=reply.answer.id,
            person=other,
            verdict=Verdict.UP,
            via=Via.BUTTON,
            at=utc_now(),
        )
    )


@pytest.fixture
async def spoken(settings: Settings, embedder: HashingEmbedder) -> Settings:
    """Return the settings of a bot whom Ana has asked twice, and Ben once."""
    chosen = settings.model_copy(update={"plugins": ("help",)})
    async with open_app(chosen, embedder=embedder) as app:
        for person, key in ((ANA, "1"), (ANA, "2"), (BEN, "3")):
            await ask(app, person, key)
    return chosen


@pytest.fixture
def left(spoken: Settings, embedder: HashingEmbedder) -> Left:
    """Return what says what there is of Ana."""

    async def looked() -> Footprint:
        async with open_app(spoken, embedder=embedder) as app:
            return await app.forgetting.preview(ANA)

    return looked


async def test_it_is_done_after_the_question(
    spoken: Settings,
    left: Left,
    embedder: HashingEmbedder,
    console: Console,
    printed: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What would go is shown; with "n" nothing goes, with "y" all of it, and the re-ranking is done."""
    before = await left()
    assert (before.messages, before.kept) == (2, 2)
    for said, after in (("n", before), ("y", NOTHING)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{said}\n"))
        await forget(spoken, ANA.id, console, confirmed=False, embedder=embedder)
        assert await left() == after
    shown = printed()
    assert "Of slack:UANA (Ana [red][2J) there are 2 messages, 1 verdict, 0 corrections" in shown
    assert "2 answers stay, without the question" in shown
    assert "Nothing was changed." in shown
    assert "is forgotten: 2 messages, 1 verdict" in shown
    assert "Epoch " in shown
    assert "python -m bot purge" in shown


async def test_yes_asks_nothing(
    spoken: Settings,
    embedder: HashingEmbedder,
    console: Console,
    printed: Callable[[], str],
    left: Left,
) -> None:
    """`--yes` is for scripts."""
    await forget(spoken, BEN.id, console, confirmed=True, embedder=embedder)
    assert "1 answer stays" in printed()
    assert (await left()).kept == 0  # only Ben had found hers right


async def test_who_may_have_been_meant_is_named(
    spoken: Settings, embedder: HashingEmbedder, console: Console, printed: Callable[[], str]
) -> None:
    """An unknown id is refused with the people that are like it, and nobody is forgotten."""
    for typed, meant in (
        ("slack:UAN", "slack:UANA (Ana [red][2J) or slack:UBEN (Ben)?"),
        ("ben", "Did you mean slack:UBEN (Ben)"),
        ("qqqqqqqq\x1b", "by the id qqqqqqqq."),
    ):
        with pytest.raises(UnknownPersonError) as refused:
            await forget(spoken, typed, console, confirmed=True, embedder=embedder)
        assert meant in str(refused.value)
    assert printed() == ""


async def test_after_a_purge_by_hand_no_file_has_a_word_of_it(
    spoken: Settings, embedder: HashingEmbedder, console: Console, printed: Callable[[], str]
) -> None:
    """Not even SQLite's own: its log is gone. A sentence says what was wiped."""
    assert holding(spoken.data, ANA.key)
    await forget(spoken, ANA.id, console, confirmed=True, embedder=embedder)
    await run_job(spoken, "purge", console, as_json=False, embedder=embedder)
    assert "1 collections rewritten" in printed()
    assert "and the files of the ledger wiped." in printed()
    assert not holding(spoken.data, ANA.key)
    assert not list(spoken.data.glob("*.sqlite-*"))


def holding(folder: Path, word: str) -> list[Path]:
    """Return the files that have a word in them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if word.encode() in path.read_bytes()]


def test_what_linked_accounts_wrote_is_said_to_stay() -> None:
    """Whoever forgets one account of a person is not led to believe it was all of them."""
    linked = Footprint(messages=1, verdicts=0, corrections=0, answers=0, kept=0, linked=2)
    assert staying(linked) == " What their linked accounts wrote stays."
    assert staying(NOTHING) == ""
