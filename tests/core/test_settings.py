"""Settings come from four places in one order; whatever is wrong is named in one sentence."""

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.feedback import Verdict
from core.settings import Settings, load_settings

KEY = "sk-ant-not-a-real-key"


def load(folder: Path, env: str = "", **given: object) -> Settings:
    """Load the settings with a `.env` of the given text."""
    (folder / ".env").write_text(env)
    return load_settings(folder / ".env", **given)


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a settings file that TAVERNKEEP_CONFIG names."""
    path = tmp_path / "mine.yaml"
    monkeypatch.setenv("TAVERNKEEP_CONFIG", str(path))
    return path


def test_the_defaults_need_nothing() -> None:
    """Without any configuration the bot runs on Lite, SQLite and quoting, and knows its emoji."""
    settings = load_settings(None)
    assert (settings.index.uri, settings.ledger.url) == ("", "")
    assert settings.anthropic.api_key.get_secret_value() == ""
    assert settings.learning.emoji["👍"] is Verdict.UP


def test_each_place_overrides_the_former(
    tmp_path: Path, named: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Default, file, `.env`, environment, given value: the later wins, setting by setting."""
    named.write_text("room: {port: 1001, host: 127.0.0.2}\nretrieval: {passages: 3}\n")
    assert load(tmp_path).room.port == 1001
    env = "TAVERNKEEP_ROOM__PORT=1002\n"
    assert load(tmp_path, env).room.port == 1002
    monkeypatch.setenv("TAVERNKEEP_ROOM__PORT", "1003")
    assert load(tmp_path, env).room.port == 1003
    settings = load(tmp_path, env, room={"port": 1004})
    assert (settings.room.port, settings.room.host) == (1004, "127.0.0.2")
    assert settings.retrieval.passages == 3


def test_a_file_keeps_the_defaults_that_it_does_not_name(named: Path) -> None:
    """A file that sets one name of a section leaves the section's other names as they were."""
    named.write_text("learning: {near: 0.9, emoji: {beer: up}}\n")
    learning = load_settings(None).learning
    assert learning.near == 0.9
    assert learning.emoji["beer"] is learning.emoji["👍"] is Verdict.UP


def test_the_file_may_be_named_in_dotenv(tmp_path: Path) -> None:
    """TAVERNKEEP_CONFIG counts in `.env` as it does in the environment."""
    (tmp_path / "mine.yaml").write_text("room: {port: 1001}")
    assert load(tmp_path, f"TAVERNKEEP_CONFIG={tmp_path / 'mine.yaml'}").room.port == 1001


def test_the_key_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ANTHROPIC_API_KEY is read from `.env` or the environment, and is not shown."""
    monkeypatch.setenv("TAVERNKEEP_ANTHROPIC__SECONDS", "5")
    settings = load(tmp_path, f"ANTHROPIC_API_KEY={KEY}\nOTHER_PROGRAM=x\n")
    assert settings.anthropic.api_key.get_secret_value() == KEY
    assert settings.anthropic.seconds == 5
    assert KEY not in repr(settings)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "other")
    settings = load(tmp_path, f"ANTHROPIC_API_KEY={KEY}\n")
    assert settings.anthropic.api_key.get_secret_value() == "other"


@pytest.mark.parametrize(
    "variable",
    [
        "TAVERNKEEP_ROMO__PORT",
        "TAVERNKEEP_ROOM__PROT",
        "TAVERNKEEP_DATA__FOLDER",
        "TAVERNKEEP_PORT",
    ],
)
@pytest.mark.parametrize("place", ["environment", "dotenv"])
def test_an_unknown_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, place: str
) -> None:
    """A mistyped variable stops the start with its own name, wherever it stands."""
    if place == "environment":
        monkeypatch.setenv(variable, "1")
    with pytest.raises(SettingsError, match=f"^{variable} names no setting"):
        load(tmp_path, f"{variable}=1" if place == "dotenv" else "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("romo: {port: 1}", r"romo is no setting"),
        ("room: {prot: 1}", r"room\.prot is no setting"),
        ("room: {port: many}", r"The setting room\.port is wrong: .*integer"),
        ("room: {port: 70000}", r"The setting room\.port is wrong: .*65535"),
        ("room: 5", r"The setting room is wrong"),
        ("index: 5", r"The setting index is wrong"),
        ("learning: {emoji: {beer: sideways}}", r"learning\.emoji\.beer is wrong"),
        ("just a text", r"must hold sections"),
        ("room: [", r"cannot be read"),
        ("anthropic: {api_key: x}", r"anthropic\.api_key is a secret: .*ANTHROPIC_API_KEY"),
        ("index: {token: x}", r"index\.token is a secret: .*TAVERNKEEP_INDEX__TOKEN"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(named: Path, text: str, sentence: str) -> None:
    """An unknown or wrong setting, a broken file or a secret in it stops the start by name."""
    named.write_text(text)
    with pytest.raises(SettingsError, match=sentence):
        load_settings(None)


def test_a_file_that_is_not_there_is_named(named: Path) -> None:
    """A settings file that was asked for has to exist, and has to be text."""
    with pytest.raises(SettingsError, match=str(named)):
        load_settings(None)
    named.write_bytes(b"room: \xff")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(None)


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that is no JSON where JSON is needed, or not the right type, is said by name."""
    monkeypatch.setenv("TAVERNKEEP_ROOM__PORT", "many")
    with pytest.raises(SettingsError, match=r"room\.port is wrong"):
        load_settings(None)
    monkeypatch.setenv("TAVERNKEEP_ROOM", "{")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(None)


def test_lists_and_maps_come_from_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list is written as JSON; a section may be given whole or name by name."""
    monkeypatch.setenv("TAVERNKEEP_PLUGINS", '["help"]')
    monkeypatch.setenv("TAVERNKEEP_FOLDERS__PATHS", '["/a", "/b"]')
    monkeypatch.setenv("TAVERNKEEP_THREAD", '{"turns": 2}')
    monkeypatch.setenv("TAVERNKEEP_LEARNING__EMOJI", '{"beer": "up"}')
    settings = load_settings(None)
    assert settings.plugins == ("help",)
    assert settings.folders.paths == ("/a", "/b")
    assert settings.thread.turns == 2
    assert settings.learning.emoji["beer"] is Verdict.UP
