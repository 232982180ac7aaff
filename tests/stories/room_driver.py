"""People in the room, each at a browser tab of their own, for stories told on every platform."""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect
from playwright.async_api import TimeoutError as TooLate

from bot.adapter import Capability
from bot.app import App
from bot.room.adapter import CAPABILITIES, RoomAdapter
from bot.room.tavern import person
from core.feedback import Reason, Verdict
from tests.browser import PATIENCE, opened_browser, say
from tests.stories.driver import Guest, Said

THUMBS = {Verdict.UP: "helpful", Verdict.DOWN: "not-helpful"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """A message of somebody's by the thread that it began, or the answer of a number in it."""

    thread: str
    by: str
    number: int = 0


class RoomGuest(Guest):
    """Somebody in the room, whose tab is opened when they first do something."""

    def __init__(self, platform: "RoomPlatform", name: str) -> None:
        """Take who."""
        self._platform = platform
        self._name = name
        self._tab: Page | None = None

    async def page(self) -> Page:
        """Return the tab."""
        if self._tab is None:
            self._tab = await self._platform.opened_by(self._name)
        return self._tab

    async def asks(self, place: str, text: str) -> Stood:
        """Write it: in the room everything is for the bot."""
        return await self.says(place, text)

    async def says(self, place: str, text: str, under: Said | None = None) -> Stood:
        """Write a message."""
        del place, under
        page = await self.page()
        threads = page.get_by_test_id("thread").filter(has_text=text)
        before = await threads.count()
        await say(page, text)
        await expect(threads).to_have_count(before + 1)
        return Stood(thread=await threads.last.get_attribute("data-key") or "", by=self._name)

    async def says_to(self, place: str, name: str, text: str) -> Stood:
        """Begin with a name."""
        await self._platform.guest(name).page()
        return await self.says(place, f"@{name} {text}")

    async def follows_up(self, asked: Stood, text: str) -> None:
        """Press "Follow up" under the first answer, write, and go back to the room."""
        page = await self.page()
        await (await self._shown(asked, 1)).get_by_test_id("follow-up").click()
        await say(page, text)
        await page.get_by_label("Back to the room").click()

    async def commands(self, place: str, line: str) -> str:
        """Write a slash and the command."""
        asked = await self.asks(place, f"/{line}")
        return await self._platform.words(await self._platform.answer(asked))

    async def judges(self, answer: Stood, verdict: Verdict) -> None:
        """Press a thumb."""
        button = (await self._shown(answer)).get_by_test_id(THUMBS[verdict])
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "true")

    async def gives(self, answer: Stood, reason: Reason) -> None:
        """Press the thumb down and a reason."""
        await self.judges(answer, Verdict.DOWN)
        shown = await self._shown(answer)
        button = shown.locator(f"[data-testid=reason][data-reason='{reason.value}']")
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "true")

    async def corrects(self, answer: Stood, text: str) -> None:
        """Write it into the dialog, and be thanked."""
        page, shown = await self.page(), await self._shown(answer)
        await shown.get_by_test_id("fix").click()
        await page.get_by_test_id("fix-input").fill(text)
        await page.get_by_test_id("fix-ok").click()
        await expect(page.get_by_text("Thank you: your answer is kept").last).to_be_visible()

    async def reacts(self, what: Stood, emoji: str) -> None:
        """Press it where it stands already, else choose it from the palette."""
        shown = await self._shown(what)
        standing = shown.locator(f"[data-testid=reaction][data-emoji='{emoji}']")
        if await standing.count():
            await standing.click()
        else:
            await self._chooses(shown, emoji)
        await expect(standing).to_have_attribute("aria-pressed", "true")

    async def _chooses(self, shown: Locator, emoji: str) -> None:
        page = await self.page()
        offered = page.locator(f"[data-testid=palette-emoji][data-emoji='{emoji}']").last
        for _ in range(5):  # what is drawn anew just then takes its open palette along
            await shown.hover()
            await shown.get_by_test_id("add-reaction").click()
            with suppress(TooLate):
                await offered.click(timeout=3_000)
                break

    async def takes_back(self, what: Stood, emoji: str) -> None:
        """Press it again."""
        shown = await self._shown(what)
        mine = shown.locator(f"[data-testid=reaction][data-emoji='{emoji}'][aria-pressed=true]")
        await mine.click()
        await expect(mine).to_have_count(0)

    async def edits(self, asked: Stood, text: str) -> None:
        """Change the message in its dialog."""
        page, shown = await self.page(), await self._shown(asked)
        await shown.get_by_test_id("edit").click()
        await page.get_by_test_id("edit-input").fill(text)
        await page.get_by_test_id("edit-ok").click()
        await expect(shown.get_by_test_id("message-text")).to_have_text(text)

    async def deletes(self, said: Stood) -> None:
        """Delete it, and say that it is meant so."""
        page, shown = await self.page(), await self._shown(said)
        await shown.get_by_test_id("delete").click()
        await page.get_by_test_id("delete-ok").click()
        await expect(shown).to_have_count(0)

    async def asks_afresh(self, answer: Stood) -> Stood:
        """Press the button; the new answer stands below in the thread."""
        await (await self._shown(answer)).get_by_test_id("afresh").click()
        return await self._platform.answer(answer, answer.number + 1)

    async def answers(self, asked: Stood, name: str, text: str) -> None:
        """Write below the answer, to somebody by name."""
        await self.follows_up(asked, f"@{name} {text}")

    async def offered(self, about: str) -> Locator:
        """Return what this tab alone shows."""
        offer = (await self.page()).get_by_test_id("offer").filter(has_text=about)
        await expect(offer).to_be_visible()
        return offer

    async def is_offered(self, about: str) -> bool:
        """Look at the tab."""
        offers = (await self.page()).get_by_test_id("offer")
        return await offers.filter(has_text=about).count() > 0

    async def presses(self, answer: Locator, label: str) -> None:
        """Click it."""
        await answer.get_by_role("button", name=label, exact=True).click()
        await expect(answer).to_have_count(0)

    async def _shown(self, what: Stood, number: int = 0) -> Locator:
        return shown(await self.page(), what, number or what.number)


class RoomPlatform:
    """The room, on a free port, and the machine's own browser."""

    name = "room"

    def __init__(self) -> None:
        """Find a port; nothing listens yet."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._guests: dict[str, RoomGuest] = {}
        self._opened = AsyncExitStack()
        self._browser: Browser | None = None
        self._app: App | None = None

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What people can do there."""
        return CAPABILITIES

    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the port."""
        return {"room": {"host": "127.0.0.1", "port": self._port}}

    @asynccontextmanager
    async def serving(self, app: App) -> AsyncIterator[None]:
        """Open the room; the browser is opened when somebody comes."""
        adapter = RoomAdapter(app.store.settings.room)
        await adapter.start()
        await adapter.attach(app.assistant)
        self._app = app
        async with self._opened:
            yield
        await adapter.stop()

    async def opened_by(self, name: str) -> Page:
        """Open a tab for somebody: a window of its own, for tabs behind another are slowed down."""
        if self._browser is None:
            self._browser = await self._opened.enter_async_context(opened_browser())
        room = await self._browser.new_context(viewport={"width": 900, "height": 700})
        page = await room.new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(f"http://127.0.0.1:{self._port}/?name={name}", timeout=PATIENCE)
        await page.locator(f"[data-testid=me] [title='{name}']").wait_for()
        return page

    def guest(self, name: str) -> RoomGuest:
        """Return somebody by name."""
        return self._guests.setdefault(name, RoomGuest(self, name))

    def person_id(self, name: str) -> str:
        """Return who somebody is to the bot."""
        return person(name).id

    async def answer(self, asked: Stood, number: int = 1) -> Stood:
        """Return a finished answer of the thread."""
        page = await self.guest(asked.by).page()
        await shown(page, asked, number).wait_for()
        return Stood(thread=asked.thread, by=asked.by, number=number)

    async def answers(self, asked: Stood) -> int:
        """Count the finished answers of the thread."""
        return await finished(await self.guest(asked.by).page(), asked).count()

    async def said_in(self, place: str, number: int = 1) -> Said:
        """Nothing in the room is said to some alone."""
        raise NotImplementedError

    async def words(self, answer: Stood) -> str:
        """Return what the page shows of the answer."""
        page = await self.guest(answer.by).page()
        return await shown(page, answer, answer.number).inner_text()

    async def settled(self) -> None:
        """Wait until the bot is through with everything."""
        assert self._app is not None, "the bot is not there"
        await self._app.assistant.drain()


def finished(page: Page, what: Stood) -> Locator:
    """Return the finished answers of a thread."""
    thread = page.locator(f"[data-testid=thread][data-key='{what.thread}']")
    return thread.locator("[data-testid=answer][data-phase=stands]")


def shown(page: Page, what: Stood, number: int) -> Locator:
    """Return a thread's first message, or its answer of a number."""
    if number:
        return finished(page, what).nth(number - 1)
    return page.locator(f"[data-testid=message][data-key='{what.thread}']")
