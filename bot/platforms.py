"""The chat platforms that serve beside the room, each where its tokens are set."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.adapter import Adapter
from bot.app import App, utc_now
from core.errors import PlatformAwayError, TavernkeepError
from core.settings import Settings

log = logging.getLogger(__name__)
PAUSE = 30.0  # seconds between two attempts at a platform that does not answer


@asynccontextmanager
async def platforms(
    app: App, say: Callable[[str], None], pause: float = PAUSE
) -> AsyncIterator[list[Adapter]]:
    """Serve the platforms that are set up until the block ends; what keeps one away is said.

    Yields their adapters, of which some may be starting still: whoever opens the room does not
    wait for another service.
    """
    adapters = chosen(app)
    starting = [start(adapter, say, pause) for adapter in adapters]
    try:
        yield adapters
    finally:
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        if adapters:
            await app.assistant.stop()  # first, so that no answer grows after its adapter has gone
        for adapter in adapters:
            await adapter.stop()


def chosen(app: App) -> list[Adapter]:
    """Return the adapters of the platforms for which a token is set."""
    settings = app.store.settings
    found: list[Adapter] = []
    if in_slack(settings):
        from bot.slack.adapter import SlackAdapter  # its libraries take a second, for who uses it

        found.append(SlackAdapter(settings, app.assistant, utc_now))
    if in_discord(settings):
        from bot.discord.adapter import DiscordAdapter  # so do its libraries

        found.append(DiscordAdapter(settings, app.assistant, utc_now))
    return found


def in_slack(settings: Settings) -> bool:
    """Say whether any token of Slack is set."""
    slack = settings.slack
    held = (slack.bot_token, slack.app_token, slack.signing_secret)
    return any(one.get_secret_value() for one in held)


def in_discord(settings: Settings) -> bool:
    """Say whether the token of Discord is set."""
    return bool(settings.discord.token.get_secret_value())


def start(adapter: Adapter, say: Callable[[str], None], pause: float) -> asyncio.Task[None]:
    """Start an adapter in the background; what nobody thought of is logged."""
    task = asyncio.create_task(_started(adapter, say, pause))
    task.add_done_callback(_ended)
    return task


async def _started(adapter: Adapter, say: Callable[[str], None], pause: float) -> None:
    """Start an adapter, again and again while its platform does not answer."""
    while True:
        try:
            await adapter.start()
        except PlatformAwayError as error:
            log.warning("%s It is tried again in %d seconds.", error, pause)
            await asyncio.sleep(pause)
        except TavernkeepError as error:
            say(f"Without {adapter.platform.capitalize()}: {error}")
            return
        else:
            say(f"{adapter.platform.capitalize()} is connected.")
            return


def _ended(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("A platform could not be started", exc_info=error)
