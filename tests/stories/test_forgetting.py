"""Forgetting a person as they ask for it in chat: hidden at once, in no file after the purge."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from bot.terminal.reply import CollectedReply
from core.answers import Answer, Origin
from core.feedback import Verdict
from core.messages import Message, MessageRef, Person, Reaction
from core.settings import Settings
from tests.doubles import Clock
from tests.stories.conftest import ANA, BEN, CLEO, HALL, Story
from tests.stories.test_erasure import found, opened, shown, traces

WANDA = Person(platform="story", key="U7QXWANDAZ", name="Wanda Zyxomma")
ASKED, FIXED, ALONE = "Pterodaustros-9x", "quetzalcoatlus7b", "Dimorphodonq4"
NAMES = ("U7QXWANDAZ", "Zyxomma")
TEXTS = (ASKED, FIXED, ALONE)
EVERYTHING = (*TEXTS, *NAMES)
OF_THE_BACKUPS = f"Are backups of the ledger kept for thirty days, {ASKED}?"
OF_SLACK = "How do I connect Slack?"
BETTER = f"Ask the {FIXED} at the bar for the Slack tokens."


@pytest.fixture
def forgetting(quoting: Settings) -> Settings:
    """Return the settings of a bot that has the command `/forget`."""
    return quoting.model_copy(update={"plugins": ("folders", "forget")})


@pytest.fixture
async def story(forgetting: Settings, clock: Clock) -> AsyncIterator[Story]:
    """Return a bot that knows Wanda: she asked, voted, reacted and wrote a better answer."""
    async with opened(forgetting, clock) as told:
        yield told


async def heard(story: Story, text: str, person: Person = WANDA) -> str:
    """Return what the bot replies to a message."""
    return (await story.ask(text, person=person)).text


async def live(story: Story) -> Answer:
    """Let Wanda ask, vote, react and correct; return the answer to her that others like too."""
    liked = await story.ask(OF_THE_BACKUPS, person=WANDA)
    await story.judge(liked, Verdict.UP, BEN)
    await heard(story, f"When do the {ALONE} fold their wings into ratings?")
    of_slack = await story.ask(OF_SLACK, person=BEN)
    for person in (ANA, WANDA, CLEO):
        await story.judge(liked, Verdict.UP, person)
    await story.correct(of_slack, BETTER, WANDA)
    await story.run("rerank")
    assert (await story.ask(OF_SLACK, person=CLEO)).text == BETTER
    place = MessageRef(platform="story", conversation=HALL.key, key="anywhere")
    smile = Reaction(
        event_id="smile", ref=place, person=WANDA, emoji="🙂", added=True, at=story.clock()
    )
    await story.app.assistant.on_reaction(smile)
    return liked


async def test_a_person_is_hidden_then_gone(story: Story, forgetting: Settings) -> None:
    """What Wanda wrote is found, then hidden by her own word, then in no file; Ben's stays."""
    await live(story)
    assert all(traces(forgetting.data, canary) for canary in EVERYTHING)
    shows = await shown(story)
    assert all(canary in shows for canary in EVERYTHING)
    assert "2 messages, 2 verdicts, 1 correction and 2 answers" in await heard(story, "/forget me")
    assert "You are forgotten: 3 messages" in await heard(story, "/forget me yes")

    await story.app.store.indexing.catch_up()
    for canary in (*TEXTS, WANDA.name):
        assert canary not in await shown(story)
        assert await found(story, canary) == set()
        assert canary not in str(await story.app.assistant.learned())
    assert FIXED not in await heard(story, OF_SLACK, CLEO)
    assert "thirty days" in await shown(story)  # Ben found that answer right

    await story.run("purge")
    assert WANDA.id not in await shown(story)  # the request itself is gone too
    for canary in EVERYTHING:
        assert traces(forgetting.data, canary) == set(), canary
    assert OF_SLACK in await shown(story)


async def test_a_preview_changes_nothing_and_is_of_the_writer_alone(story: Story) -> None:
    """Ben is told of Ben; without the "yes", or with other words, everything is as it was."""
    await live(story)
    assert "1 message, 1 verdict, 0 corrections and 1 answer" in await heard(
        story, "/forget me", BEN
    )
    for words in ("/forget", "/forget Wanda yes", f"/forget {WANDA.id} yes", "/forget yes me"):
        assert "only ever for the one who writes it" in await heard(story, words, BEN)
    shows = await shown(story)
    assert all(canary in shows for canary in EVERYTHING)


async def test_what_was_learned_from_a_person_is_learned_no_more(story: Story) -> None:
    """Her correction is given to nobody, and a rating is what the others' verdicts make of it."""
    liked = await live(story)
    rated = await rating_of(story, liked)
    await story.app.forgetting.forget(WANDA)
    await story.run("rerank")
    assert await rating_of(story, liked) < rated
    again = await story.ask(OF_SLACK, person=CLEO)
    assert again.origin is not Origin.CORRECTION
    assert again.badge is None


async def test_old_events_that_come_late_stay_away_and_new_ones_are_taken(
    story: Story, forgetting: Settings
) -> None:
    """Delivered again, or for the first time, what she wrote before is not stored; later words are."""
    await live(story)
    wrote_at = story.clock.advance(seconds=1)
    await story.app.forgetting.forget(WANDA)
    await story.run("purge")
    for key, at, replies in (
        ("late", wrote_at, False),
        ("new", story.clock.advance(minutes=1), True),
    ):
        reply = CollectedReply(MessageRef(platform="story", conversation="hall", key=f"{key}-a"))
        await story.app.assistant.on_message(message(key, f"{OF_THE_BACKUPS} {key}", at), reply)
        assert (reply.answer is not None) is replies
        assert (f"{ASKED}? {key}" in await shown(story)) is replies
        assert bool(traces(forgetting.data, ASKED)) is replies


def message(key: str, text: str, at: datetime) -> Message:
    """Return a message of Wanda's, sent at that time."""
    return Message(
        event_id=key,
        ref=MessageRef(platform=HALL.platform, conversation=HALL.key, key=key),
        conversation=HALL,
        person=WANDA,
        text=text,
        sent_at=at,
        addressed=True,
    )


async def rating_of(story: Story, answer: Answer) -> float:
    """Return what the evidence on a stored answer amounts to."""
    learned = await story.app.assistant.learned()
    return next(one.rating.value for one in learned if one.rating and one.answer.id == answer.id)
