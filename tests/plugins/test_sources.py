"""The folders plugin brings a source for each path of its setting."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import PluginError
from core.hookspecs import Services
from core.plugins import collect, load_plugins
from core.settings import CHECKOUT, FolderSettings


def named(services: Services, *paths: str) -> list[str]:
    """Return the names of the sources that the plugin brings for these paths."""
    settings = services.settings.model_copy(update={"folders": FolderSettings(paths=paths)})
    own = replace(services, settings=settings)
    return [one.name for one in collect(load_plugins(["folders"]), lambda *_: own).sources]


def test_each_path_is_a_source_of_its_own(services: Services, tmp_path: Path) -> None:
    """A source is named by the place that its path means, wherever the bot is started from."""
    assert named(services, "checkout:docs", str(tmp_path), "wiki") == [
        "checkout:docs",
        f"folder:{tmp_path}",
        f"folder:{CHECKOUT / 'wiki'}",
    ]


def test_one_place_named_twice_stops_the_start(services: Services, tmp_path: Path) -> None:
    """Two sources of one name would remove each other's documents."""
    with pytest.raises(PluginError, match=r"folders registered folder:.*, which exists already"):
        named(services, str(tmp_path), f"{tmp_path}/.")
