"""Presses below an answer, a draft or a question of the bot's: each becomes an event, stored at once."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeAlias

import discord

from bot.discord.buttons import Action
from bot.discord.identity import Identities
from bot.discord.press import Pressed, done, is_apart, replace_with, take_away, tell
from bot.discord.translation import PLATFORM, place_of
from bot.discord.views import (
    WHY,
    decided_view,
    fixable_part,
    reason_part,
    sentence_part,
    view_of,
)
from bot.sentences import DECLINED, ELSEWHERE, KEPT, NOT_PRESSED, NOTED, SHARED
from core.answers import Answer
from core.assistant import Assistant
from core.feedback import Choice, Decision, Feedback, Reason, Verdict, Via

THANKS = "Thank you, it is noted."
CONVERSATION = "conversation:discord:"
NOT_SHARED = "You cannot write there, so this cannot be shared there."
Barred: TypeAlias = Callable[[], Awaitable[str | None]]


class Presses:
    """Turns presses into events; whoever pressed is told what came of it."""

    def __init__(
        self,
        assistant: Assistant,
        identities: Identities,
        moderators: str,
        now: Callable[[], datetime],
    ) -> None:
        """Take whom to hand events to, and in which channel drafts are decided upon."""
        self._assistant = assistant
        self._identities = identities
        self._moderators = moderators
        self._now = now

    def by_action(self) -> dict[Action, Pressed]:
        """Return what each button does, those that open a dialog left out."""
        return {
            Action.HELPFUL: self.helpful,
            Action.NOT_HELPFUL: self.not_helpful,
            **{action: self._because(reason) for action, reason in WHY.items()},
            Action.SHARE: self.shared,
            Action.PUBLISH: self.published,
            Action.DISMISS: self.dismissed,
            Action.KEEP: self.kept,
            Action.DECLINE: self.declined,
        }

    async def helpful(self, interaction: discord.Interaction, answer_id: str) -> None:
        """Take a 👍: the last press of a person counts."""
        given = self._feedback(interaction, answer_id, Verdict.UP)
        if await done(interaction, self._receive(given), NOT_PRESSED):
            await tell(interaction, THANKS)

    async def not_helpful(self, interaction: discord.Interaction, answer_id: str) -> None:
        """Take a 👎, and ask for its reason."""
        given = self._feedback(interaction, answer_id, Verdict.DOWN)
        if await done(interaction, self._receive(given), NOT_PRESSED):
            await tell(interaction, reason_part(answer_id))

    def _because(self, reason: Reason) -> Pressed:
        async def pressed(interaction: discord.Interaction, answer_id: str) -> None:
            await self.reasoned(interaction, answer_id, reason)

        return pressed

    async def reasoned(
        self, interaction: discord.Interaction, answer_id: str, reason: Reason
    ) -> None:
        """Take why an answer was wrong; the question for it goes."""
        given = self._feedback(interaction, answer_id, Verdict.DOWN, reason)
        if not await done(interaction, self._receive(given), NOT_PRESSED):
            return
        noted = fixable_part(answer_id, NOTED.format(reason=reason.value))
        if is_apart(interaction):
            await replace_with(interaction, view_of(noted))
        else:
            await tell(interaction, noted)
            await take_away(interaction)

    async def shared(self, interaction: discord.Interaction, answer_id: str) -> None:
        """Let an answer that its asker alone sees be seen by everybody, where they may write."""
        barred = partial(self._not_shared, interaction, answer_id)
        if await self._decided(interaction, answer_id, Choice.PUBLISH, barred) is not None:
            await replace_with(interaction, view_of(sentence_part(SHARED)))

    async def kept(self, interaction: discord.Interaction, offer_id: str) -> None:
        """Keep what somebody wrote, as they were offered."""
        if await self._decided(interaction, offer_id, Choice.KEEP) is not None:
            await replace_with(interaction, view_of(sentence_part(KEPT)))

    async def declined(self, interaction: discord.Interaction, offer_id: str) -> None:
        """Take the offer away."""
        if await self._decided(interaction, offer_id, Choice.DECLINE) is not None:
            await replace_with(interaction, view_of(sentence_part(DECLINED)))

    async def _not_shared(self, interaction: discord.Interaction, answer_id: str) -> str | None:
        """Return why somebody may not have the bot post an answer, or None.

        In a server what they press stands where the answer would. In a direct message they must
        still read and write where they asked, and read all closed conversations that it is for.
        """
        if interaction.guild_id is not None:
            return None if may_write(interaction) else NOT_SHARED
        answer = await self._assistant.answer(answer_id)
        asked = await self._assistant.asked(answer_id)
        if answer is None or asked is None or asked.ref.platform != PLATFORM:
            return NOT_SHARED
        channel, _ = place_of(asked.ref)
        writes = await self._identities.writes(channel, str(interaction.user.id))
        read = writes and await may_read(self._identities, interaction, answer)
        return None if read else NOT_SHARED

    async def published(self, interaction: discord.Interaction, answer_id: str) -> None:
        """Publish a draft."""
        await self._decide(interaction, answer_id, Choice.PUBLISH)

    async def dismissed(self, interaction: discord.Interaction, answer_id: str) -> None:
        """Dismiss a draft."""
        await self._decide(interaction, answer_id, Choice.DISMISS)

    async def _decide(
        self, interaction: discord.Interaction, answer_id: str, choice: Choice
    ) -> None:
        if str(interaction.channel_id) != self._moderators:
            await tell(interaction, ELSEWHERE)
            return
        decision = await self._decided(interaction, answer_id, choice)
        if decision is not None:
            await settle(interaction, decision)

    async def _decided(
        self,
        interaction: discord.Interaction,
        answer_id: str,
        choice: Choice,
        barred: Barred | None = None,
    ) -> Decision | None:
        """Store a decision and return it; whoever pressed is told where it would have no effect."""
        decision = Decision(
            event_id=f"press:{interaction.id}",
            answer_id=answer_id,
            person=self._identities.met(interaction.user),
            choice=choice,
            at=self._now(),
        )
        objections: list[str] = []

        async def decide() -> None:
            objection = await self._assistant.objection(decision)
            if objection is None and barred is not None:
                objection = await barred()
            if objection is None:
                await self._assistant.receive(decision)
            else:
                objections.append(objection)

        if not await done(interaction, decide(), NOT_PRESSED):
            return None
        if objections:
            await tell(interaction, objections[0])
            return None
        return decision

    async def _receive(self, given: Feedback) -> None:
        await self._assistant.receive(given)

    def _feedback(
        self,
        interaction: discord.Interaction,
        answer_id: str,
        verdict: Verdict,
        reason: Reason | None = None,
    ) -> Feedback:
        return Feedback(
            event_id=f"press:{interaction.id}",
            answer_id=answer_id,
            person=self._identities.met(interaction.user),
            verdict=verdict,
            via=Via.REASON if reason else Via.BUTTON,
            at=self._now(),
            reason=reason,
        )


async def may_read(
    identities: Identities, interaction: discord.Interaction, answer: Answer
) -> bool:
    """Say whether somebody reads all that an answer was made for, here or where it belongs."""
    here = identities.place_of(interaction.channel).conversation
    for needed in answer.audience.requires - here.held:
        key = needed.removeprefix(CONVERSATION)
        if key == needed or not await identities.reads(key, str(interaction.user.id)):
            return False
    return True


def may_write(interaction: discord.Interaction) -> bool:
    """Say whether somebody may write in the channel of a server where they pressed something."""
    allowed = interaction.permissions
    if isinstance(interaction.channel, discord.Thread):
        return allowed.send_messages_in_threads
    return allowed.send_messages


async def settle(interaction: discord.Interaction, decision: Decision) -> None:
    """Take the buttons off a draft, and say what became of it."""
    did = "Dismissed" if decision.choice is Choice.DISMISS else "Published"
    edited = ", edited," if decision.text else ""
    if interaction.message is not None:
        sentence = f"{did}{edited} by {decision.person.name}."
        await replace_with(interaction, decided_view(interaction.message, sentence))
