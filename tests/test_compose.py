"""config/compose.yaml is data that nobody runs here, so what can be known of it is tested."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import refuse_unknown

CONFIG = Path(__file__).resolve().parent.parent / "config"
COMPOSE: dict[str, Any] = yaml.safe_load((CONFIG / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_every_variable_of_the_bot_is_a_setting() -> None:
    """A mistyped variable would stop the bot's start."""
    named = [name for name in SERVICES["bot"]["environment"] if name.startswith("TAVERNKEEP_")]
    assert len(named) >= 4
    refuse_unknown(named)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_checked_and_restarted(name: str) -> None:
    """An image has its version, a service says when it is well, and comes back after a crash."""
    service = SERVICES[name]
    assert "build" in service or re.search(r":\D*\d+\.\d+|:RELEASE", service["image"])
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"


def test_the_room_is_published_on_loopback_and_nothing_else_at_all() -> None:
    """The room asks nobody for a password, and neither does Milvus."""
    assert all(one.startswith("127.0.0.1:") for one in SERVICES["bot"]["ports"])
    assert not [name for name in SERVICES if name != "bot" and "ports" in SERVICES[name]]


def test_secrets_come_from_the_environment() -> None:
    """No password stands in the file, and one that is not set stops compose with a sentence."""
    text = (CONFIG / "compose.yaml").read_text(encoding="utf-8")
    for line in text.splitlines():
        if re.search(r"PASSWORD|SECRET|API_KEY", line.partition(":")[0]):
            assert re.search(r"\$\{\w+:[?-]", line), line


def test_what_is_kept_lies_in_volumes() -> None:
    """Every service that keeps something keeps it in a named volume."""
    mounted = [place.partition(":")[0] for one in SERVICES.values() for place in one["volumes"]]
    assert set(COMPOSE["volumes"]) <= set(mounted)


def test_the_image_runs_without_root() -> None:
    """The bot's process is nobody important in its container."""
    lines = (CONFIG / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert lines.index("USER tavernkeep") < lines.index(
        'CMD [".venv/bin/python", "-m", "bot", "run"]'
    )
    assert SERVICES["bot"]["cap_drop"] == ["ALL"]
