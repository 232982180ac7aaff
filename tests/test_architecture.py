"""The shape of the code is tested like its behaviour."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    path.relative_to(ROOT)
    for folder in ("bot", "core", "plugins")
    for path in (ROOT / folder).rglob("*.py")
    if "versions" not in path.parts  # a migration is as long as the schema
)
BANNED = {"utils", "helpers", "helper", "common", "manager", "misc", "util", "context"}
BROAD = {
    "core/plugins.py",  # loading a stranger's code, and his listeners
    "core/retrieval.py",  # a stranger's re-ranker
    "core/responder.py",  # the edge: the asker always gets a sentence
    "core/attempts.py",  # the same edge: whether a post or an apology was taken after all
    "core/worker.py",  # the edge: what fails is noted, tried again, and given up in the end
    "core/ingestion.py",  # a stranger's source
    "core/scheduler.py",  # a plugin's job; and a failed run is recorded and raised again
}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_modules_fit_on_a_few_screens(module: Path) -> None:
    """No module is longer than 300 lines, no function longer than 40."""
    source = (ROOT / module).read_text(encoding="utf-8")
    tree = ast.parse(source)
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert source.count("\n") <= 300
    assert not [one.name for one in functions if (one.end_lineno or 0) - one.lineno >= 40]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_modules_are_named_as_nouns_of_the_design(module: Path) -> None:
    """No module is a bag of odds and ends."""
    assert module.stem not in BANNED


def test_broad_handlers_stand_only_where_strangers_are_called() -> None:
    """`except Exception` is allowed in few places, each for a reason."""
    broad = {
        module.as_posix()
        for module in MODULES
        for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
    }
    assert broad <= BROAD


def test_importing_does_no_work() -> None:
    """Every module can be imported in an empty environment, without the heavy libraries."""
    names = [
        ".".join(module.with_suffix("").parts).removesuffix(".__init__")
        for module in MODULES
        if module.parts[0] == "core" and "migrations" not in module.parts
    ]
    code = f"import sys; [__import__(name) for name in {names!r}]; print('torch' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "False"), ran.stderr


def test_import_contracts_hold() -> None:
    """The layers point one way, and each SDK has one home."""
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
