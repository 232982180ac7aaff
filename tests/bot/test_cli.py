"""The command line: what goes wrong is one sentence and exit code 1, never a traceback."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from bot.cli import main

HOLD = (
    "import sys, pathlib, bot.data_folder as d\n"
    "with d.held(pathlib.Path(sys.argv[1])): print('held', flush=True); input()"
)
COMMANDS = [
    ["run"],
    ["run", "--terminal"],
    ["ask", "When?"],
    ["ask", "When?", "--json"],
    ["ingest", "."],
    ["rerank"],
    ["reembed"],
    ["reembed", "--afresh"],
    ["reindex"],
    ["forget", "room:ana"],
    ["purge"],
]


class Ran(NamedTuple):
    """What a command ended with and printed."""

    code: int | str | None
    out: str
    err: str


Command: TypeAlias = Callable[..., Ran]


@pytest.fixture
def command(
    outside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return what runs a command as `python -m bot` does, in this process."""

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["python -m bot", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Ran(ended.value.code, out, err)

    return run


@pytest.fixture
def occupied(outside: Path) -> Iterator[int]:
    """Let another process hold the data folder, and return its number."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(outside)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other.pid
        other.communicate("\n")


def test_a_folder_in_use_stops_every_command(command: Command, occupied: int) -> None:
    """The process that has it is named, and what to do: one line, no traceback, exit code 1.

    Only `doctor` looks beside it; of a process that has made no ledger yet it can say little.
    """
    for arguments in COMMANDS:
        ran = command(*arguments)
        assert (ran.code, ran.out) == (1, ""), arguments
        assert ran.err.count("\n") == 1
        assert f"(process {occupied}): stop it first" in ran.err
        assert "TAVERNKEEP_DATA" in ran.err
    looked = command("doctor")
    assert f"(process {occupied})" in looked.out
    assert "If the bot is just starting" in looked.out


def test_a_question_gets_one_json_object(command: Command) -> None:
    """The pages are read at the first question, and the answer names what it rests on."""
    ran = command("ask", "When does the kitchen close?", "--json")
    said = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert [one["title"] for one in said["citations"]] == ["Kitchen"]
    assert "closes at ten" in said["text"]
    empty = command("ask", " ")
    assert (empty.code, empty.out) == (1, "")
    assert empty.err.count("\n") == 1
    assert "what would you like to know" in empty.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ingest", "[/b]/no where"], "There is no file or folder [/b]/no where."),
        (["evaluate", "[red]"], "[red] is not in BEIR's layout"),
    ],
)
def test_a_wrong_path_is_one_sentence(
    command: Command, arguments: list[str], sentence: str
) -> None:
    """Paths are named letter for letter, and the line is not broken."""
    ran = command(*arguments)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(sentence)
    assert ran.err.count("\n") == 1


def test_a_wrong_setting_stops_every_command(
    command: Command, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting is named, and nothing is made."""
    monkeypatch.setenv("TAVERNKEEP_ROOM__PORTS", "8484")
    for arguments in COMMANDS:
        ran = command(*arguments)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("TAVERNKEEP_ROOM__PORTS names no setting")
    assert command("doctor").code == 1
    assert not outside.exists()


def test_a_plugin_that_is_not_there_stops_the_start(
    command: Command, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named before the room opens."""
    monkeypatch.setenv("TAVERNKEEP_PLUGINS", '["folders", "nonsense"]')
    ran = command("run")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("There is no plugin nonsense")
    assert not outside.exists()


def test_what_is_done_is_logged_on_request(command: Command) -> None:
    """`--verbose` logs our own steps, and no library's; without it only warnings are logged."""
    for arguments, ours in ((["--verbose"], True), ([], False)):
        command(*arguments, "ingest", "nowhere")
        assert logging.getLogger("core.ingestion").isEnabledFor(logging.INFO) is ours
        assert logging.getLogger("bot.app").isEnabledFor(logging.INFO) is ours
        assert logging.getLogger("plugins.folders").isEnabledFor(logging.WARNING)
        for library in ("apscheduler", "httpx2", "pymilvus", "sqlalchemy"):
            assert not logging.getLogger(library).isEnabledFor(logging.INFO)


def test_without_a_command_help_is_shown(command: Command) -> None:
    """Every command is listed with a sentence; an unknown one is no traceback."""
    shown = command().out
    for name in (
        *(
            "run",
            "ask",
            "ingest",
            "rerank",
            "reembed",
            "reindex",
            "forget",
            "purge",
            "replay",
            "evaluate",
        ),
        "doctor",
    ):
        assert f" {name} " in shown
    wrong = command("dance")
    assert wrong.code == 2
    assert "Traceback" not in wrong.err


@pytest.mark.parametrize("name", ["rerank", "reembed", "reindex", "replay", "purge"])
def test_jobs_print_json(command: Command, name: str) -> None:
    """What a job did is one JSON object on the standard output, and nothing else."""
    ran = command(name, "--json")
    assert ran.code == 0
    assert json.loads(ran.out).keys() == {"summary", "figures"}
