"""Response URLs: five answers within half an hour, to the one who pressed or typed, or to all."""

import secrets
import time
from dataclasses import dataclass

from aiohttp import web

from tests.servers.slack_chat import LONGEST_POST, Chat
from tests.servers.slack_events import Announcer
from tests.servers.slack_post import JSON, Post, SlackError
from tests.servers.slack_web import Arguments
from tests.servers.slack_workspace import Workspace

USES = 5
SECONDS = 1800.0


@dataclass
class _Way:
    user: str
    channel: str
    original: Post | None
    made: float
    uses: int = 0


class ResponseUrls:
    """The addresses that were handed out."""

    def __init__(self, workspace: Workspace, announcer: Announcer, chat: Chat) -> None:
        """Take where answers go."""
        self.base = ""
        self._workspace = workspace
        self._announcer = announcer
        self._chat = chat
        self._ways: dict[str, _Way] = {}

    def new(self, user: str, channel: str, original: Post | None = None) -> str:
        """Return an address that answers one interaction."""
        key = secrets.token_hex(12)
        self._ways[key] = _Way(user, channel, original, time.monotonic())
        return f"{self.base}/actions/{key}"

    async def answer(self, request: web.Request) -> web.Response:
        """Serve one use of an address."""
        way = self._ways.get(request.match_info["key"])
        if way is None or time.monotonic() - way.made > SECONDS:
            return web.Response(status=404, text="expired_url")
        if way.uses >= USES:
            return web.Response(status=404, text="used_url")
        way.uses += 1
        try:
            self.take(Arguments(await request.json()), way.user, way.channel, way.original)
        except SlackError as refused:
            return web.json_response({"ok": False, "error": refused.code})
        return web.Response(text="ok")

    def take(self, given: Arguments, user: str, channel: str, original: Post | None = None) -> None:
        """Show what an app answered an interaction with."""
        if original and given.flag("delete_original"):
            self._remove(original)
        elif original and given.get("replace_original") is not None:
            if given.flag("replace_original"):
                self._replace(original, given)
            else:
                self._show(given, user, channel)
        else:
            self._show(given, user, channel)

    def _remove(self, post: Post) -> None:
        post.deleted = True
        if post.only_for:
            self._workspace.whispers.remove(post)
        else:
            self._announcer.deleted(post)

    def _replace(self, post: Post, given: Arguments) -> None:
        before = post.json()
        self._chat.change(post, given)
        self._announcer.changed(post, before)

    def _show(self, given: JSON, user: str, channel: str) -> None:
        where = self._workspace.channels[channel]
        post = self._chat.written(Arguments(given), where, LONGEST_POST)
        if given.get("response_type") == "in_channel":
            self._chat.publish(post)
            return
        post.only_for = user
        post.shown.append(post.words)
        self._workspace.whispers.append(post)
