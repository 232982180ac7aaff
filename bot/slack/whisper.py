"""Whisper: what one person alone sees, and the line below a thread that tells what is being done."""

import asyncio
import logging
from collections.abc import Sequence

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.card import AnswerCard
from bot.slack.blocks import Part, asker_parts, sentence_part
from bot.slack.client import UNREACHABLE, away, payload_of, refusal
from bot.slack.identity import Identities
from bot.slack.payload import text_at
from bot.slack.poster import plainly
from bot.slack.spot import Spot
from core.messages import Message

log = logging.getLogger(__name__)
# Slack's words for: nobody can be told anything here, or not by the bot.
ELSEWHERE = frozenset({"channel_not_found", "not_in_channel", "user_not_in_channel"})
PATIENCE = 3.0  # seconds that an answer waits for Slack to show what is being done
LINES = ("Still at it…",)  # shown in turn with what is being done


class Whisper:
    """Tells the asker something that nobody else sees: where they asked, else in a direct message.

    Who does not read along any more where they asked is told nothing.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        hurried: AsyncWebClient,
        identities: Identities,
        message: Message,
        spot: Spot,
    ) -> None:
        """Take a patient client for what is said, and a hurried one for what is being done."""
        self._client = client
        self._hurried = hurried
        self._identities = identities
        self._spot = spot
        # In a thread that has no replies yet, Slack would not show it.
        self._thread = message.thread
        self._status: str | None = ""

    async def status(self, text: str) -> None:
        """Show what is being done, as long as Slack takes it."""
        if self._spot.thread is None or self._status in (None, text):
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._hurried.assistant_threads_setStatus(
                    channel_id=self._spot.channel,
                    thread_ts=self._spot.thread,
                    status=f"is {text[:1].lower()}{text[1:]}",
                    loading_messages=[text, *LINES],
                )
            self._status = text
        except UNREACHABLE as error:
            log.info("What is being done is not shown: %s", error)
            self._status = None

    async def answer(self, card: AnswerCard) -> list[tuple[str, str]]:
        """Show an answer to the asker alone; return the conversation and the key of each part."""
        return await self._tell(asker_parts(card))

    async def sentence(self, sentence: str) -> None:
        """Say a sentence to the asker alone."""
        await self._tell([sentence_part(sentence)])

    async def _tell(self, parts: Sequence[Part]) -> list[tuple[str, str]]:
        places: list[tuple[str, str]] = []
        for part in parts:
            try:
                places.append((self._spot.channel, await plainly(part, self._tell_here)))
            except UNREACHABLE as error:
                with away():
                    if not isinstance(error, SlackApiError) or refusal(error) not in ELSEWHERE:
                        raise
                    if not await self._identities.reads(self._spot.channel, self._spot.person):
                        log.info("An answer is shown to nobody: who asked reads there no more")
                        break
                    places.append(await self._tell_directly(part))
        return places or [(self._spot.channel, "")]

    async def _tell_here(self, part: Part) -> str:
        told = await self._client.chat_postEphemeral(
            channel=self._spot.channel,
            user=self._spot.person,
            thread_ts=self._thread,
            blocks=part.blocks,
            text=part.text,
        )
        return text_at(payload_of(told), "message_ts")

    async def _tell_directly(self, part: Part) -> tuple[str, str]:
        told = payload_of(
            await self._client.chat_postMessage(
                channel=self._spot.person,
                blocks=part.blocks,
                text=part.text,
                unfurl_links=False,
                unfurl_media=False,
            )
        )
        return text_at(told, "channel"), text_at(told, "ts")
