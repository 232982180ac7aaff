"""Slack's payloads become core's events: one of each kind, the same however they were delivered."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import translation
from bot.slack.payload import instant
from bot.slack.translation import Names
from bot.slack.workspace import Workspace, workspace_of
from core.messages import Conversation, Message, Person

BOT = Workspace(user="UBOT", bot="BBOT")
GENERAL = Conversation(platform="slack", key="C1", name="general")
DIRECT = Conversation(platform="slack", key="D1", direct=True, public=False)
PEOPLE = {
    key: Person(platform="slack", key=key, name=name, bot=bot)
    for key, name, bot in (("U1", "Ana", False), ("U2", "Ben", False), ("B9", "Jira", True))
}
AT = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
TS = f"{int(AT.timestamp())}.123456"


def said(text: str = "hi", **more: Any) -> dict[str, Any]:
    """Return a message of Ana's, as an event."""
    return {"type": "message", "channel": "C1", "user": "U1", "text": text, "ts": TS, **more}


def read(
    event: dict[str, Any], where: Conversation = GENERAL, bot: Workspace = BOT
) -> Message | None:
    """Return what an event becomes."""
    names = Names(conversation=where, people=PEOPLE)
    spoken = translation.is_spoken(event, bot)
    return translation.message_of({"event_id": "Ev1"}, event, bot, names) if spoken else None


def test_a_mention_is_addressed_to_the_bot() -> None:
    """The text comes without the mention, the time to the microsecond."""
    message = read(said("<@UBOT> how?"))
    assert message is not None
    assert (message.text, message.addressed, message.to_others) == ("how?", True, False)
    assert (message.sent_at, message.thread, message.event_id) == (AT, None, "Ev1")
    assert message.ref.id == f"slack:C1:{TS}"
    assert message.person == PEOPLE["U1"]


def test_a_mention_comes_out_the_same_by_either_event() -> None:
    """Whichever of the two comes first, it is the same message."""
    mention = said("<@UBOT> how?", type="app_mention")
    assert read(mention) == read(said("<@UBOT> how?", channel_type="channel"))


def test_a_direct_message_needs_no_mention() -> None:
    """In a conversation of two the other one is the bot."""
    message = read(said(), DIRECT)
    assert message is not None
    assert message.addressed


@pytest.mark.parametrize(
    ("text", "to_others"),
    [("ask <@U2>", True), ("<@UBOT> ask <@U2>", False), ("<!here> lunch", True), ("lunch", False)],
)
def test_a_message_for_somebody_else_says_so(text: str, to_others: bool) -> None:
    """Whose name stands in it is meant, unless the bot is meant, too."""
    message = read(said(text))
    assert message is not None
    assert message.to_others is to_others


def test_a_reply_knows_its_thread() -> None:
    """The first message of a thread carries its own key as the thread's, and stands in none."""
    reply, first = read(said(thread_ts="1.000001")), read(said(thread_ts=TS))
    assert reply is not None
    assert first is not None
    assert (reply.thread, first.thread) == ("1.000001", None)


@pytest.mark.parametrize(
    "event",
    [
        said(user="UBOT"),
        said(bot_id="BBOT"),
        said(bot_id="B9", user=None),
        said(subtype="bot_message", bot_id="B9", user=None),
        said(user="USLACKBOT"),
        said(subtype="channel_join"),
        said(subtype="channel_topic"),
        said(hidden=True),
        said(user=None),
        said(user="U404"),
        said(ts="nonsense"),
        said(channel=None),
        said(type="file_shared"),
    ],
)
def test_what_nobody_asked_is_no_message(event: dict[str, Any]) -> None:
    """The bot itself, other bots, joins and broken payloads bring nothing."""
    assert read(event) is None


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast", "me_message"])
def test_what_people_write_in_other_ways_is_a_message(subtype: str) -> None:
    """A file's caption, a reply shown to all and /me are words of people."""
    assert read(said(subtype=subtype)) is not None


def test_an_allowed_bot_may_ask_like_anybody() -> None:
    """It is named in the settings by its bot id or its user id."""
    allowed = Workspace(user="UBOT", bot="BBOT", allowed=frozenset({"B9"}))
    message = read(said(subtype="bot_message", bot_id="B9", user=None), bot=allowed)
    assert message is not None
    assert (message.person.name, message.person.bot) == ("Jira", False)


def changed(before: str, after: str, **more: Any) -> dict[str, Any]:
    """Return that a message of Ana's was changed."""
    message = {"user": "U1", "text": after, "ts": TS, "edited": {"ts": "1780000000.000002"}, **more}
    previous = {"user": "U1", "text": before, "ts": TS}
    told = {"message": message, "previous_message": previous, "event_ts": "1780000001.000001"}
    return {"type": "message", "subtype": "message_changed", "channel": "C1", **told}


def test_an_edit_carries_the_new_text() -> None:
    """It is of the message that was changed, when it was changed."""
    event = changed("old", "<@UBOT> new")
    names = Names(conversation=GENERAL, people=PEOPLE)
    edited = translation.edited_of({}, event, BOT, names)
    assert edited is not None
    assert (edited.text, edited.ref.key, edited.at) == ("new", TS, instant("1780000000.000002"))
    assert translation.is_rewritten(event, BOT)


@pytest.mark.parametrize(
    "event",
    [
        changed("same", "same"),
        changed("old", "new", user="UBOT"),
        changed("old", "new", subtype="channel_topic"),
    ],
)
def test_slacks_own_trimmings_are_no_edit(event: dict[str, Any]) -> None:
    """A preview under a link, and the bot's own changes, leave people's words as they were."""
    assert not translation.is_rewritten(event, BOT)


def test_an_edit_without_a_time_is_none() -> None:
    """A broken payload brings nothing."""
    event = {"type": "message", "channel": "C1", "message": {"user": "U1", "text": "a"}}
    names = Names(conversation=GENERAL, people=PEOPLE)
    assert translation.edited_of({}, event, BOT, names) is None


@pytest.mark.parametrize(
    "event",
    [
        {"subtype": "message_deleted", "deleted_ts": TS},
        {"subtype": "message_changed", "message": {"subtype": "tombstone", "ts": TS}},
    ],
)
def test_a_deletion_names_the_message(event: dict[str, Any]) -> None:
    """The first message of a thread is not deleted but buried, which is the same to people."""
    event = {"type": "message", "channel": "C1", "event_ts": "1780000001.000001", **event}
    assert translation.is_deletion(event)
    deleted = translation.deleted_of({}, event)
    assert deleted is not None
    assert deleted.ref.key == TS


def test_a_deletion_of_nothing_is_none() -> None:
    """A broken payload brings nothing."""
    assert translation.deleted_of({}, {"subtype": "message_deleted", "event_ts": TS}) is None


def reacted(kind: str = "reaction_added", **item: Any) -> dict[str, Any]:
    """Return a reaction of Ana's."""
    held = {"type": "message", "channel": "C1", "ts": TS, **item}
    return {"type": kind, "user": "U1", "reaction": "+1::skin-tone-2", "item": held, "event_ts": TS}


@pytest.mark.parametrize(("kind", "added"), [("reaction_added", True), ("reaction_removed", False)])
def test_a_reaction_says_whose_and_on_what(kind: str, added: bool) -> None:
    """Its emoji keeps its skin tone, which core knows how to read."""
    reaction = translation.reaction_of({}, reacted(kind), PEOPLE["U1"])
    assert reaction is not None
    assert (reaction.ref.key, reaction.emoji, reaction.added) == (TS, "+1::skin-tone-2", added)


def test_a_reaction_to_a_file_is_none() -> None:
    """Only messages can be answers."""
    assert translation.reaction_of({}, reacted(type="file"), PEOPLE["U1"]) is None


def test_standing_reactions_are_listed_by_person() -> None:
    """Those of whom nothing is known are left out."""
    message = {
        "reactions": [
            {"name": "+1", "users": ["U1", "U2", "U404"], "count": 3},
            {"name": "eyes", "users": None},
        ]
    }
    ref = translation.ref_of("C1", TS)
    standing = translation.standing_of(message, ref, PEOPLE, AT)
    assert [(one.person.key, one.emoji) for one in standing] == [("U1", "+1"), ("U2", "+1")]


@pytest.mark.parametrize(
    ("info", "public", "direct"),
    [
        ({}, True, False),
        ({"is_private": True}, False, False),
        ({"is_mpim": True}, False, False),
        ({"is_im": True}, False, True),
        ({"is_ext_shared": True}, False, False),
    ],
)
def test_only_what_the_whole_workspace_reads_is_public(
    info: dict[str, Any], public: bool, direct: bool
) -> None:
    """What other organisations read, too, is not what everyone here may read."""
    conversation = translation.conversation_of({"id": "C1", "name": "general", **info})
    assert (conversation.public, conversation.direct) == (public, direct)


@pytest.mark.parametrize(
    ("kind", "shared", "public"),
    [
        ("channel", False, True),
        ("channel", True, False),
        ("group", False, False),
        ("", False, False),
    ],
)
def test_an_event_tells_what_kind_of_conversation_it_is(
    kind: str, shared: bool, public: bool
) -> None:
    """Where it tells nothing, the conversation is taken for a closed one."""
    assert translation.conversation_by_kind("C1", kind, shared).public is public


def test_a_delivery_without_identity_is_known_by_what_it_tells() -> None:
    """Messages that are read back have none, and two of them differ."""
    first, second = said(), said(ts="1780000002.000001")
    assert translation.event_id({}, first) == translation.event_id({}, dict(first))
    assert translation.event_id({}, first) != translation.event_id({}, second)


@pytest.mark.parametrize("ts", ["", "soon", "1780000000.12x", "99999999999999.1", "-1.0"])
def test_a_broken_time_is_none(ts: str) -> None:
    """Nothing that Slack might send raises."""
    assert instant(ts) is None


def test_the_workspace_is_what_auth_test_tells() -> None:
    """The bot knows its user, which writes, and its bot id, which marks what it wrote."""
    told = {"user_id": "UBOT", "bot_id": "BBOT", "user": "tavernkeep", "team": "Inn"}
    workspace = workspace_of(told, ["B9"])
    assert (workspace.user, workspace.team) == ("UBOT", "Inn")
    assert workspace.allowed == {"B9"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
FIELDS = (
    *("type", "subtype", "channel", "user", "text", "ts", "thread_ts", "event_ts", "deleted_ts"),
    *("bot_id", "reaction", "item_user", "hidden", "blocks", "reactions"),
)
BROKEN = st.dictionaries(st.sampled_from(FIELDS), VALUES)


@given(event=BROKEN, message=BROKEN, item=BROKEN)
def test_no_payload_makes_it_stumble(
    event: dict[str, Any], message: dict[str, Any], item: dict[str, Any]
) -> None:
    """Whatever Slack sends, or somebody in its name, is an event of ours or none."""
    event = {**event, "message": message, "previous_message": item, "item": item}
    names = Names(conversation=GENERAL, people=PEOPLE)
    translation.named_in(event)
    translation.is_spoken(event, BOT)
    translation.is_rewritten(event, BOT)
    translation.is_deletion(event)
    translation.message_of({}, event, BOT, names)
    translation.edited_of({}, event, BOT, names)
    translation.deleted_of({}, event)
    translation.reaction_of({}, event, PEOPLE["U1"])
    translation.standing_of(message, translation.ref_of("C1", TS), PEOPLE, AT)
    translation.conversation_of(event)
