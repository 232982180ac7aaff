"""What adapters ask the assistant: what stands where, what was missed, and whom to ask why."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from core.feedback import Feedback, Reason, Verdict
from core.learning.forgetting import Forgetting
from core.ledger.feedback import live_verdicts
from core.messages import MessageRef, Person, Reaction
from tests.tavern import ANA, BEN, CLEO, HALL, ROBOT, KeptReply, Tavern

QUESTION = "When does the kitchen close?"
POST = MessageRef(platform="test", conversation=HALL.key, key="id0-answer")


async def live(tavern: Tavern) -> Sequence[Feedback]:
    """Return the verdicts that count."""
    async with tavern.ledger.reading() as connection:
        return await live_verdicts(connection)


async def sweep(tavern: Tavern, *standing: Reaction) -> int:
    """Let the bot look at its post, where this stands, and return what it had missed."""
    found = await tavern.assistant.sweep(POST, standing, tavern.clock.advance(seconds=1))
    await tavern.assistant.drain()
    return found


def standing(tavern: Tavern, emoji: str = "👍", person: Person = BEN) -> Reaction:
    """Return an emoji as the platform shows it, which does not tell since when it stands."""
    return replace(tavern.reaction(POST.key, emoji, person=person), event_id="shown")


async def test_an_answer_is_found_by_its_id_and_its_place(tavern: Tavern) -> None:
    """With the badge of one that was given again; what is not there is None."""
    first = await tavern.ask(QUESTION)
    await tavern.correct(first, "It closes at eleven.")
    await tavern.rerank()
    again = await tavern.ask(QUESTION, person=CLEO)
    assert again.badge
    shown = await tavern.assistant.answer(again.id)
    assert shown
    assert (shown.text, shown.badge) == (again.text, again.badge)
    assert await tavern.assistant.answer("ghost") is None
    found = await tavern.assistant.answer_at(POST)
    assert found
    assert (found.id, found.badge) == (first.id, None)
    assert await tavern.assistant.answer_at(replace(POST, key="nowhere")) is None


async def test_posts_are_listed_with_their_emoji(tavern: Tavern) -> None:
    """From a time on; so the adapter knows what to look at after it was away."""
    before = tavern.clock()
    answer = await tavern.ask(QUESTION)
    await tavern.assistant.on_reaction(tavern.reaction(POST.key, "👍"))
    (post,) = await tavern.assistant.posts_since("test", before)
    assert (post.ref, post.answer_id, post.thread) == (POST, answer.id, "id0")
    assert [one.emoji for one in post.reactions] == ["👍"]
    assert await tavern.assistant.posts_since("test", tavern.clock.advance(seconds=1)) == []


async def test_what_stands_below_is_found_by_how_its_key_begins(tavern: Tavern) -> None:
    """Questions and answers alike, in that conversation only; a sign of SQL's own is no joker."""
    await tavern.ask(QUESTION)
    found = await tavern.assistant.messages_below(HALL, "id0")
    assert [ref.key for ref in found] == ["id0", "id0-answer"]
    assert found[1] == POST
    assert not await tavern.assistant.messages_below(HALL, "id_")
    assert not await tavern.assistant.messages_below(replace(HALL, key="attic"), "id0")


async def test_what_was_missed_is_received(tavern: Tavern) -> None:
    """Added while away counts, taken back while away counts no more; looking again finds nothing."""
    await tavern.ask(QUESTION)
    await tavern.assistant.on_reaction(tavern.reaction(POST.key, "👎", person=ANA))
    there = standing(tavern)
    assert await sweep(tavern, there, standing(tavern, person=ROBOT)) == 2
    assert [(one.person, one.verdict) for one in await live(tavern)] == [(BEN, Verdict.UP)]
    assert await sweep(tavern, there) == 0
    assert await sweep(tavern) == 1
    assert await live(tavern) == []
    assert await sweep(tavern, there) == 1
    assert len(await live(tavern)) == 1


async def test_an_event_that_comes_after_all_changes_nothing(tavern: Tavern) -> None:
    """What was swept is newer: neither the late addition nor a late removal of before counts."""
    await tavern.ask(QUESTION)
    late = tavern.reaction(POST.key, "👍")
    gone = tavern.reaction(POST.key, "👍", added=False)
    assert await sweep(tavern, standing(tavern)) == 1
    for one in (late, gone):
        await tavern.assistant.on_reaction(one)
    assert len(await live(tavern)) == 1
    await tavern.assistant.on_reaction(tavern.reaction(POST.key, "👍", added=False))
    assert await live(tavern) == []


async def test_two_looks_at_once_receive_it_once(tavern: Tavern) -> None:
    """Two processes that sweep at the same time find the same event."""
    await tavern.ask(QUESTION)
    there, at = standing(tavern), tavern.clock.advance(seconds=1)
    other = tavern.new_assistant()
    looks = [await one.sweep(POST, [there], at) for one in (tavern.assistant, other)]
    for one in (tavern.assistant, other):
        await one.drain()
    assert sum(looks) == 1
    assert len(await live(tavern)) == 1


async def test_what_a_forgotten_person_left_is_not_found_again(tavern: Tavern) -> None:
    """Their emoji may stand on the platform still: nobody can tell that it is new."""
    await tavern.ask(QUESTION)
    await tavern.assistant.on_reaction(tavern.reaction(POST.key, "👍"))
    await Forgetting(ledger=tavern.ledger, now=tavern.clock).forget(BEN)
    assert await sweep(tavern, standing(tavern)) == 0
    assert await live(tavern) == []


# -- asking why ------------------------------------------------------------------------------------


async def test_who_finds_an_answer_wrong_is_asked_why(tavern: Tavern) -> None:
    """Before the reaction had its effect and after it, until there is a reason."""
    answer = await tavern.ask(QUESTION)
    down = tavern.reaction(POST.key, "👎")
    asked = await tavern.assistant.asks_why(down)
    assert asked
    assert asked.id == answer.id
    await tavern.assistant.on_reaction(down)
    assert await tavern.assistant.asks_why(down) == asked
    why = tavern.verdict(answer, Verdict.DOWN, reason=Reason.OUTDATED)
    await tavern.assistant.on_verdict(why)
    assert await tavern.assistant.asks_why(down) is None
    assert await tavern.assistant.asks_why(tavern.reaction(POST.key, "👎")) is None


@pytest.mark.parametrize("what", ["up", "dice", "removal", "robot", "elsewhere", "command"])
async def test_nobody_else_is_asked(tavern: Tavern, what: str) -> None:
    """Praise, dice, a removal, bots, other messages and what a command printed."""
    question = tavern.message("/echo hello" if what == "command" else QUESTION)
    await tavern.assistant.on_message(question, KeptReply(POST.key))
    emoji = {"up": "👍", "dice": "🎲"}.get(what, "👎")
    given = tavern.reaction(POST.key, emoji, added=what != "removal")
    if what == "robot":
        given = replace(given, person=ROBOT)
    if what == "elsewhere":
        given = replace(given, ref=replace(POST, key="elsewhere"))
    assert await tavern.assistant.asks_why(given) is None


async def test_who_changed_their_mind_is_not_asked(tavern: Tavern) -> None:
    """The 👎 was taken off, or something else was said since."""
    answer = await tavern.ask(QUESTION)
    first, second = (tavern.reaction(POST.key, "👎", person=who) for who in (ANA, BEN))
    for one in (first, second):
        await tavern.assistant.on_reaction(one)
    gone = tavern.reaction(POST.key, "👎", person=ANA, added=False)
    await tavern.assistant.on_reaction(gone)
    await tavern.judge(answer, Verdict.UP, BEN)
    assert [await tavern.assistant.asks_why(one) for one in (first, second)] == [None, None]
    later = replace(second, at=tavern.clock() + timedelta(seconds=9))
    assert await tavern.assistant.asks_why(later) is not None
