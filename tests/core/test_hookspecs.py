"""A hook is born with a bundled plugin that uses it and a heading in the manual."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.embedders.hashing import HashingEmbedder
from core.hookspecs import GROUP, Services
from core.index.memory import MemoryIndex
from core.interfaces import Call
from core.messages import Person
from core.models.quoting import QuotingModel
from core.plugins import KINDS, collect, load_plugins
from core.settings import CHECKOUT, Settings
from tests.doubles import (
    LOBBY,
    NOTHING_KNOWN,
    Clock,
    Forgetful,
    KeptLinks,
    KeptModes,
    KeptPreferences,
    ListedAudits,
    ListedContents,
    ListedReviews,
)
from tests.strangers import Strangers, strangers_in

MANUAL = (CHECKOUT / "plugins" / "README.md").read_text(encoding="utf-8")
SPECS = ast.parse((CHECKOUT / "core" / "hookspecs.py").read_text(encoding="utf-8"))
HOOKS = [
    node
    for held in SPECS.body
    if isinstance(held, ast.ClassDef) and held.name == "Hooks"
    for node in held.body
    if isinstance(node, ast.FunctionDef)
]
BUNDLED = (
    "folders",
    "help",
    "forget",
    "modes",
    "link",
    "prefs",
    "sources",
    "review",
    "audit",
    "taverns",
    "variety",
)


def blocks(language: str) -> list[str]:
    """Return the manual's fenced blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)


@pytest.fixture
def strangers(tmp_path: Path) -> Iterator[Strangers]:
    """Return where packages of strangers can be installed."""
    with strangers_in(tmp_path) as installed:
        yield installed


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.name)
def test_a_hook_has_a_heading_with_its_exact_arguments(hook: ast.FunctionDef) -> None:
    """The manual shows the signature that an implementation must have."""
    arguments = ast.unparse(hook.args).removeprefix("self, ")
    assert f"### `{hook.name}({arguments})`\n" in MANUAL


def test_the_manual_names_no_hook_that_does_not_exist() -> None:
    """Headings of hooks and hooks are the same set, in the same order."""
    assert re.findall(r"^### `(\w+)\(", MANUAL, re.MULTILINE) == [hook.name for hook in HOOKS]


def test_hooks_do_nothing_but_register() -> None:
    """Whatever acts is registered; every hook is collected."""
    assert [hook.name for hook in HOOKS] == list(KINDS)
    assert all(name.startswith("register_") for name in KINDS)


@pytest.mark.parametrize("hook", KINDS)
def test_a_hook_has_a_bundled_plugin_that_the_manual_names(hook: str) -> None:
    """Every hook is used by one of ours, and its section says by which."""
    section = MANUAL.partition(f"### `{hook}(")[2].partition("\n#")[0]
    (named,) = re.findall(r"Bundled example: `(\w+)`", section)
    manager = load_plugins([named])
    assert getattr(manager.hook, hook).get_hookimpls()


def test_every_bundled_plugin_is_in_the_list_of_the_manual() -> None:
    """The table at the manual's end names the plugins of this folder, and no others."""
    assert re.findall(r"^\| `(\w+)` \| (?:yes|no)", MANUAL, re.MULTILINE) == list(BUNDLED)
    load_plugins(BUNDLED)


def test_the_list_says_what_is_on_by_default(settings: Settings) -> None:
    """A "yes" in the table is what the setting `plugins` holds."""
    yes = re.findall(r"^\| `(\w+)` \| yes", MANUAL, re.MULTILINE)
    assert tuple(yes) == settings.plugins


def test_the_services_are_explained() -> None:
    """Every field of `Services` has its line, and no other has."""
    assert re.findall(r"^\| `services\.(\w+)`", MANUAL, re.MULTILINE) == list(
        Services.__dataclass_fields__
    )


async def test_the_manuals_example_works_as_it_stands(
    strangers: Strangers, settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    """The example is short, and installed by the manual's own entry point it answers."""
    code = blocks("python")[0]
    assert code.count("\n") < 30
    project = tomllib.loads(blocks("toml")[0])["project"]
    ((name, module),) = project["entry-points"][GROUP].items()
    strangers.install(name, code, module)
    services = Services(
        settings=settings,
        index=MemoryIndex(),
        embedder=HashingEmbedder(),
        model=QuotingModel(),
        forgetting=Forgetful(NOTHING_KNOWN),
        modes=KeptModes(),
        links=KeptLinks(other=Person(platform="room", key="ann", name="Ann")),
        preferring=KeptPreferences(),
        sources=ListedContents(),
        reviews=ListedReviews(),
        audits=ListedAudits(),
        folder=tmp_path,
        commands=[],
        now=clock,
    )
    (command,) = collect(load_plugins([name]), lambda *_: services).commands
    person = Person(platform="room", key="ann", name="Ann")

    async def progress(text: str) -> None:
        raise AssertionError(text)

    call = Call(arguments="1", person=person, answer_id="a", conversation=LOBBY)
    said = await command.run(call, progress)
    assert said == "🎲 **1** of 1"


def test_the_manual_is_found_by_its_questions() -> None:
    """Headings ask what newcomers ask, so that the bot finds its own manual."""
    for asked in ("How do I write a plugin?", "How do I test a plugin?", "Which hooks are there?"):
        assert f"## {asked}\n" in MANUAL
