"""chat.*: posting, changing and deleting messages, ephemeral ones too."""

from tests.servers.slack_blocks import MARKDOWN, check_blocks, check_metadata
from tests.servers.slack_events import Announcer
from tests.servers.slack_post import APP, JSON, Channel, Post, SlackError
from tests.servers.slack_web import Arguments, Method
from tests.servers.slack_workspace import Workspace

LONGEST_POST = 40_000
LONGEST_UPDATE = 4_000


class Chat:
    """Writes what the bot says into the workspace."""

    def __init__(self, workspace: Workspace, announcer: Announcer) -> None:
        """Take where to, and whom to tell."""
        self._workspace = workspace
        self._announcer = announcer

    def methods(self) -> dict[str, Method]:
        """Return the methods by name."""
        written = {
            "chat.postMessage": (self._post, ("channel",)),
            "chat.update": (self._update, ("channel", "ts")),
            "chat.delete": (self._delete, ("channel", "ts")),
            "chat.postEphemeral": (self._whisper, ("channel", "user")),
        }
        found = {
            name: Method(run=run, scope="chat:write", needs=needs)
            for name, (run, needs) in written.items()
        }
        permalink = Method(run=self._permalink, needs=("channel", "message_ts"))
        return found | {"chat.getPermalink": permalink}

    async def _post(self, given: Arguments) -> JSON:
        channel = self._named(given.text("channel"))
        post = self.written(given, channel, LONGEST_POST)
        self.publish(post)
        return {"channel": channel.id, "ts": post.ts, "message": post.json()}

    def publish(self, post: Post) -> None:
        """Let a message of the bot stand, which ends the status of its thread."""
        post.arguments.setdefault("posted", True)
        self._workspace.posts[post.channel, post.ts] = post
        post.shown.append(post.words)
        if post.thread:
            self._workspace.statuses.append((post.channel, post.thread, {"status": ""}))
        self._announcer.said(post)

    def _named(self, key: str) -> Channel:
        if key.startswith("#"):
            found = [one for one in self._workspace.channels.values() if one.name == key[1:]]
            key = found[0].id if found else key
        if key in self._workspace.users:
            return self._workspace.between({key, self._workspace.bot.id})
        return self._workspace.channel(key)

    def written(self, given: Arguments, channel: Channel, longest: int) -> Post:
        """Return a message of the bot as the arguments describe it; raise what Slack would."""
        thread = given.text("thread_ts") or None
        if thread and (channel.id, thread) not in self._workspace.posts:
            raise SlackError("thread_not_found")
        post = Post(
            channel=channel.id,
            ts=self._workspace.new_ts(),
            user=self._workspace.bot.id,
            bot_id=self._workspace.bot.bot_id,
            app_id=APP,
            thread=thread,
            arguments=given,
            metadata=check_metadata(given.get("metadata")),
        )
        return self._filled(post, given, longest)

    def _filled(self, post: Post, given: Arguments, longest: int) -> Post:
        markdown, text = given.text("markdown_text"), given.text("text")
        if markdown and (text or given.get("blocks")):
            raise SlackError("markdown_text_conflict")
        if len(markdown) > MARKDOWN or len(text) > longest:
            raise SlackError("msg_too_long")
        if not (markdown or text.strip() or given.get("blocks") or given.get("attachments")):
            raise SlackError("no_text")
        post.text = markdown or text
        post.blocks = check_blocks(given["blocks"]) if given.get("blocks") else []
        post.attachments = given.get("attachments") or []
        return post

    async def _update(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel"))
        post = self._own(channel, given.text("ts"), "cant_update_message")
        if post.streaming:
            raise SlackError("streaming_state_conflict")
        before = post.json()
        self.change(post, given)
        self._announcer.changed(post, before)
        return {"channel": channel.id, "ts": post.ts, "text": post.text, "message": post.json()}

    def change(self, post: Post, given: Arguments) -> None:
        """Give a message another text, other blocks or other metadata, as chat.update does."""
        kept, metadata = post.blocks, post.metadata
        said = given.text("text") or given.text("markdown_text")
        if said or given.get("blocks") is not None:
            self._filled(post, given, LONGEST_UPDATE)
            post.arguments, post.tasks = Arguments({**given, "posted": True}), {}
        if not said and given.get("blocks") is None:
            post.blocks = kept
        if "metadata" in given:
            metadata = check_metadata(given["metadata"])
        post.metadata = metadata
        if given.get("text") and not given.get("blocks"):
            post.edited = self._workspace.new_ts()
        post.shown.append(post.words)

    def _own(self, channel: Channel, ts: str, otherwise: str) -> Post:
        post = self._workspace.post(channel.id, ts)
        if post.user != self._workspace.bot.id or post.subtype:
            raise SlackError(otherwise)
        return post

    async def _delete(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel"))
        post = self._own(channel, given.text("ts"), "cant_delete_message")
        if post.streaming:
            raise SlackError("cant_delete_message")
        post.deleted = True
        self._announcer.deleted(post)
        return {"channel": channel.id, "ts": post.ts}

    async def _whisper(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel"))
        user = given.text("user")
        if user not in channel.members:
            raise SlackError("user_not_in_channel")
        post = self.written(given, channel, LONGEST_POST)
        post.only_for = user
        post.shown.append(post.words)
        self._workspace.whispers.append(post)
        return {"message_ts": post.ts}

    async def _permalink(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel"), reading=True)
        post = self._workspace.post(channel.id, given.text("message_ts"))
        return {"channel": channel.id, "permalink": link(post)}


def link(post: Post) -> str:
    """Return the address of a message."""
    address = f"https://tavern.slack.com/archives/{post.channel}/p{post.ts.replace('.', '')}"
    return f"{address}?thread_ts={post.thread}&cid={post.channel}" if post.thread else address
