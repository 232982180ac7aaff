"""Claude overloaded, spent, broken off or silent: people get quotations and a sentence, once each."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.answers import Answer, Origin
from core.ledger.spending import Purse
from core.ledger.tables import answers
from core.models.claude import Claude
from core.settings import AnthropicSettings
from tests.doubles import Clock
from tests.servers.claude import LoopbackClaude
from tests.tavern import KeptReply, Tavern

KITCHEN = "When does the kitchen close?"
Open = Callable[..., Claude]


class Passing:
    """Time that passes when it is told to: on the wall, and for what measures it."""

    def __init__(self, clock: Clock) -> None:
        """Take the clock on the wall, which every question moves on a little as well."""
        self._clock = clock
        self.seconds = 0.0

    def advance(self, **by: float) -> None:
        """Let time pass."""
        self._clock.advance(**by)
        self.seconds += timedelta(**by).total_seconds()


@pytest.fixture
def passing(clock: Clock) -> Passing:
    """Return what lets time pass."""
    return Passing(clock)


@pytest.fixture
async def claude(
    server: LoopbackClaude, clock: Clock, passing: Passing, tavern: Tavern
) -> AsyncIterator[Open]:
    """Return what lets a Claude answer in the tavern, as a (re)start does."""
    opened: list[Claude] = []

    def new(**changes: object) -> Claude:
        given = {"api_key": "sk-right", "base_url": server.url, "seconds": 5} | changes
        settings = AnthropicSettings.model_validate(given)
        purse = Purse(tavern.ledger)
        opened.append(Claude(settings, clock, steady=lambda: passing.seconds, purse=purse))
        tavern.use(opened[-1])
        return opened[-1]

    yield new
    for one in opened:
        await one.close()


async def ask(tavern: Tavern, count: int) -> list[Answer]:
    """Let many people ask at once, and return every answer."""
    return await asyncio.gather(*(tavern.ask(KITCHEN) for _ in range(count)))


def quoted(answer: Answer, why: str) -> bool:
    """Say whether an answer quotes the page that answers, and says why Claude did not write it."""
    return (
        answer.origin is Origin.QUOTED
        and "closes at ten" in answer.text
        and why in (answer.notice or "")
        and "Here is what the documents say, word for word." in (answer.notice or "")
    )


async def test_overloaded_for_twenty_questions(
    claude: Open, server: LoopbackClaude, tavern: Tavern, passing: Passing
) -> None:
    """529: after five failures it is left alone; each asker gets one quotation; it comes back."""
    model = claude()
    server.always = "529"
    assert all(quoted(one, "Claude is overloaded") for one in await ask(tavern, 5))
    assert str(model.breaker.state) == "open"
    tried = len(server.requests)
    assert all(quoted(one, "failed 5 times") for one in await ask(tavern, 15))
    assert len(server.requests) == tried <= 10
    async with tavern.ledger.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(answers)) == 20
    passing.advance(seconds=31)
    server.always = "answer"
    assert (await tavern.ask(KITCHEN)).origin is Origin.GENERATED
    assert str(model.breaker.state) == "closed"


async def test_one_question_tries_whether_it_is_back(
    claude: Open, server: LoopbackClaude, tavern: Tavern, passing: Passing
) -> None:
    """Half-open: of many that ask at once one goes through, and its failure is another pause."""
    model = claude()
    model.breaker.failed("Claude is overloaded.", pause=60)
    passing.advance(seconds=61)
    server.always = "spend limit"  # which is not tried twice
    assert all(quoted(one, "") for one in await ask(tavern, 4))
    assert len(server.requests) == 1
    assert str(model.breaker.state) == "open"


async def test_a_break_of_an_hour_is_granted_and_never_waited_for(
    claude: Open, server: LoopbackClaude, tavern: Tavern, passing: Passing
) -> None:
    """429 with a retry-after of an hour: the answer comes at once, and for an hour without a call."""
    model = claude()
    server.always = "429 for an hour"
    began = time.monotonic()
    assert quoted(await tavern.ask(KITCHEN), "asks for a break of 60 minutes")
    passing.advance(minutes=50)
    assert quoted(await tavern.ask(KITCHEN), "I will not ask it for another")
    assert time.monotonic() - began < 60
    assert len(server.requests) == 1
    passing.advance(minutes=11)
    server.always = "answer"
    assert (await tavern.ask(KITCHEN)).origin is Origin.GENERATED
    assert str(model.breaker.state) == "closed"


async def test_a_reached_spend_limit_is_not_tried_again(
    claude: Open, server: LoopbackClaude, tavern: Tavern, passing: Passing
) -> None:
    """It ends with the month, or when whoever raised the limit starts the bot again."""
    claude()
    server.always = "spend limit"
    assert quoted(await tavern.ask(KITCHEN), "The budget for Claude is used up")
    passing.advance(days=28)  # it is June 1 at first
    assert quoted(await tavern.ask(KITCHEN), "whoever runs this bot can raise it")
    assert len(server.requests) == 1
    server.always = "answer"
    passing.advance(days=2)
    assert (await tavern.ask(KITCHEN)).origin is Origin.GENERATED
    server.next("spend limit")
    assert quoted(await tavern.ask(KITCHEN), "The budget for Claude is used up")
    claude()
    assert (await tavern.ask(KITCHEN)).origin is Origin.GENERATED


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [("cut stream", "broke off before"), ("error event", "overloaded"), ("stall", "took too long")],
)
async def test_a_stream_that_breaks_off_is_one_answer(
    claude: Open, server: LoopbackClaude, tavern: Tavern, behaviour: str, why: str
) -> None:
    """What was streamed before is replaced by a quotation; a repeated delivery adds nothing."""
    claude(seconds=1)
    server.next(behaviour)
    message, reply = tavern.message(KITCHEN), KeptReply("post")
    for _ in range(2):
        await tavern.assistant.on_message(message, reply)
    assert reply.streamed.startswith("The documents say")
    assert quoted(reply.answer, why)
    assert "The documents say: " not in reply.answer.text
    assert len(server.requests) == 1


async def test_what_was_spent_today_survives_a_restart(
    claude: Open, server: LoopbackClaude, tavern: Tavern, passing: Passing
) -> None:
    """The daily budget is counted in the ledger, by all processes, until midnight UTC."""
    claude(daily_tokens=120)
    assert (await tavern.ask(KITCHEN)).origin is Origin.GENERATED
    claude(daily_tokens=120)
    assert quoted(await tavern.ask(KITCHEN), "it begins anew at midnight UTC")
    assert len(server.requests) == 1
    passing.advance(days=1)
    assert (await tavern.ask(KITCHEN)).origin is Origin.GENERATED
