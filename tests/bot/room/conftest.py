"""A room on a free port, served to a real browser where there is one."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias, cast

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from bot.room.adapter import RoomAdapter
from core.assistant import Assistant
from core.settings import RoomSettings
from tests.browser import opened_browser
from tests.servers.room import Barkeep

SitDown: TypeAlias = Callable[[str], Awaitable[Page]]


@pytest.fixture(scope="module")
def settings() -> RoomSettings:
    """Name a free port, the same for a module's tests, so that the browser's cache is of use."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return RoomSettings(host="127.0.0.1", port=free.getsockname()[1])


@pytest.fixture
def barkeep() -> Barkeep:
    """Stand somebody behind the bar."""
    return Barkeep()


@pytest_asyncio.fixture(loop_scope="module")
async def closed_room(settings: RoomSettings) -> AsyncIterator[RoomAdapter]:
    """Serve a room that has no assistant yet."""
    adapter = RoomAdapter(settings)
    await adapter.start()
    yield adapter
    await adapter.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def room(closed_room: RoomAdapter, barkeep: Barkeep) -> RoomAdapter:
    """Serve a room that is open."""
    await closed_room.attach(cast(Assistant, barkeep))
    return closed_room


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Open the machine's own browser."""
    async with opened_browser() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(browser: Browser) -> BrowserContext:
    """Open a browser whose cache the tests share: each tab can still be somebody else."""
    return await browser.new_context()


@pytest_asyncio.fixture(loop_scope="module")
async def sit_down(
    closed_room: RoomAdapter, browser: Browser, shared: BrowserContext
) -> AsyncIterator[SitDown]:
    """Let somebody open the room in a tab; without a name the room asks for one."""

    opened: list[Page] = []

    async def sit(name: str) -> Page:
        # A tab behind another one is slowed down, so only the first shares the cache.
        context = await browser.new_context() if opened else shared
        page = await context.new_page()
        opened.append(page)
        page.set_default_timeout(20_000)
        await page.goto(f"{closed_room.url}/?name={name}" if name else closed_room.url)
        if name:
            await page.locator(f"[data-testid=me] [title='{name}']").wait_for()
        return page

    yield sit
    for page in opened:
        await page.close()
        if page.context is not shared:
            await page.context.close()
