"""The loopback Slack delivers to the real Bolt: over sockets, over signed HTTP, and again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack import LoopbackSlack
from tests.servers.slack_post import JSON

FORMS = {"Content-Type": "application/json"}


@dataclass
class Heard:
    """An app of Bolt's that notes what it is told; `refuse` makes it fail before it acknowledges."""

    slack: LoopbackSlack
    bodies: list[JSON] = field(default_factory=list)
    retries: list[tuple[str, str]] = field(default_factory=list)
    refuse: int = 0
    delay: float = 0.0
    app: AsyncApp = field(init=False)

    def __post_init__(self) -> None:
        """Make the app."""
        client = AsyncWebClient(token=self.slack.bot_token, base_url=self.slack.url)
        self.app = AsyncApp(client=client, signing_secret=self.slack.signing_secret)
        self.app.use(self._note)

        async def nothing() -> None:
            """Take an event."""

        for name in ("message", "app_mention", "reaction_added", "app_home_opened"):
            self.app.event(name)(nothing)

    async def _note(self, req: AsyncBoltRequest, body: JSON, next: Any) -> BoltResponse | None:  # noqa: A002  # Bolt injects by name
        await asyncio.sleep(self.delay)
        self.bodies.append(body)
        heads = [req.headers.get(f"x-slack-retry-{what}", [""])[0] for what in ("num", "reason")]
        self.retries.append((heads[0], heads[1]))
        if self.refuse:
            self.refuse -= 1
            return BoltResponse(status=500)
        await next()
        return None

    @property
    def types(self) -> list[str]:
        """The types of the events, in the order in which they came."""
        return [one["event"]["type"] for one in self.bodies if "event" in one]


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """Return a running Slack."""
    async with LoopbackSlack() as running:
        running.deliveries.pauses = (0.01, 0.01, 0.01)
        yield running


@pytest.fixture
def heard(slack: LoopbackSlack) -> Heard:
    """Return an app that is not connected yet."""
    return Heard(slack)


@asynccontextmanager
async def socketed(heard: Heard) -> AsyncIterator[AsyncSocketModeHandler]:
    """Connect an app by Socket Mode."""
    handler = AsyncSocketModeHandler(heard.app, heard.slack.app_token, ping_interval=0.2)
    handler.client.web_client = heard.app.client
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield handler
    await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def listening(heard: Heard) -> AsyncIterator[None]:
    """Let an app listen for signed requests."""

    async def take(request: web.Request) -> web.Response:
        return await to_aiohttp_response(
            await heard.app.async_dispatch(await to_bolt_request(request))
        )

    served = web.Application()
    served.router.add_post("/slack/events", take)
    runner = web.AppRunner(served, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    heard.slack.posts_to(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    yield
    await runner.cleanup()


BOTH = pytest.mark.parametrize("connected", [socketed, listening])
Connected = Callable[[Heard], AbstractAsyncContextManager[Any]]


@BOTH
async def test_a_mention_comes_as_two_events(
    slack: LoopbackSlack, heard: Heard, connected: Connected
) -> None:
    """app_mention and message have the same ts and two event ids; both are acknowledged."""
    async with connected(heard):
        await slack.person("Ana").says(slack.channel("hall"), "@Tavernkeep how <is> it?")
        await slack.settled()
    assert sorted(heard.types) == ["app_mention", "message"]
    assert len({one["event"]["ts"] for one in heard.bodies}) == 1
    assert len({one["event_id"] for one in heard.bodies}) == 2
    assert heard.bodies[0]["event"]["text"] == f"<@{slack.workspace.bot.id}> how &lt;is&gt; it?"
    assert len(slack.acks) == 2
    assert max(one.delay for one in slack.acks) < 1


@BOTH
async def test_what_is_not_acknowledged_comes_again(
    slack: LoopbackSlack, heard: Heard, connected: Connected
) -> None:
    """A failure is a redelivery with the same event id, its number and its reason."""
    heard.refuse, slack.deliveries.patience = 2, 0.3
    async with connected(heard):
        await slack.person("Ana").says(slack.channel("hall"), "hi")
        await slack.settled()
    assert len({one["event_id"] for one in heard.bodies}) == 1
    assert [number for number, _ in heard.retries][1:] == ["1", "2"]
    assert {why for _, why in heard.retries[1:]} <= {"timeout", "http_error"}
    assert [one.attempt for one in slack.acks] == [2]


async def test_slow_acknowledgements_are_seen(slack: LoopbackSlack, heard: Heard) -> None:
    """Later than Slack waits, an event comes again, and the delay of each is noted."""
    heard.delay, slack.deliveries.patience = 0.15, 0.1
    async with socketed(heard):
        await slack.person("Ana").says(slack.channel("hall"), "hi")
        await slack.settled()
        await slack.until(lambda: len(slack.acks) == 4)
    assert len(heard.bodies) == 4
    assert min(one.delay for one in slack.acks) > 0.1


@BOTH
async def test_an_event_can_come_three_times(
    slack: LoopbackSlack, heard: Heard, connected: Connected
) -> None:
    """Though it was acknowledged, Slack may deliver again."""
    slack.deliveries.times = 3
    async with connected(heard):
        await slack.person("Ana").says(slack.channel("hall"), "hi")
        await slack.settled()
    assert len(heard.bodies) == 3
    assert len({one["event_id"] for one in heard.bodies}) == 1


async def test_nothing_comes_where_nobody_is_connected(slack: LoopbackSlack) -> None:
    """Without a socket an event is tried four times and lost."""
    await slack.person("Ana").says(slack.channel("hall"), "hi")
    await slack.settled()
    assert [one.attempts for one in slack.deliveries.all] == [4]
    assert slack.acks == []


async def test_a_disconnected_socket_comes_back(slack: LoopbackSlack, heard: Heard) -> None:
    """After a refresh, and after the line was cut, the app connects anew and gets what came."""
    slack.deliveries.pauses = (0.1, 0.5, 2.0)
    ana, hall = slack.person("Ana"), slack.channel("hall")
    async with socketed(heard):
        await slack.until(lambda: slack.sockets.connections)
        await slack.sockets.disconnect("warning")
        await slack.until(lambda: slack.sockets.opened == 2)
        await slack.sockets.disconnect("refresh_requested")
        await ana.says(hall, "one")
        await slack.settled()
        await slack.until(lambda: slack.sockets.opened == 3)
        slack.sockets.drop()
        await ana.says(hall, "two")
        await slack.settled()
    assert {one["event"]["text"] for one in heard.bodies} == {"one", "two"}


async def test_redelivery_goes_to_another_connection(slack: LoopbackSlack, heard: Heard) -> None:
    """With two sockets, what one did not acknowledge reaches the other."""
    slack.deliveries.patience, slack.sockets.ignore = 0.1, 1
    other = Heard(slack)
    async with socketed(heard), socketed(other):
        await slack.until(lambda: len(slack.sockets.connections) == 2)
        await slack.person("Ana").says(slack.channel("hall"), "hi")
        await slack.settled()
    assert [len(one.bodies) for one in (heard, other)] == [1, 1]


async def test_there_are_ten_connections_at_most(slack: LoopbackSlack) -> None:
    """The eleventh is told that there are too many; a ticket opens one connection once."""
    client = AsyncWebClient(base_url=slack.url)
    async with aiohttp.ClientSession() as session:
        lines = []
        for _ in range(11):
            url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
            lines.append(await session.ws_connect(url))
        assert (await lines[-1].receive_json())["reason"] == "too_many_websockets"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
    await slack.until(lambda: not slack.sockets.connections)


async def test_the_address_is_verified_and_signatures_are_checked(
    slack: LoopbackSlack, heard: Heard
) -> None:
    """Bolt answers the challenge, and refuses a wrong secret and an old timestamp."""
    async with listening(heard):
        assert await slack.endpoint.verify("prove it") == "prove it"
        body = json.dumps({"type": "event_callback", "event": {"type": "message"}})
        forged, _, _ = await slack.endpoint.post(body, FORMS, secret="wrong")
        old, _, _ = await slack.endpoint.post(body, FORMS, age=400)
    assert (forged, old) == (401, 401)
    assert heard.bodies == []


async def test_an_address_that_does_not_answer_loses_events(slack: LoopbackSlack) -> None:
    """A refused connection is tried again with that reason."""
    slack.posts_to("http://127.0.0.1:1/slack/events")
    await slack.person("Ana").says(slack.channel("hall"), "hi")
    await slack.settled()
    assert slack.deliveries.all[0].reasons == ["connection_failed"] * 4


async def test_what_is_not_subscribed_to_does_not_come(slack: LoopbackSlack, heard: Heard) -> None:
    """Events of other kinds, and of conversations without the bot, are not sent."""
    slack.announcer.unsubscribed.add("message.groups")
    ana = slack.person("Ana")
    async with socketed(heard):
        await ana.says(slack.channel("held", private=True), "@Tavernkeep hi")
        await ana.says(slack.channel("elsewhere", bot=False), "@Tavernkeep hi")
        await slack.settled()
    assert heard.types == ["app_mention"]


async def test_lost_events_are_not_delivered(slack: LoopbackSlack, heard: Heard) -> None:
    """What Slack loses never comes."""
    async with socketed(heard):
        slack.deliveries.losing = True
        await slack.person("Ana").says(slack.channel("hall"), "hi")
        await slack.settled()
    assert heard.bodies == []
