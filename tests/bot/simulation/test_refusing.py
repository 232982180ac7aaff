"""`simulate --reuse` over a folder that says what is in scope: how well refusing is told from knowing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from bot.simulation.refusing import is_refusing, refuse
from core.embedders.hashing import HashingEmbedder
from core.errors import SettingsError
from core.settings import Settings


async def test_what_is_known_is_nearer_than_what_is_not(
    settings: Settings, tmp_path: Path, console: Console, printed: Callable[[], str]
) -> None:
    """Here every question in scope shares words with a stored one, and none out of scope does."""
    known = [("When does the kitchen close?", "kitchen"), ("Where is the cellar?", "cellar")]
    asked = [
        ("So when does the kitchen close?", "kitchen"),
        ("And where is the cellar now?", "cellar"),
        ("Sing me something", "oos"),
    ]
    for name, rows in (("known", known), ("questions", asked)):
        lines = [json.dumps({"text": text, "intent": intent}) for text, intent in rows]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    assert is_refusing(tmp_path)
    await refuse(settings, tmp_path, console, as_json=True, embedder=HashingEmbedder())
    told = json.loads(printed())
    floors = told.pop("floors")
    assert told == {"known": 2, "asked": 3, "out of scope": 1, "auroc": 1.0}
    assert {(one["floor"], one["labels"]) for one in floors} <= {(0.32, 0), (0.32, 1)}


async def test_a_file_of_another_form_is_refused(
    settings: Settings, tmp_path: Path, console: Console
) -> None:
    """With its name and the form that is wanted."""
    (tmp_path / "known.jsonl").write_text("[]")
    with pytest.raises(SettingsError, match=r"known\.jsonl does not hold"):
        await refuse(settings, tmp_path, console, as_json=True)
