"""Telling: who asked in vain is told once of what was verified, where they asked and may read it."""

from core.answers import Answer, Origin
from core.feedback import Verdict
from core.learning.telling import NOTICE
from core.messages import Conversation, Deleted, Message, Person
from core.scheduler import silent
from tests.core.learning.test_offering import answers, decided, unknown
from tests.core.learning.test_proposals import NEAR, SAID
from tests.tavern import ANA, BEN, CELLAR, CLEO, HALL, KeptReply, Tavern

GARDEN = Conversation(platform="test", key="garden", name="The garden")
DORA, EMIL, FAY = (
    Person(platform="test", key=name.lower(), name=name) for name in ("Dora", "Emil", "Fay")
)


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


async def verified(tavern: Tavern, place: Conversation = HALL) -> Message:
    """Have Ben answer what the bot did not know, and three people find that right; return what Ana asked."""
    asked, _ = await unknown(tavern, place=place)
    _, reply = await answers(tavern, asked)
    await decided(tavern, reply.answer)
    await tavern.rerank()
    for person, where in ((DORA, place), (EMIL, place), (FAY, GARDEN if place == HALL else place)):
        given = await tavern.ask(NEAR, person=person, place=where)
        assert given.text == SAID
        await tavern.judge(given, Verdict.UP, person)
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
    reply = postbox.reply_to(asked)

    class Cut(Exception):
        """The process ends."""

    posted = reply.finish

    async def finish(answer: Answer) -> object:
        await posted(answer)
        raise Cut

    reply.finish = finish  # type: ignore[method-assign,assignment]  # the process ends right after
    try:
        await tell(tavern, postbox)
    except Cut:
        reply.finish = posted  # type: ignore[method-assign]
    assert await tell(tavern, postbox) == 1
    assert len(postbox.told(asked)) == 1


async def test_a_mode_that_keeps_the_bot_quiet_keeps_it_quiet(tavern: Tavern) -> None:
    """Where an asker liked a good answer there is nothing to tell, either."""
    good = await tavern.ask("When does the kitchen close?", person=ANA)
    assert good.origin is not Origin.UNKNOWN
    for person in (BEN, CLEO, DORA):
        await tavern.judge(good, Verdict.UP, person)
    assert await tell(tavern, Postbox()) == 0
