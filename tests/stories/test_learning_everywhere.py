"""The stories of learning, on every platform: what a curator verifies, and what goes and comes back.

They have a house of their own: what is verified in it teaches the bot how near is near enough.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.adapter import Capability
from core.feedback import Reason, Verdict
from core.interfaces import Embedder
from tests.stories.driver import Said
from tests.stories.house import House, Scene
from tests.stories.stage import helpful_to, on_each, opened_everywhere

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one bot for all of them


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    tmp_path_factory: pytest.TempPathFactory, bundled: Embedder
) -> AsyncIterator[House]:
    """Open the bot on every platform, with a curator on each."""
    folder = tmp_path_factory.mktemp("house")
    async with opened_everywhere(folder, bundled, curated=True) as opened:
        yield opened


@pytest.fixture
def scene(house: House, request: pytest.FixtureRequest) -> Scene:
    """Return a new scene on the platform that the story is told on."""
    return house.scene(request.param)


@on_each(Capability.CITATION, Capability.REASON, Capability.CORRECTION, Capability.BUTTON)
async def test_the_whole_loop(scene: Scene) -> None:
    """Doubted, corrected, verified by a curator, given to other words; gone and back with its source."""
    fixed = f"In the {scene.topic.place}, where the {scene.topic.thing} of the house is kept."
    answer = await scene.asked(scene.ana, scene.topic.question)
    words = await scene.platform.words(answer)
    assert f"kept in the {scene.topic.place}" in words
    assert f"The {scene.topic.thing}" in words
    await scene.ben.gives(answer, Reason.WRONG_ANSWER)
    await scene.ben.corrects(answer, fixed)
    await scene.reranked()
    await scene.vera.judges(await scene.asked(scene.vera, scene.topic.question), Verdict.UP)
    await scene.reranked()
    again = await scene.told(scene.cleo, scene.topic.in_other_words, scene.garden)
    assert fixed in again
    assert all(word in again.lower() for word in ("written by ben", "today", "verified"))
    assert helpful_to(again) == 1
    await scene.reads(scene.topic.page.replace(scene.topic.place, "tower"))
    changed = await scene.told(scene.cleo, scene.topic.question)
    assert fixed not in changed
    assert "tower" in changed
    await scene.reads(scene.topic.page)
    back = await scene.told(scene.ana, scene.topic.in_other_words, scene.garden)
    assert fixed in back
    assert "verified" in back.lower()


@on_each(Capability.AFRESH, Capability.CORRECTION)
async def test_a_stored_answer_is_passed_over_by_a_button(scene: Scene) -> None:
    """What the sources say by now is said, and the stored answer stays what it is."""
    answer = await scene.asked(scene.ana, scene.topic.question)
    await scene.ben.corrects(answer, scene.topic.better)
    await scene.reranked()
    given = await scene.asked(scene.cleo, scene.topic.question, scene.garden)
    assert scene.topic.better in await scene.platform.words(given)
    afresh = await scene.platform.words(await scene.cleo.asks_afresh(given))
    assert scene.topic.better not in afresh
    assert f"kept in the {scene.topic.place}" in afresh
    assert scene.topic.better in await scene.told(scene.ana, scene.topic.question)


# What no page tells, by platform: they have nothing in common, so that none is taken for another.
UNKNOWN = {
    "slack": (
        "Which dentist treated the aunt of Zelda?",
        "Doctor Molar of Toothstreet treated her.",
    ),
    "discord": ("How many comets did Captain Quill count?", "Eleven comets, says his own logbook."),
    "room": (
        "What colour was Professor Blim's parachute?",
        "Bright turquoise silk with pink dots.",
    ),
}


async def answered_by_ben(scene: Scene, question: str, known: str) -> Said:
    """Have Ana ask what the bot does not know, and Ben answer it; return what she asked."""
    asked = await scene.ana.asks(scene.hall, question)
    await scene.platform.answer(asked)
    await scene.ben.answers(asked, "Ana", known)
    return asked


@on_each(Capability.REACTION, Capability.THREAD_FOLLOW_UP)
async def test_who_knows_better_in_the_thread_is_asked_whether_to_keep_it(scene: Scene) -> None:
    """Ben alone sees the offer, and keeps it; Cleo has it; once it is verified, Ana is told."""
    question, known = UNKNOWN[scene.platform.name]
    asked = await answered_by_ben(scene, question, known)
    offer = await scene.ben.offered(question)
    await scene.platform.settled()
    assert not await scene.ana.is_offered(question)
    await scene.ben.presses(offer, "Keep this as an answer")
    await scene.house.until(lambda: scene.house.has_kept(known))
    await scene.platform.settled()
    await scene.reranked()
    assert known in await scene.told(scene.cleo, question, scene.garden)
    await scene.house.vouched(known)
    await scene.house.run("tell")
    told = await scene.platform.words(await scene.platform.answer(asked, 2))
    assert known in told
    assert "You asked this before" in told


# What nobody else asks, by platform.
REFUSED = {
    "slack": (
        "Whose harp did Queen Ottoline borrow?",
        "She borrowed the harp of Bard Fergus, years ago.",
    ),
    "discord": (
        "What feeds the giant snail of Grumbleford?",
        "Cabbage leaves and stale pretzels, every Friday.",
    ),
    "room": (
        "Which bridge did Engineer Wobbly paint?",
        "Wobbly painted the crooked bridge near Sandport.",
    ),
}


@on_each(Capability.REACTION, Capability.THREAD_FOLLOW_UP)
async def test_a_no_to_an_offer_is_final(scene: Scene) -> None:
    """The offer is gone, nothing is kept, and the No is counted."""
    question, known = REFUSED[scene.platform.name]
    await answered_by_ben(scene, question, known)
    await scene.ben.presses(await scene.ben.offered(question), "No")
    ben = scene.platform.person_id("Ben")
    await scene.house.until(lambda: scene.house.has_declined(ben))
    await scene.platform.settled()
    assert not await scene.ben.is_offered(question)
    assert not await scene.house.has_kept(known)
    assert await scene.house.declined(ben) == 1
