"""One question from the command line."""

import json
import uuid
from dataclasses import asdict
from typing import Any

from rich.console import Console

from bot.app import open_app, utc_now
from bot.terminal.adapter import CONVERSATION, PLATFORM, whoever_is_here
from bot.terminal.reply import CollectedReply, TerminalReply
from core.answers import Answer
from core.errors import TavernkeepError
from core.messages import Conversation, Message, MessageRef, Person
from core.scheduler import silent
from core.settings import Settings


async def ask(settings: Settings, question: str, console: Console, *, as_json: bool) -> None:
    """Ask one question and print the answer; raise `TavernkeepError` where there is none."""
    async with open_app(settings) as app:
        if app.brought.sources and not (await app.assistant.counts())["documents"]:
            await app.assistant.run_job("refresh", silent)
        key = uuid.uuid4().hex
        ref = MessageRef(platform=PLATFORM, conversation=CONVERSATION.key, key=f"{key}-answer")
        reply = (
            CollectedReply(ref)
            if as_json
            else TerminalReply(console, ref, utc_now, says_failure=False)
        )
        person = whoever_is_here()
        await app.assistant.on_message(message_of(question, person, CONVERSATION, key), reply)
    if reply.answer is None:
        raise TavernkeepError(reply.failure or "There is no answer to an empty question.")
    if as_json:
        console.print_json(json.dumps(as_object(reply.answer)))


def message_of(text: str, person: Person, conversation: Conversation, key: str) -> Message:
    """Return a message that asks the bot, written now."""
    return Message(
        event_id=key,
        ref=MessageRef(platform=conversation.platform, conversation=conversation.key, key=key),
        conversation=conversation,
        person=person,
        text=text,
        sent_at=utc_now(),
        addressed=True,
    )


def as_object(answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON's types."""
    return {
        "question": answer.question.text,
        "text": answer.text,
        "origin": answer.origin.value,
        "notice": answer.notice,
        "citations": [asdict(one) for one in answer.citations],
        "nearest": [asdict(one) for one in answer.nearest],
        "badge": asdict(answer.badge) if answer.badge else None,
    }
