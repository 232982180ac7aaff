"""The stories that every platform tells: written once, lived through each platform's real entry point.

One bot serves all platforms. A platform sits a story out only where the list of exemptions in
`tests/bot/test_parity.py` says that it lacks what the story needs, and why.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.adapter import Capability
from core.feedback import Verdict
from core.interfaces import Embedder
from tests.stories.driver import MODERATORS, PATIENCE
from tests.stories.house import House, Scene
from tests.stories.stage import helpful_to, on_each, opened_everywhere

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one bot for all of them

TOLD: set[Capability] = set()
# What a story cannot tell alike everywhere, and who shows it.
ELSEWHERE = {
    **dict.fromkeys(
        (Capability.CITATION, Capability.REASON, Capability.CORRECTION, Capability.AFRESH),
        "tests/stories/test_learning_everywhere.py, in a house that has a curator",
    ),
    Capability.STREAMING: "each reply's own tests, which see the words come",
    Capability.STATUS: "each reply's own tests, which see it while the bot searches",
    Capability.SOURCE_PAGE: "tests/bot/room, the only platform that has it",
    Capability.HISTORY: "tests/bot/room, the only platform that has it",
    Capability.LEARNED: "tests/bot/room, the only platform that has it",
    Capability.HOME: "tests/bot/slack, the only platform that has it",
    Capability.SWEEP: "the stories of each platform on which the bot can be away",
}


def told_on_each(*needed: Capability) -> pytest.MarkDecorator:
    """Tell a story on each platform that can do what it needs."""
    TOLD.update(needed)
    return on_each(*needed)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    tmp_path_factory: pytest.TempPathFactory, bundled: Embedder
) -> AsyncIterator[House]:
    """Open the bot on every platform."""
    async with opened_everywhere(tmp_path_factory.mktemp("house"), bundled) as opened:
        yield opened


@pytest.fixture
def scene(house: House, request: pytest.FixtureRequest) -> Scene:
    """Return a new scene on the platform that the story is told on."""
    return house.scene(request.param)


@told_on_each(Capability.REACTION, Capability.BUTTON)
async def test_a_reaction_that_is_taken_back_loses_its_effect(scene: Scene) -> None:
    """Three thumbs up verify an answer, which then is given with its mark; the last word of each counts."""
    answer = await scene.asked(scene.ana, scene.topic.question)
    for guest in (scene.ana, scene.ben, scene.cleo):
        await guest.reacts(answer, "👍")
    await scene.reranked()
    again = await scene.told(scene.ben, scene.topic.question, scene.garden)
    assert helpful_to(again) == 3
    await scene.ana.takes_back(answer, "👍")
    await scene.ben.takes_back(answer, "👍")
    await scene.cleo.judges(answer, Verdict.DOWN)
    await scene.reranked()
    assert helpful_to(await scene.told(scene.cleo, scene.topic.question)) is None


@told_on_each(Capability.THREAD_FOLLOW_UP)
async def test_a_thread_goes_on_without_a_mention(scene: Scene) -> None:
    """Who was answered asks on below it."""
    asked = await scene.ana.asks(scene.hall, scene.topic.question)
    await scene.platform.answer(asked)
    await scene.ana.follows_up(asked, scene.topic.other)
    assert "Tuesday" in await scene.platform.words(await scene.platform.answer(asked, 2))


@told_on_each(Capability.MENTION)
async def test_people_among_themselves_are_left_alone(scene: Scene) -> None:
    """What does not mention the bot is not answered, also where it is a question."""
    said = await scene.ana.says(scene.hall, scene.topic.question)
    named = await scene.ana.says_to(scene.hall, "Ben", scene.topic.question)
    await scene.platform.settled()
    assert [await scene.platform.answers(one) for one in (said, named)] == [0, 0]


@told_on_each(Capability.COMMAND)
async def test_its_commands(scene: Scene) -> None:
    """`help` names them, and each is taken."""
    wanted = {
        "help": "/forget",
        "status": "quot",
        "sources": "anvil",
        "prefs language de": "german",
        "review": "curator",
        "audit": "curator",
    }
    for line, word in {**wanted, "prefs forget": "forgot", "forget me": "forget"}.items():
        assert word in (await scene.ana.commands(scene.hall, line)).lower()


@told_on_each()
async def test_what_is_not_in_the_pages_is_not_known(scene: Scene) -> None:
    """It says so, instead of guessing."""
    said = await scene.told(scene.ana, "Who invented the zipper?")
    assert "I don't know" in said


@told_on_each(Capability.DIRECT)
async def test_a_direct_message_needs_no_mention(scene: Scene) -> None:
    """Between the two everything is for the bot."""
    asked = await scene.ana.asks_directly(scene.topic.question)
    words = await scene.platform.words(await scene.platform.answer(asked))
    assert scene.topic.place in words


@told_on_each(Capability.EDIT)
async def test_another_question_gets_another_answer(scene: Scene) -> None:
    """In the same message; there is still one."""
    asked = await scene.ana.asks(scene.hall, scene.topic.question)
    answer = await scene.platform.answer(asked)
    await scene.ana.edits(asked, scene.topic.other)
    await scene.platform.settled()
    async with asyncio.timeout(PATIENCE):  # what people see follows what was stored
        while "Tuesday" not in await scene.platform.words(answer):  # noqa: ASYNC110  # a page tells nobody
            await asyncio.sleep(0.05)
    assert await scene.platform.answers(asked) == 1


@told_on_each(Capability.DELETE, Capability.BUTTON)
async def test_a_question_that_was_deleted_teaches_nothing(scene: Scene) -> None:
    """Its phrasing is forgotten, though its answer was found right by three."""
    asked = await scene.ana.asks(scene.hall, scene.topic.question)
    answer = await scene.platform.answer(asked)
    for guest in (scene.ana, scene.ben, scene.cleo):
        await guest.judges(answer, Verdict.UP)
    await scene.reranked()
    await scene.ana.deletes(asked)
    await scene.reranked()
    again = await scene.told(scene.cleo, scene.topic.question, scene.garden)
    assert helpful_to(again) is None


@told_on_each(Capability.PRIVATE_ANSWER, Capability.SHARE)
async def test_a_command_is_answered_to_its_asker_who_may_share_it(scene: Scene) -> None:
    """Nobody else sees it before."""
    answer = await scene.ana.asks_alone(scene.hall, scene.topic.question)
    assert scene.topic.place in await scene.platform.words(answer)
    await scene.ana.presses(answer, "Share with the channel")
    shared = await scene.platform.said_in(scene.hall)
    await scene.platform.settled()
    assert scene.topic.place in await scene.platform.words(shared)


@told_on_each(Capability.MODE, Capability.DRAFT)
async def test_a_draft_is_put_before_moderators(scene: Scene) -> None:
    """What they publish is seen by who asked; what they dismiss is not."""
    await scene.ben.commands(scene.hall, "mode draft")
    first = await scene.ana.asks(scene.hall, scene.topic.question)
    await scene.cleo.presses(await scene.platform.said_in(MODERATORS, 1), "Publish")
    published = await scene.platform.answer(first)
    assert scene.topic.place in await scene.platform.words(published)
    second = await scene.ana.asks(scene.hall, scene.topic.other)
    await scene.cleo.presses(await scene.platform.said_in(MODERATORS, 2), "Dismiss")
    await scene.platform.settled()
    assert await scene.platform.answers(second) == 0


@told_on_each(Capability.MODE)
async def test_a_conversation_chooses_its_mode(scene: Scene) -> None:
    """Everybody may ask which there are."""
    words = await scene.ana.commands(scene.hall, "mode")
    assert all(name in words for name in ("off", "mention", "suggest", "draft", "auto"))
    assert "now on the mode is" in await scene.ana.commands(scene.hall, "mode mention")


@told_on_each(Capability.SILENCE, Capability.REACTION)
async def test_a_thread_is_silenced_by_an_emoji(scene: Scene) -> None:
    """After 🤫 on an answer nobody who asks on below it is answered."""
    asked = await scene.ana.asks(scene.hall, scene.topic.question)
    await scene.ben.reacts(await scene.platform.answer(asked), "🤫")
    await scene.platform.settled()
    await scene.ana.follows_up(asked, scene.topic.other)
    await scene.platform.settled()
    assert await scene.platform.answers(asked) == 1


@told_on_each(Capability.SILENCE)
async def test_silence_holds_until_it_is_lifted(scene: Scene) -> None:
    """A whole conversation falls silent by a command: mentions alone are answered in it."""
    asked = await scene.ana.asks(scene.hall, scene.topic.question)
    await scene.platform.answer(asked)
    assert "silent" in await scene.ben.commands(scene.hall, "silence")
    await scene.ana.follows_up(asked, scene.topic.other)
    await scene.platform.settled()
    assert await scene.platform.answers(asked) == 1
    assert "speak" in await scene.ben.commands(scene.hall, "silence off")
    await scene.ana.follows_up(asked, scene.topic.other)
    assert "Tuesday" in await scene.platform.words(await scene.platform.answer(asked, 2))


@told_on_each(Capability.SAVE, Capability.REACTION)
async def test_a_pinned_reply_becomes_an_answer(scene: Scene) -> None:
    """By 📌 on what somebody replied to a question, until that is deleted."""
    asked = await scene.ana.says(scene.hall, f"Who has borrowed the {scene.topic.thing}?")
    told = await scene.ben.says(scene.hall, scene.topic.better, under=asked)
    await scene.ana.reacts(told, "📌")
    await scene.reranked()
    question = f"Who borrowed the {scene.topic.thing}?"
    assert scene.topic.better in await scene.told(scene.cleo, question, scene.garden)
    await scene.ben.deletes(told)
    await scene.reranked()
    assert scene.topic.better not in await scene.told(scene.cleo, question, scene.garden)


@told_on_each(Capability.SHORTCUT, Capability.SAVE)
async def test_a_message_is_saved_and_asked_about_by_its_menu(scene: Scene) -> None:
    """What is saved answers the question that it was saved for; what is asked is answered in private."""
    said = await scene.ben.says(scene.hall, scene.topic.better)
    await scene.ana.saves(said, f"Who has borrowed the {scene.topic.thing}?")
    dusty = await scene.ben.says(scene.hall, f"The {scene.topic.thing} is dusty.")
    alone = await scene.ana.asks_about(dusty, scene.topic.other)
    assert "Tuesday" in await scene.platform.words(alone)
    await scene.reranked()
    question = f"Who borrowed the {scene.topic.thing}?"
    assert scene.topic.better in await scene.told(scene.cleo, question, scene.garden)


@pytest.mark.parametrize(
    ("scene", "other"),
    [("slack", "discord"), ("discord", "slack"), ("slack", "room"), ("terminal", "discord")],
    indirect=["scene"],
)
async def test_corrected_on_one_platform_answered_rightly_on_another(
    scene: Scene, other: str
) -> None:
    """Asked and corrected here, it is answered rightly there, with the name of who wrote it."""
    answer = await scene.asked(scene.ana, scene.topic.question)
    await scene.ben.corrects(answer, scene.topic.better)
    await scene.reranked()
    there = scene.moved(other)
    again = await there.told(there.cleo, scene.topic.in_other_words)
    assert scene.topic.better in again
    assert "written by ben" in again.lower()


@pytest.mark.parametrize(
    ("scene", "other"), [("slack", "discord"), ("discord", "slack")], indirect=["scene"]
)
async def test_what_is_corrected_in_private_stays_there(scene: Scene, other: str) -> None:
    """Who wrote it in a direct conversation gets it there again, and nobody on the other platform."""
    asked = await scene.ana.asks_directly(scene.topic.question)
    await scene.ana.corrects(await scene.platform.answer(asked), scene.topic.better)
    await scene.reranked()
    again = await scene.platform.answer(await scene.ana.asks_directly(scene.topic.question))
    assert scene.topic.better in await scene.platform.words(again)
    there = scene.moved(other)
    assert scene.topic.better not in await there.told(there.ana, scene.topic.question)


async def test_every_capability_has_its_story() -> None:
    """Each is told here, or it is said who shows it."""
    assert set(Capability) == TOLD | set(ELSEWHERE)
    assert not TOLD & set(ELSEWHERE)
