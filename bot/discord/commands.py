"""Slash commands: what is typed after them becomes a question, or one of the bot's commands."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

import discord
from discord import app_commands

from bot.discord.client import UNREACHABLE
from bot.discord.identity import Identities
from bot.discord.interactions import Interactions
from bot.sentences import GONE
from core.assistant import Assistant
from core.errors import LedgerError, PlatformAwayError
from core.interfaces import Command
from core.messages import Message

log = logging.getLogger(__name__)
COMMAND = "command-"  # begins the key of what was typed as a command: no message stands there
SOON = 1.8  # seconds after which Discord is told that an answer follows, stored or not yet
SHOWN = 25  # names that Discord shows of those that begin as what is typed
NOT_STORED = "Sorry, this could not be taken just now. Please try it again in a moment."
Slash: TypeAlias = "app_commands.Command[app_commands.Group, ..., None]"
Shown = TypeVar("Shown", Slash, app_commands.ContextMenu)
Typed = Callable[[discord.Interaction, str], Awaitable[None]]


class SlashCommands:
    """Takes slash commands; what they are answered is seen by nobody but who typed them."""

    def __init__(
        self, assistant: Assistant, identities: Identities, interactions: Interactions
    ) -> None:
        """Take whom to hand them to."""
        self._assistant = assistant
        self._identities = identities
        self._interactions = interactions

    async def afresh(self, interaction: discord.Interaction, answer_id: str) -> None:
        """Ask the question of an answer once more; what comes of it is seen by who pressed alone."""
        answer = await self._assistant.answer(answer_id)
        if answer is None:
            await say(interaction, GONE)
            return
        await self.typed(interaction, answer.question.text, afresh=True)

    async def typed(
        self, interaction: discord.Interaction, text: str, *, afresh: bool = False
    ) -> None:
        """Store what was typed, then tell Discord that an answer follows; it must hear within 3 s."""
        key = ""
        try:
            message = replace(self._message_of(interaction, text), afresh=afresh)
            key = message.ref.key
            self._interactions.put(key, interaction)
            storing = asyncio.ensure_future(self._assistant.receive(message))
            await asyncio.wait([storing], timeout=SOON)
            if not storing.done():
                await interaction.response.defer(ephemeral=True, thinking=True)
            await storing
        except (LedgerError, PlatformAwayError) as error:
            log.warning("A command was not stored: %s", error)
            self._interactions.drop(key)
            await say(interaction, NOT_STORED)
            return
        if not interaction.response.is_done():
            await interaction.response.defer(ephemeral=True, thinking=True)
        self._interactions.ready(key)

    def _message_of(self, interaction: discord.Interaction, text: str) -> Message:
        place = self._identities.place_of(interaction.channel)
        key = f"{COMMAND}{interaction.id}"
        return Message(
            event_id=key,
            ref=place.ref(key),
            conversation=place.conversation,
            person=self._identities.met(interaction.user),
            text=text.strip(),
            sent_at=interaction.created_at,
            addressed=True,
            private=True,
        )


async def say(interaction: discord.Interaction, sentence: str) -> None:
    """Say a sentence to somebody alone; that Discord does not take it is logged."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except UNREACHABLE as error:
        log.warning("A command was answered by nothing: %s", error)


def slash_commands(typed: Typed, offered: Sequence[Command] = ()) -> list[Slash]:
    """Return the commands as Discord shows them; `offered` is what can be typed after the bot's own.

    What Discord stores of them does not depend on what is offered.
    """

    async def ask(interaction: discord.Interaction, question: str) -> None:
        await typed(interaction, question)

    async def own(interaction: discord.Interaction, command: str = "help") -> None:
        await typed(interaction, f"/{command.strip().removeprefix('/') or 'help'}")

    async def names(
        interaction: discord.Interaction,  # noqa: ARG001  # as discord.py calls it
        begun: str,
    ) -> list[app_commands.Choice[str]]:
        held = [one for one in offered if one.name.startswith(begun.strip().lower())]
        return [
            app_commands.Choice(name=f"{one.name}: {one.summary}"[:100], value=one.name)
            for one in held[:SHOWN]
        ]

    app_commands.describe(question="What you want to know")(ask)
    app_commands.describe(command="For instance help, mode or forget me")(own)
    app_commands.autocomplete(command=names)(own)
    asking: Slash = app_commands.Command(
        name="ask", description="Ask; only you see the answer", callback=ask
    )
    doing: Slash = app_commands.Command(
        name="tavernkeep", description="The bot's own commands; help lists them", callback=own
    )
    return [wherever(asking), wherever(doing)]


def wherever(command: Shown) -> Shown:
    """Let a command or a menu be used in servers and in direct conversations with the bot.

    Where that is left open Discord fills in its own, and it would differ from ours at every start.
    """
    command.allowed_contexts = app_commands.AppCommandContext(guild=True, dm_channel=True)
    command.allowed_installs = app_commands.AppInstallationType(guild=True, user=False)
    return command
