"""One question from the command line, on Milvus Lite and the shipped model."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bot.asking import ask
from core.errors import TavernkeepError
from core.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a bot that reads one page."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "kitchen.md").write_text("# Kitchen\n\nThe kitchen closes at ten in the evening.\n")
    return load_settings(
        env_file=None,
        data=tmp_path / "data",
        plugins=("folders",),
        folders={"paths": (str(folder),)},
    )


async def test_a_question_is_answered_from_the_folder(settings: Settings) -> None:
    """The first question reads the sources; the answer is printed, or given as JSON."""
    console, pipe = (Console(file=io.StringIO(), width=100) for _ in range(2))
    await ask(settings, "When does the kitchen close?", console, as_json=False)
    await ask(settings, "When does the kitchen close?", pipe, as_json=True)
    assert isinstance(console.file, io.StringIO)
    assert "closes at ten" in console.file.getvalue()
    assert isinstance(pipe.file, io.StringIO)
    said = json.loads(pipe.file.getvalue())
    assert said["origin"] == "quoted"
    assert said["citations"][0]["title"] == "Kitchen"
    assert said["badge"] is None


async def test_an_empty_question_is_an_error(settings: Settings) -> None:
    """The command fails with a sentence, which the terminal has not printed before."""
    console = Console(file=io.StringIO(), width=100)
    with pytest.raises(TavernkeepError, match="what would you like to know"):
        await ask(settings, " ", console, as_json=False)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""
