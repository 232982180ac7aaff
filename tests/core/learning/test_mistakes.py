"""Mistakes: what was found wrong near a question is told to the language model, where all may read it."""

from dataclasses import replace

import pytest

from core.answers import Answer
from core.audience import members_of
from core.documents import Document
from core.feedback import Reason, Verdict
from core.learning.forgetting import Forgetting
from core.messages import Deleted, Person
from core.prompts import MOST_MISTAKES, Mistake
from tests.tavern import ANA, BEN, CELLAR, CLEO, KITCHEN, KeptReply, Tavern, written

QUESTION = "When does the kitchen close?"
IN_OTHER_WORDS = "When does the kitchen close today?"
WRONG = "It never closes."


async def wronged(tavern: Tavern, reason: Reason | None = Reason.WRONG_ANSWER) -> Answer:
    """Give a wrong answer in the hall, which Ben finds wrong; it is not ranked yet."""
    tavern.model.script = written(WRONG, 0)
    answer = await tavern.ask(QUESTION)
    await tavern.assistant.on_verdict(tavern.verdict(answer, Verdict.DOWN, reason=reason))
    return replace(answer, text=f"{WRONG} [1]")


async def told(tavern: Tavern, question: str = IN_OTHER_WORDS) -> tuple[Mistake, ...]:
    """Return the mistakes that the language model is told of with Cleo's question."""
    tavern.model.prompts.clear()
    await tavern.ask(question, person=CLEO)
    (prompt,) = tavern.model.prompts
    return prompt.mistakes


async def test_what_was_wrong_near_by_is_told_with_why(tavern: Tavern) -> None:
    """Once it is ranked, with every reason that people gave; far away and reversed it is not."""
    answer = await wronged(tavern)
    await tavern.assistant.on_verdict(
        tavern.verdict(answer, Verdict.DOWN, person=CLEO, reason=Reason.OUTDATED)
    )
    assert await told(tavern) == ()
    await tavern.rerank()
    wrong = (Reason.WRONG_ANSWER, Reason.OUTDATED)
    assert await told(tavern) == (Mistake(question=QUESTION, text=answer.text, wrong=wrong),)
    assert await told(tavern, "How do I reset my password?") == ()
    assert await told(tavern, "When does the kitchen open?") == ()


async def test_without_a_reason_nothing_is_known_to_be_wrong(tavern: Tavern) -> None:
    """A mere 👎 may be about anything."""
    await wronged(tavern, reason=None)
    await tavern.rerank()
    assert await told(tavern) == ()


async def test_what_more_people_like_is_no_mistake(tavern: Tavern) -> None:
    """One rater alone makes none against others, and who takes it back takes the mistake back."""
    answer = await wronged(tavern)
    await tavern.judge(answer, Verdict.UP, CLEO)
    await tavern.rerank()
    assert await told(tavern) == ()
    await tavern.judge(answer, Verdict.UP, CLEO, withdrawn=True)
    await tavern.rerank()
    assert await told(tavern)
    await tavern.judge(answer, Verdict.DOWN, BEN, withdrawn=True)
    assert await told(tavern) == ()


async def test_a_rater_without_weight_makes_no_mistake(tavern: Tavern) -> None:
    """A verdict so old that it weighs next to nothing against a fresh one is outweighed."""
    answer = await wronged(tavern)
    tavern.clock.advance(days=3 * tavern.settings.learning.half_life_days)
    await tavern.judge(answer, Verdict.UP, CLEO)
    await tavern.rerank()
    assert await told(tavern) == ()


async def test_nobody_is_told_what_they_may_not_read(tavern: Tavern) -> None:
    """Neither what was said in private nor what rests on a page that only some may read by now."""
    tavern.model.script = written(WRONG, 0)
    private = await tavern.ask(QUESTION, place=CELLAR)
    await tavern.assistant.on_verdict(
        tavern.verdict(private, Verdict.DOWN, reason=Reason.WRONG_ANSWER)
    )
    await tavern.rerank()
    assert await told(tavern) == ()
    await wronged(tavern)
    await tavern.rerank()
    assert await told(tavern)
    hidden: Document = replace(KITCHEN, audience=members_of(CELLAR.id))
    tavern.source.held = [hidden, replace(KITCHEN, uri="also-open.md")]
    await tavern.read()
    assert await told(tavern) == ()


@pytest.mark.parametrize("who", [ANA, BEN], ids=["asker", "rater"])
async def test_nothing_is_left_of_a_forgotten_person(tavern: Tavern, who: Person) -> None:
    """Neither of whose question it was nor of who found it wrong, from the next question on."""
    await wronged(tavern)
    await tavern.rerank()
    await Forgetting(ledger=tavern.ledger, now=tavern.clock).forget(who)
    assert await told(tavern) == ()


async def test_nothing_is_left_of_a_deleted_question(tavern: Tavern) -> None:
    """Its words are in no prompt any more."""
    tavern.model.script = written(WRONG, 0)
    asked = tavern.message(QUESTION)
    reply = KeptReply("post")
    await tavern.assistant.on_message(asked, reply)
    await tavern.assistant.on_verdict(
        tavern.verdict(reply.answer, Verdict.DOWN, reason=Reason.WRONG_ANSWER)
    )
    await tavern.rerank()
    assert await told(tavern)
    at = tavern.clock.advance(seconds=1)
    await tavern.assistant.on_deleted(Deleted(event_id="gone", ref=asked.ref, at=at))
    assert await told(tavern) == ()


async def test_mistakes_do_not_crowd_out_the_sources(tavern: Tavern) -> None:
    """Of many only the nearest are told, and the same words once."""
    for number in range(6):
        tavern.model.script = written(f"It closes at {max(1, number)}.", 0)
        answer = await tavern.ask(QUESTION if number else IN_OTHER_WORDS)
        await tavern.assistant.on_verdict(
            tavern.verdict(answer, Verdict.DOWN, reason=Reason.OUTDATED)
        )
    await tavern.rerank()
    made = await told(tavern, QUESTION)
    assert len(made) == len({one.text for one in made}) == MOST_MISTAKES
    assert made[0].question == QUESTION
