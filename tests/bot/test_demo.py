"""`demo` walks through the whole loop with the shipped model, and ends."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from bot.demo import ASKED, BETTER, Tour, tour
from core.errors import TavernkeepError


async def test_the_tour_shows_the_whole_loop(
    outside: Path,
    console: Console,
    printed: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A correction is found again in other words, after a re-rank, and survives a re-embedding.

    Neither the data folder nor the servers that are set up are touched.
    """
    monkeypatch.setenv("TAVERNKEEP_INDEX__URI", "http://127.0.0.1:9")
    monkeypatch.setenv("TAVERNKEEP_LEDGER__URL", "nonsense://")
    await tour(console)
    shown = printed()
    assert ASKED in shown
    after = shown.split("Re-rank")[1]
    assert BETTER in " ".join(after.split("in other words")[1].split())
    assert "The same answer as before." in shown
    assert not list(outside.parent.glob(outside.name))


def test_a_step_without_effect_fails() -> None:
    """The tour does not pretend: what it expects and does not see ends it with a sentence."""
    with pytest.raises(TavernkeepError, match=r"The tour failed: It rained\."):
        Tour.expect(true=False, otherwise="It rained.")
    Tour.expect(true=True, otherwise="It rained.")
