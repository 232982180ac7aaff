"""A newcomer's first evening, in a real browser with the whole bot behind it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.app import open_app
from bot.room.adapter import RoomAdapter
from bot.service import first_reading, scheduled
from core.interfaces import Embedder
from core.settings import load_settings
from tests.browser import PATIENCE, ask, opened_browser

ASKED = {
    "How do I connect Slack?": "How do I connect Slack?",
    "How does it learn from reactions?": "How Tavernkeep learns from reactions",
    "Where is my data stored?": "Where the data is stored",
    "How do I write a plugin?": "How do I write a plugin?",
    "Which language model answers?": "Which language model answers",
}


@pytest.fixture
async def room(tmp_path: Path, bundled: Embedder) -> AsyncIterator[RoomAdapter]:
    """Serve the room of a bot that has read its own documentation."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = load_settings(None, data=tmp_path / "data", room={"port": port})
    adapter = RoomAdapter(settings.room)
    await adapter.start()
    async with open_app(settings, embedder=bundled) as app, scheduled(app) as first:
        await first_reading(app, adapter, first, asyncio.Event())
        await adapter.attach(app.assistant)
        yield adapter
        await adapter.stop()


async def test_a_newcomers_first_evening(room: RoomAdapter) -> None:
    """Two people ask, get cited answers and an honest "I don't know", correct, re-rank, and get the correction."""
    async with opened_browser() as browser:
        ana, ben = [
            await (await browser.new_context(viewport={"width": 1280, "height": 800})).new_page()
            for _ in range(2)
        ]
        await ana.goto(f"{room.url}/?name=Ana", timeout=PATIENCE)
        await ben.goto(f"{room.url}/?name=Ben", timeout=PATIENCE)
        for question, page in ASKED.items():
            answer = await ask(ana, question)
            await expect(answer.get_by_test_id("source").first).to_contain_text(page)
        await opens_the_quote(ana)
        unknown = await ask(ana, "What is the best pizza in Naples?")
        await expect(unknown).to_contain_text("I don't know")
        await expect(unknown.get_by_test_id("nearest-source").first).to_be_visible()
        await correct(ana, ben)
        again = await ask(ana, "At what interval is rerank run?")
        await expect(again).to_contain_text("every five minutes, as Ben knows")
        await expect(again.get_by_test_id("badge")).to_contain_text("Written by Ben")


async def opens_the_quote(page: Page) -> None:
    """Open the first answer's source and see its quote marked."""
    await page.get_by_test_id("answer").first.get_by_test_id("source").first.click()
    await expect(page.get_by_test_id("source-dialog").locator("mark").first).to_be_visible()
    await page.get_by_test_id("source-close").click()


async def correct(ana: Page, ben: Page) -> None:
    """Ana says that an answer is outdated, Ben writes a better one and re-ranks."""
    answer = await ask(ana, "How often does rerank run?")
    await answer.get_by_test_id("not-helpful").click()
    outdated = answer.locator("[data-testid=reason][data-reason='outdated']")
    await outdated.click()
    await expect(outdated).to_have_attribute("aria-pressed", "true")
    seen = ben.get_by_test_id("thread").filter(has_text="How often does rerank run?")
    await expect(seen.get_by_test_id("not-helpful")).to_contain_text("1")
    await seen.get_by_test_id("fix").click()
    await ben.get_by_test_id("fix-input").fill("It runs every five minutes, as Ben knows.")
    await ben.get_by_test_id("fix-ok").click()
    await expect(seen.get_by_test_id("not-helpful")).to_contain_text("2")
    await ben.get_by_test_id("job-rerank").click()
    await expect(ben.get_by_test_id("job-report")).to_contain_text("1 moved")
