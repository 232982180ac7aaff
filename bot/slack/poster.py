"""Poster: puts finished messages into a conversation, each once, whatever breaks off meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.blocks import Part, plainer
from bot.slack.client import UNREACHABLE, away, payload_of, refusal
from bot.slack.failures import is_put_off, is_unsure
from bot.slack.payload import part_at, text_at
from bot.slack.said import Said, said_at
from bot.slack.spot import ANSWER, PART, Spot, metadata
from bot.slack.workspace import Workspace
from core.errors import PlatformAwayError

ATTEMPTS = 4
OPEN = "streaming_state_conflict"
# Slack's words for: this message cannot be changed any more.
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
# Slack's words for: this workspace shows no such blocks, or not so many of them.
UNSHOWN = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
)
NOT_TAKEN = "Slack does not take the answer just now; it is posted in a moment."


class Poster:
    """Posts at one place; before anything is posted a second time, it looks whether it stands."""

    def __init__(
        self, client: AsyncWebClient, spot: Spot, workspace: Workspace, pause: float
    ) -> None:
        """Take a client that waits as long as Slack asks, within reason.

        `pause` is how many seconds pass before the second attempt; twice as many before the third.
        """
        self._client = client
        self._spot = spot
        self._workspace = workspace
        self._pause = pause

    async def said(self, answer_id: str | None) -> Said:
        """Return what stands there already; raise `PlatformAwayError` where nobody can tell."""
        return await said_at(self._client, self._spot, self._workspace, answer_id)

    async def post_all(
        self, parts: Sequence[Part], answer_id: str, said: Said, kind: str = ANSWER
    ) -> str:
        """Post the parts that do not stand yet, in order; return the key of the last one."""
        for number, part in enumerate(parts[:-1]):
            if number not in said.parts:
                mark = metadata(PART, id=answer_id, part=number)
                said.parts[number] = await self.post(part, mark)
        if said.final is None:
            said.final = await self.post(parts[-1], metadata(kind, id=answer_id))
        return said.final

    async def post(self, part: Part, mark: Mapping[str, object]) -> str:
        """Post a message and return its key; raise `PlatformAwayError` where Slack takes none."""
        unsure = False
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._pause * 2 ** (attempt - 1))
            if unsure and (found := await self._standing(mark)):
                return found
            try:
                return await plainly(part, lambda shown: self._post_once(shown, mark))
            except UNREACHABLE as error:
                if is_put_off(error) or (isinstance(error, SlackApiError) and not is_unsure(error)):
                    with away():
                        raise
                unsure = unsure or is_unsure(error)
        if unsure and (found := await self._standing(mark)):
            return found
        raise PlatformAwayError(NOT_TAKEN)

    async def put(self, ts: str, part: Part, mark: Mapping[str, object]) -> str:
        """Let a message that stands show something else; return its key, or that of a new one."""
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._pause * 2 ** (attempt - 1))
            try:
                return await plainly(part, lambda shown: self._put_once(ts, shown, mark))
            except UNREACHABLE as error:
                code = refusal(error) if isinstance(error, SlackApiError) else ""
                if code in GONE:
                    return await self.post(part, mark)
                if code == OPEN:
                    await self._stop(ts)
                elif code and not is_unsure(error):
                    with away():
                        raise
        raise PlatformAwayError(NOT_TAKEN)

    async def take_away(self, ts: str) -> None:
        """Delete one of the bot's own messages; what is gone, or cannot be deleted, is left."""
        await self._stop(ts)  # Slack deletes no message that still streams
        try:
            await self._client.chat_delete(channel=self._spot.channel, ts=ts)
        except UNREACHABLE as error:
            if not isinstance(error, SlackApiError) or is_unsure(error) or is_put_off(error):
                with away():
                    raise

    async def _stop(self, ts: str) -> None:
        try:
            await self._client.chat_stopStream(channel=self._spot.channel, ts=ts)
        except SlackApiError as error:
            if is_unsure(error) or is_put_off(error):
                with away():
                    raise

    async def _post_once(self, part: Part, mark: Mapping[str, object]) -> str:
        told = await self._client.chat_postMessage(
            channel=self._spot.channel,
            thread_ts=self._spot.thread,
            blocks=part.blocks,
            text=part.text,
            metadata=dict(mark),
            unfurl_links=False,
            unfurl_media=False,
        )
        return text_at(payload_of(told), "ts")

    async def _put_once(self, ts: str, part: Part, mark: Mapping[str, object]) -> str:
        await self._client.chat_update(
            channel=self._spot.channel,
            ts=ts,
            blocks=part.blocks,
            text=part.text,
            metadata=dict(mark),
        )
        return ts

    async def _standing(self, mark: Mapping[str, object]) -> str | None:
        """Return the key of the message with this mark, if it stands."""
        told = part_at(mark, "event_payload")
        said = await self.said(text_at(told, "id") or None)
        if mark["event_type"] == PART:
            return said.parts.get(int(told["part"]))
        return said.final if "id" in told else said.failure


async def plainly(part: Part, show: Callable[[Part], Awaitable[str]]) -> str:
    """Show a message; where the workspace knows no such blocks, in those that every one knows."""
    try:
        return await show(part)
    except SlackApiError as error:
        if refusal(error) not in UNSHOWN:
            raise
        return await show(plainer(part))
