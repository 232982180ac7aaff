"""Marks: emoji on messages. They are verdicts on answers, pin a message as one, silence a thread."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.background import Background
from bot.slack.client import away
from bot.slack.identity import Identities
from bot.slack.payload import Payload, text_at
from bot.slack.proposals import Proposals
from bot.slack.translation import reaction_of
from bot.slack.workspace import Workspace
from core.assistant import Assistant
from core.feedback import Proposal, is_one_of
from core.messages import Reaction
from core.settings import ConversationSettings

PATIENCE = 2.4  # seconds for all that is looked up: Slack waits for three to be told that it came


class Marks:
    """Stores the reactions that mean something here; those between people stay theirs."""

    def __init__(
        self,
        *,
        assistant: Assistant,
        workspace: Workspace,
        identities: Identities,
        proposals: Proposals,
        background: Background,
        settings: ConversationSettings,
        on_answer_marked: Callable[[Reaction], Awaitable[None]],
        on_pinned: Callable[[Proposal], Awaitable[None]],
    ) -> None:
        """Take the emoji, and what follows a reaction to a message of the bot, or a pin in no thread."""
        self._assistant = assistant
        self._workspace = workspace
        self._identities = identities
        self._proposals = proposals
        self._background = background
        self._settings = settings
        self._on_answer_marked = on_answer_marked
        self._on_pinned = on_pinned

    async def marked(self, body: Payload, event: Payload) -> None:
        """Store an emoji, and the proposal that it may be; return once both are stored.

        Raises `PlatformAwayError` where Slack does not tell in time what a proposal needs.
        """
        user, emoji = text_at(event, "user"), text_at(event, "reaction")
        own = text_at(event, "item_user") in ("", self._workspace.user)
        pins = is_one_of(emoji, self._settings.saved_by)
        if user in ("", self._workspace.user) or not (own or pins or self._silences(emoji)):
            return
        proposal: Proposal | None = None
        with away():
            async with asyncio.timeout(PATIENCE):
                reaction = reaction_of(body, event, await self._identities.person(user))
                if reaction is None:
                    return
                if reaction.added and pins and not reaction.person.bot:
                    proposal = await self._proposals.of(body, event, reaction.person)
        if proposal is not None:
            await self._propose(proposal)
        fresh = await self._assistant.receive(reaction)
        if fresh and own and reaction.added:
            self._background.start(self._on_answer_marked(reaction))

    def _silences(self, emoji: str) -> bool:
        return is_one_of(emoji, self._settings.silenced_by)

    async def _propose(self, proposal: Proposal) -> None:
        if proposal.question is None:
            self._background.start(self._on_pinned(proposal))
        else:
            await self._assistant.receive(proposal)
