"""Every setting, once: its type, its default and its meaning.

`config/default.yaml` < the file named by TAVERNKEEP_CONFIG < environment variables
`TAVERNKEEP_SECTION__NAME` (and `.env`). Secrets come only from the environment.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError as SettingsErrorOfLibrary

from core.errors import SettingsError
from core.modes import Mode
from core.settings_files import dotenv, refuse_secrets, secrets_in, sentence_of
from core.settings_of_learning import JobSettings, LearningSettings, Section

CHECKOUT = Path(__file__).resolve().parent.parent
DEFAULTS = CHECKOUT / "config" / "default.yaml"


class LedgerSettings(Section):
    """The SQL database that holds the truth."""

    url: str = Field("", description="SQLAlchemy address; empty is SQLite in the data folder.")
    deliveries_days: float = Field(
        30,
        ge=8,
        description="So long it is known what platforms delivered: the sweep reads 7 days.",
    )


class IndexSettings(Section):
    """The Milvus collections that can be rebuilt from the ledger."""

    uri: str = Field("", description="Milvus address; empty is Milvus Lite in the data folder.")
    token: SecretStr = Field(SecretStr(""), description="Milvus token, from the environment only.")
    m: int = Field(48, ge=2, le=2048, description="HNSW: links of each item.")
    ef_construction: int = Field(200, ge=8, description="HNSW: candidates while building.")
    ef: int = Field(128, ge=1, description="HNSW: candidates while searching.")
    flush_rows: int = Field(500, ge=1, description="Flush after so many written rows.")
    flush_seconds: float = Field(5.0, gt=0, description="Flush after so many seconds.")


class EmbedderSettings(Section):
    """The embedding model."""

    model: str = Field("bundled", description='"bundled", a folder, or a name on a model hub.')
    scripts: tuple[str, ...] = Field(
        (), description="Writing systems the model understands; empty is all (bundled: latin)."
    )
    question_prompt: str | None = Field(
        None, description="Overrides the model's own question prompt."
    )
    passage_prompt: str | None = Field(
        None, description="Overrides the model's own passage prompt."
    )
    precision: Literal["auto", "float32"] = Field(
        "auto", description='"auto" is bfloat16 where the processor has it, else float32.'
    )


class AnthropicSettings(Section):
    """Claude, which answers where there is a key."""

    api_key: SecretStr = Field(SecretStr(""), description="From ANTHROPIC_API_KEY only.")
    base_url: str = Field("https://api.anthropic.com", description="Where the API answers.")
    answering_model: str = Field("claude-sonnet-5-5", description="The model that writes answers.")
    rewriting_model: str = Field(
        "claude-haiku-5-5", description="The model that rewrites follow-ups."
    )
    max_tokens: int = Field(
        2048, ge=64, description="The longest answer, in tokens, thinking included."
    )
    seconds: float = Field(60.0, gt=0, description="Deadline of one answer.")
    daily_tokens: int = Field(0, ge=0, description="Tokens a day, in and out; 0 is no limit.")


class RetrievalSettings(Section):
    """How passages are found."""

    passages: int = Field(6, ge=1, le=20, description="Passages in a prompt.")
    candidates: int = Field(
        40, ge=1, le=500, description="Rows asked of each search before fusion."
    )
    floor: float = Field(0.32, ge=0, le=1, description="Score below which nothing counts as found.")


class FolderSettings(Section):
    """The folders plugin: files read as documents."""

    paths: tuple[str, ...] = Field(("checkout:docs",), description="Files and folders to read.")


class RoomSettings(Section):
    """The browser as a chat platform."""

    host: str = Field("127.0.0.1", description="Where the room listens; keep it on loopback.")
    port: int = Field(8484, ge=1, le=65535, description="The room's port.")


class SlackSettings(Section):
    """Slack as a chat platform; the bot is there where a token is set."""

    bot_token: SecretStr = Field(SecretStr(""), description="From SLACK_BOT_TOKEN only: xoxb-….")
    app_token: SecretStr = Field(SecretStr(""), description="From SLACK_APP_TOKEN only: xapp-….")
    signing_secret: SecretStr = Field(SecretStr(""), description="From SLACK_SIGNING_SECRET only.")
    api_url: str = Field("https://slack.com/api/", description="Where Slack's Web API answers.")
    transport: Literal["socket", "http"] = Field(
        "socket", description="How events come: Socket Mode, or signed HTTP requests."
    )
    host: str = Field("127.0.0.1", description="http: where the bot listens for events.")
    port: int = Field(8585, ge=0, le=65535, description="http: the port of that; 0 is a free one.")
    moderators: str = Field("", description="Channel id where drafts are decided upon.")
    allowed_bots: tuple[str, ...] = Field(
        (), description="Bots that may ask, by bot id or user id."
    )


class DiscordSettings(Section):
    """Discord as a chat platform; the bot is there where its token is set."""

    token: SecretStr = Field(SecretStr(""), description="From DISCORD_TOKEN only.")
    api_url: str = Field(
        "https://discord.com/api/v10", description="Where Discord's REST API answers."
    )
    message_content: bool = Field(
        False, description="Read messages that do not mention the bot; a privileged intent."
    )
    guilds: tuple[str, ...] = Field(
        (), description="Servers whose public channels everyone may read; empty: the only one."
    )
    moderators: str = Field("", description="Channel id where drafts are decided upon.")
    allowed_bots: tuple[str, ...] = Field((), description="Bots that may ask, by user id.")
    shards: int = Field(1, ge=1, description="Connections that share the servers.")


class ThreadSettings(Section):
    """Conversations."""

    turns: int = Field(
        6, ge=0, description="Earlier messages of a thread that a follow-up is read with."
    )


class ConversationSettings(Section):
    """How the bot takes part where several people talk."""

    mode: Mode = Field(
        Mode.MENTION, description="How it takes part where nobody said otherwise: `/mode`."
    )
    unasked: int = Field(5, ge=0, description="Turns in a thread without having been addressed.")
    sure: float = Field(
        0.6, ge=0, le=1, description="Score of its best source from which an answer is sure."
    )
    name: str = Field("Tavernkeep", description="What a follow-up begins with to address the bot.")
    saved_by: tuple[str, ...] = Field(
        ("pushpin", "📌"), description="Emoji that save a message as an answer."
    )
    silenced_by: tuple[str, ...] = Field(
        ("shushing_face", "🤫"), description="Emoji that silence the bot in a thread."
    )
    links: tuple[str, ...] = Field(
        (), description="Beginnings of addresses that answers may link to without citing them."
    )


class Settings(BaseSettings):
    """All settings; built once by the composition root and handed down in parts."""

    model_config = SettingsConfigDict(
        env_prefix="TAVERNKEEP_",
        env_nested_delimiter="__",
        dotenv_filtering="only_existing",  # other programs' variables may stand in `.env`
        extra="forbid",
        frozen=True,
    )

    data: Path = Field(Path("data"), description="The data folder.")
    plugins: tuple[str, ...] = Field(
        (
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
        ),
        description="Plugins to load, by name.",
    )
    ledger: LedgerSettings = LedgerSettings()
    index: IndexSettings = IndexSettings()
    embedder: EmbedderSettings = EmbedderSettings()
    anthropic: AnthropicSettings = AnthropicSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    learning: LearningSettings = LearningSettings()
    jobs: JobSettings = JobSettings()
    folders: FolderSettings = FolderSettings()
    room: RoomSettings = RoomSettings()
    slack: SlackSettings = SlackSettings()
    discord: DiscordSettings = DiscordSettings()
    thread: ThreadSettings = ThreadSettings()
    conversations: ConversationSettings = ConversationSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: given values, environment, `.env`, the named file, the defaults."""
        del file_secret_settings
        env_file = getattr(dotenv_settings, "env_file", None)
        read = config_files({**dotenv(env_file), **os.environ})
        files = YamlConfigSettingsSource(settings_cls, yaml_file=read, deep_merge=True)
        return init_settings, env_settings, dotenv_settings, files


def config_files(environ: Mapping[str, str | None]) -> list[Path]:
    """Return the YAML files to read, weakest first."""
    named = environ.get("TAVERNKEEP_CONFIG")
    return [DEFAULTS, Path(named)] if named else [DEFAULTS]


def load_settings(env_file: Path | None = Path(".env"), **given: Any) -> Settings:
    """Read the settings, or raise `SettingsError` with one sentence that names what is wrong."""
    held = dotenv(env_file)
    environ = {**held, **os.environ}
    for path in config_files(environ):
        refuse_secrets(path)
    refuse_unknown(environ)
    named = {**held, **{name: value for name, value in os.environ.items() if value}}
    for section, held_secrets in secrets_in(named).items():
        given[section] = {**held_secrets, **given.get(section, {})}
    try:
        return Settings(_env_file=env_file, **given)
    except (ValidationError, SettingsErrorOfLibrary) as error:
        raise SettingsError(sentence_of(error)) from error


def refuse_unknown(environ: Iterable[str]) -> None:
    """Raise `SettingsError` for an environment variable that names no setting."""
    for variable in environ:
        if not variable.startswith("TAVERNKEEP_") or variable == "TAVERNKEEP_CONFIG":
            continue
        section, _, key = variable.removeprefix("TAVERNKEEP_").lower().partition("__")
        field = Settings.model_fields.get(section)
        inner = getattr(field.annotation, "model_fields", None) if field else None
        if field is None or (key and (inner is None or key.partition("__")[0] not in inner)):
            raise SettingsError(f"{variable} names no setting: config/README.md lists them all.")
