"""auth.*, users.*, team.*, files.*, reactions.*: who is who, and what emoji stand where."""

import re

from tests.servers.slack_conversations import reactions
from tests.servers.slack_events import Announcer
from tests.servers.slack_post import JSON, TEAM, Post, SlackError
from tests.servers.slack_web import Arguments, Method
from tests.servers.slack_workspace import Workspace


class People:
    """Says who is who, and keeps the bot's own reactions."""

    def __init__(self, workspace: Workspace, announcer: Announcer) -> None:
        """Take who there is, and whom to tell."""
        self._workspace = workspace
        self._announcer = announcer
        self.files: dict[str, JSON] = {}

    def methods(self) -> dict[str, Method]:
        """Return the methods by name."""
        where = ("channel", "timestamp")
        write, emoji = "reactions:write", (*where, "name")
        return {
            "auth.test": Method(run=self._test),
            "users.info": Method(run=self._info, scope="users:read", needs=("user",)),
            "bots.info": Method(run=self._bot, scope="users:read", needs=("bot",)),
            "team.info": Method(run=self._team, scope="team:read"),
            "files.info": Method(run=self._file, scope="files:read", needs=("file",)),
            "reactions.get": Method(run=self._get, scope="reactions:read", needs=where),
            "reactions.add": Method(run=self._add, scope=write, needs=emoji),
            "reactions.remove": Method(run=self._remove, scope=write, needs=emoji),
        }

    async def _test(self, given: Arguments) -> JSON:
        bot = self._workspace.bot
        return {
            "url": "https://tavern.slack.com/",
            "team": "Tavern",
            "user": bot.name.lower(),
            "team_id": TEAM,
            "user_id": bot.id,
            "bot_id": bot.bot_id,
            "is_enterprise_install": False,
        }

    async def _info(self, given: Arguments) -> JSON:
        found = self._workspace.users.get(given.text("user"))
        if found is None:
            raise SlackError("user_not_found")
        return {"user": found.json()}

    async def _bot(self, given: Arguments) -> JSON:
        held = [one for one in self._workspace.users.values() if one.bot_id == given.text("bot")]
        if not held:
            raise SlackError("bot_not_found")
        one = held[0]
        bot = {"id": one.bot_id, "app_id": one.app_id, "user_id": one.id, "name": one.name}
        return {"bot": bot | {"deleted": False}}

    async def _team(self, given: Arguments) -> JSON:
        return {"team": {"id": TEAM, "name": "Tavern", "domain": "tavern"}}

    async def _file(self, given: Arguments) -> JSON:
        if given.text("file") not in self.files:
            raise SlackError("file_not_found")
        return {"file": self.files[given.text("file")]}

    def _post(self, given: Arguments) -> Post:
        channel = self._workspace.channel(given.text("channel"), reading=True)
        return self._workspace.post(channel.id, given.text("timestamp"))

    async def _get(self, given: Arguments) -> JSON:
        post = self._post(given)
        listed = None if given.flag("full") else 50
        message = post.json() | reactions(post, listed=listed)
        return {"type": "message", "channel": post.channel, "message": message}

    async def _add(self, given: Arguments) -> JSON:
        self.react(self._post(given), self._workspace.bot.id, given.text("name"))
        return {}

    async def _remove(self, given: Arguments) -> JSON:
        self.unreact(self._post(given), self._workspace.bot.id, given.text("name"))
        return {}

    def react(self, post: Post, user: str, emoji: str) -> None:
        """Let somebody react; raise what Slack answers to a second time or to no emoji."""
        if not re.fullmatch(r"[\w+'-]+(::skin-tone-[2-6])?", emoji):
            raise SlackError("invalid_name")
        users = post.reactions.setdefault(emoji, [])
        if user in users:
            raise SlackError("already_reacted")
        users.append(user)
        self._announcer.reacted(post, user, emoji, added=True)

    def unreact(self, post: Post, user: str, emoji: str) -> None:
        """Let somebody take a reaction back."""
        if user not in post.reactions.get(emoji, []):
            raise SlackError("no_reaction")
        post.reactions[emoji].remove(user)
        self._announcer.reacted(post, user, emoji, added=False)
