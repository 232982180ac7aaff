"""Secrets go by names of their own, and stand in no file."""

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import load_settings
from core.settings_files import secrets_in

TOKENS = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "SLACK_SIGNING_SECRET": "signed",
}


def test_secrets_are_read_from_their_own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """They come together with what else is set of their section, and are never shown."""
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    slack = load_settings(None, slack={"transport": "http"}).slack
    assert slack.bot_token.get_secret_value() == "xoxb-1"
    assert slack.app_token.get_secret_value() == "xapp-1"
    assert (slack.signing_secret.get_secret_value(), slack.transport) == ("signed", "http")
    assert not any(value in repr(slack) for value in TOKENS.values())


def test_an_empty_variable_leaves_dotenv_its_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Containers pass variables on empty that were never set."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "")
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-2\n")
    settings = load_settings(tmp_path / ".env")
    assert settings.slack.bot_token.get_secret_value() == "xoxb-2"
    assert secrets_in({"SLACK_BOT_TOKEN": None}) == {}


@pytest.mark.parametrize("name", ["bot_token", "app_token", "signing_secret"])
def test_a_secret_in_a_file_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The sentence names the variable that it belongs into."""
    path = tmp_path / "mine.yaml"
    path.write_text(f"slack: {{{name}: secret}}\n")
    monkeypatch.setenv("TAVERNKEEP_CONFIG", str(path))
    with pytest.raises(SettingsError, match=f"SLACK_{name.upper()}"):
        load_settings(None)
