"""Decisions: an answer that few have seen is published once, by who may, or never."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from core.answers import Answer, Origin, Placement
from core.decisions import GONE, NOT_YOURS
from core.errors import (
    ClaimLostError,
    PlatformAwayError,
    TavernkeepError,
    UnknownAnswerError,
)
from core.feedback import Choice, Decision, Verdict
from core.interfaces import Reply
from core.learning.forgetting import Forgetting
from core.ledger import drafts
from core.ledger.conduct import drafts as table
from core.ledger.drafts import Draft, State
from core.ledger.feedback import live_verdicts
from core.ledger.machinery import audit
from core.ledger.modes import set_mode
from core.ledger.tables import inbox
from core.messages import Deleted, Message, MessageRef
from core.modes import Mode
from core.worker import REFUSALS
from tests.tavern import ANA, BEN, CLEO, HALL, ROBOT, KeptReply, Tavern

QUESTION = "When does the kitchen close?"
BETTER = "It closes at eleven on weekends, says the cook."


async def drafted(tavern: Tavern, mode: Mode = Mode.DRAFT) -> tuple[Message, Answer]:
    """Have Ana ask where answers are for few, and return the message and the draft."""
    async with tavern.ledger.writing() as connection:
        await set_mode(connection, HALL, mode, tavern.clock())
    message = tavern.message(QUESTION)
    reply = KeptReply("card")
    await tavern.assistant.on_message(message, reply)
    return message, reply.answer


async def serve(tavern: Tavern, reply: Reply) -> list[Message]:
    """Let everything be published in one place, and return what replies were made for."""
    made: list[Message] = []

    def reply_to(message: Message) -> Reply:
        made.append(message)
        return reply

    await tavern.assistant.resume("test", reply_to)
    return made


async def state_of(tavern: Tavern, answer: Answer) -> Draft:
    """Return what became of a draft."""
    async with tavern.ledger.reading() as connection:
        draft = await drafts.load_draft(connection, answer.id)
    assert draft is not None
    return draft


async def test_a_published_draft_stands_in_the_thread(tavern: Tavern) -> None:
    """As it was drafted, once; reactions to it count, and the thread goes on from it."""
    message, draft = await drafted(tavern)
    reply = KeptReply("public")
    assert await serve(tavern, reply) == []
    await tavern.assistant.on_decision(tavern.decision(draft, Choice.PUBLISH))
    assert (reply.placed, reply.answer) == ([], draft)
    held = await state_of(tavern, draft)
    assert (held.state, held.published_id, held.post_id) == (
        State.PUBLISHED,
        draft.id,
        "test:hall:public",
    )
    await tavern.assistant.on_reaction(tavern.reaction("public", "👍"))
    async with tavern.ledger.reading() as connection:
        assert [one.answer_id for one in await live_verdicts(connection)] == [draft.id]
    async with tavern.ledger.writing() as connection:
        await set_mode(connection, HALL, Mode.MENTION, tavern.clock())
    on = tavern.message("and on Sundays?", thread=message.ref.key, addressed=False)
    followed = KeptReply("next")
    await tavern.assistant.on_message(on, followed)
    assert len(followed.finished) == 1


async def test_the_first_decision_counts(tavern: Tavern) -> None:
    """A second publisher, or one who would rather have dismissed it, changes nothing."""
    _, draft = await drafted(tavern)
    reply = KeptReply("public")
    await serve(tavern, reply)
    for choice, person in ((Choice.PUBLISH, BEN), (Choice.PUBLISH, CLEO), (Choice.DISMISS, CLEO)):
        await tavern.assistant.on_decision(tavern.decision(draft, choice, person=person))
    assert len(reply.finished) == 1
    async with tavern.ledger.reading() as connection:
        rows = await connection.execute(select(audit.c.by, audit.c.subject))
    assert rows.all() == [(BEN.id, draft.id)]


async def test_a_dismissed_draft_is_not_published_any_more(tavern: Tavern) -> None:
    """Nobody but the moderators has ever seen it."""
    _, draft = await drafted(tavern)
    reply = KeptReply("public")
    await serve(tavern, reply)
    for choice in (Choice.DISMISS, Choice.PUBLISH):
        await tavern.assistant.on_decision(tavern.decision(draft, choice))
    assert (reply.finished, (await state_of(tavern, draft)).state) == ([], State.DISMISSED)


async def test_what_is_edited_is_published_as_its_editors_own(tavern: Tavern) -> None:
    """It is a correction: by its author, for the same question, and a verdict on the draft."""
    _, draft = await drafted(tavern)
    reply = KeptReply("public")
    await serve(tavern, reply)
    await tavern.assistant.on_decision(tavern.decision(draft, Choice.PUBLISH, text=f" {BETTER}\n"))
    published = reply.answer
    assert (published.text, published.origin) == (BETTER, Origin.CORRECTION)
    assert (published.author, published.question.text) == (BEN, QUESTION)
    async with tavern.ledger.reading() as connection:
        (verdict,) = await live_verdicts(connection)
    assert (verdict.answer_id, verdict.verdict, verdict.person) == (draft.id, Verdict.DOWN, BEN)
    assert (await state_of(tavern, draft)).published_id == published.id
    await tavern.rerank()
    await set_back(tavern)
    assert (await tavern.ask(QUESTION, person=CLEO)).text == BETTER


async def set_back(tavern: Tavern) -> None:
    """Let the bot answer mentions again."""
    async with tavern.ledger.writing() as connection:
        await set_mode(connection, HALL, Mode.MENTION, tavern.clock())


@pytest.mark.parametrize("text", ["", "  \n", "same"])
async def test_an_edit_that_changes_nothing_is_none(tavern: Tavern, text: str) -> None:
    """The draft is published as it is, and nobody is made its author."""
    _, draft = await drafted(tavern)
    reply = KeptReply("public")
    await serve(tavern, reply)
    said = draft.text if text == "same" else text
    await tavern.assistant.on_decision(tavern.decision(draft, Choice.PUBLISH, text=said))
    assert (reply.answer.id, reply.answer.author) == (draft.id, None)


# -- who may -------------------------------------------------------------------------------------


async def test_only_its_asker_shares_an_answer(tavern: Tavern) -> None:
    """Others are told so; it appears where everybody reads, even if it was asked in private."""
    _, suggested = await drafted(tavern, Mode.SUGGEST)
    made = await serve(tavern, reply := KeptReply("public"))
    for choice in (Choice.PUBLISH, Choice.DISMISS):
        with pytest.raises(UnknownAnswerError, match=NOT_YOURS):
            await tavern.assistant.on_decision(tavern.decision(suggested, choice))
    assert reply.finished == []
    await tavern.assistant.on_decision(tavern.decision(suggested, Choice.PUBLISH, person=ANA))
    assert (reply.placed, reply.answer) == ([], suggested)
    assert [one.private for one in made] == [False]


async def test_what_was_asked_in_private_is_shared_openly(tavern: Tavern) -> None:
    """The reply is made for a message that everybody may see."""
    message = tavern.message(QUESTION, private=True)
    asked = KeptReply("whisper")
    await tavern.assistant.on_message(message, asked)
    made = await serve(tavern, reply := KeptReply("public"))
    share = tavern.decision(asked.answer, Choice.PUBLISH, person=ANA)
    await tavern.assistant.on_decision(share)
    assert made == [replace(message, private=False)]
    assert (asked.placed, reply.placed, len(reply.finished)) == ([Placement.ASKER], [], 1)


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.DRAFT])
async def test_sharing_is_no_way_around_the_moderators(tavern: Tavern, mode: Mode) -> None:
    """Where the mode says that answers are not given openly, a whispered one is not shared."""
    async with tavern.ledger.writing() as connection:
        await set_mode(connection, HALL, mode, tavern.clock())
    asked = KeptReply("whisper")
    await tavern.assistant.on_message(tavern.message(QUESTION, private=True), asked)
    await serve(tavern, reply := KeptReply("public"))
    share = tavern.decision(asked.answer, Choice.PUBLISH, person=ANA)
    with pytest.raises(UnknownAnswerError, match=f"its mode is `{mode.value}`"):
        await tavern.assistant.on_decision(share)
    assert (reply.finished, (await state_of(tavern, asked.answer)).state) == ([], State.WAITING)


async def test_nobody_decides_upon_what_nobody_saw(tavern: Tavern) -> None:
    """An answer without a place is not published by whoever names its id."""
    _, draft = await drafted(tavern)
    async with tavern.ledger.writing() as connection:
        await drafts.keep_unshown(connection, draft.id, tavern.clock())
    await serve(tavern, reply := KeptReply("public"))
    with pytest.raises(UnknownAnswerError, match=GONE):
        await tavern.assistant.on_decision(tavern.decision(draft, Choice.PUBLISH))
    assert reply.finished == []


async def test_bots_decide_nothing(tavern: Tavern) -> None:
    """Nor is anything said to them."""
    _, draft = await drafted(tavern)
    await serve(tavern, reply := KeptReply("public"))
    await tavern.assistant.on_decision(tavern.decision(draft, Choice.PUBLISH, person=ROBOT))
    assert (reply.finished, (await state_of(tavern, draft)).state) == ([], State.WAITING)


async def test_there_is_nothing_to_decide_about_what_everybody_saw(tavern: Tavern) -> None:
    """Nor about an answer that is not there, or one whose question was taken away."""
    open_ = await tavern.ask(QUESTION)
    message, draft = await drafted(tavern)
    deleted = Deleted(event_id="d", ref=message.ref, at=tavern.clock.advance(seconds=1))
    await tavern.assistant.on_deleted(deleted)
    await serve(tavern, reply := KeptReply("public"))
    for answer in (open_, replace(draft, id="ghost"), draft):
        with pytest.raises(UnknownAnswerError, match=GONE):
            await tavern.assistant.on_decision(tavern.decision(answer, Choice.PUBLISH))
    assert reply.finished == []


async def test_nothing_of_a_forgotten_person_is_published(tavern: Tavern) -> None:
    """Neither their question's answer; nor does a decision name who was forgotten."""
    _, draft = await drafted(tavern)
    await serve(tavern, reply := KeptReply("public"))
    await tavern.assistant.on_decision(tavern.decision(draft, Choice.DISMISS))
    forgetting = Forgetting(ledger=tavern.ledger, now=tavern.clock)
    await forgetting.forget(BEN)
    async with tavern.ledger.reading() as connection:
        row = (await connection.execute(select(table.c.by))).scalar_one()
    assert row == "(forgotten)"
    _, other = await drafted(tavern)
    await forgetting.forget(ANA)
    with pytest.raises(UnknownAnswerError, match=GONE):
        await tavern.assistant.on_decision(tavern.decision(other, Choice.PUBLISH, person=CLEO))
    assert reply.finished == []


# -- crashes -------------------------------------------------------------------------------------


class Cut(KeptReply):
    """A platform that is away for the first finished answer, or takes it and breaks off."""

    def __init__(self, key: str, *, takes: bool) -> None:
        """Take whether the answer stands although it broke off."""
        super().__init__(key)
        self.takes = takes
        self.cut = False

    async def finish(self, answer: Answer) -> MessageRef:
        """Break off once."""
        if self.cut:
            return await super().finish(answer)
        self.cut = True
        if self.takes:
            await super().finish(answer)
        raise Killed

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Tell what stands, but not to who was just killed."""
        if self.cut and self.finished and not self.takes:
            raise AssertionError
        return await super().posted(answer_id)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("text", [None, BETTER])
@pytest.mark.parametrize("takes", [False, True])
async def test_a_kill_while_publishing_leaves_one_post(
    tavern: Tavern, takes: bool, text: str | None
) -> None:
    """The next process asks the platform whether it stands, and posts it where it does not."""
    _, draft = await drafted(tavern)
    reply = Cut("public", takes=takes)
    await serve(tavern, reply)
    decision = tavern.decision(draft, Choice.PUBLISH, text=text)
    with pytest.raises(Killed):
        await tavern.assistant.on_decision(decision)
    assert (await state_of(tavern, draft)).post_id is None
    tavern.clock.advance(minutes=5)
    await tavern.new_assistant().resume("test", lambda _: reply)
    held = await state_of(tavern, draft)
    assert (len(reply.finished), held.post_id) == (1, "test:hall:public")
    assert reply.answer.text == (text or draft.text)


async def failed_once(tavern: Tavern, decision: Decision) -> None:
    """Have a decision's post refused by the platform."""
    await serve(tavern, KeptReply("x", deaf="to all"))
    with pytest.raises(ConnectionError):
        await tavern.assistant.on_decision(decision)


async def test_a_platform_that_is_away_is_tried_again(tavern: Tavern) -> None:
    """By the same decision; another one does not come between."""
    _, draft = await drafted(tavern)
    await failed_once(tavern, tavern.decision(draft, Choice.PUBLISH))
    reply = KeptReply("public")
    other = tavern.new_assistant()
    tavern.assistant = other
    await other.on_decision(tavern.decision(draft, Choice.PUBLISH, person=CLEO))
    assert reply.finished == []
    tavern.clock.advance(minutes=5)
    await other.resume("test", lambda _: reply)
    assert (reply.answer.id, (await state_of(tavern, draft)).post_id) == (
        draft.id,
        "test:hall:public",
    )


class Refusing(KeptReply):
    """A platform that answers, and takes nothing; it counts how often it was asked."""

    asked = 0

    async def finish(self, answer: Answer) -> MessageRef:
        """Refuse the answer."""
        del answer
        self.asked += 1
        raise PlatformAwayError("It refuses.", refuses=True)


async def test_a_platform_that_refuses_is_asked_once_more_and_no_more(tavern: Tavern) -> None:
    """What is refused may be put right meanwhile, but is not asked for as often as what fails."""
    _, draft = await drafted(tavern)
    await serve(tavern, reply := Refusing("public"))
    decision = tavern.decision(draft, Choice.PUBLISH)
    with pytest.raises(PlatformAwayError):
        await tavern.assistant.on_decision(decision)
    for _ in range(3):
        tavern.clock.advance(minutes=5)
        await serve(tavern, reply)
    assert reply.asked == REFUSALS
    async with tavern.ledger.reading() as connection:
        row = await connection.execute(
            select(inbox.c.failure).where(inbox.c.event_id == decision.event_id)
        )
    assert "It refuses." in str(row.scalar_one())


async def test_a_decision_that_was_given_up_makes_room_for_another(tavern: Tavern) -> None:
    """A draft is not stuck because somebody could not publish it."""
    _, draft = await drafted(tavern)
    first = tavern.decision(draft, Choice.PUBLISH)
    await failed_once(tavern, first)
    async with tavern.ledger.writing() as connection:
        await connection.execute(
            update(inbox)
            .where(inbox.c.event_id == first.event_id)
            .values(handled_at=tavern.clock(), failure="given up")
        )
    await serve(tavern, reply := KeptReply("public"))
    await tavern.assistant.on_decision(
        tavern.decision(draft, Choice.PUBLISH, person=CLEO, text=BETTER)
    )
    assert reply.answer.text == BETTER
    assert (await state_of(tavern, draft)).published_id == reply.answer.id


async def test_a_platform_that_nobody_serves_is_waited_for(tavern: Tavern) -> None:
    """The decision is durable, and carried out once somebody speaks there."""
    _, draft = await drafted(tavern)
    with pytest.raises(TavernkeepError, match="Nobody here speaks on test"):
        await tavern.assistant.on_decision(tavern.decision(draft, Choice.PUBLISH))
    tavern.clock.advance(minutes=5)
    await serve(tavern, reply := KeptReply("public"))
    assert reply.answer.id == draft.id


async def test_who_lost_the_claim_publishes_nothing(tavern: Tavern) -> None:
    """Another process has the decision by now."""
    _, draft = await drafted(tavern)
    reply = KeptReply("public")
    replies: dict[str, Callable[[Message], Reply]] = {"test": lambda _: reply}
    decisions = tavern.decisions(replies)
    with pytest.raises(ClaimLostError):
        await decisions.decide(tavern.decision(draft, Choice.PUBLISH))
    assert (reply.finished, (await state_of(tavern, draft)).state) == ([], State.WAITING)
