"""The bot's own place suggests what was answered well, and believes no payload about places."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.slack import home
from bot.slack.client import close, web_client
from bot.slack.home import Home
from bot.slack.identity import Identities
from core.feedback import Feedback, Verdict, Via
from tests.bot.slack.conftest import slack_settings
from tests.doubles import Clock
from tests.servers.slack import LoopbackSlack
from tests.tavern import ANA, BEN, CLEO, Tavern


@pytest.fixture
async def place(slack: LoopbackSlack, tavern: Tavern, clock: Clock) -> AsyncIterator[Home]:
    """Return the bot's place, of which nobody came yet."""
    client = web_client(slack_settings(slack))
    identities = Identities(client, clock)
    yield Home(client, tavern.assistant, identities)
    await identities.close()
    await close(client)


def looking(user: str, *keys: str, **more: Any) -> dict[str, Any]:
    """Return that somebody looks at conversations."""
    entities = [{"type": "slack#/types/channel_id", "value": key} for key in keys]
    return {"type": "app_context_changed", "user": user, "context": {"entities": entities}, **more}


async def test_what_people_found_good_is_suggested(
    slack: LoopbackSlack, tavern: Tavern, place: Home
) -> None:
    """Questions whose answers were verified, shortened where they are long."""
    asked = f"When does the kitchen close{' tonight' * 10}?"
    answer = await tavern.ask(asked)
    for person in (ANA, BEN, CLEO):
        given = Feedback(
            event_id=f"up-{person.key}",
            answer_id=answer.id,
            person=person,
            verdict=Verdict.UP,
            via=Via.BUTTON,
            at=tavern.clock(),
        )
        await tavern.assistant.on_verdict(given)
    for _ in range(3):
        await tavern.rerank()
    ana = slack.person("Ana")
    direct = slack.dm(ana)
    await place.suggest({"user": ana.id, "channel": direct.id})
    prompts = str(slack.workspace.prompts)
    assert asked in prompts
    assert "…" in prompts
    assert home.FIRST not in prompts


async def test_the_last_place_counts(slack: LoopbackSlack, place: Home) -> None:
    """Whoever looks at nothing comes from nowhere, and what is no conversation is none."""
    ana, general, hall = slack.person("Ana"), slack.channel("general"), slack.channel("hall")
    place.moved(looking(ana.id, general.id))
    place.moved(looking(ana.id, hall.id, general.id))
    assert await place.looked_at(ana.id) == "hall"
    place.moved({"user": ana.id, "context": {"entities": [{"type": "canvas", "value": "F1"}]}})
    assert await place.looked_at(ana.id) is None
    place.moved(looking("", general.id))
    assert await place.looked_at("") is None


async def test_only_so_many_are_remembered(
    slack: LoopbackSlack, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who came first is forgotten first."""
    monkeypatch.setattr(home, "MOST", 1)
    ana, ben, general = slack.person("Ana"), slack.person("Ben"), slack.channel("general")
    place.moved(looking(ana.id, general.id))
    place.moved(looking(ben.id, general.id))
    assert await place.looked_at(ana.id) is None
    assert await place.looked_at(ben.id) == "general"
