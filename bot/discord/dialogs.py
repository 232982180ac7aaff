"""Dialogs: what happens when somebody opens one, and when they hand in what they wrote.

Discord closes a dialog whatever becomes of it, so what could not be taken is given back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import discord

from bot.discord import modals
from bot.discord.client import within
from bot.discord.commands import SlashCommands
from bot.discord.identity import Identities
from bot.discord.markup import changed, fenced
from bot.discord.press import done, tell
from bot.discord.presses import may_read, settle
from bot.discord.said import message_in
from bot.discord.translation import Own, Place, text_of
from bot.discord.views import MESSAGE, Part, fixable_part
from bot.sentences import ELSEWHERE, EMPTY, GONE, NOT_HERE, NOT_OPENED, NOT_WRITTEN, OWN, UNCHANGED
from core.answers import Origin
from core.assistant import SAVED, THANKS, Assistant
from core.errors import LedgerError, PlatformAwayError
from core.feedback import Choice, Correction, Decision, Proposal
from core.messages import Person

log = logging.getLogger(__name__)
Written: TypeAlias = Callable[[discord.Interaction, str, Mapping[str, Any]], Awaitable[None]]
Opened: TypeAlias = discord.ui.Modal | str  # a dialog, or the sentence on why there is none
PATIENCE = 2.0  # seconds for what is looked up before a dialog opens; Discord waits for three
CHANGED = "This is what it changes:"


class Dialogs:
    """Opens dialogs, and has stored what was written in them."""

    def __init__(
        self,
        assistant: Assistant,
        identities: Identities,
        commands: SlashCommands,
        moderators: str,
        now: Callable[[], datetime],
    ) -> None:
        """Take whom to hand in what was written, and in which channel drafts are decided upon."""
        self._assistant = assistant
        self._identities = identities
        self._commands = commands
        self._moderators = moderators
        self._now = now
        self._written: dict[modals.Kind, Written] = {
            modals.Kind.FIX: self.fix_written,
            modals.Kind.EDIT: self.draft_written,
            modals.Kind.SAVE: self.answer_saved,
            modals.Kind.ASK: self.question_asked,
        }

    # -- opening -------------------------------------------------------------------------------

    async def fix(self, interaction: discord.Interaction, answer_id: str) -> None:
        """Ask for a better answer, with the one that was given to begin with."""
        await _open(interaction, self._fixing(interaction, answer_id))

    async def edit(self, interaction: discord.Interaction, answer_id: str) -> None:
        """Let a draft be written on, by moderators: they are shown those of every conversation."""
        if str(interaction.channel_id) != self._moderators:
            await tell(interaction, ELSEWHERE)
        else:
            await _open(interaction, self._editing(answer_id))

    async def save(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Let a message become an answer, by its menu."""
        await _open(interaction, self._saving_here(interaction, message))

    async def save_pinned(self, interaction: discord.Interaction, about: str) -> None:
        """Let a message become an answer that was pinned without a question."""
        await _open(interaction, self._saving_pinned(interaction, about))

    async def ask(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Let somebody ask about a message."""
        await _open(interaction, self._asking(interaction, message))

    async def _fixing(self, interaction: discord.Interaction, answer_id: str) -> Opened:
        answer = await self._assistant.answer(answer_id)
        if answer is None:
            return GONE
        read = await may_read(self._identities, interaction, answer)
        return modals.fix_modal(answer) if read else NOT_HERE

    async def _editing(self, answer_id: str) -> Opened:
        answer = await self._assistant.answer(answer_id)
        return GONE if answer is None else modals.edit_modal(answer)

    async def _saving_here(
        self, interaction: discord.Interaction, message: discord.Message
    ) -> Opened:
        place = self._identities.place_of(
            interaction.channel
        )  # as Discord sent it: asked of nobody
        return _saving(interaction, message, place)

    async def _saving_pinned(self, interaction: discord.Interaction, about: str) -> Opened:
        where, _, key = about.partition("/")
        channel = int(where)
        if not await self._identities.reads(where, str(interaction.user.id)):
            return NOT_HERE
        found = await message_in(interaction.client, channel, int(key))
        if found is None:
            return GONE
        direct = interaction.guild_id is None and channel == interaction.channel_id
        return _saving(interaction, found, await self._identities.place(channel, direct=direct))

    async def _asking(self, interaction: discord.Interaction, message: discord.Message) -> Opened:
        place = self._identities.place_of(interaction.channel)
        return modals.ask_modal(_read(interaction, message, place), message.id)

    # -- handing in ----------------------------------------------------------------------------

    async def handed_in(self, interaction: discord.Interaction) -> None:
        """Take what was written in a dialog of ours, also one from before a restart."""
        data: Mapping[str, Any] = interaction.data or {}
        found = modals.told(str(data.get("custom_id", "")))
        if found is not None:
            kind, about = found
            await self._written[kind](interaction, about, data)

    async def fix_written(
        self, interaction: discord.Interaction, answer_id: str, data: Mapping[str, Any]
    ) -> None:
        """Take a better answer, and show what it changes."""
        text, person = modals.written(data), self._person(interaction)
        before: list[str] = []

        async def take() -> None:
            answer = await self._assistant.answer(answer_id)
            unknown = answer is None or answer.origin is Origin.UNKNOWN
            before.append("" if unknown or answer is None else answer.text.strip())
            if not text or text == before[0]:
                return
            correction = Correction(
                event_id=_event_id(interaction),
                answer_id=answer_id,
                person=person,
                text=text,
                at=self._now(),
            )
            await self._assistant.receive(correction)

        if not await done(interaction, take(), _given_back(text)):
            return
        if not text or text == before[0]:
            await tell(interaction, UNCHANGED if text else EMPTY)
            return
        told = [THANKS]
        if before[0]:  # comparing texts keeps a processor busy for a while
            told += [CHANGED, await asyncio.to_thread(changed, before[0], text)]
        await tell(interaction, fixable_part(answer_id, *told))

    async def draft_written(
        self, interaction: discord.Interaction, answer_id: str, data: Mapping[str, Any]
    ) -> None:
        """Publish a draft as somebody wrote it."""
        text = modals.written(data)
        if not text or str(interaction.channel_id) != self._moderators:
            await tell(interaction, ELSEWHERE if text else EMPTY)
            return
        decision = Decision(
            event_id=_event_id(interaction),
            answer_id=answer_id,
            person=self._person(interaction),
            choice=Choice.PUBLISH,
            at=self._now(),
            text=text,
        )
        objections: list[str] = []

        async def decide() -> None:
            objection = await self._assistant.objection(decision)
            if objection is None:
                await self._assistant.receive(decision)
            else:
                objections.append(objection)

        if not await done(interaction, decide(), _given_back(text)):
            return
        if objections:
            await tell(interaction, objections[0])
        else:
            await settle(interaction, decision)

    async def answer_saved(
        self, interaction: discord.Interaction, about: str, data: Mapping[str, Any]
    ) -> None:
        """Propose a message as the answer to a question."""
        text, question = modals.written(data), modals.written(data, modals.QUESTION)
        if not (text and question):
            await tell(interaction, EMPTY)
            return

        async def propose() -> None:
            proposal = await self._proposal(interaction, about, text, question)
            await self._assistant.receive(proposal)

        if await done(interaction, propose(), _given_back(text)):
            await tell(interaction, SAVED)

    async def _proposal(
        self, interaction: discord.Interaction, about: str, text: str, question: str
    ) -> Proposal:
        channel, message, author = (int(one) for one in about.split("/"))
        direct = interaction.guild_id is None and channel == interaction.channel_id
        place = await self._identities.place(channel, direct=direct)
        return Proposal(
            event_id=_event_id(interaction),
            ref=place.ref(message),
            conversation=place.conversation,
            person=self._person(interaction),
            author=await self._identities.person(str(author)),
            text=text,
            question=question,
            at=self._now(),
        )

    async def question_asked(
        self,
        interaction: discord.Interaction,
        about: str,  # noqa: ARG002  # the message's id: what it says stands in the dialog
        data: Mapping[str, Any],
    ) -> None:
        """Ask about a message; the answer is shown to whoever asked alone."""
        question = modals.written(data, modals.QUESTION)
        if not question:
            await tell(interaction, EMPTY)
            return
        quoted = modals.written(data, modals.ABOUT)
        text = f"{question}\n\nAbout: {quoted}" if quoted else question
        await self._commands.typed(interaction, text)

    def _person(self, interaction: discord.Interaction) -> Person:
        return self._identities.met(interaction.user)


async def _open(interaction: discord.Interaction, looking_up: Coroutine[Any, Any, Opened]) -> None:
    """Open a dialog, or say why there is none, while Discord still waits for it."""
    try:
        found = await within(PATIENCE, looking_up)
    except (LedgerError, PlatformAwayError, TimeoutError) as error:
        log.warning("A dialog was not opened: %s", error)
        found = NOT_OPENED
    if isinstance(found, str):
        await tell(interaction, found)
    else:
        await interaction.response.send_modal(found)


def _saving(interaction: discord.Interaction, message: discord.Message, place: Place) -> Opened:
    if message.author.bot or message.webhook_id is not None:
        return OWN
    text = _read(interaction, message, place)
    return modals.save_modal(text, place.channel, message.id, message.author.id)


def _read(interaction: discord.Interaction, message: discord.Message, place: Place) -> str:
    user = interaction.client.user
    return text_of(message, place, Own(user=user.id if user else 0))


def _given_back(text: str) -> Part:
    """Return that something could not be taken, with what was written, to be copied."""
    room = MESSAGE - len(NOT_WRITTEN) - 100
    return Part(texts=(NOT_WRITTEN, fenced(text[:room])))


def _event_id(interaction: discord.Interaction) -> str:
    """Return the identity of what is handed in: a dialog is handed in once."""
    return f"dialog:{interaction.id}"
