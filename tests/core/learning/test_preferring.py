"""Preferring: what a person said, or shows by verdicts, shapes the answers that this person gets."""

from dataclasses import replace

import pytest

from core.errors import TavernkeepError
from core.feedback import Reason, Verdict
from core.learning.forgetting import Forgetting
from core.learning.preferring import Preferring
from core.ledger.people import see_person
from core.links import Linking
from core.messages import Person
from core.preferences import USUAL, Aspect, Kept, Length, Preferences
from tests.tavern import ANA, BEN, ROBOT, Tavern, written

QUESTION = "When does the kitchen close?"
HER = Person(platform="slack", key="U1", name="Ana")


async def test_answers_keep_to_what_the_asker_said(tavern: Tavern) -> None:
    """The prompt of their next question carries it, and that of anybody else does not."""
    await tavern.preferring.prefer(ANA, Aspect.LANGUAGE, "de")
    await tavern.preferring.prefer(ANA, Aspect.CODE_FIRST, "yes")
    await tavern.ask(QUESTION, person=ANA)
    await tavern.ask(QUESTION, person=BEN)
    styles = [prompt.style for prompt in tavern.model.prompts]
    assert styles == [Preferences(language="de", code_first=True), USUAL]


async def test_a_stored_answer_is_given_as_it_stands(tavern: Tavern) -> None:
    """What people verified is not rewritten for one of them."""
    await tavern.correct(await tavern.ask(QUESTION), "At eleven, says the cook.")
    await tavern.rerank()
    await tavern.preferring.prefer(ANA, Aspect.LENGTH, "brief")
    assert (await tavern.ask(QUESTION)).text == "At eleven, says the cook."


async def test_linked_accounts_are_one_person(tavern: Tavern) -> None:
    """What is said by one account counts for the other; the last word wins, and forgetting takes both."""
    linking = Linking(tavern.ledger, (), tavern.clock)
    await linking.redeem(HER, await linking.offer(ANA))
    await tavern.preferring.prefer(ANA, Aspect.LENGTH, "brief")
    tavern.clock.advance(seconds=1)
    await tavern.preferring.prefer(HER, Aspect.LENGTH, "detailed")
    assert (await tavern.preferring.kept(ANA)).said == {Aspect.LENGTH: "detailed"}
    assert await tavern.preferring.forget(ANA)
    assert await tavern.preferring.kept(HER) == Kept(said={})
    assert not await tavern.preferring.forget(HER)


async def test_only_people_and_only_the_list(tavern: Tavern) -> None:
    """A bot has no preferences, and no other value is kept."""
    for person, value in ((ROBOT, "brief"), (ANA, "rude")):
        with pytest.raises(TavernkeepError):
            await tavern.preferring.prefer(person, Aspect.LENGTH, value)
        assert await tavern.preferring.kept(person) == Kept(said={})


async def test_forget_me_takes_preferences_along(tavern: Tavern) -> None:
    """The preview counts them, and a person of whom there is nothing else is no longer known."""
    forgetting = Forgetting(ledger=tavern.ledger, now=tavern.clock)
    await tavern.preferring.prefer(HER, Aspect.LENGTH, "brief")
    assert (await forgetting.preview(HER)).preferences == 1
    assert (await forgetting.forget(HER)).preferences == 1
    assert await tavern.preferring.kept(HER) == Kept(said={})
    assert await forgetting.known(HER.id) is None


async def judged_by_length(tavern: Tavern, reason: Reason | None = None) -> None:
    """Let Ben like five short answers and dislike six long ones."""
    async with tavern.ledger.writing() as connection:
        await see_person(connection, BEN, tavern.clock())
    for number in range(11):
        long = number >= 5
        tavern.model.script = written("It closes at ten. " * (40 if long else number + 1), 0)
        answer = await tavern.ask(QUESTION)
        given = tavern.verdict(answer, Verdict.DOWN if long else Verdict.UP)
        await tavern.assistant.on_verdict(replace(given, reason=reason if long else None))


async def test_verdicts_tell_who_likes_it_brief(tavern: Tavern) -> None:
    """It is read off the log for the one who judged, unless the setting or the person says no."""
    await judged_by_length(tavern)
    kept = await tavern.preferring.kept(BEN)
    assert kept == Kept(said={}, guessed=Length.BRIEF)
    assert await tavern.preferring.kept(ANA) == Kept(said={})
    without = Preferring(tavern.ledger, guesses=False, now=tavern.clock)
    assert await without.kept(BEN) == Kept(said={})
    await tavern.preferring.prefer(BEN, Aspect.LENGTH, "normal")
    assert (await tavern.preferring.kept(BEN)).preferences == USUAL


async def test_what_was_wrong_for_a_reason_says_nothing_of_length(tavern: Tavern) -> None:
    """A 👎 for wrong sources would be there for a short answer too."""
    await judged_by_length(tavern, Reason.WRONG_SOURCES)
    assert await tavern.preferring.kept(BEN) == Kept(said={})
