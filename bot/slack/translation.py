"""Translation: Slack's payloads into core's events, once; pure functions.

What a payload does not hold, people's names for instance, is given. A function returns None for
what is no event of ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.slack.mrkdwn import calls_others, people_in, plain, text_of
from bot.slack.payload import PLATFORM, Payload, instant, part_at, parts_at, text_at
from bot.slack.workspace import Workspace
from core.messages import (
    Conversation,
    Deleted,
    Edited,
    Message,
    MessageRef,
    Person,
    Reaction,
)

# Messages that people write; every other subtype is Slack telling of something.
SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
# What Slack tells of a conversation in a message: who may read it, or its name, may be another now.
RESHAPED = frozenset(
    {
        "channel_convert_to_private",
        "channel_convert_to_public",
        "channel_name",
        "channel_archive",
        "channel_unarchive",
        "group_name",
        "group_archive",
        "group_unarchive",
    }
)
KINDS = {"channel": True, "group": False, "mpim": False, "im": False}  # whether all may read it


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Whom a payload names, looked up: people by their keys, and the conversation."""

    conversation: Conversation
    people: Mapping[str, Person]

    @property
    def shown(self) -> dict[str, str]:
        """The people's names, by their keys."""
        return {key: person.name for key, person in self.people.items()}


def conversation_key(event: Payload) -> str:
    """Return which conversation an event is of; nothing where it is of none."""
    return (
        text_at(event, "channel")
        or text_at(event, "channel", "id")
        or text_at(event, "item", "channel")
    )


def speaker(message: Payload) -> str:
    """Return the key of who wrote a message."""
    return text_at(message, "user") or text_at(message, "bot_id")


def thread_of(message: Payload) -> str | None:
    """Return the key of the message that a message's thread hangs on; a thread's first has none."""
    thread = text_at(message, "thread_ts")
    return thread if thread and thread != text_at(message, "ts") else None


def named_in(event: Payload) -> list[str]:
    """Return the keys of the people whose names an event's translation needs."""
    message = part_at(event, "message") or event
    keys = [speaker(message), *people_in(text_of(message))]
    return list(dict.fromkeys(key for key in keys if key))


def is_spoken(event: Payload, workspace: Workspace) -> bool:
    """Say whether an event is a message that somebody wrote who may ask."""
    if text_at(event, "type") not in {"message", "app_mention"} or event.get("hidden"):
        return False
    return text_at(event, "subtype") in SPOKEN and not workspace.ignores(event)


def message_of(body: Payload, event: Payload, workspace: Workspace, names: Names) -> Message | None:
    """Return a written message; one that comes also as a mention comes out the same.

    What is no conversation with the bot alone must mention it to be addressed to it.
    """
    key, at = text_at(event, "ts"), instant(text_at(event, "ts"))
    written, person = text_of(event), names.people.get(speaker(event))
    if at is None or person is None or not conversation_key(event):
        return None
    if person.bot:
        if not workspace.allowed & {text_at(event, "user"), text_at(event, "bot_id")}:
            return None
        person = replace(person, bot=False)  # a bot that may ask is answered like anybody
    addressed = names.conversation.direct or workspace.user in people_in(written)
    return Message(
        event_id=event_id(body, event),
        ref=ref_of(conversation_key(event), key),
        conversation=names.conversation,
        person=person,
        text=plain(written, workspace.user, names.shown),
        sent_at=at,
        thread=thread_of(event),
        addressed=addressed,
        to_others=not addressed and calls_others(written, workspace.user),
    )


def is_deletion(event: Payload) -> bool:
    """Say whether an event tells that a message was taken away; a thread's first one is buried."""
    buried = text_at(event, "message", "subtype") == "tombstone"
    return text_at(event, "subtype") == "message_deleted" or buried


def is_rewritten(event: Payload, workspace: Workspace) -> bool:
    """Say whether a message's words are others now: Slack also tells of its own trimmings."""
    message, before = part_at(event, "message"), part_at(event, "previous_message")
    if text_at(message, "subtype") not in SPOKEN or workspace.ignores(message):
        return False
    return not before or text_of(before) != text_of(message)


def edited_of(body: Payload, event: Payload, workspace: Workspace, names: Names) -> Edited | None:
    """Return the new text of a message."""
    message = part_at(event, "message")
    at = instant(text_at(message, "edited", "ts") or text_at(event, "event_ts"))
    if at is None or not text_at(message, "ts"):
        return None
    return Edited(
        event_id=event_id(body, event),
        ref=ref_of(conversation_key(event), text_at(message, "ts")),
        text=plain(text_of(message), workspace.user, names.shown),
        at=at,
    )


def deleted_of(body: Payload, event: Payload) -> Deleted | None:
    """Return that a message was taken away; the first of a thread leaves a tombstone behind."""
    key = text_at(event, "deleted_ts") or text_at(event, "message", "ts")
    at = instant(text_at(event, "event_ts") or text_at(event, "ts"))
    if not key or at is None:
        return None
    return Deleted(event_id=event_id(body, event), ref=ref_of(conversation_key(event), key), at=at)


def reaction_of(body: Payload, event: Payload, person: Person) -> Reaction | None:
    """Return an emoji that was added to, or taken from, a message."""
    at, key = instant(text_at(event, "event_ts")), text_at(event, "item", "ts")
    if at is None or not key or text_at(event, "item", "type") != "message":
        return None
    return Reaction(
        event_id=event_id(body, event),
        ref=ref_of(conversation_key(event), key),
        person=person,
        emoji=text_at(event, "reaction"),
        added=text_at(event, "type") == "reaction_added",
        at=at,
    )


def standing_of(
    message: Payload, ref: MessageRef, people: Mapping[str, Person], at: datetime
) -> list[Reaction]:
    """Return the reactions that stand on a message just now, by those of the given people."""
    return [
        Reaction(
            event_id=f"looked-up:{ref.id}:{person.key}:{text_at(told, 'name')}:{at.isoformat()}",
            ref=ref,
            person=person,
            emoji=text_at(told, "name"),
            added=True,
            at=at,
        )
        for told in parts_at(message, "reactions")
        for key in users_of(told)
        if (person := people.get(key)) is not None
    ]


def users_of(reaction: Payload) -> Sequence[str]:
    """Return the keys of those who gave a reaction, as far as Slack lists them."""
    users = reaction.get("users")
    return [one for one in users if isinstance(one, str)] if isinstance(users, list) else []


def conversation_of(info: Payload) -> Conversation:
    """Return the conversation that `conversations.info` told of.

    One shared with another organisation is not public: "everyone" means this workspace.
    """
    direct = info.get("is_im") is True
    closed = ("is_private", "is_mpim", "is_ext_shared", "is_pending_ext_shared")
    return Conversation(
        platform=PLATFORM,
        key=text_at(info, "id"),
        name=text_at(info, "name"),
        direct=direct,
        public=not direct and not any(info.get(one) is True for one in closed),
    )


def conversation_by_kind(key: str, kind: str, shared: bool) -> Conversation:
    """Return a conversation by what an event tells of it; of an unknown kind it is not public."""
    public = KINDS.get(kind, False) and not shared
    return Conversation(platform=PLATFORM, key=key, direct=kind == "im", public=public)


def narrowest(known: Conversation, told: Conversation) -> Conversation:
    """Return a conversation by two sources, of which either may be out of date, as the closer one."""
    return replace(
        known,
        name=known.name or told.name,
        direct=known.direct or told.direct,
        public=known.public and told.public,
    )


def ref_of(conversation: str, key: str) -> MessageRef:
    """Return where a message stands."""
    return MessageRef(platform=PLATFORM, conversation=conversation, key=key)


def event_id(body: Payload, event: Payload) -> str:
    """Return the identity of a delivery; one without is known by what it tells of."""
    given = text_at(body, "event_id")
    told = ("type", "subtype", "user", "reaction", "ts", "event_ts", "deleted_ts")
    return given or ":".join([conversation_key(event), *(text_at(event, one) for one in told)])
