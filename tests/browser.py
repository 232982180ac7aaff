"""The machine's own browser, and what people do in the room with it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 30_000  # milliseconds


@asynccontextmanager
async def opened_browser() -> AsyncIterator[Browser]:
    """Open a browser, or skip the test where there is none."""
    if CHROMIUM is None:
        pytest.skip("There is no chromium on this machine, so the room is not looked at.")
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


async def say(page: Page, text: str) -> None:
    """Write a message and press Enter."""
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("composer").press("Enter")


async def ask(page: Page, text: str) -> Locator:
    """Ask, wait for the answer that was not there before, and return it."""
    standing = page.locator("[data-testid=answer][data-phase=stands]")
    before = await standing.count()
    await say(page, text)
    await expect(standing).to_have_count(before + 1)
    return standing.last
