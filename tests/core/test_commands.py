"""A command knows who called it, where, and whether anybody else reads what it says."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from bot.card import Button, card_of
from core.answers import NOT_KEPT, Origin, Presented, Secret
from core.commands import run_command
from core.interfaces import Call
from core.ledger.answers import load_answer, save_answer
from core.ledger.ledger import Ledger
from core.ledger.messages import save_message
from core.messages import Conversation, Message
from tests.doubles import NOON, answer, message
from tests.tavern import KeptReply

DIRECT = Conversation(platform="slack", key="D1", direct=True, public=False)
CLOSED = Conversation(platform="slack", key="C1", public=False)


@dataclass(slots=True)
class Keeper:
    """A command that keeps its calls."""

    calls: list[Call] = field(default_factory=list)
    name: str = "keep"
    summary: str = "keeps calls"

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Keep the call."""
        self.calls.append(call)
        return "Kept."


class Whisperer(Keeper):
    """A command whose reply is a secret."""

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Tell it."""
        return Secret(await super().run(call, progress))


async def test_a_secret_is_shown_and_not_stored(ledger: Ledger) -> None:
    """Who reads it in the ledger, as after a crash, finds a sentence that says to ask again."""
    called = message(text="/keep it")
    given = await run_command([Whisperer()], called, "a1", KeptReply("a"), NOON)
    async with ledger.writing() as connection:
        await save_message(connection, called, NOON)
        await save_answer(connection, given, called)
    async with ledger.reading() as connection:
        kept = await load_answer(connection, "a1")
    assert kept is not None
    assert (given.text, kept.text) == ("Kept.", NOT_KEPT)


class Presenter(Keeper):
    """A command that presents a stored answer."""

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Present it."""
        return Presented(await super().run(call, progress), answer("stored", "How?"))


async def test_what_is_said_of_a_presented_answer_is_said_of_that_answer() -> None:
    """The reply stands for the stored one, with its buttons and to its question; no wider read."""
    called = replace(message(text="/keep it"), conversation=CLOSED)
    shown = await run_command([Presenter()], called, "a1", KeptReply("a"), NOON)
    assert (shown.id, shown.reused_id, shown.text) == ("a1", "stored", "Kept.")
    assert (shown.origin, shown.question.text) == (Origin.GENERATED, "How?")
    assert shown.audience == CLOSED.audience
    assert card_of(shown, NOON).buttons == tuple(Button)


@pytest.mark.parametrize(
    ("called", "private"),
    [
        (message(text="/keep it"), False),
        (replace(message(text="/keep it"), private=True), True),
        (replace(message(text="/keep it"), conversation=DIRECT), True),
        (replace(message(text="/keep it"), conversation=CLOSED), False),
    ],
)
async def test_what_nobody_else_reads_is_private(called: Message, private: bool) -> None:
    """In a direct conversation, or asked so that only the asker sees it; members of a closed one read."""
    keeper = Keeper()
    answer = await run_command([keeper], called, "a1", KeptReply("a"), NOON)
    (call,) = keeper.calls
    assert (call.arguments, call.private, call.answer_id) == ("it", private, "a1")
    assert answer.text == "Kept."
