"""The bot as `python -m bot run` starts it, but for the model: loading one takes most of a start."""

import asyncio
import logging
from functools import partial

from rich.console import Console

from bot import service
from core.embedders.hashing import HashingEmbedder
from core.settings import load_settings


def main() -> None:
    """Serve until the process is ended, with the settings of its environment."""
    logging.basicConfig(level=logging.DEBUG)
    work = partial(
        service.serve,
        load_settings(),
        Console(),
        embedder=HashingEmbedder(),
        loaded=service.settle_memory,
    )
    asyncio.run(service.until_asked(work))


if __name__ == "__main__":
    main()
