"""The tavern and its guests, without a browser."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest

from bot.room.chart import chart_options
from bot.room.guest import Guest
from bot.room.post import Phase, Post, threads_of
from bot.room.tavern import SORRY, Knowledge, Tavern, is_asked, person
from core.answers import Answer, Origin, Placement, Question
from core.assistant import Assistant
from core.audience import EVERYONE
from core.errors import LedgerError, NoPlaceError, TavernkeepError
from core.feedback import Verdict, Via
from core.interfaces import Reply
from core.job import JobReport, Progress
from core.messages import Message
from tests.servers.room import Barkeep


@pytest.fixture
async def tavern(barkeep: Barkeep) -> AsyncIterator[Tavern]:
    """Open a tavern."""
    opened = Tavern()
    await opened.open(cast(Assistant, barkeep))
    yield opened
    await opened.close()


async def until_answered(tavern: Tavern, count: int = 1) -> Post:
    """Wait for so many posts of the bot to be finished, and return the newest."""
    for _ in range(400):
        posts = [post for post in tavern.timeline.posts() if post.entry.person is None]
        done = [post for post in posts if post.phase in {Phase.STANDS, Phase.FAILED}]
        if len(done) >= count:
            await tavern.refresh()
            return tavern.timeline.find(done[-1].key) or done[-1]
        await asyncio.sleep(0.005)
    raise AssertionError("The answer did not come.")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("How?", True),
        ("@Ben how?", False),
        ("  @ben, how?", False),
        ("@Benjamin how?", True),
        ("@Tavernkeep how?", True),
        ("Is @Ben here?", True),
    ],
)
def test_a_message_that_names_a_person_first_is_between_people(text: str, asked: bool) -> None:
    """Only "@" and a person's name at the beginning take a message away from the bot."""
    assert is_asked(text, ["Ben"]) is asked


def test_a_name_is_one_person_however_it_is_capitalised() -> None:
    """Capitals and spaces do not make another person."""
    assert person(" Ana  Maria ").id == person("ana maria").id == "room:ana-maria"


async def test_a_question_becomes_a_thread(tavern: Tavern) -> None:
    """The answer hangs on its question, and the thread is named by the question's words."""
    Guest(tavern, "Ana").say("How do I connect Slack? " + "Please! " * 20)
    answer = await until_answered(tavern)
    (thread,) = threads_of(tavern.timeline.posts())
    assert thread.posts[-1] == answer
    assert thread.opening.startswith("How do I connect Slack?")
    assert len(thread.opening) == 60


async def test_people_are_not_answered_when_they_talk_to_each_other(
    tavern: Tavern, barkeep: Barkeep
) -> None:
    """A message that begins with another person's name is not addressed; one's own name is."""
    tavern.enter("page", lambda: None).name = "Ben"
    Guest(tavern, "Ana").say("@Ben hello")
    Guest(tavern, "Ben").say("@Ben writes of himself")
    await until_answered(tavern)
    assert [message.addressed for message in barkeep.messages] == [False, True]
    assert [message.to_others for message in barkeep.messages] == [True, False]


async def test_taking_a_verdict_back_takes_its_emoji_back(tavern: Tavern, barkeep: Barkeep) -> None:
    """Whoever gave 👍 by emoji and presses "Helpful" again is left with neither."""
    ana = Guest(tavern, "Ana")
    ana.say("How?")
    answer = await until_answered(tavern)
    await ana.react(answer, "👍")
    await ana.vote(answer, Verdict.UP)
    standing = tavern.timeline.find(answer.key)
    assert standing is not None
    assert standing.count(Verdict.UP) == 1
    await ana.vote(standing, Verdict.UP)
    left = tavern.timeline.find(answer.key)
    assert left is not None
    assert (left.entry.reactions, left.entry.verdicts) == ((), ())
    assert [(one.via, one.withdrawn) for one in barkeep.feedback] == [
        (Via.BUTTON, False),
        (Via.BUTTON, True),
    ]


async def test_a_message_is_no_answer_to_be_rated() -> None:
    """A verdict on a person's message is refused with a sentence; so is any deed before opening."""
    tavern = Tavern()
    ana = Guest(tavern, "Ana")
    ana.say("How?")
    post = tavern.timeline.posts()[0]
    with pytest.raises(TavernkeepError, match="still opening"):
        await ana.vote(post, Verdict.UP)
    await tavern.open(cast(Assistant, Barkeep()))
    with pytest.raises(TavernkeepError, match="not an answer"):
        await ana.vote(post, Verdict.UP)
    await tavern.close()


async def test_a_failed_deletion_leaves_the_message(tavern: Tavern) -> None:
    """A message is hidden at once, and comes back where the ledger refused."""

    class Full(Barkeep):
        async def on_deleted(self, deleted: object) -> None:
            raise LedgerError("The disk is full.")

    ana = Guest(tavern, "Ana")
    ana.say("How?")
    await until_answered(tavern)
    tavern.assistant = cast(Assistant, Full())
    with pytest.raises(LedgerError):
        await ana.delete(tavern.timeline.posts()[0])
    assert len(tavern.timeline.posts()) == 2


async def test_an_unforeseen_failure_is_said_and_logged(
    barkeep: Barkeep, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong the asker gets a sentence, and the log the reason."""

    class Broken(Barkeep):
        async def on_message(self, message: Message, reply: Reply) -> None:
            await reply.progress("Searching…")
            raise ZeroDivisionError

    tavern = Tavern()
    await tavern.open(cast(Assistant, Broken()))
    Guest(tavern, "Ana").say("How?")
    assert (await until_answered(tavern)).entry.text == SORRY
    await tavern.close()
    assert "could not finish" in caplog.text


async def test_a_finished_answer_is_not_replaced_by_an_apology(tavern: Tavern) -> None:
    """After an answer stands, a late failure does not take it away."""
    message = Guest(tavern, "Ana")
    message.say("How?")
    answer = await until_answered(tavern)
    assert answer.entry.answer is not None
    said = cast(Barkeep, tavern.assistant).messages[0]
    reply = tavern.reply_to(replace(said, text="again"))
    await reply.finish(answer.entry.answer)
    await reply.fail("Too late.")
    assert "Too late." not in [post.entry.text for post in tavern.timeline.posts()]


async def test_an_answer_that_is_shown_is_found(tavern: Tavern) -> None:
    """Whoever replies next in the room can see which answers stand there."""
    Guest(tavern, "Ana").say("How?")
    answer = (await until_answered(tavern)).entry.answer
    assert answer is not None
    reply = tavern.reply_to(cast(Barkeep, tavern.assistant).messages[0])
    ref = await reply.posted(answer.id)
    assert ref is not None
    assert tavern.timeline.find(ref.key) is not None
    assert await reply.posted("another") is None


async def test_the_room_is_one_place(tavern: Tavern) -> None:
    """What is for the asker everybody reads here; what is for moderators is refused."""
    Guest(tavern, "Ana").say("How?")
    await until_answered(tavern)
    reply = tavern.reply_to(cast(Barkeep, tavern.assistant).messages[0])
    shown = len(tavern.timeline.posts())
    await reply.place(Placement.ASKER)
    with pytest.raises(NoPlaceError):
        await reply.place(Placement.MODERATORS)
    assert len(tavern.timeline.posts()) == shown


async def test_an_answer_is_revised_where_it_stands(tavern: Tavern) -> None:
    """In the history or in the making; where nothing stands nothing appears."""
    Guest(tavern, "Ana").say("How?")
    post = await until_answered(tavern)
    assert post.entry.answer is not None
    reply = tavern.reply_to(cast(Barkeep, tavern.assistant).messages[0])
    ref = await reply.posted(post.entry.answer.id)
    assert ref is not None
    other = replace(post.entry.answer, text="Otherwise.")
    await reply.revise([ref], other)
    await reply.revise([replace(ref, key="nowhere")], other)
    assert [one.entry.text for one in tavern.timeline.posts()] == ["How?", "Otherwise."]


async def test_one_job_runs_at_a_time_and_reports(tavern: Tavern, barkeep: Barkeep) -> None:
    """A job's progress is shown, a second one is not begun, and the report stays."""
    seen: list[str] = []
    tavern.enter("page", lambda: seen.append(tavern.job.what if tavern.job else ""))
    await asyncio.gather(tavern.run_job("rerank"), tavern.run_job("reembed"))
    assert (barkeep.epochs, "Rating answers" in seen) == (1, True)
    assert tavern.job is not None
    assert (tavern.job.running, tavern.job.sentence[:9]) == (False, "Ranking 1")


async def test_a_job_that_fails_says_why(tavern: Tavern) -> None:
    """The panel shows the sentence of what stopped a job."""

    class Idle(Barkeep):
        async def run_job(self, name: str, progress: Progress) -> JobReport:
            raise LedgerError("The disk is full.")

    tavern.assistant = cast(Assistant, Idle())
    await tavern.run_job("rerank")
    assert tavern.job is not None
    assert tavern.job.sentence == "The disk is full."


async def test_names_are_known_from_posts_and_pages(tavern: Tavern) -> None:
    """An id is shown as the person's name, or as its key where nobody of it was seen."""
    Guest(tavern, "Ana Maria").say("How?")
    tavern.enter("page", lambda: None).name = "Ben"
    ids = ("room:ana-maria", "room:ben", "slack:U1")
    assert [tavern.name_of(one) for one in ids] == ["Ana Maria", "Ben", "U1"]
    tavern.leave("page")
    assert tavern.names() == []


async def test_the_chart_has_a_line_for_each_rated_answer(tavern: Tavern, barkeep: Barkeep) -> None:
    """There is no chart before the first ranking; then every answer with a rating is a line."""
    assert chart_options(Knowledge(), dark=False) is None
    ana = Guest(tavern, "Ana")
    ana.say("How do I connect Slack to the tavern in the evening?")
    await ana.vote(await until_answered(tavern), Verdict.UP)
    await tavern.run_job("rerank")
    await tavern.run_job("rerank")
    options = chart_options(tavern.knowledge, dark=True)
    assert options is not None
    assert options["xAxis"]["data"] == ["#1", "#2"]
    assert [line["data"] for line in options["series"]] == [[0.6, 0.66]]


async def test_what_somebody_was_offered_outlives_a_restart(barkeep: Barkeep) -> None:
    """A room that opens anew shows it to them alone; once it is decided anywhere, to nobody."""
    offer = Answer(
        id="offer",
        question=Question(id="q", text="Where?", asked="Where?"),
        text="Shall people get what you wrote?",
        origin=Origin.OFFER,
        audience=EVERYONE,
        created_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
    )
    barkeep.offered = [(person("Ben").id, offer)]
    opened = Tavern()
    await opened.open(cast(Assistant, barkeep))
    assert opened.timeline.offers_to(person("Ben").id) == [offer]
    assert opened.timeline.offers_to(person("Ana").id) == []
    barkeep.offered = []
    await opened.refresh()
    assert opened.timeline.offers_to(person("Ben").id) == []
    await opened.close()
