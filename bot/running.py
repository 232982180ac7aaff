"""Asking the bot that runs how it is: over its room's port, as another process."""

import asyncio
import http.client
import json
from collections.abc import Sequence
from dataclasses import asdict

from pydantic import TypeAdapter, ValidationError

from bot.finding import Finding
from core.settings import RoomSettings

PATH = "/status"
SECONDS = 30.0  # the language model's service may be asked meanwhile
FINDINGS = TypeAdapter(tuple[Finding, ...])


def told(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """Return findings as JSON holds them."""
    return [asdict(one) for one in findings]


async def ask(room: RoomSettings) -> Sequence[Finding]:
    """Return what the running bot finds of itself; raise `OSError` where no room answers."""
    return await asyncio.to_thread(_ask, room)


def _ask(room: RoomSettings) -> Sequence[Finding]:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(room.host, room.host)  # noqa: S104 - it is compared, not listened on
    connection = http.client.HTTPConnection(host, room.port, timeout=SECONDS)
    try:
        connection.request("GET", PATH)
        said = connection.getresponse().read()
        return FINDINGS.validate_python(json.loads(said))
    except (http.client.HTTPException, ValueError, ValidationError) as error:
        raise OSError(f"what listens on port {room.port} is no room of Tavernkeep") from error
    finally:
        connection.close()
