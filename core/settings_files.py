"""What settings are read from: YAML files, in which no secret may stand, and `.env`."""

import re
from collections.abc import Mapping
from pathlib import Path

import yaml
from dotenv import dotenv_values
from pydantic import ValidationError

from core.errors import SettingsError

SECRETS = {
    "anthropic.api_key": "ANTHROPIC_API_KEY",
    "index.token": "TAVERNKEEP_INDEX__TOKEN",
    "slack.bot_token": "SLACK_BOT_TOKEN",
    "slack.app_token": "SLACK_APP_TOKEN",
    "slack.signing_secret": "SLACK_SIGNING_SECRET",
    "discord.token": "DISCORD_TOKEN",
}


def secrets_in(environ: Mapping[str, str | None]) -> dict[str, dict[str, str]]:
    """Return the secrets that go by a name of their own, by section and setting."""
    found: dict[str, dict[str, str]] = {}
    for name, variable in SECRETS.items():
        section, key = name.split(".")
        secret = environ.get(variable)
        if secret and not variable.startswith("TAVERNKEEP_"):  # those are read as settings
            found.setdefault(section, {})[key] = secret
    return found


def dotenv(env_file: Path | None) -> Mapping[str, str | None]:
    """Return what `.env` holds, without touching the environment."""
    return dotenv_values(env_file) if env_file and env_file.exists() else {}


def refuse_secrets(path: Path) -> None:
    """Raise `SettingsError` where a settings file is absent, is no YAML mapping or holds a secret."""
    try:
        held = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}") from error
    if not isinstance(held, dict):
        raise SettingsError(f"The settings file {path} must hold sections, such as `room:`.")
    for name, variable in SECRETS.items():
        section, key = name.split(".")
        if isinstance(held.get(section), dict) and key in held[section]:
            raise SettingsError(
                f"{name} is a secret: take it out of {path} and set {variable} instead."
            )


def sentence_of(error: Exception) -> str:
    """Return one sentence for what the settings library found."""
    if not isinstance(error, ValidationError):
        named = re.search(r'field "(\w+)"', str(error))
        name = f"TAVERNKEEP_{named[1].upper()}" if named else "A setting"
        return f'{name} cannot be read: a list is written as JSON, such as ["/srv/handbook"].'
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{name} is no setting: config/README.md lists them all."
    return f"The setting {name} is wrong: {first['msg']}."
