"""The room, in a real browser: what people see and do."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from playwright.async_api import expect

from bot.room.adapter import RoomAdapter
from bot.room.page import THREADS
from bot.room.tavern import person
from core.assistant import Assistant
from core.feedback import Reason, Verdict
from core.ledger.views import Entry
from tests.bot.room.conftest import SitDown
from tests.browser import ask, say
from tests.servers.room import Barkeep

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one browser for all of them

HOSTILE = (
    "say <script>window.hit=1</script> <img src=x onerror='window.hit=1'> "
    "![x](http://evil.example/x.png) [click](javascript:window.hit=1) [out](http://evil.example/y)"
)


async def test_two_people_share_one_conversation(room: RoomAdapter, sit_down: SitDown) -> None:
    """What one person asks and what the bot answers appears in the other's browser by itself."""
    ana, ben = await sit_down("Ana"), await sit_down("Ben")
    await ask(ana, "How do I connect Slack?")
    await expect(ben.get_by_test_id("message-text")).to_have_text("How do I connect Slack?")
    await expect(ben.get_by_test_id("answer-text")).to_contain_text("Socket Mode")
    await expect(ana.get_by_test_id("people")).to_have_attribute("aria-label", "Here now: Ana, Ben")
    await ben.get_by_test_id("composer").press_sequentially("And", delay=5)
    await expect(ana.get_by_test_id("writing")).to_have_text("Ben is writing…")


async def test_an_answer_shows_what_is_done_before_it_stands(
    room: RoomAdapter, barkeep: Barkeep, sit_down: SitDown
) -> None:
    """While the bot searches people see so; then the words and their sources."""
    barkeep.gate = asyncio.Event()
    page = await sit_down("Ana")
    await say(page, "How do I connect Slack?")
    await expect(page.get_by_test_id("status")).to_have_text("Searching…")
    barkeep.gate.set()
    await expect(page.get_by_test_id("source")).to_contain_text("Connecting Slack")
    await expect(page.get_by_test_id("status")).to_have_count(0)


async def test_reactions_and_verdicts_toggle(
    room: RoomAdapter, barkeep: Barkeep, sit_down: SitDown
) -> None:
    """An emoji and a verdict are shown to everyone, with who, and a second click takes them back."""
    ana, ben = await sit_down("Ana"), await sit_down("Ben")
    answer = await ask(ana, "How do I connect Slack?")
    await answer.get_by_test_id("add-reaction").click()
    await ana.locator("[data-testid=palette-emoji][data-emoji='🎉']").click()
    await expect(ben.get_by_test_id("reaction")).to_have_attribute("aria-label", "🎉: Ana")
    await ben.get_by_test_id("reaction").click()
    await expect(ana.get_by_test_id("reaction")).to_have_text("🎉 2")
    await ben.get_by_test_id("helpful").click()
    await expect(ana.get_by_test_id("helpful")).to_have_text("thumb_upHelpful · 1")
    await ben.get_by_test_id("helpful").click()
    await expect(ana.get_by_test_id("helpful")).to_have_text("thumb_upHelpful")
    assert barkeep.standing_verdicts() == []


async def test_not_helpful_asks_why_and_takes_a_better_answer(
    room: RoomAdapter, barkeep: Barkeep, sit_down: SitDown
) -> None:
    """👎 offers three reasons and "Fix it", which begins with the answer and ends with thanks."""
    page = await sit_down("Ana")
    answer = await ask(page, "How do I connect Slack?")
    await answer.get_by_test_id("not-helpful").click()
    await expect(answer.get_by_test_id("reason")).to_have_count(3)
    await answer.get_by_test_id("reason").filter(has_text="Outdated").click()
    await expect(answer.locator("[data-reason=outdated]")).to_have_attribute("aria-pressed", "true")
    await answer.get_by_test_id("fix").click()
    field = page.get_by_test_id("fix-input")
    await expect(field).to_have_value(barkeep.entries[barkeep.posted()].text)
    await field.fill("Use the manifest.")
    await page.get_by_test_id("fix-ok").click()
    await expect(page.get_by_text("Thank you: your answer is kept.")).to_be_visible()
    assert [one.reason for one in barkeep.feedback] == [None, Reason.OUTDATED]
    assert (barkeep.corrections[0].text, barkeep.corrections[0].person.name) == (
        "Use the manifest.",
        "Ana",
    )
    assert barkeep.standing_verdicts() == [Verdict.DOWN]


async def test_a_follow_up_goes_into_the_thread(
    room: RoomAdapter, barkeep: Barkeep, sit_down: SitDown
) -> None:
    """ "Follow up" sends the next message with the thread's key, and it stands in that thread."""
    page = await sit_down("Ana")
    answer = await ask(page, "How do I connect Slack?")
    await answer.get_by_test_id("follow-up").click()
    await expect(page.get_by_test_id("following")).to_contain_text("How do I connect Slack?")
    await say(page, "And then?")
    thread = page.get_by_test_id("thread")
    await expect(thread.locator("[data-phase=stands][data-testid=answer]")).to_have_count(2)
    await expect(thread).to_have_count(1)
    assert [one.thread for one in barkeep.messages] == [None, barkeep.messages[0].ref.key]


async def test_hostile_texts_stay_texts(room: RoomAdapter, sit_down: SitDown) -> None:
    """Scripts, images and links that a person or the bot writes are never live in the page."""
    page = await sit_down("Ana")
    called: list[str] = []
    page.on("request", lambda request: called.append(request.url))
    answer = await ask(page, HOSTILE)
    live = "script, img, a[href*=evil], a[href^=javascript]"
    await expect(answer.get_by_test_id("answer-text")).to_contain_text("<script>")
    await expect(answer.get_by_test_id("answer-text").locator(live)).to_have_count(0)
    await expect(page.get_by_test_id("message-text").locator(live)).to_have_count(0)
    assert await page.evaluate("window.hit") is None
    assert not [url for url in called if "127.0.0.1" not in url]


async def test_a_source_opens_at_the_quoted_words(room: RoomAdapter, sit_down: SitDown) -> None:
    """A source chip and a [1] open the stored page with the cited words marked and in view."""
    page = await sit_down("Ana")
    answer = await ask(page, "How do I connect Slack?")
    await answer.locator(".cite").first.click()
    await expect(page.get_by_test_id("quote")).to_be_in_viewport()
    await page.get_by_test_id("source-close").click()
    await answer.get_by_test_id("source").click()
    marked = page.get_by_test_id("source-page").locator("mark")
    await expect(marked.first).to_be_in_viewport()
    words = "".join(await marked.all_text_contents())
    assert words == "Create an app from the manifest, then set SLACK_BOT_TOKEN and restart"


async def test_own_messages_can_be_edited_and_deleted(room: RoomAdapter, sit_down: SitDown) -> None:
    """People change and take away their own messages, and only these."""
    ana, ben = await sit_down("Ana"), await sit_down("Ben")
    await say(ana, "@Ben hello")
    await expect(ben.get_by_test_id("message-text")).to_have_text("@Ben hello")
    await expect(ben.get_by_test_id("edit")).to_have_count(0)
    await ana.get_by_test_id("edit").click()
    await ana.get_by_test_id("edit-input").fill("@Ben good evening")
    await ana.get_by_test_id("edit-ok").click()
    await expect(ben.get_by_test_id("message-text")).to_have_text("@Ben good evening")
    await ana.get_by_test_id("delete").click()
    await ana.get_by_test_id("delete-ok").click()
    await expect(ben.get_by_test_id("message")).to_have_count(0)
    await expect(ben.get_by_test_id("answer")).to_have_count(0)


async def test_the_panel_shows_what_was_learned(
    room: RoomAdapter, barkeep: Barkeep, sit_down: SitDown
) -> None:
    """A verdict appears in the panel, and a ranking that is run there reports what it did."""
    page = await sit_down("Ana")
    answer = await ask(page, "How do I connect Slack?")
    await expect(page.get_by_test_id("nothing-learned")).to_be_visible()
    await answer.get_by_test_id("helpful").click()
    await expect(page.get_by_test_id("learned")).to_contain_text("How do I connect Slack?")
    await page.get_by_test_id("job-rerank").click()
    await expect(page.get_by_test_id("job-report")).to_contain_text("Ranking 1 is live")
    await expect(page.get_by_test_id("rating")).to_have_attribute("aria-label", "Rating 0.72 of 1")
    await expect(page.get_by_test_id("ratings-chart").locator("canvas")).to_be_visible()


async def test_questions_asked_while_opening_are_answered_later(
    closed_room: RoomAdapter, barkeep: Barkeep, sit_down: SitDown
) -> None:
    """Before the assistant is there the room says so, keeps questions, and answers them then."""
    closed_room.opening("Loading the embedding model")
    page = await sit_down("Ana")
    await expect(page.get_by_test_id("opening")).to_contain_text("Loading the embedding model")
    await page.get_by_test_id("example").first.click()
    await expect(page.get_by_test_id("status")).to_contain_text("This is not taken yet")
    await closed_room.attach(cast(Assistant, barkeep))
    await expect(page.get_by_test_id("answer-text")).to_contain_text("Socket Mode")
    await expect(page.get_by_test_id("opening")).to_have_count(0)


async def test_a_reload_loses_nothing_and_keeps_the_name(
    room: RoomAdapter, sit_down: SitDown
) -> None:
    """A tab remembers who sits at it and light or dark; a reload brings back the history."""
    page = await sit_down("")
    await page.get_by_test_id("name-input").fill("Zoë")
    await page.get_by_test_id("name-input").press("Enter")
    await expect(page.get_by_test_id("name-dialog")).to_have_count(0)
    await ask(page, "Where do the dragons live?")
    await page.get_by_test_id("theme").click()
    await expect(page.locator("body.body--dark")).to_be_visible()
    await page.reload()
    await expect(page.locator("body.body--dark")).to_be_visible()
    await page.get_by_test_id("theme").click()
    await expect(page.locator("[data-testid=me] [title='Zoë']")).to_be_visible()
    await expect(page.get_by_test_id("nearest-source")).to_have_count(2)


async def test_a_failure_is_said(room: RoomAdapter, barkeep: Barkeep, sit_down: SitDown) -> None:
    """Where there is no answer, or a deed is refused or fails, people read a sentence."""
    page = await sit_down("Ana")
    await say(page, "crash please")
    await expect(page.get_by_test_id("failure")).to_have_text("The barkeep dropped the tray.")
    barkeep.refusal = "The ledger is full."
    await page.get_by_test_id("message").hover()
    await page.get_by_test_id("add-reaction").click()
    await page.get_by_test_id("palette-emoji").first.click()
    await expect(page.get_by_text("The ledger is full.")).to_be_visible()
    barkeep.refusal = ""
    barkeep.entries.clear()
    await page.get_by_test_id("add-reaction").click()
    await page.get_by_test_id("palette-emoji").first.click()
    await expect(page.get_by_text("That did not work.")).to_be_visible()


async def test_commands_are_offered_after_a_slash(room: RoomAdapter, sit_down: SitDown) -> None:
    """Typing "/" lists the commands that fit, and choosing one writes it; Shift+Enter breaks lines."""
    page = await sit_down("Ana")
    await page.get_by_test_id("composer").fill("line")
    await page.get_by_test_id("composer").press("Shift+Enter")
    await expect(page.get_by_test_id("composer")).to_have_value("line\n")
    await page.get_by_test_id("composer").fill("/so")
    await expect(page.get_by_test_id("command")).to_have_count(1)
    await page.get_by_test_id("command").click()
    await expect(page.get_by_test_id("composer")).to_have_value("/sources ")


async def test_a_long_history_is_shown_in_parts(
    room: RoomAdapter, barkeep: Barkeep, sit_down: SitDown
) -> None:
    """The newest threads are drawn first; what was said earlier is one click away."""
    ana = person("Ana")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(THREADS + 3):
        key, at = f"m{number}", start + timedelta(minutes=number)
        barkeep.entries[key] = Entry(key=key, thread=None, at=at, text=f"Note {number}", person=ana)
    await room.tavern.refresh()
    page = await sit_down("Ana")
    await expect(page.get_by_test_id("thread")).to_have_count(THREADS)
    await page.get_by_test_id("earlier").click()
    await expect(page.get_by_test_id("message-text").first).to_have_text("Note 0")
    await expect(page.get_by_test_id("earlier")).to_have_count(0)
