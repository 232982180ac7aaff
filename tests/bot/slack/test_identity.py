"""People and conversations are asked for once in a while, and never keep an event waiting for long."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import identity
from bot.slack.client import close, web_client
from bot.slack.identity import Identities
from core.errors import PlatformAwayError
from tests.bot.slack.conftest import slack_settings
from tests.doubles import Clock
from tests.servers.slack import LoopbackSlack


@pytest.fixture
async def client(slack: LoopbackSlack) -> AsyncIterator[AsyncWebClient]:
    """Return a client of the loopback Slack."""
    made = web_client(slack_settings(slack))
    yield made
    await close(made)


@pytest.fixture
async def identities(client: AsyncWebClient, clock: Clock) -> AsyncIterator[Identities]:
    """Return identities of which nothing is known yet."""
    made = Identities(client, clock)
    yield made
    await made.close()


def calls(slack: LoopbackSlack, method: str) -> int:
    """Return how often a method was called."""
    return len([one for one in slack.web.calls if one.method == method])


async def test_a_person_is_asked_for_once_an_hour(
    slack: LoopbackSlack, identities: Identities, clock: Clock
) -> None:
    """Many who ask at once share one call; after an hour the name may be another."""
    ana = slack.person("Ana")
    found = await asyncio.gather(*(identities.person(ana.id) for _ in range(5)))
    assert {one.name for one in found} == {"Ana"}
    assert calls(slack, "users.info") == 1
    ana.user.name = "Anna"
    assert (await identities.person(ana.id)).name == "Ana"
    clock.advance(hours=2)
    assert (await identities.person(ana.id)).name == "Anna"


async def test_a_guest_is_known_as_one(slack: LoopbackSlack, identities: Identities) -> None:
    """Slack marks whom it lets into some channels only."""
    ana, ben = slack.person("Ana"), slack.person("Ben")
    ana.user.guest = True
    assert [(await identities.person(one.id)).guest for one in (ana, ben)] == [True, False]


async def test_an_unknown_person_goes_by_the_key(
    slack: LoopbackSlack, identities: Identities
) -> None:
    """Slack's refusal keeps nobody's message back; a bot's key says what it is."""
    assert (await identities.person("U404")).name == "U404"
    assert (await identities.person("B404")).bot


async def test_a_bot_is_known_by_its_bot_id(slack: LoopbackSlack, identities: Identities) -> None:
    """Some bots have no user."""
    jira = slack.other_bot("Jira")
    person = await identities.person(jira.user.bot_id)
    assert (person.name, person.bot) == ("Jira", True)


async def test_a_slow_slack_keeps_nobody_waiting(
    slack: LoopbackSlack, identities: Identities
) -> None:
    """The name is there for the next message."""
    ana = slack.person("Ana")
    slack.faults.next("slow", "users.info", seconds=1.0)
    assert (await identities.person(ana.id)).name == ana.id
    await slack.until(lambda: slack.web.of("users.info"))
    assert (await identities.person(ana.id)).name == "Ana"
    assert calls(slack, "users.info") == 1


async def test_a_conversation_is_what_its_last_event_tells(
    slack: LoopbackSlack, identities: Identities
) -> None:
    """What is remembered as open while an event tells otherwise is asked for again."""
    general = slack.channel("general")
    assert (await identities.conversation(general.id, "channel")).public
    assert not (await identities.conversation(general.id, "channel", shared=True)).public
    general.kind = "group"
    assert not (await identities.conversation(general.id, "group")).public
    general.kind = "channel"
    assert (await identities.conversation(general.id, "channel")).public


async def test_a_conversation_that_slack_does_not_tell_of_is_closed(
    slack: LoopbackSlack, identities: Identities
) -> None:
    """Unless the event itself says that everyone reads it."""
    assert not (await identities.conversation("C404")).public
    assert (await identities.conversation("C404", "channel")).public


async def test_reading_anew_raises_where_slack_cannot_be_asked(
    slack: LoopbackSlack, identities: Identities
) -> None:
    """Only what Slack says not to exist is taken for closed."""
    general = slack.channel("general")
    slack.faults.next("fatal_error", "conversations.info")
    with pytest.raises(SlackApiError):
        await identities.reread(general.id)
    assert not (await identities.reread("C404")).public


async def test_the_bot_takes_part_where_it_is_a_member(
    slack: LoopbackSlack, identities: Identities
) -> None:
    """In its direct conversations always; that it was invited is noticed at once."""
    ana, cellar = slack.person("Ana"), slack.channel("cellar", bot=False)
    assert await identities.takes_part(slack.dm(ana).id)
    assert not await identities.takes_part(cellar.id)
    cellar.members.add(slack.workspace.bot.id)
    assert await identities.takes_part(cellar.id)
    assert not await identities.takes_part("D404")


async def test_members_read_what_is_private(slack: LoopbackSlack, identities: Identities) -> None:
    """Where Slack does not tell who is in, nobody is taken for a member."""
    ana, ben = slack.person("Ana"), slack.person("Ben")
    held = slack.channel("held", private=True, members=[ana])
    assert await identities.reads(held.id, ana.id)
    assert not await identities.reads(held.id, ben.id)
    assert await identities.reads(slack.channel("general").id, ben.id)
    slack.faults.next("fatal_error", "conversations.members")
    assert not await identities.reads(held.id, ana.id)


async def test_who_reads_a_conversation_is_never_guessed(
    slack: LoopbackSlack, identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow Slack is asked again later; meanwhile a conversation is neither open nor closed."""
    monkeypatch.setattr(identity, "READERS_PATIENCE", 0.05)
    general = slack.channel("general")
    slack.faults.next("slow", "conversations.info", seconds=0.5)
    for asked in (identities.conversation, identities.takes_part):
        with pytest.raises(PlatformAwayError):
            await asked(general.id)
    with pytest.raises(PlatformAwayError):
        await identities.reads(general.id, "U1")
    await slack.until(lambda: identities.known_conversation(general.id))
    assert (await identities.conversation(general.id)).public


async def test_an_event_against_what_is_remembered_is_settled_or_not_taken(
    slack: LoopbackSlack, identities: Identities
) -> None:
    """Neither the event nor the memory wins by itself where Slack cannot be asked which is so."""
    held = slack.channel("held", private=True)
    assert not (await identities.conversation(held.id, "group")).public
    held.kind = "channel"
    slack.faults.next("fatal_error", "conversations.info")
    with pytest.raises(PlatformAwayError):
        await identities.conversation(held.id, "channel")
    assert (await identities.conversation(held.id, "channel")).public
