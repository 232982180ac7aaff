"""What was typed can be answered to one person alone, for a while."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from bot.discord import interactions as module
from bot.discord.interactions import Interactions
from core.messages import Message
from tests.doubles import message


@dataclass
class Typed:
    """An interaction of which only its age matters."""

    expired: bool = False

    def is_expired(self) -> bool:
        """Say whether Discord takes no answer to it any more."""
        return self.expired


def taken(key: str, *, expired: bool = False) -> tuple[Interactions, Message]:
    """Return what knows one interaction, and the message that it is behind."""
    held = Interactions()
    held.put(key, cast(Any, Typed(expired)))
    return held, message(key)


async def test_it_is_there_once_discord_was_told() -> None:
    """Before, an answer would be refused."""
    held, asked = taken("command-1")
    held.ready("command-1")
    assert await held.acknowledged(asked) is not None


async def test_it_is_of_no_use_untold_expired_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers goes another way then."""
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    held, asked = taken("command-1")
    assert await held.acknowledged(asked) is None
    old, asked = taken("command-1", expired=True)
    old.ready("command-1")
    assert await old.acknowledged(asked) is None
    held.drop("command-1")
    held.ready("command-1")
    assert await held.acknowledged(asked) is None


async def test_only_the_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are of no use after a quarter of an hour."""
    monkeypatch.setattr(module, "MOST", 1)
    held, asked = taken("command-1")
    held.put("command-2", cast(Any, Typed()))
    held.ready("command-1")
    assert await held.acknowledged(asked) is None
