"""Two platforms are one memory: what was learned on one is known on the other, and one person votes once."""

from core.answers import Answer, Origin, Standing
from core.documents import Document
from core.feedback import Verdict
from core.learning.forgetting import Forgetting
from core.ledger.answers import load_answer
from core.ledger.epochs import live_epoch, load_ratings
from core.links import Linking
from core.messages import Conversation, Person
from tests.tavern import BEN, CLEO, Tavern

QUESTION = "When does the kitchen close?"
BETTER = "It closes at eleven on weekends, says the cook."
ON_SLACK = Conversation(platform="slack", key="C1", name="general")
ON_DISCORD = Conversation(platform="discord", key="1", name="general")
CLOSED = Conversation(platform="slack", key="C2", name="staff", public=False)
CLOSED_THERE = Conversation(platform="discord", key="2", name="staff", public=False)
DIRECT = Conversation(platform="discord", key="3", direct=True, public=False)
ANA = Person(platform="slack", key="U1", name="Ana")
HER = Person(platform="discord", key="1", name="ana_")


async def link(tavern: Tavern, one: Person, other: Person) -> Linking:
    """Let two accounts be one person's."""
    linking = Linking(tavern.ledger, (), tavern.clock)
    await linking.redeem(other, await linking.offer(one))
    return linking


async def learn(tavern: Tavern, place: Conversation, by: Person = BEN) -> Answer:
    """Let a question be asked somewhere and answered better by a person; return that answer."""
    await tavern.correct(await tavern.ask(QUESTION, place=place), BETTER, by)
    await tavern.rerank()
    return await tavern.ask(QUESTION, place=place)


async def stored(tavern: Tavern, again: Answer) -> tuple[Standing, float]:
    """Return where the answer behind one that was given again stands, and its ups."""
    assert again.reused_id
    async with tavern.ledger.reading() as connection:
        held = await load_answer(connection, again.reused_id)
        epoch = await live_epoch(connection)
        assert held
        assert epoch
        rated = await load_ratings(connection, epoch.id)
    return held.standing, round(rated[held.id].ups, 3)


async def test_what_was_corrected_on_one_is_answered_on_the_other(tavern: Tavern) -> None:
    """What everyone may read is found wherever it is asked: in channels, closed ones, and directly."""
    await learn(tavern, ON_SLACK)
    for place in (ON_DISCORD, CLOSED_THERE, DIRECT):
        again = await tavern.ask(QUESTION, place=place)
        assert (again.text, again.origin) == (BETTER, Origin.CORRECTION)


async def test_what_was_learned_in_a_closed_place_stays_there(tavern: Tavern) -> None:
    """Neither everyone nor the members of another closed place are given it."""
    await learn(tavern, CLOSED)
    for place in (ON_SLACK, ON_DISCORD, CLOSED_THERE, DIRECT):
        assert BETTER not in (await tavern.ask(QUESTION, place=place)).text
    assert (await tavern.ask(QUESTION, place=CLOSED)).text == BETTER


async def test_the_same_key_on_two_platforms_is_two_conversations(tavern: Tavern) -> None:
    """Members of the one are not members of the other."""
    await learn(tavern, CLOSED_THERE)
    same = Conversation(platform="slack", key=CLOSED_THERE.key, public=False)
    assert BETTER not in (await tavern.ask(QUESTION, place=same)).text


async def test_votes_of_one_person_on_two_platforms_are_one(tavern: Tavern) -> None:
    """Three votes of two people verify nothing; the badge counts people too."""
    again = await learn(tavern, ON_SLACK, CLEO)
    there = await tavern.ask(QUESTION, place=ON_DISCORD)
    await tavern.judge(again, Verdict.UP, ANA)
    await tavern.judge(there, Verdict.UP, HER)
    await tavern.judge(again, Verdict.UP, BEN)
    await link(tavern, ANA, HER)
    await tavern.rerank()
    assert await stored(tavern, again) == (Standing.TRIAL, 2.0)
    helpful = (await tavern.ask(QUESTION, place=ON_DISCORD)).badge
    assert helpful
    assert helpful.helpful == 2


async def test_what_was_counted_before_the_link_is_counted_anew(tavern: Tavern) -> None:
    """A link takes a verification back that stood on one person twice; parting brings it back."""
    page = Document(source="listed", uri="weekends.md", title="Weekends", text=BETTER)
    tavern.source.held.append(page)  # without a source nothing is verified by several people
    await tavern.read()
    again = await learn(tavern, ON_SLACK, CLEO)
    for person in (ANA, HER, BEN):
        await tavern.judge(again, Verdict.UP, person)
    await tavern.rerank()
    assert await stored(tavern, again) == (Standing.VERIFIED, 3.0)
    linking = await link(tavern, ANA, HER)
    await tavern.rerank()
    assert await stored(tavern, again) == (Standing.TRIAL, 2.0)
    await linking.part(HER)
    await tavern.rerank()
    assert await stored(tavern, again) == (Standing.VERIFIED, 3.0)


async def test_nobody_votes_for_their_own_words_from_elsewhere(tavern: Tavern) -> None:
    """An author's other account is the author."""
    again = await learn(tavern, ON_SLACK, ANA)
    await tavern.judge(await tavern.ask(QUESTION, place=ON_DISCORD), Verdict.UP, HER)
    await tavern.rerank()
    assert (await stored(tavern, again))[1] == 1.0
    await link(tavern, HER, ANA)
    await tavern.rerank()
    assert (await stored(tavern, again))[1] == 0.0


async def test_forgetting_one_account_keeps_what_the_other_wrote(tavern: Tavern) -> None:
    """The correction stays under the other name, and counts as somebody's alone again."""
    again = await learn(tavern, ON_SLACK, ANA)
    await tavern.judge(again, Verdict.DOWN, HER)
    linking = await link(tavern, ANA, HER)
    forgetting = Forgetting(ledger=tavern.ledger, now=tavern.clock)
    there = await forgetting.preview(HER)
    assert (there.verdicts, there.corrections, there.linked) == (1, 0, 1)
    await forgetting.forget(HER)
    await tavern.rerank()
    assert (await tavern.ask(QUESTION, place=ON_DISCORD)).text == BETTER
    assert await linking.accounts(ANA) == []
