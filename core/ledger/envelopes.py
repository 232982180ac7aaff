"""Envelopes: an event as the inbox keeps it, as a row, and back."""

import logging
import re
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from core.documents import content_hash
from core.feedback import Correction, Decision, Feedback, Proposal
from core.interfaces import Event
from core.messages import Deleted, Edited, Message, MessageRef, Person, Reaction, Reopened

log = logging.getLogger(__name__)
Value = TypeVar("Value")
KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(Message, Reaction, Feedback, Correction, Proposal, Decision),
        *(Edited, Deleted, Reopened),
    )
}
ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in KINDS.items()}
LONGEST = 100_000  # characters of a text that are kept; no chat platform lets people write so many
CUT = "… (The rest was cut: it was too long.)"
# Half of a surrogate pair is in no encoding, and PostgreSQL takes no NUL.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"
GRAVE = "taken-away:"  # begins the identity of what says that a message was taken away


def platform_of(event: Event) -> str:
    """Return the platform that an event came from."""
    if isinstance(event, Reopened):
        return event.conversation.platform
    if isinstance(event, Feedback | Correction | Decision):
        return event.person.platform
    return event.ref.platform


def ref_of(event: Event) -> MessageRef | None:
    """Return which message an event is about, or None for what is about something else."""
    if isinstance(event, Feedback | Correction | Decision | Reopened):
        return None
    return event.ref


def people_of(event: Event) -> tuple[Person, ...]:
    """Return whose words or deeds an event brings; none of those that name nobody."""
    if isinstance(event, Edited | Deleted | Reopened):
        return ()
    return (event.person, event.author) if isinstance(event, Proposal) else (event.person,)


def natural_key(event: Event) -> str:
    """Return what makes an event that event, whatever identity its delivery has: a digest.

    A platform may deliver one thing twice under two identities: again after a failure, or once as a
    message and once as a mention.
    """
    kind, at = type(event).__name__, "" if isinstance(event, Message) else event.at.isoformat()
    if isinstance(event, Message | Deleted):
        return content_hash(kind, event.ref.id)
    return content_hash(kind, *_about(event), at)


def _about(event: Event) -> list[str]:
    """Return what an event says, beside when."""
    match event:
        case Reaction():
            return [event.ref.id, event.person.id, event.emoji, str(event.added)]
        case Edited():
            return [event.ref.id, event.text]
        case Reopened():
            kept = event.conversation
            return [kept.id, kept.name, str(kept.public), str(kept.direct)]
        case Proposal():  # its text was looked up, and may have been changed between two deliveries
            return [event.ref.id, event.person.id, event.question or ""]
    return _said_of_answer(event)


def _said_of_answer(event: Event) -> list[str]:
    match event:
        case Correction():
            return [event.answer_id, event.person.id, event.text]
        case Decision():
            return [event.answer_id, event.person.id, event.choice, event.text or ""]
        case Feedback():
            said = (event.verdict, event.via, event.reason or "", str(event.withdrawn))
            return [event.answer_id, event.person.id, *said]
    return []


def grave_of(ref: MessageRef) -> str:
    """Return the identity under which the inbox keeps that a message was taken away."""
    return f"{GRAVE}{content_hash(ref.id)}"


def storable(event: Event) -> Event:
    """Return an event as every database can store it, the event itself where it is already.

    Signs that cannot be stored are replaced, and what is too long is cut, with a word that it was.
    """
    long = {name: text for name, text in _texts(event).items() if len(text) > LONGEST}
    if long:
        log.warning(
            "A text of %s has %d characters, of which %d are kept.",
            *(event.event_id, max(map(len, long.values())), LONGEST),
        )
        cut: dict[str, Any] = {name: text[:LONGEST] + CUT for name, text in long.items()}
        event = replace(event, **cut)
    try:
        clean = "\\u0000" not in payload_of(event)
    except PydanticSerializationError:
        clean = False
    return event if clean else _cleaned(event)


def _texts(event: Event) -> dict[str, str]:
    """Return what people wrote in an event, by the names of its fields."""
    held = {name: getattr(event, name, None) for name in ("text", "question")}
    return {name: text for name, text in held.items() if isinstance(text, str)}


def _cleaned(value: Value) -> Value:
    """Return a value of ours with the unstorable signs replaced in every text within."""
    changed: dict[str, Any] = {}
    for field in fields(value):  # type: ignore[arg-type]  # the values are dataclasses
        held = getattr(value, field.name)
        if type(held) is str:
            changed[field.name] = UNSTORABLE.sub(REPLACEMENT, held)
        elif is_dataclass(held):
            changed[field.name] = _cleaned(held)
    return replace(value, **changed)  # type: ignore[type-var]  # the values are dataclasses


def payload_of(event: Event) -> str:
    """Return an event as JSON."""
    return ADAPTERS[type(event).__name__].dump_json(event).decode()


def event_of(kind: str, payload: str) -> Event:
    """Return the event that a row holds."""
    event: Event = ADAPTERS[kind].validate_json(payload)
    return event


def row_of(event: Event, now: datetime) -> dict[str, Any]:
    """Return the inbox's row of an event that came just now."""
    ref = ref_of(event)
    return {
        "platform": platform_of(event),
        "event_id": event.event_id,
        "natural_key": natural_key(event),
        "message_id": ref.id if ref else None,
        "kind": type(event).__name__,
        "payload": payload_of(event),
        "received_at": now,
    }
