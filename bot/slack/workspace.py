"""Workspace: who the bot is in Slack, and in which workspace."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.slack.payload import Payload, text_at

SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Who the bot is: `user` writes its messages, `bot` marks them; `allowed` bots may ask."""

    user: str
    bot: str = ""
    name: str = "tavernkeep"
    team: str = ""
    team_id: str = ""
    allowed: frozenset[str] = frozenset()

    def wrote(self, message: Payload) -> bool:
        """Say whether a message is the bot's own."""
        bot = text_at(message, "bot_id")
        return text_at(message, "user") == self.user or bool(bot and bot == self.bot)

    def ignores(self, message: Payload) -> bool:
        """Say whether a message is by the bot itself, or by another bot that may not ask."""
        user, bot = text_at(message, "user"), text_at(message, "bot_id")
        if self.wrote(message) or user == SLACKBOT or not (user or bot):
            return True
        by_bot = bool(bot) or text_at(message, "subtype") == "bot_message"
        return by_bot and not self.allowed & {user, bot}


def workspace_of(told: Payload, allowed: Collection[str]) -> Workspace:
    """Return who the bot is by what `auth.test` told."""
    return Workspace(
        user=text_at(told, "user_id"),
        bot=text_at(told, "bot_id"),
        name=text_at(told, "user") or "tavernkeep",
        team=text_at(told, "team"),
        team_id=text_at(told, "team_id"),
        allowed=frozenset(allowed),
    )
