"""The room as a desktop window: `python -m bot.room.window URL`, a process of its own.

A window system's loop must have the main thread, which in the bot belongs to asyncio.
"""

import importlib
import sys


def show(url: str) -> None:
    """Open a window on the room and return when it is closed; raise `ImportError` without the extra."""
    webview = importlib.import_module("webview")
    webview.create_window("The tavern", url, width=1280, height=800)
    webview.start()


if __name__ == "__main__":
    show(sys.argv[1])
