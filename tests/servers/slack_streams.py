"""chat.startStream, appendStream and stopStream: an answer that grows, and that can expire."""

import time
from dataclasses import dataclass

from tests.servers.slack_blocks import MARKDOWN, check_blocks, check_chunks, check_metadata
from tests.servers.slack_chat import Chat
from tests.servers.slack_events import Announcer
from tests.servers.slack_post import APP, JSON, Post, SlackError
from tests.servers.slack_web import Arguments, Method
from tests.servers.slack_workspace import Workspace

LIFE_SECONDS = 306.0  # measured by people whose streams were closed; Slack documents none


@dataclass
class _Stream:
    post: Post
    began: float
    mode: str = ""


class Streams:
    """The streams that are open. `life` is how long one may stay so."""

    def __init__(self, workspace: Workspace, announcer: Announcer, chat: Chat) -> None:
        """Take where to, and whom to tell."""
        self.life = LIFE_SECONDS
        self._workspace = workspace
        self._announcer = announcer
        self._chat = chat
        self._open: dict[tuple[str, str], _Stream] = {}

    def methods(self) -> dict[str, Method]:
        """Return the methods by name."""
        found = {
            "chat.startStream": (self._start, ("channel", "thread_ts")),
            "chat.appendStream": (self._append, ("channel", "ts")),
            "chat.stopStream": (self._stop, ("channel", "ts")),
        }
        return {
            name: Method(run=run, scope="chat:write", needs=needs)
            for name, (run, needs) in found.items()
        }

    async def _start(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel"))
        thread = given.text("thread_ts")
        if (channel.id, thread) not in self._workspace.posts:
            raise SlackError("thread_not_found")
        for name in ("recipient_team_id", "recipient_user_id"):
            if channel.kind != "im" and not given.get(name):
                raise SlackError(f"missing_{name}")
        bot = self._workspace.bot
        post = Post(
            channel=channel.id,
            ts=self._workspace.new_ts(),
            user=bot.id,
            bot_id=bot.bot_id,
            app_id=APP,
            thread=thread,
            arguments=Arguments({**given, "streamed": True}),
            streaming=True,
        )
        stream = _Stream(post=post, began=time.monotonic())
        self._write(stream, given)
        self._open[channel.id, post.ts] = stream
        self._chat.publish(post)
        return {"channel": channel.id, "ts": post.ts}

    async def _append(self, given: Arguments) -> JSON:
        stream = self._of(given)
        if not (given.get("markdown_text") or given.get("chunks")):
            raise SlackError("no_text")
        self._write(stream, given)
        stream.post.shown.append(stream.post.words)
        return {"channel": stream.post.channel, "ts": stream.post.ts}

    async def _stop(self, given: Arguments) -> JSON:
        stream = self._of(given)
        post, before = stream.post, stream.post.json()
        metadata = check_metadata(given.get("metadata"))
        blocks = check_blocks(given["blocks"]) if given.get("blocks") else []
        self._write(stream, given)
        post.blocks += blocks
        if not (post.text or post.blocks or post.tasks):
            raise SlackError("no_text")
        post.metadata = metadata or post.metadata
        post.arguments["stopped"] = given
        post.streaming = False
        post.shown.append(post.words)
        del self._open[post.channel, post.ts]
        self._announcer.changed(post, before)
        return {"channel": post.channel, "ts": post.ts, "message": post.json()}

    def _of(self, given: Arguments) -> _Stream:
        self._workspace.channel(given.text("channel"))
        key = (given.text("channel"), given.text("ts"))
        self._workspace.post(*key)
        stream = self._open.get(key)
        if stream and time.monotonic() - stream.began > self.life:
            self.expire(stream.post)
        if key not in self._open or stream is None:
            raise SlackError("message_not_in_streaming_state")
        return stream

    def expire(self, post: Post) -> None:
        """Close a stream as Slack does of itself: what came so far stays."""
        stream = self._open.pop((post.channel, post.ts), None)
        if stream:
            post.streaming = False

    def expire_all(self) -> None:
        """Close every stream that is open."""
        for stream in list(self._open.values()):
            self.expire(stream.post)

    def _write(self, stream: _Stream, given: Arguments) -> None:
        markdown, chunks = given.text("markdown_text"), given.get("chunks")
        if markdown and chunks:
            raise SlackError("cannot_provide_both_markdown_text_and_chunks")
        if len(markdown) > MARKDOWN:
            raise SlackError("msg_too_long")
        mode = "markdown" if markdown else "chunks" if chunks else stream.mode
        if stream.mode and mode != stream.mode:
            raise SlackError("streaming_mode_mismatch")
        stream.mode = mode
        stream.post.text += markdown
        for chunk in check_chunks(chunks or []):
            self._take(stream.post, chunk)

    def _take(self, post: Post, chunk: JSON) -> None:
        if chunk["type"] == "markdown_text":
            post.text += chunk["text"]
        elif chunk["type"] == "task_update":
            kept = post.tasks.get(chunk["id"], {})
            details = kept.get("details", "") + chunk.get("details", "")
            post.tasks[chunk["id"]] = {**kept, **chunk, "details": details}
        elif chunk["type"] == "blocks":
            post.blocks += check_blocks(chunk["blocks"])
