"""Dialogs: what happens when somebody opens one, and when they hand in what they wrote."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from bot.sentences import ELSEWHERE, EMPTY, GONE, NOT_HERE, NOT_OPENED, NOT_WRITTEN, OWN, UNCHANGED
from bot.slack import modals
from bot.slack.drafts import settle_draft
from bot.slack.history import message_at
from bot.slack.identity import Identities
from bot.slack.modals import About
from bot.slack.mrkdwn import people_in, plain, text_of
from bot.slack.payload import PLATFORM, Payload, part_at, text_at
from bot.slack.press import Press, press_of, tell, undone
from bot.slack.spot import COMMAND
from bot.slack.translation import ref_of
from core.answers import Answer, Origin
from core.assistant import SAVED, THANKS, Assistant
from core.audience import members_of
from core.errors import LedgerError, PlatformAwayError
from core.feedback import Choice, Correction, Decision, Proposal
from core.interfaces import Event
from core.messages import Conversation, Message

log = logging.getLogger(__name__)


class Dialogs:
    """Opens dialogs, and has stored what was written before they close."""

    def __init__(
        self,
        assistant: Assistant,
        identities: Identities,
        moderators: str,
        now: Callable[[], datetime],
    ) -> None:
        """Take whom to hand in what was written, and in which conversation drafts are decided upon."""
        self._assistant = assistant
        self._identities = identities
        self._moderators = moderators
        self._now = now

    async def fix(self, ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
        """Ask for a better answer, with the one that was given to begin with."""
        await ack()
        press = press_of(body)
        answer = await self._answer(press, client)
        if answer is None:
            return
        here = members_of(
            Conversation(platform=PLATFORM, key=press.channel).id
        )  # who presses reads
        if answer.audience.readable_by(here.requires):
            await _open(client, press.trigger, modals.fix_modal(answer, _about(press)))
        else:
            await _say(client, press, NOT_HERE)

    async def edit(self, ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
        """Let a draft be written on, by moderators: they are shown those of every conversation."""
        await ack()
        press = press_of(body)
        if press.channel != self._moderators:
            await _say(client, press, ELSEWHERE)
            return
        answer = await self._answer(press, client)
        if answer is not None:
            await _open(client, press.trigger, modals.edit_modal(answer, _about(press)))

    async def _answer(self, press: Press, client: AsyncWebClient) -> Answer | None:
        """Return the answer that a button is below; where there is none, say so."""
        try:
            answer = await self._assistant.answer(press.value)
        except LedgerError as error:
            log.warning("A dialog was not opened: %s", error)
            await _say(client, press, NOT_OPENED)
            return None
        if answer is None:
            await _say(client, press, GONE)
        return answer

    async def save(self, ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
        """Let a message become an answer, by its menu."""
        await ack()
        message, channel = part_at(body, "message"), text_at(body, "channel", "id")
        await self._open_save(body, client, message, channel)

    async def save_pinned(self, ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
        """Let a message become an answer that was pinned without a question."""
        await ack()
        press = press_of(body)
        try:
            reads = await self._identities.reads(press.channel, press.user)
        except PlatformAwayError as error:
            log.warning("A dialog was not opened: %s", error)
            await _say(client, press, NOT_OPENED)
            return
        if not reads:
            await _say(client, press, NOT_HERE)
            return
        with undone():
            message = await message_at(client, press.channel, press.value.partition(":")[2])
            await self._open_save(body, client, message, press.channel)

    async def _open_save(
        self, body: Payload, client: AsyncWebClient, message: Payload, channel: str
    ) -> None:
        author = text_at(message, "user") or text_at(message, "bot_id")
        if not author or text_at(message, "bot_id"):
            await tell(client, channel=channel, user=text_at(body, "user", "id"), said=OWN)
            return
        about = About(
            channel=channel,
            thread=text_at(message, "thread_ts"),
            message=text_at(message, "ts"),
            author=author,
        )
        view = modals.save_modal(await self._read(message), about)
        await _open(client, text_at(body, "trigger_id"), view)

    async def ask(self, ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
        """Let somebody ask about a message."""
        await ack()
        message = part_at(body, "message")
        about = About(
            channel=text_at(body, "channel", "id"),
            thread=text_at(message, "thread_ts"),
            message=text_at(message, "ts"),
        )
        view = modals.ask_modal(await self._read(message), about)
        await _open(client, text_at(body, "trigger_id"), view)

    async def _read(self, message: Payload) -> str:
        text = text_of(message)
        people = await self._identities.people(people_in(text))
        return plain(text, "", {key: person.name for key, person in people.items()})

    # -- handing in ----------------------------------------------------------------------------

    async def fix_written(
        self, ack: AsyncAck, body: Payload, view: Payload, client: AsyncWebClient
    ) -> None:
        """Show what a better answer changes; once that was seen, take it."""
        about, text = modals.about_of(view), modals.written(view)
        try:
            answer = await self._assistant.answer(about.answer)
        except LedgerError as error:
            log.warning("What was written in a dialog was not stored: %s", error)
            await _refuse(ack, view, NOT_WRITTEN)
            return
        before = "" if answer is None or answer.origin is Origin.UNKNOWN else answer.text
        if not text or text == before.strip():
            await _refuse(ack, view, UNCHANGED if text else EMPTY)
            return
        if before and about.shown != modals.mark_of(text):
            # Comparing texts keeps a processor busy for a while.
            changed = await asyncio.to_thread(modals.changed_modal, view, before, text, about)
            await ack(response_action="update", view=changed)
            return
        correction = Correction(
            event_id=_event_id(view),
            answer_id=about.answer,
            person=await self._identities.person(text_at(body, "user", "id")),
            text=text,
            at=self._now(),
        )
        if await self._stored(correction, ack, view):
            await self._thank(body, client, about, THANKS)

    async def draft_written(
        self, ack: AsyncAck, body: Payload, view: Payload, client: AsyncWebClient
    ) -> None:
        """Publish a draft as somebody wrote it."""
        about, text = modals.about_of(view), modals.written(view)
        if not text or about.channel != self._moderators:
            await _refuse(ack, view, ELSEWHERE if text else EMPTY)
            return
        decision = Decision(
            event_id=_event_id(view),
            answer_id=about.answer,
            person=await self._identities.person(text_at(body, "user", "id")),
            choice=Choice.PUBLISH,
            at=self._now(),
            text=text,
        )
        objection = await self._assistant.objection(decision)
        if objection is not None:
            await _refuse(ack, view, objection)
        elif await self._stored(decision, ack, view):
            await settle_draft(client, about.channel, about.message, decision)

    async def answer_saved(
        self, ack: AsyncAck, body: Payload, view: Payload, client: AsyncWebClient
    ) -> None:
        """Propose a message as the answer to a question."""
        about, text = modals.about_of(view), modals.written(view)
        question = modals.written(view, modals.QUESTION)
        if not (text and question):
            await _refuse(ack, view, EMPTY, None if question else modals.QUESTION)
            return
        conversation = await self._conversation(about, ack)
        if conversation is None:
            return
        proposal = Proposal(
            event_id=_event_id(view),
            ref=ref_of(about.channel, about.message),
            conversation=conversation,
            person=await self._identities.person(text_at(body, "user", "id")),
            author=await self._identities.person(about.author),
            text=text,
            question=question,
            at=self._now(),
            thread=about.thread or None,
        )
        if await self._stored(proposal, ack, view):
            await self._thank(body, client, about, SAVED)

    async def question_asked(self, ack: AsyncAck, body: Payload, view: Payload) -> None:
        """Ask about a message; the answer is shown to whoever asked alone."""
        about, question = modals.about_of(view), modals.written(view, modals.QUESTION)
        if not question:
            await ack(response_action="errors", errors={modals.QUESTION: EMPTY})
            return
        conversation = await self._conversation(about, ack)
        if conversation is None:
            return
        identity = _event_id(view)
        message = Message(
            event_id=identity,
            ref=ref_of(about.channel, f"{COMMAND}{identity}"),
            conversation=conversation,
            person=await self._identities.person(text_at(body, "user", "id")),
            text=f"{question}\n\n{modals.quoted(view)}",
            sent_at=self._now(),
            thread=about.thread or None,
            addressed=True,
            private=True,
        )
        await self._stored(message, ack, view, modals.QUESTION)

    async def _conversation(self, about: About, ack: AsyncAck) -> Conversation | None:
        """Return where a dialog was opened; where Slack does not tell of it, the dialog stays."""
        try:
            return await self._identities.conversation(about.channel)
        except PlatformAwayError as error:
            log.warning("What was written in a dialog was not stored: %s", error)
            await ack(response_action="errors", errors={modals.QUESTION: NOT_WRITTEN})
            return None

    async def _stored(
        self, event: Event, ack: AsyncAck, view: Payload, field: str | None = None
    ) -> bool:
        """Store an event and close its dialog; else the dialog stays, with all that was written."""
        try:
            await self._assistant.receive(event)
        except LedgerError as error:
            log.warning("What was written in a dialog was not stored: %s", error)
            await _refuse(ack, view, NOT_WRITTEN, field)
            return False
        await ack()
        return True

    async def _thank(self, body: Payload, client: AsyncWebClient, about: About, said: str) -> None:
        user = text_at(body, "user", "id")
        await tell(client, channel=about.channel, user=user, thread=about.thread, said=said)


def _about(press: Press) -> About:
    """Return what the dialog of a button below an answer is about."""
    return About(channel=press.channel, thread=press.thread, answer=press.value, message=press.key)


async def _open(client: AsyncWebClient, trigger: str, view: View) -> None:
    with undone():
        await client.views_open(trigger_id=trigger, view=view)


async def _say(client: AsyncWebClient, press: Press, said: str) -> None:
    await tell(client, channel=press.channel, user=press.user, thread=press.thread, said=said)


async def _refuse(ack: AsyncAck, view: Payload, sentence: str, field: str | None = None) -> None:
    await ack(response_action="errors", errors={field or modals.first_field(view): sentence})


def _event_id(view: Payload) -> str:
    """Return the identity of what is handed in: a dialog is handed in once."""
    return f"dialog:{text_at(view, 'id')}"
