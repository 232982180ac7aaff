"""The whole loop as people live it: asked, doubted, corrected, learned, rebuilt, restarted."""

import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from core.answers import Answer, Origin
from core.feedback import Reason, Verdict
from core.scheduler import silent
from core.settings import Settings
from tests.servers.claude import LoopbackClaude
from tests.stories.conftest import ANA, BEN, CELLAR, CLEO, Story

Opened = Callable[[Settings], AbstractAsyncContextManager[Story]]
QUESTION = "How do I connect Slack?"
IN_OTHER_WORDS = "What do I need to hook the bot up to Slack?"
BETTER = "Ask Ben for the tokens: he keeps them in the vault. Then restart the bot."
OTHERS = ("How long are backups kept?", "厨房几点关门？", "Who invented the zipper?")


def gist(answer: Answer) -> tuple[str, Origin, list[str], bool]:
    """Return what people would call the same answer."""
    titles = [one.title for one in (*answer.citations, *answer.nearest)]
    return answer.text, answer.origin, titles, answer.badge is not None


async def test_the_whole_loop_survives_rebuilding_and_restarting(
    quoting: Settings, opened: Opened
) -> None:
    """Asked in other words the correction comes back, after the re-rank, a re-embedding, a restart."""
    async with opened(quoting) as story:
        first = await story.ask(QUESTION)
        assert "SLACK_BOT_TOKEN" in first.text
        assert first.citations[0].title == "Connecting Slack"
        await story.judge(first, Verdict.DOWN, ANA, Reason.WRONG_ANSWER)
        await story.correct(first, BETTER, BEN)
        await story.run("rerank")
        learned = await story.ask(IN_OTHER_WORDS)
        assert (learned.text, learned.origin) == (BETTER, Origin.CORRECTION)
        assert learned.badge
        assert learned.badge.author == "Ben"
        before = [gist(learned), *[gist(await story.ask(other)) for other in OTHERS]]
        await story.app.reembed.run_afresh(story.clock.advance(seconds=1), silent)
        assert await answers(story) == before
    async with opened(quoting) as story:
        assert await answers(story) == before
        for job in ("rerank", "reembed", "reconcile", "refresh"):
            await story.run(job)
        assert await answers(story) == before


async def answers(story: Story) -> list[tuple[str, Origin, list[str], bool]]:
    """Ask everything again."""
    return [gist(await story.ask(text)) for text in (IN_OTHER_WORDS, *OTHERS)]


async def test_a_lost_index_is_rebuilt_from_the_ledger(quoting: Settings, opened: Opened) -> None:
    """Without its index folder the bot finds and remembers the same as before."""
    async with opened(quoting) as story:
        await story.correct(await story.ask(QUESTION), BETTER, BEN)
        await story.run("rerank")
        before = await answers(story)
        index = story.app.store.folder.index
    shutil.rmtree(index)
    async with opened(quoting) as story:
        await story.run("reconcile")
        assert await answers(story) == before


async def test_a_chinese_question_finds_the_chinese_page(quoting: Settings, opened: Opened) -> None:
    """Though the shipped model knows Latin letters only, words find it; and it learns there, too."""
    async with opened(quoting) as story:
        first = await story.ask("厨房几点关门？")
        assert "十点关门" in first.text
        assert [one.title for one in first.citations] == ["厨房"]
        await story.correct(first, "十一点。", BEN)
        await story.run("rerank")
        assert (await story.ask("请问厨房几点关门？")).text == "十一点。"
        assert (await story.ask("厨房在周日营业吗？")).badge is None


async def test_what_is_not_in_the_pages_is_not_known(quoting: Settings, opened: Opened) -> None:
    """A question without grounds is refused, with the nearest pages and no citation."""
    async with opened(quoting) as story:
        answer = await story.ask("Who invented the zipper?")
        assert answer.origin is Origin.UNKNOWN
        assert answer.citations == ()
        assert answer.nearest


async def test_a_reversed_question_never_gets_the_correction(
    quoting: Settings, opened: Opened
) -> None:
    """Questions that the model finds nearly the same, and that are not, get no stored answer."""
    async with opened(quoting) as story:
        await story.correct(await story.ask(QUESTION), BETTER, BEN)
        await story.run("rerank")
        for other in ("How do I disconnect Slack?", "How do I connect Discord?"):
            assert BETTER not in (await story.ask(other)).text


async def test_what_was_learned_in_private_stays_private(quoting: Settings, opened: Opened) -> None:
    """The cellar's correction is given in the cellar, and neither given nor quoted in public."""
    async with opened(quoting) as story:
        await story.correct(await story.ask(QUESTION, place=CELLAR), BETTER, BEN)
        await story.run("rerank")
        assert (await story.ask(IN_OTHER_WORDS, place=CELLAR)).text == BETTER
        assert "vault" not in (await story.ask(IN_OTHER_WORDS)).text


async def test_a_rewritten_page_withdraws_what_rested_on_it(
    quoting: Settings, opened: Opened, pages: Path
) -> None:
    """Verified by three, and gone with the page that it cites; the new page answers."""
    async with opened(quoting) as story:
        first = await story.ask("How long are backups kept?")
        for person in (ANA, BEN, CLEO):
            await story.judge(first, Verdict.UP, person)
        await story.run("rerank")
        assert (await story.ask("How long are backups kept?")).badge
        (pages / "backups.md").write_text(
            "# Backups\n\nBackups of the ledger are kept for a year.\n"
        )
        await story.run("refresh")
        fresh = await story.ask("How long are backups kept?")
        assert fresh.badge is None
        assert "a year" in fresh.text


@pytest.mark.parametrize("behaviour", ["answer", "529", "cut stream"])
async def test_with_claude_the_loop_is_the_same(
    quoting: Settings, opened: Opened, behaviour: str
) -> None:
    """Claude's answer is cited and corrected like any; where it fails, the pages are quoted."""
    async with LoopbackClaude() as server:
        server.always = behaviour
        given = {"api_key": "sk-secret", "base_url": server.url, "seconds": 3}
        settings = quoting.model_copy(
            update={"anthropic": type(quoting.anthropic).model_validate(given)}
        )
        async with opened(settings) as story:
            first = await story.ask(QUESTION)
            assert first.origin is (Origin.GENERATED if behaviour == "answer" else Origin.QUOTED)
            assert first.citations[0].title == "Connecting Slack"
            assert bool(first.notice) == (behaviour != "answer")
            await story.correct(first, BETTER, BEN)
            await story.run("rerank")
            assert (await story.ask(IN_OTHER_WORDS)).text == BETTER
            asked = str([one.body for one in server.requests])
    assert "ana" not in asked.lower().replace("manage", "")
