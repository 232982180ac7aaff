"""Implicit signals: what people do after an answer weighs a little, near the question and nowhere else."""

from dataclasses import replace

from core.answers import Answer, Standing
from core.feedback import Feedback, Verdict, Via
from core.learning.evidence import Evidence
from core.learning.forgetting import Forgetting
from core.learning.signals import Signals
from core.ledger.epochs import live_epoch, load_evidence
from core.ledger.feedback import live_verdicts, votes_since
from core.messages import Deleted, Edited, Message, Person
from core.settings_of_learning import ImplicitSettings
from tests.core.learning.test_loop import standing_of
from tests.doubles import NOON
from tests.tavern import ANA, BEN, CLEO, ROBOT, KeptReply, Tavern

QUESTION = "When does the kitchen close?"
SAME = "So when does the kitchen close again?"
REPLY = "The kitchen closes at midnight on Fridays, ask the cook."


async def asked(tavern: Tavern, text: str = QUESTION) -> tuple[Answer, Message]:
    """Have Ana ask in the hall; return the answer and the question."""
    message = tavern.message(text)
    reply = KeptReply(f"{message.ref.key}-answer")
    await tavern.assistant.on_message(message, reply)
    tavern.clock.advance(seconds=1)
    return reply.answer, message


async def says(tavern: Tavern, below: Message, text: str, person: Person = ANA) -> Message:
    """Have somebody write below a question, without addressing the bot."""
    message = tavern.message(text, person=person, thread=below.ref.key, addressed=False)
    await tavern.assistant.on_message(message, KeptReply(f"{message.ref.key}-answer"))
    return message


async def signals(tavern: Tavern) -> list[tuple[str, Via]]:
    """Return who gave which signal, as it counts."""
    return [(one.person.key, one.via) for one in await heard(tavern) if one.via.implicit]


async def heard(tavern: Tavern) -> list[Feedback]:
    """Return everything that counts near the question."""
    async with tavern.ledger.reading() as connection:
        return await live_verdicts(connection, implicit=True)


async def weighed(tavern: Tavern) -> list[tuple[float, float]]:
    """Return the ups and downs near the question in an epoch made now."""
    await tavern.rerank()
    async with tavern.ledger.reading() as connection:
        epoch = await live_epoch(connection)
        fingerprint = tavern.indexing.fingerprint
        near = await load_evidence(connection, epoch.id, fingerprint) if epoch else []
    return [(round(one.ups, 2), round(one.downs, 2)) for one in near]


async def test_asking_again_is_a_weak_down(tavern: Tavern) -> None:
    """The earlier answer has it, from its asker, once; other questions and other people say nothing."""
    first, _ = await asked(tavern)
    await asked(tavern, "How do I reset my password?")
    await asked(tavern, "When does the kitchen not close?")
    await tavern.ask(QUESTION, person=BEN)
    assert await heard(tavern) == []
    await asked(tavern, SAME)
    (given,) = await heard(tavern)
    assert (given.answer_id, given.person, given.via) == (first.id, ANA, Via.ASKED_AGAIN)
    assert (0.0, 0.3) in await weighed(tavern)


async def test_asking_afresh_says_nothing(tavern: Tavern) -> None:
    """Who wants to hear it from the sources does not say that it was wrong."""
    await asked(tavern)
    message = replace(tavern.message(SAME), afresh=True)
    await tavern.assistant.on_message(message, KeptReply(f"{message.ref.key}-answer"))
    assert await heard(tavern) == []


async def test_asking_again_later_says_nothing(tavern: Tavern) -> None:
    """After ten minutes somebody may well want to know it again."""
    await asked(tavern)
    tavern.clock.advance(minutes=11)
    await asked(tavern, SAME)
    assert await heard(tavern) == []


async def test_an_answer_by_somebody_else_is_a_weak_down(tavern: Tavern) -> None:
    """Neither questions, chatter, thanks, the asker's own words, nor a bot's are such an answer."""
    _, question = await asked(tavern)
    for text in ("Is that true on Fridays, too?", "oh well", "Thanks, great!", ""):
        await says(tavern, question, text, BEN)
    await says(tavern, question, REPLY, ROBOT)
    await says(tavern, question, REPLY, ANA)
    assert await heard(tavern) == []
    await says(tavern, question, REPLY, BEN)
    await says(tavern, question, REPLY, BEN)
    assert await signals(tavern) == [("ben", Via.ANSWERED_BY_PERSON)]
    assert await weighed(tavern) == [(0.0, 0.5)]


async def test_who_adds_to_a_confirmed_answer_does_not_object(tavern: Tavern) -> None:
    """Where somebody found the bot's answer right, what people write below it is talk."""
    first, question = await asked(tavern)
    await tavern.judge(first, Verdict.UP, CLEO)
    await says(tavern, question, REPLY, BEN)
    assert await signals(tavern) == []


async def test_thanks_of_the_asker_are_a_weak_up(tavern: Tavern) -> None:
    """The bot says nothing to them; a mere "ok" and other people's thanks say nothing."""
    _, question = await asked(tavern)
    for text, person in (("ok", ANA), ("No, thanks", ANA), ("thanks!", BEN)):
        await says(tavern, question, text, person)
    assert await heard(tavern) == []
    first, question = await asked(tavern, "How do I reset my password?")
    await says(tavern, question, "Thanks, that worked! :tada:")
    (given,) = await heard(tavern)
    assert (given.answer_id, given.verdict, given.via) == (first.id, Verdict.UP, Via.THANKS)
    assert (0.3, 0.0) in await weighed(tavern)


async def test_thanks_for_a_colleague_are_not_the_bots(tavern: Tavern) -> None:
    """Whoever spoke last is who is thanked."""
    _, question = await asked(tavern)
    await says(tavern, question, REPLY, BEN)
    await says(tavern, question, "thank you so much")
    assert await signals(tavern) == [("ben", Via.ANSWERED_BY_PERSON)]


async def test_the_mark_on_a_question_is_a_weak_up_until_it_is_taken_off(tavern: Tavern) -> None:
    """Only the asker's, and only ✅; taking it off takes nothing else back."""
    first, question = await asked(tavern)
    for emoji, person in (("✅", BEN), ("tada", ANA), ("white_check_mark", ANA)):
        mark = tavern.reaction(question.ref.key, emoji, person=person)
        await tavern.assistant.on_reaction(mark)
    assert await signals(tavern) == [("ana", Via.RESOLVED)]
    await tavern.judge(first, Verdict.UP, ANA)
    off = tavern.reaction(question.ref.key, "white_check_mark", person=ANA, added=False)
    await tavern.assistant.on_reaction(off)
    assert [one.via for one in await heard(tavern)] == [Via.BUTTON]
    await tavern.judge(first, Verdict.UP, ANA, withdrawn=True)
    assert await heard(tavern) == []


async def test_what_a_person_says_replaces_what_they_did(tavern: Tavern) -> None:
    """Of a person one signal counts on an answer, the last; any verdict of theirs counts instead."""
    first, question = await asked(tavern)
    await asked(tavern, SAME)
    await says(tavern, question, "perfect, thanks")
    assert await signals(tavern) == [("ana", Via.THANKS)]
    await tavern.judge(first, Verdict.DOWN, ANA)
    await tavern.assistant.on_reaction(tavern.reaction(question.ref.key, "✅", person=ANA))
    assert await weighed(tavern) == [(0.0, 1.0)]
    await tavern.judge(first, Verdict.DOWN, ANA, withdrawn=True)
    assert await signals(tavern) == [("ana", Via.RESOLVED)]


async def test_signals_decide_nothing(tavern: Tavern) -> None:
    """They rate nothing, verify nothing, retire nothing and spend nobody's budget."""
    better, question = await asked(tavern)
    await tavern.correct(better, REPLY)
    await tavern.rerank()
    again, question = await asked(tavern)
    root = again.reused_id
    assert root
    for person in (ANA, BEN, CLEO):
        await says(tavern, question, "The cook says that it closes at noon.", person)
        await says(tavern, question, "thanks, perfect", person)
    await tavern.rerank()
    assert await standing_of(tavern, root) is Standing.TRIAL
    async with tavern.ledger.reading() as connection:
        assert {one.person.key for one in await live_verdicts(connection)} == {"ben"}
        assert await votes_since(connection, NOON) == {BEN.id: 1}


async def test_a_message_that_is_taken_away_or_changed_says_nothing(tavern: Tavern) -> None:
    """What was read from it goes with it, and the next epoch is computed without."""
    _, question = await asked(tavern)
    thanks = await says(tavern, question, "thanks!")
    await says(tavern, question, REPLY, CLEO)
    assert await weighed(tavern) == [(0.3, 0.0)]
    at = tavern.clock.advance(seconds=1)
    await tavern.assistant.on_edited(Edited(event_id="e", ref=thanks.ref, text="hm", at=at))
    assert await weighed(tavern) == []
    other = await says(tavern, question, REPLY, CLEO)
    await tavern.assistant.on_deleted(Deleted(event_id="d", ref=other.ref, at=at))
    assert await heard(tavern) == []


async def test_a_forgotten_person_gave_no_signals(tavern: Tavern) -> None:
    """Neither in the log nor in the next epoch."""
    _, question = await asked(tavern)
    await says(tavern, question, REPLY, BEN)
    await Forgetting(ledger=tavern.ledger, now=tavern.clock).forget(BEN)
    assert await heard(tavern) == []
    assert await weighed(tavern) == []


async def test_what_weighs_nothing_is_not_noted(tavern: Tavern) -> None:
    """0 turns a signal off."""
    off = ImplicitSettings(asked_again=0, answered_by_person=0, thanks=0, resolved=0)
    tavern.evidence = Evidence(emoji={}, saved_by=(), now=tavern.clock, signals=Signals(off))
    tavern.assistant = tavern.new_assistant()
    _, question = await asked(tavern)
    await asked(tavern, SAME)
    await says(tavern, question, "thanks!")
    await says(tavern, question, REPLY, BEN)
    await tavern.assistant.on_reaction(tavern.reaction(question.ref.key, "✅", person=ANA))
    assert await heard(tavern) == []
