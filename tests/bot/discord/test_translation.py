"""Discord's events become core's, and its places references that lead back to them."""

from datetime import UTC, datetime

import discord
import pytest

from bot.discord.identity import Identities
from bot.discord.translation import (
    Own,
    Place,
    deleted_of,
    edited_of,
    emoji_of,
    is_spoken,
    message_of,
    place_of,
    thread_channel,
)
from core.messages import Conversation, Message, MessageRef
from tests.bot.discord import wire
from tests.bot.discord.wire import ANA, BEN, BOT, GENERAL, HELP, OTHER_BOT, OWN_ROLE

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OWN = Own(user=BOT)


@pytest.fixture
def client() -> discord.Client:
    """Return a client that knows one server."""
    return wire.client()


def heard(client: discord.Client, message: discord.Message) -> Message | None:
    """Return what becomes of a message that begins a talk."""
    place = Identities(client, lambda: NOW).place_of(message.channel)
    return message_of(message, place, None, OWN)


def mentioning(*keys: int) -> list[dict[str, object]]:
    """Return whom a message mentions."""
    return [wire.user(key) for key in keys]


def test_a_mention(client: discord.Client) -> None:
    """It comes with who wrote it, where, when, and that the bot is meant."""
    said = wire.written(client, f"<@{BOT}> When does it close?", mentions=mentioning(BOT))
    found = heard(client, said)
    assert found is not None
    assert (found.text, found.addressed, found.sent_at) == (
        "When does it close?",
        True,
        said.created_at,
    )
    assert (found.ref.id, found.event_id) == ("discord:20:1000", "message:1000")
    assert (found.person.id, found.person.name) == ("discord:201", "Ana")
    assert found.person.since == discord.utils.snowflake_time(201)
    assert (found.conversation.name, found.conversation.public) == ("general", True)


def test_the_bots_own_role_is_the_bot(client: discord.Client) -> None:
    """Discord makes a role of the bot's name, which people mention as readily."""
    said = wire.written(client, f"<@&{OWN_ROLE}> hello?", mention_roles=[str(OWN_ROLE)])
    found = heard(client, said)
    assert found is not None
    assert (found.text, found.addressed) == ("hello?", True)


def test_words_to_others(client: discord.Client) -> None:
    """Whoever names somebody, everybody or a role, or replies to somebody, means them."""
    for said in (
        wire.written(client, f"<@{BEN}> you know?", mentions=mentioning(BEN)),
        wire.written(client, "@everyone listen", mention_everyone=True),
        wire.written(client, "<@&12> listen", mention_roles=["12"]),
        wire.written(client, "at ten", **wire.reply(900, by=BEN)),
    ):
        found = heard(client, said)
        assert found is not None
        assert (found.addressed, found.to_others) == (False, True)
    to_self = heard(client, wire.written(client, "at ten", **wire.reply(900, by=ANA)))
    assert to_self is not None
    assert not to_self.to_others


def test_a_reply_to_the_bot(client: discord.Client) -> None:
    """It is addressed to the bot, be it without a ping."""
    found = heard(client, wire.written(client, "and on Sunday?", **wire.reply(900, by=BOT)))
    assert found is not None
    assert (found.addressed, found.to_others) == (True, False)


def test_what_is_not_told_is_no_message(client: discord.Client) -> None:
    """Without the privileged intent most messages come empty; a mention alone is one all the same."""
    assert heard(client, wire.written(client, "")) is None
    assert heard(client, wire.written(client, "", **wire.reply(900, by=BOT))) is None
    bare = heard(client, wire.written(client, f"<@{BOT}>", mentions=mentioning(BOT)))
    assert bare is not None
    assert bare.text == ""


def test_a_direct_message(client: discord.Client) -> None:
    """It is for the bot, and nobody else's."""
    found = heard(client, wire.written(client, "hello?", at=50))
    assert found is not None
    assert found.addressed
    assert (found.conversation.direct, found.conversation.public) == (True, False)
    assert found.ref.id == "discord:50:1000"


def test_the_first_message_of_a_forum_begins_with_its_title(client: discord.Client) -> None:
    """What the post is about often stands nowhere else."""
    wire.opened_thread(client, 500, HELP, name="Opening hours")
    first = heard(client, wire.written(client, "on Sundays?", key=500, at=500))
    later = heard(client, wire.written(client, "anybody?", key=501, at=500))
    assert first is not None
    assert later is not None
    assert (first.text, first.ref.key) == ("Opening hours\n\non Sundays?", "500/500")
    assert (later.text, later.ref.key) == ("anybody?", "500/501")
    assert first.conversation.key == str(HELP)


def test_who_may_ask() -> None:
    """The bot itself and other bots do not, but for those that are allowed; Discord never does."""
    held = wire.client()
    allowed = Own(user=BOT, allowed=frozenset({str(OTHER_BOT)}))
    own, other = wire.written(held, "a", by=BOT), wire.written(held, "a", by=OTHER_BOT)
    joined = wire.written(held, "", type=7)
    assert not any(is_spoken(one, OWN) for one in (own, other, joined))
    assert is_spoken(other, allowed)
    assert not is_spoken(own, allowed)
    found = message_of(other, Identities(held, lambda: NOW).place_of(other.channel), None, allowed)
    assert found is not None
    assert not found.person.bot


def test_an_edit(client: discord.Client) -> None:
    """The new text comes with its time; what Discord adds to a message changes no words."""
    place = Place(conversation=Conversation(platform="discord", key=str(GENERAL)))
    at = "2026-06-01T12:05:00+00:00"
    edited = edited_of(wire.written(client, "at nine?", edited_timestamp=at), place, OWN)
    assert edited is not None
    assert (edited.text, edited.at.minute, edited.ref.key) == ("at nine?", 5, "1000")
    assert edited_of(wire.written(client, "at nine?"), place, OWN) is None
    assert edited_of(wire.written(client, "", edited_timestamp=at), place, OWN) is None


def test_references_lead_back() -> None:
    """A reference alone tells by which channel and id Discord knows a message."""
    hall = Conversation(platform="discord", key="20")
    plain, within = Place(conversation=hall), Place(conversation=hall, thread=500)
    assert place_of(plain.ref(7)) == (20, 7)
    assert place_of(within.ref(7)) == (500, 7)
    assert place_of(within.ref("command-9")) == (500, None)
    assert [thread_channel(one.ref(7)) for one in (plain, within)] == [None, 500]
    assert (plain.channel, within.channel) == (20, 500)
    assert deleted_of(within, 7, NOW).ref == MessageRef(
        platform="discord", conversation="20", key="500/7"
    )


def test_emoji() -> None:
    """The sign itself, or the name of a server's own."""
    assert emoji_of("👍🏽") == "👍🏽"
    assert emoji_of(discord.PartialEmoji(name="thumbsup", id=5)) == "thumbsup"
