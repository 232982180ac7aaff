"""Intake: everything that Slack delivers, in the ledger before Slack is told that it came.

Bolt calls it right after a request's signature was checked. What it has stored, it acknowledges;
what could not be stored gets no acknowledgement, so that Slack delivers it again. Buttons, menus
and dialogs are left to the listeners after it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from slack_bolt.response import BoltResponse

from bot.background import Background
from bot.emptying import empty
from bot.slack import translation
from bot.slack.client import away
from bot.slack.commands import NAMES, NOT_STORED, SlashCommands, told
from bot.slack.home import Home
from bot.slack.identity import Identities
from bot.slack.marks import Marks
from bot.slack.payload import PLATFORM, Payload, part_at, text_at
from bot.slack.translation import Names, conversation_key, named_in
from bot.slack.workspace import Workspace
from core.assistant import Assistant
from core.errors import LedgerError, PlatformAwayError
from core.messages import Conversation, Reopened

log = logging.getLogger(__name__)
PATIENCE = 2.0  # seconds that reading a conversation's new state may take
MESSAGES = frozenset({"message", "app_mention"})
REACTIONS = frozenset({"reaction_added", "reaction_removed"})
# Who reads a conversation, or what it is called, may be another after these.
RESHAPING = frozenset(
    {
        "channel_archive",
        "channel_left",
        "channel_rename",
        "channel_shared",
        "channel_unarchive",
        "channel_unshared",
        "group_archive",
        "group_left",
        "group_rename",
        "group_unarchive",
        "member_left_channel",
    }
)
# After these nothing stands there any more; for deleting each message Slack sends no event.
EMPTYING = frozenset({"channel_deleted", "group_deleted"})
HOME = frozenset({"app_home_opened", "app_context_changed"})
EVENTS = MESSAGES | REACTIONS | RESHAPING | EMPTYING | HOME


class Intake:
    """Translates what Slack delivers and has it stored."""

    def __init__(
        self,
        *,
        assistant: Assistant,
        workspace: Workspace,
        identities: Identities,
        marks: Marks,
        home: Home,
        background: Background,
        now: Callable[[], datetime],
    ) -> None:
        """Take whom to hand the events to, and what translating them needs."""
        self._assistant = assistant
        self._workspace = workspace
        self._identities = identities
        self._commands = SlashCommands(workspace, identities)
        self._marks = marks
        self._home = home
        self._background = background
        self._now = now

    async def commit(
        self, body: Payload, next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Answer a delivery, or hand on what is not for here, as Bolt's middleware does."""
        if text_at(body, "command") in NAMES:
            return await self._typed(body)
        if text_at(body, "type") != "event_callback":
            return await next_()
        try:
            await self.happened(body, part_at(body, "event"))
        except (LedgerError, PlatformAwayError) as error:
            log.warning("An event is not acknowledged, so that it comes again: %s", error)
            return BoltResponse(status=503, body="")
        return BoltResponse(status=200, body="")

    async def _typed(self, body: Payload) -> BoltResponse:
        """Store a slash command; it comes but once, so its writer is told if it could not be."""
        try:
            message = await self._commands.message_of(body, self._now())
            if isinstance(message, str):
                return told(message)
            await self._assistant.receive(message)
        except (LedgerError, PlatformAwayError) as error:
            log.warning("A command was not stored: %s", error)
            return told(NOT_STORED)
        return BoltResponse(status=200, body="")

    async def happened(self, body: Payload, event: Payload) -> None:
        """Store what an event tells; return once Slack may be told so.

        Raises `LedgerError` or `PlatformAwayError` where it could not be stored.
        """
        kind = text_at(event, "type")
        if kind in MESSAGES:
            await self._message(body, event)
        elif kind in REACTIONS:
            await self._marks.marked(body, event)
        elif kind in RESHAPING:
            await self._reshaped(body, event)
        elif kind in EMPTYING and conversation_key(event):
            gone = Conversation(platform=PLATFORM, key=conversation_key(event))
            await empty(self._assistant, gone, self._now())
        elif kind in HOME:
            if part_at(event, "context") or kind == "app_context_changed":
                self._home.moved(event)
            if text_at(event, "tab") == "messages":
                self._background.start(self._home.suggest(event))

    # -- messages ------------------------------------------------------------------------------

    async def _message(self, body: Payload, event: Payload) -> None:
        subtype = text_at(event, "subtype")
        if subtype in translation.RESHAPED:
            await self._reshaped(body, event)
        elif translation.is_deletion(event):
            deleted = translation.deleted_of(body, event)
            if deleted is not None:
                await self._assistant.receive(deleted)
        elif subtype == "message_changed":
            await self._changed(body, event)
        elif translation.is_spoken(event, self._workspace):
            if part_at(event, "app_context"):
                self._home.moved(event)
            names = await self._names(body, event)
            message = translation.message_of(body, event, self._workspace, names)
            if message is not None:
                await self._assistant.receive(message)

    async def _changed(self, body: Payload, event: Payload) -> None:
        if not translation.is_rewritten(event, self._workspace):
            return
        names = await self._names(body, event)
        edited = translation.edited_of(body, event, self._workspace, names)
        if edited is not None:
            await self._assistant.receive(edited)

    async def _names(self, body: Payload, event: Payload) -> Names:
        """Look up whom an event names and where it is; who reads there now is stored if it changed."""
        key = conversation_key(event)
        before = self._identities.known_conversation(key)
        kind, shared = text_at(event, "channel_type"), body.get("is_ext_shared_channel") is True
        conversation, people = await asyncio.gather(
            self._identities.conversation(key, kind, shared),
            self._identities.people(named_in(event)),
        )
        if before is not None and before.public != conversation.public:
            await self._store(conversation, body, event)
        return Names(conversation=conversation, people=people)

    # -- conversations -------------------------------------------------------------------------

    async def _reshaped(self, body: Payload, event: Payload) -> None:
        """Store how a conversation is now: events come in any order, so it is read anew.

        That somebody else left changes nothing that is stored: who is in it is not kept, but asked.
        """
        left = text_at(event, "type") == "member_left_channel"
        if left and text_at(event, "user") != self._workspace.user:
            return
        if not conversation_key(event):
            return
        with away():
            conversation = await self._identities.reread(conversation_key(event), PATIENCE)
        await self._store(conversation, body, event)

    async def _store(self, conversation: Conversation, body: Payload, event: Payload) -> None:
        identity = f"{translation.event_id(body, event)}:reopened"
        await self._assistant.receive(
            Reopened(event_id=identity, conversation=conversation, at=self._now())
        )
