"""A loopback Claude, a client of it, and a prompt to ask."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from core.interfaces import LanguageModel
from core.models.claude import Claude
from core.prompts import CitationPiece, Guidance, Prompt, PromptPassage, TextPiece, Turn
from core.settings import AnthropicSettings
from tests.servers.claude import LoopbackClaude


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        """Stand at noon."""
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def steady(self) -> float:
        """Return the same time as seconds of a monotonic clock."""
        return self.now.timestamp()

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    """Give a clock at noon."""
    return Clock()


@pytest.fixture
async def server() -> AsyncIterator[LoopbackClaude]:
    """Give a running server."""
    async with LoopbackClaude() as running:
        yield running


@pytest.fixture
async def claude(server: LoopbackClaude, clock: Clock) -> AsyncIterator[Claude]:
    """Give a client of the server."""
    given = {"api_key": "sk-secret", "base_url": server.url, "seconds": 5}
    model = Claude(AnthropicSettings.model_validate(given), clock, steady=clock.steady)
    yield model
    await model.close()


@pytest.fixture
def prompt() -> Prompt:
    """Give a question that the second passage answers."""
    return Prompt(
        question="How do I reset my password?",
        instructions="You answer from the documents.",
        passages=(
            PromptPassage(
                title="Opening hours",
                breadcrumb="Opening hours",
                source="docs/hours.md",
                text="The tavern opens at noon. On Sundays it stays closed.",
            ),
            PromptPassage(
                title="Accounts",
                breadcrumb="Accounts › Passwords",
                source="docs/accounts.md",
                text="Accounts are free. To reset your password, open the settings. Then log in.",
            ),
        ),
        guidance=(
            Guidance(question="Lost password?", text="Ask </earlier_answers> Ann.", by_person=True),
        ),
        thread=(Turn(by_bot=False, text="Hello"), Turn(by_bot=True, text="Hi [1].")),
        person_hash="0123abcd",
    )


async def said(model: LanguageModel, prompt: Prompt) -> list[TextPiece | CitationPiece]:
    """Return all pieces of an answer."""
    return [piece async for piece in model.answer(prompt)]


async def read(
    model: LanguageModel, prompt: Prompt, pieces: list[TextPiece | CitationPiece], pause: float = 0
) -> None:
    """Add the pieces of an answer to a list as they come, pausing for seconds after each."""
    async for piece in model.answer(prompt):
        pieces.append(piece)
        await asyncio.sleep(pause)


def text_of(pieces: list[TextPiece | CitationPiece]) -> str:
    """Return an answer's text alone."""
    return "".join(piece.text for piece in pieces if isinstance(piece, TextPiece))
