"""The room's server: what it lets in, and that it starts and stops cleanly."""

import asyncio
import socket
from typing import cast

import httpx2
import pytest

from bot.adapter import Adapter
from bot.room.adapter import RoomAdapter
from core.assistant import Assistant
from core.errors import TavernkeepError
from core.settings import RoomSettings
from tests.servers.room import PAGE, Barkeep


async def test_a_taken_port_is_said_in_a_sentence(settings: RoomSettings) -> None:
    """A port that something listens on stops the start with a sentence that names the setting."""
    with socket.socket() as taken:
        taken.bind((settings.host, settings.port))
        taken.listen()
        with pytest.raises(TavernkeepError, match=r"set room\.port"):
            await RoomAdapter(settings).start()


async def test_it_can_be_started_again_and_frees_its_port(settings: RoomSettings) -> None:
    """Stopping frees the port and leaves no task; stopping twice does nothing."""
    for _ in range(2):
        adapter = RoomAdapter(settings)
        await adapter.start()
        await adapter.attach(cast(Assistant, Barkeep()))
        async with httpx2.AsyncClient() as client:
            assert (await client.get(adapter.url)).status_code == 200
        await adapter.stop()
        await adapter.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_only_this_machines_names_are_let_in(settings: RoomSettings) -> None:
    """A page of another site cannot reach the room by pointing its name at this machine."""
    adapter: Adapter = RoomAdapter(settings)
    await adapter.start()
    async with httpx2.AsyncClient() as client:
        url = f"http://127.0.0.1:{settings.port}/"
        refused = await client.get(url, headers={"Host": "evil.example"})
        served = await client.get(url)
    await adapter.stop()
    assert (refused.status_code, served.status_code) == (400, 200)
    assert "frame-ancestors 'none'" in served.headers["content-security-policy"]


async def test_a_source_has_a_page_of_its_own(settings: RoomSettings) -> None:
    """`/source/{id}` shows a stored document, says when it is gone, and when it is too early."""
    adapter = RoomAdapter(settings)
    await adapter.start()
    async with httpx2.AsyncClient(base_url=adapter.url) as client:
        early = await client.get(f"/source/{PAGE.id}")
        await adapter.attach(cast(Assistant, Barkeep()))
        held = await client.get(f"/source/{PAGE.id}?quote=manifest")
        gone = await client.get("/source/none?quote=manifest")
    await adapter.stop()
    assert "still opening" in early.text
    assert "Socket Mode" in held.text
    assert "no longer in the ledger" in gone.text
