"""Live: the message that an answer grows in, streamed where Slack takes streams, else changed.

What is shown meanwhile may fail without harm: whatever Slack did not take comes with the end.
Nothing that streams is a link, so Slack, which looks for previews when a message begins, finds none.
"""

import asyncio
import logging
from collections.abc import Mapping

from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import MarkdownBlock
from slack_sdk.models.messages.chunk import Chunk, MarkdownTextChunk, TaskUpdateChunk
from slack_sdk.web.async_chat_stream import AsyncChatStream
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.blocks import FALLBACK, MARKDOWN, Part
from bot.slack.client import UNREACHABLE, payload_of, refusal
from bot.slack.failures import is_put_off, is_unsure, put_off_for
from bot.slack.markup import StreamFilter, escaped
from bot.slack.pace import Pace
from bot.slack.payload import text_at
from bot.slack.spot import Spot

log = logging.getLogger(__name__)
LONGEST_LIVE = MARKDOWN - 1_000  # signs that are shown before the end
LONGEST_TASK = 250
OVER = "message_not_in_streaming_state"


class Live:
    """One growing message. `ts` is its key once it stands, and `shown` what Slack surely has of it.

    `lost` says that a message may stand whose key nobody knows.
    """

    def __init__(self, client: AsyncWebClient, spot: Spot, pace: Pace) -> None:
        """Take a client that does not wait: what cannot be shown now is not worth it."""
        self._client = client
        self._spot = spot
        self._pace = pace
        self._filter = StreamFilter()
        self._stream: AsyncChatStream | None = None
        self._waiting = ""
        self._tasks: list[str] = []
        self._doing = False  # the last task is still being done
        self._told: list[str] = []  # each task's state, as the stream has it
        self._last = float("-inf")
        self._still = False
        self.ts: str | None = None
        self.shown = ""
        self.streaming = False
        self.sure = True
        self.lost = False

    async def adopt(self, ts: str) -> None:
        """Go on in a message that stands already, left unfinished; what it shows is not known."""
        self.ts, self.sure, self.streaming = ts, False, True
        await self._stop()

    async def task(self, title: str) -> None:
        """Note what is being done, and show it where a stream is open."""
        self._tasks.append(title[:LONGEST_TASK])
        self._doing = True
        if self.streaming and not self._still:
            await self._flush()

    async def append(self, delta: str) -> None:
        """Take the next words, and show them if it is time to."""
        self._waiting += self._filter.feed(delta)
        self._doing = False
        room = LONGEST_LIVE - len(self.shown)
        if self._still or not self._waiting.strip() or len(self._waiting) > room:
            return
        if self._pace.may_change(self._last, streamed=self.streaming or self.ts is None):
            await self._flush()

    async def close(self) -> bool:
        """End the stream if one is open; say whether it was. What was shown stays."""
        self._pace.end(self)
        self._still = True
        return await self._stop()

    async def finish(self, client: AsyncWebClient, part: Part, mark: Mapping[str, object]) -> bool:
        """End the stream with a message's last words, if what it shows is the beginning of them.

        Returns False where the message has to be put in order otherwise. The client is a patient
        one: this has to arrive.
        """
        rest = part.body[len(self.shown) :]
        begins = part.body.startswith(self.shown) or part.body == self.shown.rstrip()
        fits = self.streaming and self.sure and begins and not part.head
        if not fits or self.ts is None:
            await self.close()
            return False
        self._pace.end(self)
        self._still, self._doing = True, False
        try:
            await client.chat_stopStream(
                channel=self._spot.channel,
                ts=self.ts,
                chunks=self._chunks(rest) or None,
                blocks=part.tail or None,
                metadata=dict(mark),
            )
        except UNREACHABLE as error:
            log.info("A stream did not end as it should, so its message is changed: %s", error)
            return False
        self.streaming = False
        return True

    async def _stop(self) -> bool:
        if not self.streaming or self.ts is None:
            return False
        self.streaming = False
        try:
            await self._client.chat_stopStream(channel=self._spot.channel, ts=self.ts)
        except UNREACHABLE as error:
            log.info("A stream ends by itself: %s", error)
        return True

    # -- showing -------------------------------------------------------------------------------

    async def _flush(self) -> None:
        """Show what waits; a failure ends what is shown live, or puts it off."""
        self._pace.begin(self)
        self._last = self._pace.now()
        try:
            async with asyncio.timeout(self._pace.patience):
                await self._show()
        except UNREACHABLE as error:
            await self._failed(error)

    async def _show(self) -> None:
        if self.ts is None and self._pace.streams() and self._spot.streams:
            await self._start()
        elif self.streaming:
            await self._append()
        else:
            await self._change()

    async def _start(self) -> None:
        stream = await self._client.chat_stream(
            buffer_size=1,
            channel=self._spot.channel,
            thread_ts=self._spot.thread or "",
            recipient_team_id=self._spot.team or None,
            recipient_user_id=self._spot.person,
            task_display_mode="timeline",
        )
        self._stream = stream
        await stream.append(chunks=self._chunks(self._waiting))
        self.ts, self.streaming = stream.ts, stream.ts is not None
        self._taken()

    async def _append(self) -> None:
        if self._stream is not None:
            await self._stream.append(chunks=self._chunks(self._waiting))
            self._taken()

    async def _change(self) -> None:
        text = self.shown + self._waiting
        blocks = [MarkdownBlock(text=text)]
        words = escaped(text[:FALLBACK])
        if self.ts is None:
            told = await self._client.chat_postMessage(
                channel=self._spot.channel,
                thread_ts=self._spot.thread,
                blocks=blocks,
                text=words,
                metadata=dict(self._spot.unfinished),
                unfurl_links=False,
                unfurl_media=False,
            )
            self.ts = text_at(payload_of(told), "ts") or None
        else:
            await self._client.chat_update(
                channel=self._spot.channel,
                ts=self.ts,
                blocks=blocks,
                text=words,
                metadata=dict(self._spot.unfinished),
            )
        self._taken()

    def _taken(self) -> None:
        self.shown, self._waiting = self.shown + self._waiting, ""
        self._told = self._states()

    def _states(self) -> list[str]:
        states = ["complete"] * len(self._tasks)
        return [*states[:-1], "in_progress"] if self._doing and states else states

    def _chunks(self, words: str) -> list[Chunk]:
        """Return further words, below what was done so far."""
        told = [*self._told, *[""] * len(self._tasks)]
        chunks: list[Chunk] = [
            TaskUpdateChunk(id=f"{self._spot.question}-{number}", title=title, status=state)
            for number, (title, state) in enumerate(zip(self._tasks, self._states(), strict=True))
            if state != told[number]
        ]
        return [*chunks, MarkdownTextChunk(text=words)] if words else chunks

    async def _failed(self, error: Exception) -> None:
        """Rest, do without a stream, or show nothing further, whatever the failure says."""
        if is_put_off(error):
            self._pace.put_off(put_off_for(error))
            self._still = self.ts is None
            return
        log.info("An answer is shown only once it is finished: %s", error)
        self.sure = False
        if is_unsure(error):
            self.lost = self.lost or self.ts is None
            self._still = True
            return
        code = refusal(error) if isinstance(error, SlackApiError) else ""
        if self.ts is None and self._stream is not None and self._pace.streams():
            self._pace.streaming_refused(code)
            self._spot = self._spot.without_streams()
            await self._flush()
        elif code == OVER:
            self.streaming = False  # from here on it is changed like any message
        else:
            self._still = True
