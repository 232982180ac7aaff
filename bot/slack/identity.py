"""Identities: who people are and what conversations are, asked of Slack and remembered for a while."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.remembered import MOST, Remembered
from bot.slack.client import UNREACHABLE, payload_of, refusal
from bot.slack.payload import NOTHING, PLATFORM, Payload, part_at, text_at
from bot.slack.translation import KINDS, conversation_by_kind, conversation_of, narrowest
from core.errors import PlatformAwayError
from core.messages import Conversation, Person

log = logging.getLogger(__name__)
READERS_PATIENCE = 0.7  # seconds for who reads a conversation: asked for twice at most
NOT_TOLD = "Slack does not tell just now who reads the conversation {key}."
HIDDEN = "channel_not_found"  # also of a private conversation that the bot is not in any more


class Identities:
    """Looks people and conversations up; what Slack does not tell is known by its key alone."""

    def __init__(self, client: AsyncWebClient, now: Callable[[], datetime]) -> None:
        """Take whom to ask."""
        self._client = client
        self._people = Remembered(self._ask_person, now, UNREACHABLE)
        self._conversations = Remembered(self._ask_conversation, now, UNREACHABLE)
        self._told: OrderedDict[str, Conversation] = OrderedDict()  # by the last event that tells

    async def close(self) -> None:
        """Ask no more."""
        await self._people.close()
        await self._conversations.close()

    async def person(self, key: str) -> Person:
        """Return somebody by the key of a user or of a bot."""
        found = await self._people.get(key)
        return found or Person(platform=PLATFORM, key=key, name=key, bot=key.startswith("B"))

    async def people(self, keys: Iterable[str]) -> dict[str, Person]:
        """Return several people by their keys."""
        wanted = list(dict.fromkeys(keys))
        found = await asyncio.gather(*(self.person(key) for key in wanted))
        return dict(zip(wanted, found, strict=True))

    def known_conversation(self, key: str) -> Conversation | None:
        """Return a conversation as it was when it was last asked for."""
        info = self._conversations.known(key)
        return conversation_of(info) if info else None

    async def conversation(self, key: str, kind: str = "", shared: bool = False) -> Conversation:
        """Return a conversation; `kind` and `shared` are what an event tells of it just now.

        What is remembered otherwise than the event tells is asked for again; of what both tell, the
        closer one holds, and one that Slack hides is closed. Nothing is guessed, for what is learned
        where not everyone reads stays there: raises `PlatformAwayError` where nobody tells.
        """
        told = conversation_by_kind(key, kind, shared)
        if kind in KINDS:
            self._told[key] = told  # a mention comes twice, and but one of the two tells
            if len(self._told) > MOST:
                self._told.popitem(last=False)
        info = await self._conversations.get(key, READERS_PATIENCE)
        if info is None and key in self._told:
            return self._told[key]
        if info and kind in KINDS and conversation_of(info).public != told.public:
            info = await self._conversations.get(key, READERS_PATIENCE, anew=True)
        if info is None:
            raise PlatformAwayError(NOT_TOLD.format(key=key))
        if not info:
            return told
        known = conversation_of(info)
        return narrowest(known, told) if kind in KINDS else known

    async def reread(self, key: str, patience: float = 30.0) -> Conversation:
        """Return a conversation as Slack tells it now; one that it hides from the bot is closed.

        Raises what the Web API's client raises where Slack cannot be asked.
        """
        self._told.pop(key, None)
        try:
            async with asyncio.timeout(patience):
                told = await self._client.conversations_info(channel=key)
        except SlackApiError as error:
            if refusal(error) != HIDDEN:
                raise
            known = self.known_conversation(key) or conversation_by_kind(key, "group", False)
            self._conversations.forget(key)
            return replace(known, public=False)
        info = part_at(payload_of(told), "channel")
        self._conversations.put(key, info)
        return conversation_of(info)

    async def takes_part(self, key: str) -> bool:
        """Say whether the bot can read a conversation and write in it.

        Raises `PlatformAwayError` where Slack does not tell.
        """
        info = self._conversations.known(key)
        if info is None or not member(info):
            info = await self._conversations.get(key, READERS_PATIENCE, anew=True)
        if info is None:
            raise PlatformAwayError(NOT_TOLD.format(key=key))
        return member(info)

    async def reads(self, key: str, person: str) -> bool:
        """Say whether somebody reads a conversation: everybody a public one, members any other.

        Raises `PlatformAwayError` where Slack does not tell which it is.
        """
        conversation = await self.conversation(key)
        if conversation.public:
            return True
        return person in await self._members(key)

    async def _members(self, key: str) -> set[str]:
        try:
            told = await self._client.conversations_members(channel=key, limit=1000)
        except UNREACHABLE as error:
            log.info("Slack did not tell who is in %s: %s", key, error)
            return set()
        members = payload_of(told).get("members")
        return set(members) if isinstance(members, list) else set()

    async def _ask_person(self, key: str) -> Person | None:
        if key.startswith("B"):  # a bot without a user of its own
            told = part_at(payload_of(await self._client.bots_info(bot=key)), "bot")
            name = text_at(told, "name") or key
            return Person(platform=PLATFORM, key=key, name=name, bot=True)
        user = part_at(payload_of(await self._client.users_info(user=key)), "user")
        profile = part_at(user, "profile")
        name = (
            text_at(profile, "display_name") or text_at(user, "real_name") or text_at(user, "name")
        )
        bot = user.get("is_bot") is True
        guest = user.get("is_restricted") is True or user.get("is_ultra_restricted") is True
        return Person(platform=PLATFORM, key=key, name=name or key, bot=bot, guest=guest)

    async def _ask_conversation(self, key: str) -> Payload | None:
        """Return what Slack tells of a conversation; nothing, but not None, where it hides it."""
        try:
            told = await self._client.conversations_info(channel=key)
        except SlackApiError as error:
            if refusal(error) == HIDDEN:
                return NOTHING
            raise
        return part_at(payload_of(told), "channel") or None


def member(info: Payload) -> bool:
    """Say whether the bot is in a conversation that Slack tells of; a direct one is told to no other."""
    return info.get("is_im") is True or info.get("is_member") is True
