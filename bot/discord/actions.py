"""Actions: what people press below an answer, or choose from a message's menu, and where it goes.

What is said of an answer is stored before the press is answered; where that fails, whoever pressed
is told.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.discord.buttons import Action
from bot.discord.client import UNREACHABLE, within
from bot.discord.commands import SlashCommands, wherever
from bot.discord.dialogs import Dialogs
from bot.discord.gateway import TavernkeepClient
from bot.discord.identity import Identities
from bot.discord.interactions import Interactions
from bot.discord.markup import escaped, link
from bot.discord.poster import may_reply
from bot.discord.press import press_item, undone
from bot.discord.presses import Presses
from bot.discord.translation import place_of
from bot.discord.views import QUOTE, Part, question_part, reason_part, view_of
from bot.discord.whisper import direct_with, is_closed
from bot.split import shortened
from core.answers import Answer
from core.assistant import Assistant
from core.feedback import Proposal
from core.messages import MessageRef, Reaction

log = logging.getLogger(__name__)
Chosen: TypeAlias = Callable[[discord.Interaction, discord.Message], Awaitable[None]]
ASK_ABOUT, SAVE_ANSWER = "Ask about this", "Save as answer"
PATIENCE = 30.0  # seconds of one call
STANDS = 600.0  # seconds after which a question that everybody sees is taken away


def context_menus(asked: Chosen, saved: Chosen) -> list[app_commands.ContextMenu]:
    """Return the menus of a message as Discord shows them, and what each does."""

    async def ask(interaction: discord.Interaction, message: discord.Message) -> None:
        with undone():
            await asked(interaction, message)

    async def save(interaction: discord.Interaction, message: discord.Message) -> None:
        with undone():
            await saved(interaction, message)

    return [
        wherever(app_commands.ContextMenu(name=ASK_ABOUT, callback=ask)),
        wherever(app_commands.ContextMenu(name=SAVE_ANSWER, callback=save)),
    ]


def register(
    client: TavernkeepClient,
    assistant: Assistant,
    *,
    identities: Identities,
    interactions: Interactions,
    moderators: str,
    now: Callable[[], datetime],
) -> None:
    """Let a client answer every press, menu and dialog of ours; drafts are decided by `moderators`."""
    presses = Presses(assistant, identities, moderators, now)
    commands = SlashCommands(assistant, identities, interactions)
    dialogs = Dialogs(assistant, identities, commands, moderators, now)
    pressed = {
        **presses.by_action(),
        Action.FIX: dialogs.fix,
        Action.AFRESH: commands.afresh,
        Action.EDIT: dialogs.edit,
        Action.WRITE_QUESTION: dialogs.save_pinned,
    }

    async def on_interaction(interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.modal_submit:
            with undone():
                await dialogs.handed_in(interaction)

    client.add_dynamic_items(press_item(pressed))
    client.event(on_interaction)
    for menu in context_menus(dialogs.ask, dialogs.save):
        client.tree.add_command(menu)


async def ask_why(
    client: discord.Client, reaction: Reaction, answer: Answer, stands: float = STANDS
) -> None:
    """Ask somebody who found an answer wrong by an emoji for the reason, by a direct message.

    Who takes none is asked below the answer, for so many seconds, without being called.
    """
    asked = escaped(shortened(answer.question.asked, QUOTE))
    told = f"You found {_linked(client, 'my answer', reaction.ref)} to “{asked}” not helpful."
    apart, there = reason_part(answer.id, told), reason_part(answer.id)
    await _ask(client, reaction.person.key, reaction.ref, apart, there, stands)


async def ask_question(client: discord.Client, proposal: Proposal, stands: float = STANDS) -> None:
    """Ask somebody who pinned a message which question it answers, as `ask_why` does."""
    channel, message = place_of(proposal.ref)
    told = f"You pinned {_linked(client, 'a message', proposal.ref)}."
    apart = question_part(channel, message or 0, told)
    there = question_part(channel, message or 0)
    await _ask(client, proposal.person.key, proposal.ref, apart, there, stands)


async def _ask(
    client: discord.Client,
    person: str,
    ref: MessageRef,
    apart: Part,
    there: Part,
    stands: float,
) -> None:
    """Ask somebody alone; below the message that it is about where they take no direct messages."""
    with undone():
        try:
            direct = client.get_partial_messageable(await direct_with(client, person))
            await within(PATIENCE, direct.send(view=view_of(apart)))
        except discord.HTTPException as error:
            if not is_closed(error):
                raise
            await _ask_there(client, ref, there, stands)


async def _ask_there(client: discord.Client, ref: MessageRef, part: Part, stands: float) -> None:
    channel, message = place_of(ref)
    if message is None:
        return
    options: dict[str, Any] = {"view": view_of(part), "silent": True}
    if may_reply(client, channel):
        options["reference"] = discord.MessageReference(
            message_id=message, channel_id=channel, fail_if_not_exists=False
        )
    place = client.get_partial_messageable(channel)
    sending = asyncio.ensure_future(within(PATIENCE, place.send(**options)))
    try:
        await asyncio.shield(sending)
        await asyncio.sleep(stands)
    finally:
        try:  # what was on its way when the bot was stopped stands in a moment, and is to go too
            await within(PATIENCE, (await sending).delete())
        except UNREACHABLE as error:  # somebody answered it, and so it went
            log.debug("A question was gone already: %s", error)


def _linked(client: discord.Client, words: str, ref: MessageRef) -> str:
    """Return some words that lead to a message."""
    channel, message = place_of(ref)
    found = client.get_channel(channel)
    guild = getattr(getattr(found, "guild", None), "id", "@me")
    return link(words, f"https://discord.com/channels/{guild}/{channel}/{message}")
