"""`epochs` on the command line: a table of them, what one changed, the way back, and the release."""

import json
from collections.abc import Callable

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bot.app import open_app, utc_now
from bot.asking import message_of
from bot.cli import cli
from bot.epochs import go_back, let_go, tell_all, tell_one
from bot.tending import rerank
from bot.terminal.reply import CollectedReply
from core.embedders.hashing import HashingEmbedder
from core.errors import UnknownEpochError
from core.feedback import Feedback, Verdict, Via
from core.messages import Conversation, MessageRef, Person
from core.settings import Settings

HALL = Conversation(platform="room", key="hall", name="The hall")
BEN = Person(platform="room", key="ben", name="Ben")
ANA = Person(platform="room", key="ana", name="Ana")


@pytest.fixture
async def learned(settings: Settings, embedder: HashingEmbedder) -> Settings:
    """Return the settings of a bot with two epochs, made after one verdict each."""
    async with open_app(settings, embedder=embedder) as app:
        reply = CollectedReply(MessageRef(platform="room", conversation="hall", key="answer"))
        asked = message_of("Where is [b]it[/b]?", ANA, HALL, "question")
        await app.assistant.on_message(asked, reply)
        assert reply.answer
        for number, person in enumerate((ANA, BEN)):
            event = Feedback(
                event_id=f"verdict-{number}",
                answer_id=reply.answer.id,
                person=person,
                verdict=Verdict.UP,
                via=Via.BUTTON,
                at=utc_now(),
            )
            await app.assistant.on_verdict(event)
            await app.scheduler.run("rerank", lambda *_: None)
    return settings


async def test_epochs_are_listed_and_undone(
    learned: Settings, console: Console, printed: Callable[[], str]
) -> None:
    """The newest counts; after the way back an earlier one does, held, until it is released."""
    await tell_all(learned, console, as_json=True)
    told = json.loads(printed())
    assert [(one["epoch"], one["live"], one["held"]) for one in told] == [
        (2, True, False),
        (1, False, False),
    ]
    await go_back(learned, 1, console)
    assert "Epoch 1 counts, and is held" in printed()
    await tell_all(learned, console, as_json=False)
    assert "held" in printed()
    await let_go(learned, console)
    await let_go(learned, console)
    assert printed().endswith("New epochs are made again.\nNo epoch was held.\n")


async def test_what_an_epoch_changed_is_shown(
    learned: Settings, console: Console, printed: Callable[[], str]
) -> None:
    """Letter for letter, or as JSON; nothing changed against nothing is said so."""
    await tell_one(learned, 2, console, as_json=True)
    (change,) = json.loads(printed())
    assert change["after"] > change["before"] > 0.6
    await tell_one(learned, 2, console, as_json=False)
    assert "│ Where is [b]it[/b]?" in printed()
    with pytest.raises(UnknownEpochError, match="there are 1 to 2"):
        await go_back(learned, 9, console)


async def test_before_the_first_epoch(
    settings: Settings, console: Console, printed: Callable[[], str]
) -> None:
    """It is said what makes it."""
    await tell_all(settings, console, as_json=False)
    assert "`rerank` makes the first" in printed()


def test_the_commands_explain_themselves() -> None:
    """Each has its line."""
    told = CliRunner().invoke(cli, ["epochs", "--help"]).output
    assert all(name in told for name in ("list", "show", "rollback", "release"))


async def test_a_new_epoch_is_made_from_scratch(
    learned: Settings, embedder: HashingEmbedder, console: Console, printed: Callable[[], str]
) -> None:
    """Without anything new there is none, unless it is asked for; then it says the same."""
    for afresh in (False, True):
        await rerank(learned, console, from_scratch=afresh, as_json=False, embedder=embedder)
    assert "Nothing new" in printed()
    assert "Epoch 3" in printed()
    before = len(printed())
    await tell_one(learned, 3, console, as_json=True)
    changes = json.loads(printed()[before:])
    assert all(abs(one["after"] - one["before"]) < 1e-6 for one in changes)


async def test_what_a_replay_found_is_listed(
    learned: Settings, console: Console, printed: Callable[[], str]
) -> None:
    """As a reason in the table, and with its figures as JSON."""
    await tell_all(learned, console, as_json=True)
    newest, first = json.loads(printed())
    assert (first["proof"]["outcome"], first["proof"]["harm"]) == ("unproven", 0)
    assert "questions with a known answer" in newest["proof"]["reason"]
    await tell_all(learned, console, as_json=False)
    assert "there is no epoch before it" in printed()
