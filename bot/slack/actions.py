"""Actions: what people press below an answer, and where each press goes.

What is said of an answer is stored before the press is acknowledged; where that fails, whoever
pressed is told.
"""

import logging
import re
from collections.abc import Callable
from datetime import datetime

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.sentences import (
    ASK_WHY,
    DECLINED,
    ELSEWHERE,
    GONE,
    KEPT,
    NOT_PRESSED,
    NOTED,
    SHARED,
    WHICH_QUESTION,
)
from bot.slack import blocks, modals
from bot.slack.dialogs import Dialogs
from bot.slack.drafts import settle_draft
from bot.slack.history import message_at
from bot.slack.identity import Identities
from bot.slack.payload import Payload, text_at
from bot.slack.press import Press, press_of, tell, undone
from bot.slack.spot import COMMAND
from bot.slack.translation import ref_of
from core.answers import Answer
from core.assistant import Assistant
from core.errors import LedgerError
from core.feedback import Choice, Decision, Feedback, Proposal, Reason, Verdict, Via
from core.interfaces import Event
from core.messages import Message, Reaction

log = logging.getLogger(__name__)
ASK_ABOUT, SAVE_ANSWER = "ask_about", "save_answer"  # as the manifest names the shortcuts


def register_actions(
    app: AsyncApp,
    assistant: Assistant,
    *,
    identities: Identities,
    moderators: str,
    now: Callable[[], datetime],
) -> None:
    """Let an app answer every press, shortcut and dialog of ours; drafts are decided by `moderators`."""
    buttons = Buttons(assistant, identities, moderators, now)
    dialogs = Dialogs(assistant, identities, moderators, now)
    for action, pressed in (
        (re.compile(f"^{blocks.FEEDBACK}"), buttons.voted),
        (re.compile(f"^{blocks.REASON}"), buttons.reasoned),
        (blocks.SHARE, buttons.shared),
        (blocks.AFRESH, buttons.asked_afresh),
        (blocks.PUBLISH, buttons.published),
        (blocks.DISMISS, buttons.dismissed),
        (blocks.KEEPS, buttons.kept),
        (blocks.DECLINES, buttons.declined),
        (blocks.FIX, dialogs.fix),
        (blocks.EDIT, dialogs.edit),
        (blocks.WRITE_QUESTION, dialogs.save_pinned),
    ):
        app.action(action)(pressed)
    app.shortcut(ASK_ABOUT)(dialogs.ask)
    app.shortcut(SAVE_ANSWER)(dialogs.save)
    app.view(modals.FIX)(dialogs.fix_written)
    app.view(modals.EDIT)(dialogs.draft_written)
    app.view(modals.SAVE)(dialogs.answer_saved)
    app.view(modals.ASK)(dialogs.question_asked)


async def ask_why(client: AsyncWebClient, reaction: Reaction, answer: Answer) -> None:
    """Ask somebody who found an answer wrong by an emoji what was wrong; only they see it."""
    channel = reaction.ref.conversation
    with undone():
        message = await message_at(client, channel, reaction.ref.key)
        thread = text_at(message, "thread_ts")
        await tell(
            client,
            channel=channel,
            user=reaction.person.key,
            thread=thread,
            said=blocks.reason_blocks(answer.id, thread),
            text=ASK_WHY,
        )


async def ask_question(client: AsyncWebClient, proposal: Proposal) -> None:
    """Ask somebody who pinned a message which question it answers; only they see it."""
    ref = proposal.ref
    await tell(
        client,
        channel=ref.conversation,
        user=proposal.person.key,
        thread=proposal.thread or "",
        said=blocks.question_blocks(ref.conversation, ref.key),
        text=WHICH_QUESTION,
    )


class Buttons:
    """Turns presses into events."""

    def __init__(
        self,
        assistant: Assistant,
        identities: Identities,
        moderators: str,
        now: Callable[[], datetime],
    ) -> None:
        """Take whom to hand events to, and in which conversation drafts are decided upon."""
        self._assistant = assistant
        self._identities = identities
        self._moderators = moderators
        self._now = now

    async def voted(self, ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
        """Take a verdict: the last press of a person counts, and a 👎 is asked for its reason."""
        press = press_of(body)
        said, _, answer_id = press.value.partition(":")
        if said not in set(Verdict) or not answer_id:
            await ack()
            return
        given = await self._feedback(press, answer_id, Verdict(said), None)
        if await self._stored(given, ack, client, press) and given.verdict is Verdict.DOWN:
            await tell(
                client,
                channel=press.channel,
                user=press.user,
                thread=press.thread,
                said=blocks.reason_blocks(answer_id, press.thread),
                text=ASK_WHY,
            )

    async def reasoned(
        self, ack: AsyncAck, body: Payload, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Take why an answer was wrong."""
        press = press_of(body)
        said, _, answer_id = press.value.partition(":")
        if said not in set(Reason) or not answer_id:
            await ack()
            return
        given = await self._feedback(press, answer_id, Verdict.DOWN, Reason(said))
        if await self._stored(given, ack, client, press):
            sentence = NOTED.format(reason=said)
            noted = blocks.noted_blocks(answer_id, press.thread, sentence)
            with undone():
                await respond(text=f"Noted: {said}.", blocks=noted, replace_original=True)

    async def shared(
        self, ack: AsyncAck, body: Payload, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Let an answer that its asker alone sees be seen by everybody."""
        await self._aside(ack, body, client, respond, Choice.PUBLISH, SHARED)

    async def kept(
        self, ack: AsyncAck, body: Payload, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Keep what somebody wrote, as they were offered."""
        await self._aside(ack, body, client, respond, Choice.KEEP, KEPT)

    async def declined(
        self, ack: AsyncAck, body: Payload, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Take the offer away."""
        await self._aside(ack, body, client, respond, Choice.DECLINE, DECLINED)

    async def _aside(
        self,
        ack: AsyncAck,
        body: Payload,
        client: AsyncWebClient,
        respond: AsyncRespond,
        choice: Choice,
        sentence: str,
    ) -> None:
        """Take a decision on what one person alone sees, and put a sentence in its place."""
        press = press_of(body)
        decision = await self._decision(press, choice)
        if await self._decided(decision, ack, client, press):
            said = blocks.sentence_blocks(sentence)
            with undone():
                await respond(text=sentence, blocks=said, replace_original=True)

    async def asked_afresh(self, ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
        """Ask the question of an answer once more; what comes of it is shown to who pressed alone."""
        press = press_of(body)
        answer = await self._assistant.answer(press.value)
        if answer is None:
            await ack()
            where = {"channel": press.channel, "user": press.user, "thread": press.thread}
            await tell(client, said=GONE, **where)
            return
        message = Message(
            event_id=press.event_id,
            ref=ref_of(press.channel, f"{COMMAND}{press.event_id}"),
            conversation=await self._identities.conversation(press.channel),
            person=await self._identities.person(press.user),
            text=answer.question.text,
            sent_at=self._now(),
            thread=press.thread or None,
            addressed=True,
            private=True,
            afresh=True,
        )
        await self._stored(message, ack, client, press)

    async def published(self, ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
        """Publish a draft."""
        await self._decide(ack, body, client, Choice.PUBLISH)

    async def dismissed(self, ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
        """Dismiss a draft."""
        await self._decide(ack, body, client, Choice.DISMISS)

    async def _decide(
        self, ack: AsyncAck, body: Payload, client: AsyncWebClient, choice: Choice
    ) -> None:
        press = press_of(body)
        if press.channel != self._moderators:
            await ack()
            where = {"channel": press.channel, "user": press.user, "thread": press.thread}
            await tell(client, said=ELSEWHERE, **where)
            return
        decision = await self._decision(press, choice)
        if await self._decided(decision, ack, client, press):
            await settle_draft(client, press.channel, press.key, decision)

    async def _feedback(
        self, press: Press, answer_id: str, verdict: Verdict, reason: Reason | None
    ) -> Feedback:
        return Feedback(
            event_id=press.event_id,
            answer_id=answer_id,
            person=await self._identities.person(press.user),
            verdict=verdict,
            via=Via.REASON if reason else Via.BUTTON,
            at=self._now(),
            reason=reason,
        )

    async def _decision(self, press: Press, choice: Choice) -> Decision:
        return Decision(
            event_id=press.event_id,
            answer_id=press.value,
            person=await self._identities.person(press.user),
            choice=choice,
            at=self._now(),
        )

    async def _decided(
        self, decision: Decision, ack: AsyncAck, client: AsyncWebClient, press: Press
    ) -> bool:
        """Store a decision; whoever pressed is told where it would have no effect."""
        objection = await self._assistant.objection(decision)
        if objection is None:
            return await self._stored(decision, ack, client, press)
        await ack()
        where = {"channel": press.channel, "user": press.user, "thread": press.thread}
        await tell(client, said=objection, **where)
        return False

    async def _stored(
        self, event: Event, ack: AsyncAck, client: AsyncWebClient, press: Press
    ) -> bool:
        """Store an event and acknowledge the press, either way; whoever pressed is told of a failure."""
        try:
            await self._assistant.receive(event)
        except LedgerError as error:
            log.warning("A press was not stored: %s", error)
            await ack()
            where = {"channel": press.channel, "user": press.user, "thread": press.thread}
            await tell(client, said=NOT_PRESSED, **where)
            return False
        await ack()
        return True
