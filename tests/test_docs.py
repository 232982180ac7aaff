"""The documentation is tested like the code: what it names exists, and what exists is named."""

import json
import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from typer.testing import CliRunner

from bot.cli import cli
from core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    page
    for page in ROOT.rglob("*.md")
    if not any(part.startswith(".") for part in page.relative_to(ROOT).parts)
    and page.relative_to(ROOT).parts[0] not in {"data", "build"}
)
README = (ROOT / "README.md").read_text(encoding="utf-8")


def every_setting(settings: type[BaseModel] = Settings) -> set[str]:
    """Return the name of every setting, with the sections that it is in."""
    names = set()
    for section, field in settings.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names |= {f"{section}.{name}" for name in every_setting(inner)}
        else:
            names.add(section)
    return names


def test_every_setting_is_documented_and_no_other() -> None:
    """config/README.md lists just the settings that there are."""
    page = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == every_setting()


def test_every_setting_says_what_it_means() -> None:
    """A setting's declaration carries its meaning."""
    sections = [Settings, *(f.annotation for f in Settings.model_fields.values())]
    for section in sections:
        if isinstance(section, type) and issubclass(section, BaseModel):
            for name, field in section.model_fields.items():
                nested = isinstance(field.annotation, type) and issubclass(
                    field.annotation, BaseModel
                )
                assert nested or field.description, f"{section.__name__}.{name}"


def test_every_command_is_in_the_readme_and_explains_itself() -> None:
    """The README's table names just the commands that there are, and each has help worth reading."""
    table = README.split("## The commands")[1].split("\n## ")[0]
    named = {match.split()[0] for match in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)}
    commands = {
        str(one.name or one.callback.__name__) for one in cli.registered_commands if one.callback
    } | {str(group.name) for group in cli.registered_groups}
    assert named == commands
    for name in commands:
        shown = CliRunner().invoke(cli, [name, "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0
        assert len(shown.output) > 300, name


def test_make_targets_in_the_documentation_exist() -> None:
    """Every `make …` that a page shows is a target."""
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for page in PAGES:
        shown = re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(shown) <= targets, page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_that_pages_name_exist(page: Path) -> None:
    """Every path in backquotes or in a link of a page exists."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = re.findall(r"`((?:bot|core|plugins|tests|config)/[\w./-]*)`", text)
    named += [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    for name in named:
        assert (ROOT / name).exists() or (page.parent / name).exists(), name


def test_the_manifest_is_one_that_slack_reads() -> None:
    """The Slack manifest is valid YAML with scopes, events and Socket Mode."""
    manifest = yaml.safe_load((ROOT / "config" / "slack-manifest.yaml").read_text(encoding="utf-8"))
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    assert {"app_mentions:read", "reactions:read", "chat:write", "commands"} <= set(scopes)
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert json.dumps(manifest)


def test_no_registry_host_is_pinned() -> None:
    """The constraints name versions and no host that they come from."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+", pin) for pin in pins)
