"""Telling: who asked in vain is told once of what was verified, where they asked and may read it."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.answers import Answer, Origin
from core.conversations import Conversations
from core.errors import PlatformAwayError
from core.feedback import Verdict
from core.learning.forgetting import Forgetting
from core.learning.telling import NOTICE
from core.ledger.conduct import tellings
from core.ledger.tables import questions
from core.links import Linking
from core.messages import Conversation, Deleted, Message, MessageRef, Person
from core.modes import Mode
from core.scheduler import silent
from tests.core.learning.test_offering import (
    KITCHEN,
    LATER,
    answers,
    closes,
    decided,
    sure_from,
    unknown,
)
from tests.core.learning.test_proposals import NEAR, SAID
from tests.tavern import ANA, BEN, CELLAR, CLEO, HALL, KeptReply, Tavern

GARDEN = Conversation(platform="test", key="garden", name="The garden")
DORA = Person(platform="test", key="dora", name="Dora")


class CutReply(KeptReply):
    """Its process ends right after it has posted, unless it looked before."""

    async def finish(self, answer: Answer) -> MessageRef:
        """Post, and end."""
        await super().finish(answer)
        raise ConnectionError


class AwayReply(KeptReply):
    """Its platform is away for a while."""

    away = True

    async def finish(self, answer: Answer) -> MessageRef:
        """Post, unless away."""
        if self.away:
            raise PlatformAwayError("The platform is away.")
        return await super().finish(answer)


class Postbox:
    """Makes replies, and keeps what stands in them by the message that they answer."""

    def __init__(self) -> None:
        """Begin empty."""
        self.replies: dict[str, KeptReply] = {}

    def reply_to(self, message: Message) -> KeptReply:
        """Return the one reply to a message."""
        made = KeptReply(f"{message.ref.key}-told", place=message.conversation)
        return self.replies.setdefault(message.ref.key, made)

    def told(self, message: Message) -> list[Answer]:
        """Return what the asker of a message was told."""
        held = self.replies.get(message.ref.key)
        return held.finished if held else []


def curated(tavern: Tavern) -> None:
    """Make Dora a curator."""
    learning = tavern.settings.learning.model_copy(update={"curators": (DORA.id,)})
    tavern.settings = tavern.settings.model_copy(update={"learning": learning})


async def verified(tavern: Tavern, place: Conversation = HALL) -> Message:
    """Have Ben answer what the bot did not know, and a curator find that right; return what Ana asked."""
    curated(tavern)
    asked, _ = await unknown(tavern, place=place)
    _, reply = await answers(tavern, asked)
    await decided(tavern, reply.answer)
    await tavern.rerank()
    given = await tavern.ask(NEAR, person=DORA, place=place)
    assert given.text == SAID
    await tavern.judge(given, Verdict.UP, DORA)
    return asked


async def tell(tavern: Tavern, postbox: Postbox) -> int:
    """Re-rank, serve the platform by a postbox, and run the job; return how many were told."""
    await tavern.rerank()
    tavern.teller.replies["test"] = postbox.reply_to
    tavern.clock.advance(seconds=1)
    return (await tavern.teller.run(tavern.clock(), silent)).figures["told"]


async def test_everybody_who_asked_in_vain_is_told_once(tavern: Tavern) -> None:
    """Each where they asked, with the answer and who wrote it; a second run tells nobody."""
    elsewhere, _ = await unknown(tavern, NEAR, GARDEN, CLEO)
    asked = await verified(tavern)
    postbox = Postbox()
    assert await tell(tavern, postbox) == 2
    for message in (asked, elsewhere):
        (told,) = postbox.told(message)
        assert (told.text, told.author, told.notice) == (SAID, BEN, NOTICE)
        assert told.badge is not None
    assert await tell(tavern, postbox) == 0


async def test_who_was_given_it_meanwhile_knows_it(tavern: Tavern) -> None:
    """They asked again, and need not be told."""
    await verified(tavern)
    await tavern.rerank()
    assert (await tavern.ask(NEAR, place=GARDEN)).text == SAID
    assert await tell(tavern, Postbox()) == 0


async def test_what_is_on_trial_is_told_to_nobody(tavern: Tavern) -> None:
    """Nobody but its author has found it right yet."""
    asked, _ = await unknown(tavern)
    _, reply = await answers(tavern, asked)
    await decided(tavern, reply.answer)
    assert await tell(tavern, Postbox()) == 0


async def test_who_may_not_read_it_is_not_told(tavern: Tavern) -> None:
    """What was kept in the cellar is told in the cellar alone."""
    outside, _ = await unknown(tavern, NEAR, HALL, CLEO)
    asked = await verified(tavern, CELLAR)
    postbox = Postbox()
    assert await tell(tavern, postbox) == 1
    assert (len(postbox.told(asked)), postbox.told(outside)) == (1, [])


async def test_who_may_read_it_no_more_is_not_told(tavern: Tavern) -> None:
    """It was learned in a hall that is private by now; those inside are told."""
    outside, _ = await unknown(tavern, NEAR, GARDEN, CLEO)
    asked = await verified(tavern)
    await closes(tavern, HALL)
    postbox = Postbox()
    assert await tell(tavern, postbox) == 1
    assert (len(postbox.told(asked)), postbox.told(outside)) == (1, [])


async def test_what_became_private_after_it_was_noted_is_not_posted(tavern: Tavern) -> None:
    """A platform that was away is asked again later; who may read it is looked at once more."""
    outside, _ = await unknown(tavern, NEAR, GARDEN, CLEO)
    await verified(tavern)
    postbox = Postbox()
    away = AwayReply(f"{outside.ref.key}-told", place=GARDEN)
    postbox.replies[outside.ref.key] = away
    assert await tell(tavern, postbox) == 1
    await closes(tavern, HALL)
    away.away = False
    assert await tell(tavern, postbox) == 0
    assert away.finished == []


async def test_who_asked_where_it_became_private_is_told_there(tavern: Tavern) -> None:
    """What everyone may read is read there as well; the copy is for those inside alone."""
    asked, _ = await unknown(tavern, NEAR, GARDEN, CLEO)
    await verified(tavern)
    await closes(tavern, GARDEN)
    postbox = Postbox()
    await tell(tavern, postbox)
    (told,) = postbox.told(asked)
    assert told.audience == replace(GARDEN, public=False).audience


async def test_neither_another_question_nor_one_taken_away_is_told(tavern: Tavern) -> None:
    """The guard says which is another one; a deleted message has no asker any more."""
    await unknown(tavern, "Where do the spare keys of the stable not hang?", GARDEN, CLEO)
    asked = await verified(tavern)
    at = tavern.clock.advance(seconds=1)
    await tavern.assistant.on_deleted(Deleted(event_id="gone", ref=asked.ref, at=at))
    assert await tell(tavern, Postbox()) == 0


async def test_a_crash_after_posting_tells_nobody_twice(tavern: Tavern) -> None:
    """What was noted and stands on the platform is looked up, not posted again."""
    asked = await verified(tavern)
    postbox = Postbox()
    cut = CutReply(f"{asked.ref.key}-told")
    postbox.replies[asked.ref.key] = cut
    with pytest.raises(ConnectionError):
        await tell(tavern, postbox)
    assert await tell(tavern, postbox) == 1
    assert len(cut.finished) == 1


async def test_a_silenced_conversation_is_told_nothing(tavern: Tavern) -> None:
    """The bot speaks there unasked no more."""
    await verified(tavern)
    modes = Conversations(ledger=tavern.ledger, default=Mode.MENTION, curators=(), now=tavern.clock)
    await modes.silence(HALL, True, CLEO)
    assert await tell(tavern, Postbox()) == 0


async def test_a_good_answer_that_is_verified_is_told_to_nobody(tavern: Tavern) -> None:
    """Who got it has it."""
    good = await tavern.ask("When does the kitchen close?", person=ANA)
    assert good.origin is not Origin.UNKNOWN
    for person in (BEN, CLEO, DORA):
        await tavern.judge(good, Verdict.UP, person)
    assert await tell(tavern, Postbox()) == 0


async def better_at_the_kitchen(tavern: Tavern) -> None:
    """Have Ben correct what Cleo was told in the garden, and a curator find that right."""
    given = await tavern.ask(KITCHEN, person=CLEO, place=GARDEN)
    await tavern.correct(given, LATER, BEN)
    await tavern.rerank()
    again = await tavern.ask(KITCHEN, person=DORA)
    assert again.text == LATER
    await tavern.judge(again, Verdict.UP, DORA)


@pytest.mark.parametrize(("score", "liked", "told"), [(1.0, 0, 1), (1.0, 1, 0), (0.0, 0, 0)])
async def test_who_got_an_answer_that_the_bot_was_not_sure_of_is_told(
    tavern: Tavern, score: float, liked: int, told: int
) -> None:
    """Of another one that is verified; not where they found theirs right, or where it was sure."""
    curated(tavern)
    sure_from(tavern, score)
    asked, given = await unknown(tavern, KITCHEN)
    if liked:
        await tavern.judge(given, Verdict.UP, ANA)
    await better_at_the_kitchen(tavern)
    postbox = Postbox()
    assert await tell(tavern, postbox) == 1 + told  # Cleo is: Ben found wrong what she was told
    assert [one.text for one in postbox.told(asked)] == [LATER] * told


async def test_a_thread_is_told_once_however_many_asked_in_it(tavern: Tavern) -> None:
    """One card in it reaches all of them."""
    curated(tavern)
    asked, _ = await unknown(tavern)
    below = tavern.message(NEAR, person=CLEO, thread=asked.ref.key)
    await tavern.assistant.on_message(below, KeptReply(f"{below.ref.key}-answer"))
    await verified(tavern, GARDEN)
    postbox = Postbox()
    assert await tell(tavern, postbox) == 2  # the garden's, and theirs
    assert len(postbox.told(asked)) + len(postbox.told(below)) == 1


async def test_who_found_it_wrong_beside_the_asker_is_told_there(tavern: Tavern) -> None:
    """Ana knows the answer from the garden; Emil waits in the hall, where the card is posted."""
    curated(tavern)
    asked, given = await unknown(tavern)
    await tavern.judge(given, Verdict.DOWN, Person(platform="test", key="emil", name="Emil"))
    await verified(tavern, GARDEN)
    await tavern.rerank()
    assert (await tavern.ask(NEAR, place=CELLAR)).text == SAID
    postbox = Postbox()
    assert await tell(tavern, postbox) == 1
    assert postbox.told(asked)
    assert await tell(tavern, postbox) == 0


async def test_one_person_with_two_accounts_is_told_once(tavern: Tavern) -> None:
    """In two channels, in other words, from linked accounts: where they asked last."""
    other = Person(platform="test", key="ana2", name="Ana at home")
    linking = Linking(tavern.ledger, (), tavern.clock)
    first, _ = await unknown(tavern, NEAR, GARDEN, other)
    await linking.redeem(other, await linking.offer(ANA))
    asked = await verified(tavern)
    postbox = Postbox()
    assert await tell(tavern, postbox) == 1
    assert (len(postbox.told(first)), len(postbox.told(asked))) == (0, 1)


async def test_forgetting_an_asker_takes_what_they_were_told(tavern: Tavern) -> None:
    """Nothing says any more that they asked, or were told."""
    await verified(tavern)
    assert await tell(tavern, Postbox()) == 1
    await Forgetting(ledger=tavern.ledger, now=tavern.clock).forget(ANA)
    async with tavern.ledger.reading() as connection:
        assert (await connection.execute(select(tellings))).all() == []
        asked = select(questions).where(questions.c.asker_id == ANA.id)
        assert (await connection.execute(asked)).all() == []
