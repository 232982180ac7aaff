"""Ending: what discord.py has begun ends with the connection; every wait has a bound."""

import asyncio
import logging
from collections.abc import Collection, Iterable
from typing import Any

log = logging.getLogger(__name__)
AGAIN, TRIES = 0.25, 20  # seconds until a task is cancelled anew, and how often
# What discord.py calls the tasks in which it hands on events, commands, and what is pressed.
NAMES = ("discord.py: ", "CommandTree-invoker", "discord-ui-")


def handed_on() -> list[asyncio.Task[Any]]:
    """Return the tasks in which discord.py hands on what Discord told; there is one client a process."""
    held = asyncio.all_tasks() - {asyncio.current_task()}
    return [task for task in held if task.get_name().startswith(NAMES)]


async def end(tasks: Iterable[asyncio.Task[Any]], again: float = AGAIN) -> None:
    """Cancel tasks, anew after so many seconds, and wait until they have ended: a while at most.

    Once is not enough: `asyncio.wait_for`, which discord.py connects within, goes on as if nothing were
    where it is cancelled just as what it waits for is done, up to Python 3.11.
    """
    left: Collection[asyncio.Task[Any]] = [task for task in tasks if not task.done()]
    for _ in range(TRIES):
        if not left:
            return
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=again)
    if left:
        log.error("Something of Discord's did not end: %s", ", ".join(map(str, left)))


async def settle(tasks: Iterable[asyncio.Task[Any]], seconds: float) -> None:
    """Let tasks run to their end within some seconds; those that do not are ended."""
    held = list(tasks)
    if held:
        await asyncio.wait(held, timeout=seconds)
    await end(held)
