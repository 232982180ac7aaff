"""Signed HTTP: how Slack posts events, buttons and commands to the app's own address."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp

from tests.servers.slack_deliveries import COMMANDS, EVENTS, Ack, Delivery, Handed
from tests.servers.slack_post import JSON
from tests.servers.slack_sockets import noted

FORM = "application/x-www-form-urlencoded"


def signature(secret: str, timestamp: str, body: str) -> str:
    """Return what proves that a body comes from Slack."""
    base = f"v0:{timestamp}:{body}".encode()
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Endpoint:
    """The app's address; everything is posted there."""

    def __init__(self, acks: list[Ack], secret: str) -> None:
        """Take where acknowledgements are noted, and what is signed with."""
        self.url = ""
        self.secret = secret
        self._acks = acks
        self._session: aiohttp.ClientSession | None = None

    async def hand_over(self, delivery: Delivery, patience: float) -> Handed:
        """Post something and wait for a 2xx."""
        kind, body = encoded(delivery)
        headers = {"Content-Type": kind}
        if delivery.attempts:
            headers["X-Slack-Retry-Num"] = str(delivery.attempts)
            headers["X-Slack-Retry-Reason"] = delivery.reasons[-1]
        started = time.monotonic()
        try:
            status, heads, said = await asyncio.wait_for(self.post(body, headers), patience)
        except TimeoutError:
            return Handed(reason="http_timeout")
        except aiohttp.TooManyRedirects:
            return Handed(reason="too_many_redirects")
        except (aiohttp.ClientError, OSError):
            return Handed(reason="connection_failed")
        if not 200 <= status < 300:
            return Handed(reason="http_error", final=heads.get("X-Slack-No-Retry") == "1")
        self._acks.append(noted(delivery, delivery.attempts, time.monotonic() - started))
        return Handed(answer=answered(said))

    async def post(
        self,
        body: str,
        headers: Mapping[str, str],
        *,
        age: float = 0.0,
        secret: str = "",
    ) -> tuple[int, Mapping[str, str], str]:
        """Post a body, signed with a secret at a time so many seconds ago; return what came back."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        timestamp = str(int(time.time() - age))
        signed = {
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(secret or self.secret, timestamp, body),
            **headers,
        }
        async with self._session.post(
            self.url, data=body.encode(), headers=signed, max_redirects=2
        ) as response:
            return response.status, dict(response.headers), await response.text()

    async def verify(self, challenge: str = "a-challenge") -> str:
        """Ask the app to prove that the address is its own; return what it says."""
        asked = {"token": "verification", "challenge": challenge, "type": "url_verification"}
        _, _, said = await self.post(json.dumps(asked), {"Content-Type": "application/json"})
        return str(answered(said).get("challenge", said))

    async def stop(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()


def encoded(delivery: Delivery) -> tuple[str, str]:
    """Return the content type and the body of what is posted."""
    if delivery.kind == EVENTS:
        return "application/json", json.dumps(delivery.payload)
    if delivery.kind == COMMANDS:
        return FORM, urlencode(delivery.payload)
    return FORM, urlencode({"payload": json.dumps(delivery.payload)})


def answered(said: str) -> JSON:
    """Return what the body of an acknowledgement holds; plain text is a message."""
    if not said.strip():
        return {}
    try:
        held = json.loads(said)
    except ValueError:
        return {"text": said}
    return held if isinstance(held, dict) else {"text": said}
