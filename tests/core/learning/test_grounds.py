"""The second gate: what people agree on is read beside its current sources before it is verified."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from core.answers import Answer, Standing
from core.errors import ModelError
from core.feedback import Verdict
from core.grounds import Grounds
from core.learning.grounds import REFUSALS, SecondGate
from core.ledger.answers import load_answer
from core.ledger.epochs import count_epochs
from core.ledger.grounds import count_contradicted, last_reason
from core.ledger.verifications import load_verifications
from core.messages import Person
from core.prompts import PromptPassage
from core.settings_of_learning import LearningSettings
from tests.tavern import ANA, BEN, CLEO, KITCHEN, Tavern, page

QUESTION = "When does the kitchen close?"
BETTER = "It closes at eleven on weekends, says the cook."
DAN = Person(platform="test", key="dan", name="Dan")
WEEKENDS = page("Weekends", f"{BETTER} On Mondays it stays shut.")


@dataclass(slots=True)
class Scripted:
    """A judge that finds what it is told to, or is away, and remembers what it was shown."""

    finds: Grounds | None
    name: str = "scripted"
    shown: list[tuple[str, list[str]]] = field(default_factory=list)

    async def weigh(self, question: str, text: str, passages: Sequence[PromptPassage]) -> Grounds:
        """Remember it, and say what was scripted."""
        self.shown.append((text, [one.title for one in passages]))
        if self.finds is None:
            raise ModelError("Claude is away.")
        return self.finds


def judged_by(tavern: Tavern, judge: Scripted) -> None:
    """Let a scripted judge look at sources."""
    tavern.second_gate = SecondGate(
        ledger=tavern.ledger, retriever=tavern.retriever, judge=judge, floor=0.1, now=tavern.clock
    )


def curated(tavern: Tavern, **learning: object) -> None:
    """Make Cleo a curator."""
    given = LearningSettings(curators=(CLEO.id,)).model_copy(update=learning)
    tavern.settings = tavern.settings.model_copy(update={"learning": given})


async def liked(tavern: Tavern, answer: Answer, *people: Person) -> None:
    """Have people find an answer right, and fold that in."""
    for one in people:
        await tavern.judge(answer, Verdict.UP, one)
    await tavern.rerank()


async def corrected(tavern: Tavern) -> Answer:
    """Have Ben write a better answer, and return it as it is given again."""
    await tavern.correct(await tavern.ask(QUESTION), BETTER)
    await tavern.rerank()
    return await tavern.ask(QUESTION)


async def stands(tavern: Tavern, answer: Answer) -> tuple[Standing, str | None]:
    """Return where the stored answer stands, and why."""
    async with tavern.ledger.reading() as connection:
        held = await load_answer(connection, answer.reused_id or answer.id)
        assert held
        return held.standing, await last_reason(connection, held.id)


async def test_what_people_like_is_verified_once_its_sources_support_it(tavern: Tavern) -> None:
    """Two gates: three people, and the words of the document that the answer cites."""
    first = await tavern.ask(QUESTION)
    await liked(tavern, first, ANA, BEN, CLEO)
    standing, reason = await stands(tavern, first)
    assert (standing, reason) == (
        Standing.VERIFIED,
        "3 found it right, and its sources support it",
    )


async def test_a_correction_without_a_source_stays_on_trial(tavern: Tavern) -> None:
    """It is given, marked as not verified; once a document says the same, people's word is enough."""
    again = await corrected(tavern)
    await liked(tavern, again, ANA, CLEO, DAN)
    assert await stands(tavern, again) == (Standing.TRIAL, REFUSALS[Grounds.MISSING])
    given = await tavern.ask(QUESTION)
    assert given.badge
    assert (given.text, given.badge.standing) == (BETTER, Standing.TRIAL)
    tavern.source.held.append(WEEKENDS)
    await tavern.read()
    eve = Person(platform="test", key="eve", name="Eve")
    await liked(tavern, again, eve)
    assert (await stands(tavern, again))[0] is Standing.VERIFIED


async def test_a_curators_word_is_ground_enough(tavern: Tavern) -> None:
    """Nobody is asked about what a curator vouches for; the curator owns it from then on."""
    curated(tavern)
    judge = Scripted(Grounds.CONTRADICTED)
    judged_by(tavern, judge)
    again = await corrected(tavern)
    await liked(tavern, again, CLEO)
    assert (await stands(tavern, again))[0] is Standing.VERIFIED
    assert judge.shown == []
    async with tavern.ledger.reading() as connection:
        (held,) = (await load_verifications(connection, [again.reused_id or ""])).values()
    assert held.owner_id == CLEO.id


@pytest.mark.parametrize("found", [Grounds.CONTRADICTED, Grounds.MISSING])
async def test_what_the_sources_do_not_bear_out_waits_for_a_curator(
    tavern: Tavern, found: Grounds
) -> None:
    """It stays on trial with the reason, which is logged once; the judge is asked once."""
    judge = Scripted(found)
    judged_by(tavern, judge)
    again = await corrected(tavern)
    await liked(tavern, again, ANA, CLEO, DAN)
    assert await stands(tavern, again) == (Standing.TRIAL, REFUSALS[found])
    await liked(tavern, again, Person(platform="test", key="eve", name="Eve"))
    assert judge.shown == [(BETTER, ["Kitchen"])]
    async with tavern.ledger.reading() as connection:
        assert await count_contradicted(connection) == (found is Grounds.CONTRADICTED)


async def test_generated_text_without_grounds_is_not_given_again(tavern: Tavern) -> None:
    """Three people like what the model wrote, and nothing supports it: it stays a candidate."""
    judged_by(tavern, Scripted(Grounds.MISSING))
    first = await tavern.ask(QUESTION)
    await liked(tavern, first, ANA, BEN, CLEO)
    assert await stands(tavern, first) == (Standing.CANDIDATE, REFUSALS[Grounds.MISSING])
    assert (await tavern.ask(QUESTION)).badge is None


async def test_while_the_judge_is_away_nothing_moves(tavern: Tavern) -> None:
    """It is no error and makes no epoch; once the judge is back, the next run makes up for it."""
    judge = Scripted(None)
    judged_by(tavern, judge)
    first = await tavern.ask(QUESTION)
    await liked(tavern, first, ANA, BEN, CLEO)
    assert (await stands(tavern, first))[0] is Standing.CANDIDATE
    await tavern.rerank()
    async with tavern.ledger.reading() as connection:
        assert await count_epochs(connection) == 1
    judge.finds = Grounds.SUPPORTED
    await tavern.rerank()
    assert (await stands(tavern, first))[0] is Standing.VERIFIED
    asked = len(judge.shown)
    await liked(tavern, first, DAN)
    assert len(judge.shown) == asked


async def test_a_changed_passage_is_looked_at_anew(tavern: Tavern) -> None:
    """What was found of the former text says nothing of the new one."""
    judge = Scripted(Grounds.MISSING)
    judged_by(tavern, judge)
    again = await corrected(tavern)
    await liked(tavern, again, ANA, CLEO, DAN)
    judge.finds = Grounds.SUPPORTED
    tavern.source.held[0] = page(KITCHEN.uri, "The kitchen closes at eleven on weekends.")
    await tavern.read()
    await liked(tavern, again, Person(platform="test", key="eve", name="Eve"))
    assert (await stands(tavern, again))[0] is Standing.VERIFIED


async def test_a_verified_answer_lapses_and_is_renewed(tavern: Tavern) -> None:
    """Not looked at for ninety days it is on trial again, until a curator looks; then it is theirs."""
    curated(tavern, reverify_days=90)
    again = await corrected(tavern)
    await liked(tavern, again, CLEO)
    tavern.clock.advance(days=91)
    await tavern.rerank()
    assert await stands(tavern, again) == (Standing.TRIAL, "not looked at for 90 days")
    await liked(tavern, again, ANA)
    assert (await stands(tavern, again))[0] is Standing.TRIAL
    await liked(tavern, again, CLEO)
    assert (await stands(tavern, again))[0] is Standing.VERIFIED
    tavern.clock.advance(days=89)
    await tavern.rerank()
    assert (await stands(tavern, again))[0] is Standing.VERIFIED


async def test_a_verified_answer_yields_to_no_other(tavern: Tavern) -> None:
    """Not to a newer and nearer correction that nobody verified; to a curator's it does."""
    curated(tavern)
    await liked(tavern, await corrected(tavern), CLEO)
    worded = "When exactly does the kitchen close?"
    newer = "At midnight, trust me."
    await tavern.correct(await tavern.ask(worded), newer, DAN)
    await tavern.rerank()
    assert (await tavern.ask(worded)).text == BETTER
    theirs = "At half past ten."
    await tavern.correct(await tavern.ask(worded), theirs, CLEO)
    await tavern.rerank()
    assert (await tavern.ask(worded)).text == theirs
