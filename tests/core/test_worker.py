"""Worker and outbox: every event has its effect once, whatever happens to processes and platforms."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import cast

import pytest
from sqlalchemy import Row, select, update

from core.answers import Answer
from core.documents import content_hash
from core.effects import Effects
from core.embedders.hashing import HashingEmbedder
from core.errors import PlatformAwayError
from core.feedback import Verdict
from core.interfaces import Reply
from core.ledger import inbox
from core.ledger.answers import unposted
from core.ledger.feedback import live_verdicts
from core.ledger.inbox import Claimed
from core.ledger.intake import LEASE
from core.ledger.ledger import Ledger
from core.ledger.tables import inbox as table
from core.ledger.tables import posts
from core.messages import Edited, Message, MessageRef
from core.responder import APOLOGY, GIVEN_UP
from core.settings import Settings
from core.worker import ATTEMPTS, LONGEST_PAUSE, PATIENCE, PAUSE, Worker
from tests.doubles import Clock
from tests.tavern import ANA, BEN, KeptReply, Tavern, memory_tavern

QUESTION = "When does the kitchen close?"
BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


async def row_of(tavern: Tavern, message: Message) -> Row[tuple[object, ...]]:
    """Return a message's row of the inbox."""
    async with tavern.ledger.reading() as connection:
        rows = await connection.execute(select(table).where(table.c.event_id == message.event_id))
        return rows.one()


async def change(tavern: Tavern, message: Message, **values: object) -> None:
    """Leave a message's row as a crash leaves it."""
    async with tavern.ledger.writing() as connection:
        await connection.execute(
            update(table).where(table.c.event_id == message.event_id).values(**values)
        )


def always(reply: Reply) -> Callable[[Message], Reply]:
    """Answer everything in one place."""
    return lambda _: reply


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something, five seconds at most."""
    for _ in range(500):
        if await reached():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


class Gated(KeptReply):
    """A reply that stops at its first status until the gate is opened."""

    def __init__(self, key: str) -> None:
        """Close the gate."""
        super().__init__(key)
        self.reached, self.gate = asyncio.Event(), asyncio.Event()

    async def progress(self, text: str) -> None:
        """Wait at the gate."""
        self.reached.set()
        await self.gate.wait()
        await super().progress(text)


class BreaksOff(KeptReply):
    """A platform that takes an answer and breaks off before it says so."""

    async def finish(self, answer: Answer) -> MessageRef:
        """Keep the answer and fail."""
        await super().finish(answer)
        raise TimeoutError


class Away(KeptReply):
    """A platform that cannot be reached, or refuses, until it is `back`."""

    def __init__(self, key: str, *, refuses: bool = False) -> None:
        """Begin away."""
        super().__init__(key)
        self.back, self.refuses = False, refuses

    async def finish(self, answer: Answer) -> MessageRef:
        """Keep the answer once back."""
        if not self.back:
            raise PlatformAwayError("It is away.", refuses=self.refuses)
        return await super().finish(answer)


class Refusing(KeptReply):
    """A platform that answers, and takes neither an answer nor an apology."""

    def __init__(self, key: str) -> None:
        """Begin with nothing asked."""
        super().__init__(key)
        self.asked: list[str] = []

    async def finish(self, answer: Answer) -> MessageRef:
        """Refuse the answer."""
        del answer
        self.asked.append("finish")
        raise PlatformAwayError("It refuses.", refuses=True)

    async def fail(self, sentence: str) -> None:
        """Refuse the apology."""
        del sentence
        self.asked.append("fail")
        raise PlatformAwayError("It refuses.", refuses=True)


async def rests(tavern: Tavern, message: Message, reply: Reply) -> float:
    """Let the time pass that a message rests, try it again, and return how many seconds it was."""
    until = (await row_of(tavern, message)).claimed_until
    rested = (until - tavern.clock()).total_seconds()
    tavern.clock.time = until
    await tavern.assistant.resume("test", always(reply))
    return float(rested)


# -- received, then seen through -------------------------------------------------------------------


async def test_a_platform_may_acknowledge_before_the_effect(tavern: Tavern) -> None:
    """`receive` returns with the event in the ledger; the answer follows, once, in a reply made for it."""
    message, reply = tavern.message(QUESTION), Gated("a")
    await tavern.assistant.resume("test", always(reply))
    assert await tavern.assistant.receive(message)
    assert (await row_of(tavern, message)).handled_at is None
    assert not await tavern.assistant.receive(message)
    reply.gate.set()
    await tavern.assistant.drain()
    assert "ten" in reply.answer.text
    assert (await row_of(tavern, message)).handled_at is not None


async def test_every_kind_of_event_may_be_received(tavern: Tavern) -> None:
    """Reactions, verdicts, corrections and edits have their effect behind the acknowledgement."""
    answer = await tavern.ask(QUESTION)
    message = tavern.message("Helo", addressed=False)
    await tavern.assistant.resume("test", always(KeptReply("x")))
    assert await tavern.assistant.receive(message)
    await tavern.assistant.drain()
    for event in (
        tavern.reaction("id0-answer", "👍", person=ANA),
        tavern.verdict(answer, Verdict.DOWN),
        tavern.verdict(replace(answer, id="ghost"), Verdict.DOWN),
        Edited(event_id="e", ref=message.ref, text="Hello", at=tavern.clock()),
    ):
        assert await tavern.assistant.receive(event)
    await tavern.assistant.drain()
    async with tavern.ledger.reading() as connection:
        live = {one.person: one.verdict for one in await live_verdicts(connection)}
        assert await inbox.pending(connection, "test") == []
    assert live == {ANA: Verdict.UP, BEN: Verdict.DOWN}
    assert "Hello" in [one.text for one in await tavern.assistant.history("test:hall")]


async def test_a_message_before_its_platform_is_served_waits(tavern: Tavern) -> None:
    """What is received while nobody can make a reply is answered once somebody can."""
    message, reply = tavern.message(QUESTION), KeptReply("a")
    assert await tavern.assistant.receive(message)
    await tavern.assistant.drain()
    tavern.clock.time += PAUSE
    await tavern.assistant.resume("test", always(reply))
    assert "ten" in reply.answer.text


async def test_messages_of_a_thread_are_answered_in_turn(tavern: Tavern) -> None:
    """A follow-up waits for the answer before it; another thread does not."""
    first, aside = tavern.message("When does the kitchen close?"), tavern.message("/echo aside")
    then = tavern.message("/echo then", thread=first.ref.key)
    gated, others = Gated("first"), {aside.ref.key: KeptReply("b"), then.ref.key: KeptReply("c")}
    await tavern.assistant.resume("test", lambda of: others.get(of.ref.key, gated))
    for message in (first, then, aside):
        await tavern.assistant.receive(message)
    await gated.reached.wait()

    async def answered() -> bool:
        return bool(others[aside.ref.key].finished)

    await until(answered)
    assert others[then.ref.key].finished == []
    gated.gate.set()
    await tavern.assistant.drain()
    assert others[then.ref.key].answer.text == "Ana: then"


# -- what fails ------------------------------------------------------------------------------------


async def test_what_fails_rests_longer_each_time_and_is_given_up(tavern: Tavern) -> None:
    """A platform that takes nothing is tried a few times with growing pauses, and then no more."""
    message, reply = tavern.message(QUESTION), KeptReply("a", deaf="to all")
    await tavern.assistant.resume("test", always(reply))
    await tavern.assistant.on_message(message, reply)
    for attempt in range(1, ATTEMPTS):
        row = await row_of(tavern, message)
        assert (row.attempts, row.claimed_by) == (attempt, None)
        assert row.claimed_until - tavern.clock() == PAUSE * 2 ** (attempt - 1)
        await tavern.assistant.resume("test", always(reply))  # it is not time yet
        tavern.clock.time = row.claimed_until
        await tavern.assistant.resume("test", always(reply))
    row = await row_of(tavern, message)
    assert (row.attempts, row.failure) == (ATTEMPTS, "nobody could be told")
    assert row.handled_at is not None
    assert len(tavern.model.prompts) == 1


async def test_an_answer_outlives_a_platform_that_is_away_for_long(tavern: Tavern) -> None:
    """It is tried again, more often than what fails otherwise, and posted once when it can be."""
    message, reply = tavern.message(QUESTION), Away("a")
    await tavern.assistant.resume("test", always(reply))
    await tavern.assistant.receive(message)
    await tavern.assistant.drain()
    rested = [await rests(tavern, message, reply) for _ in range(3 * ATTEMPTS)]
    assert rested == sorted(rested)
    assert (rested[0], rested[-1]) == (PAUSE.total_seconds(), LONGEST_PAUSE.total_seconds())
    reply.back = True
    await rests(tavern, message, reply)
    assert (len(reply.finished), reply.failures, len(tavern.model.prompts)) == (1, [], 1)
    assert (await row_of(tavern, message)).handled_at is not None


async def test_a_platform_that_is_away_for_days_is_given_up(tavern: Tavern) -> None:
    """After a day its absence counts as any failure does, and the asker is told if anybody can be."""
    message, reply = tavern.message(QUESTION), Away("a")
    await tavern.assistant.resume("test", always(reply))
    await tavern.assistant.receive(message)
    await tavern.assistant.drain()
    tavern.clock.time += PATIENCE
    for _ in range(ATTEMPTS):
        tavern.clock.time += LONGEST_PAUSE
        await tavern.assistant.resume("test", always(reply))
    assert (reply.finished, reply.failures) == ([], [GIVEN_UP])


async def test_what_a_platform_refuses_is_told_at_once(tavern: Tavern) -> None:
    """One that does answer, and does not take the answer, is not waited for."""
    message, reply = tavern.message(QUESTION), Away("a", refuses=True)
    await tavern.assistant.resume("test", always(reply))
    await tavern.assistant.receive(message)
    await tavern.assistant.drain()
    assert reply.failures == ["It is away."]


async def test_what_a_platform_refuses_and_nobody_can_be_told_of_is_given_up(
    tavern: Tavern,
) -> None:
    """The answer and the apology are refused, once each; why is noted, and nothing more is tried."""
    message, reply = tavern.message(QUESTION), Refusing("a")
    await tavern.assistant.resume("test", always(reply))
    await tavern.assistant.receive(message)
    await tavern.assistant.drain()
    row = await row_of(tavern, message)
    assert (row.attempts, row.failure) == (1, "It refuses.")
    assert row.handled_at is not None
    assert reply.asked == ["finish", "fail"]


async def test_an_event_that_kills_its_process_is_given_up(tavern: Tavern) -> None:
    """After too many claims without an end the asker is told, once, and the inbox says why."""
    message, reply = tavern.message(QUESTION), KeptReply("a")
    await tavern.received(message)
    await change(tavern, message, attempts=ATTEMPTS)
    await tavern.assistant.resume("test", always(reply))
    await tavern.assistant.resume("test", always(reply))
    assert (reply.failures, reply.finished) == ([GIVEN_UP], [])
    assert "stopped" in str((await row_of(tavern, message)).failure)


async def test_an_effect_that_fails_is_tried_again(tavern: Tavern) -> None:
    """An event other than a message that breaks is raised, rests, and has its effect later."""
    answer = await tavern.ask(QUESTION)
    correction = tavern.correction(answer, "At eleven.")
    retriever, tavern.corrections._retriever = tavern.corrections._retriever, None  # type: ignore[assignment]  # it breaks
    with pytest.raises(AttributeError):
        await tavern.assistant.on_correction(correction)
    tavern.corrections._retriever = retriever
    tavern.clock.time += PAUSE
    await tavern.assistant.resume("test", always(KeptReply("x")))
    async with tavern.ledger.reading() as connection:
        (down,) = await live_verdicts(connection)
        assert await inbox.pending(connection, "test") == []
    assert down.verdict is Verdict.DOWN


async def test_an_apology_that_may_have_been_said_is_not_repeated(tavern: Tavern) -> None:
    """Who was stopped while apologising leaves no second apology to the next."""
    message, reply = tavern.message(QUESTION), KeptReply("a")
    await tavern.received(message)
    async with tavern.ledger.writing() as connection:
        await inbox.note_failure(connection, message, APOLOGY)
    tavern.model.broken = ZeroDivisionError("oh")
    await tavern.assistant.resume("test", always(reply))
    row = await row_of(tavern, message)
    assert (reply.failures, row.handled_at is not None) == ([], True)


# -- the outbox ------------------------------------------------------------------------------------


async def test_an_answer_whose_post_broke_off_is_not_posted_twice(tavern: Tavern) -> None:
    """Where the platform has it all the same, that is where it stands, and nobody is told sorry."""
    message, reply = tavern.message(QUESTION), BreaksOff("a")
    await tavern.assistant.on_message(message, reply)
    assert (len(reply.finished), reply.failures) == (1, [])
    async with tavern.ledger.reading() as connection:
        assert await unposted(connection, message) is None
        assert (await connection.execute(select(posts.c.key))).scalars().all() == ["a"]


async def test_the_platform_is_asked_before_an_answer_is_posted_again(tavern: Tavern) -> None:
    """After a crash between the post and its note the next process finds the post."""
    message, reply = tavern.message(QUESTION), KeptReply("a")
    await tavern.assistant.on_message(message, reply)
    async with tavern.ledger.writing() as connection:
        await connection.execute(posts.delete())
        await connection.exec_driver_sql("UPDATE outbox SET posted_at = NULL")
    await change(tavern, message, handled_at=None, claimed_by=None, claimed_until=None)
    await tavern.new_assistant().resume("test", always(reply))
    assert len(reply.finished) == 1
    async with tavern.ledger.reading() as connection:
        assert await unposted(connection, message) is None
        assert (await connection.execute(select(posts.c.key))).scalars().all() == ["a"]


# -- several processes -----------------------------------------------------------------------------


async def test_who_stood_still_too_long_posts_nothing(tavern: Tavern) -> None:
    """A process whose event another took over while it was paused leaves the post to the other."""
    message, paused, other = tavern.message(QUESTION), Gated("a"), KeptReply("b")
    second = tavern.new_assistant()
    for one, reply in ((tavern.assistant, paused), (second, other)):
        await one.resume("test", always(reply))
    await tavern.assistant.receive(message)
    await paused.reached.wait()
    await second.resume("test", always(other))
    assert other.finished == []
    tavern.clock.time += LEASE
    await second.resume("test", always(other))
    paused.gate.set()
    await tavern.assistant.drain()
    assert (len(other.finished), paused.finished, paused.failures) == (1, [], [])


async def test_who_stood_still_before_an_apology_says_nothing(tavern: Tavern) -> None:
    """The claim is looked at before an apology too."""
    message, paused, other = tavern.message(QUESTION), Gated("a"), KeptReply("b")
    second = tavern.new_assistant()
    await second.resume("test", always(other))
    tavern.model.broken = ZeroDivisionError("oh")
    paused.said = []
    task = asyncio.create_task(tavern.assistant.on_message(message, paused))
    await paused.reached.wait()
    tavern.clock.time += LEASE
    await second.resume("test", always(other))
    paused.gate.set()
    await task
    assert (other.failures, paused.failures) == ([APOLOGY], [])


async def test_a_claim_of_ones_own_that_ran_out_is_under_way_still(tavern: Tavern) -> None:
    """A process that was slow does not begin an event a second time beside itself."""
    message, slow = tavern.message(QUESTION), Gated("a")
    await tavern.assistant.resume("test", always(slow))
    await tavern.assistant.receive(message)
    await slow.reached.wait()
    tavern.clock.time += LEASE
    await tavern.assistant.resume("test", always(KeptReply("b")))
    slow.gate.set()
    await tavern.assistant.drain()
    assert len(slow.finished) == 1


async def test_who_goes_gives_its_claims_back(tavern: Tavern) -> None:
    """What is under way at a stop is taken on by another at once."""
    message, slow, other = tavern.message(QUESTION), Gated("a"), KeptReply("b")
    second = tavern.new_assistant()
    await second.resume("test", always(other))
    await tavern.assistant.resume("test", always(slow))
    tavern.assistant.start()
    tavern.assistant.start()
    await tavern.assistant.receive(message)
    await slow.reached.wait()
    await tavern.assistant.stop()
    await second.resume("test", always(other))
    assert (slow.finished, len(other.finished)) == ([], 1)


@BOTH
async def test_two_processes_share_one_ledger(
    settings: Settings, ledger: Ledger, ledger_url: str, embedder: HashingEmbedder, clock: Clock
) -> None:
    """Every event is delivered to both, at once; each has its effect once, and one answer."""
    here = memory_tavern(settings, ledger, embedder, clock)
    await here.open()
    other = Ledger(ledger_url)
    await other.open()
    there = Tavern(settings, other, here.index, embedder, clock)
    posted: list[KeptReply] = []

    def reply_to(message: Message) -> KeptReply:
        posted.append(KeptReply(f"{message.ref.key}-answer"))
        return posted[-1]

    for one in (here, there):
        await one.assistant.resume("test", reply_to)
    questions = [here.message(QUESTION) for _ in range(8)]
    told = await asyncio.gather(
        *(one.assistant.receive(event) for event in questions for one in (here, there))
    )
    assert sum(told) == len(questions)
    for one in (here, there):
        await one.assistant.drain()
    answers = [answer.id for reply in posted for answer in reply.finished]
    expected = [content_hash("test", event.event_id)[:32] for event in questions]
    assert sorted(answers) == sorted(expected)
    await other.close()


# -- the watch -------------------------------------------------------------------------------------


class Slow:
    """Effects that last until the gate is opened."""

    def __init__(self) -> None:
        """Close the gate."""
        self.gate = asyncio.Event()
        self.seen: list[str] = []

    async def has_seen(self, message: Message) -> bool:
        """Say whether a message came by."""
        return message.event_id in self.seen

    async def see_through(self, claimed: Claimed, reply: Reply | None) -> bool:
        """Wait at the gate."""
        self.seen.append(claimed.event.event_id)
        await self.gate.wait()
        return True


async def test_claims_are_kept_while_the_work_lasts(tavern: Tavern) -> None:
    """An event that takes long stays with its process, and others that nobody has are taken up."""
    slow = Slow()
    worker = Worker(
        ledger=tavern.ledger,
        effects=cast(Effects, slow),
        owner="slow",
        now=tavern.clock,
        poll=0.01,
    )
    worker.serve("test", always(KeptReply("x")))
    message = tavern.message(QUESTION)
    await tavern.received(message)
    worker.start()
    await until(lambda: slow.has_seen(message))

    async def holds() -> bool:
        return bool((await row_of(tavern, message)).claimed_until == tavern.clock() + LEASE)

    for _ in range(4):
        tavern.clock.time += LEASE / 2
        await until(holds)
    slow.gate.set()
    await worker.drain()
    await worker.stop()
    assert slow.seen == [message.event_id]


async def test_the_watch_outlives_a_ledger_that_is_away(
    tavern: Tavern, caplog: pytest.LogCaptureFixture
) -> None:
    """While the ledger cannot be read the worker goes on looking, and finds what came meanwhile."""
    slow = Slow()
    slow.gate.set()
    worker = Worker(
        ledger=tavern.ledger, effects=cast(Effects, slow), owner="w", now=tavern.clock, poll=0.01
    )
    worker.serve("test", always(KeptReply("x")))
    async with tavern.ledger.writing() as connection:
        await connection.exec_driver_sql("ALTER TABLE inbox RENAME TO elsewhere")
    worker.start()

    async def said() -> bool:
        return "looked at again" in caplog.text

    await until(said)
    message = tavern.message(QUESTION)
    async with tavern.ledger.writing() as connection:
        await connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO inbox")
    await tavern.received(message)
    await until(lambda: slow.has_seen(message))
    await worker.stop()
