"""The bot in Discord as people start it, killed in the middle of its work and started again."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from core.settings import CHECKOUT
from tests.servers.claude import LoopbackClaude
from tests.servers.discord import LoopbackDiscord
from tests.servers.milvus import free_port
from tests.stories.test_slack_killed import STARTING, started

QUESTION = "@Tavernkeep How do I connect Slack?"


@pytest.mark.timeout(240)
async def test_a_bot_that_is_killed_between_event_and_answer_answers_once(
    tmp_path: Path, pages: Path, migrated: Path
) -> None:
    """What was stored before the kill is answered after it: one message, with its sources."""
    async with LoopbackDiscord() as discord, LoopbackClaude() as claude:
        environ = {
            "PYTHONPATH": str(CHECKOUT),
            "TAVERNKEEP_DATA": str(tmp_path / "data"),
            "TAVERNKEEP_FOLDERS__PATHS": json.dumps([str(pages)]),
            "TAVERNKEEP_ROOM__PORT": str(free_port()),
            "TAVERNKEEP_DISCORD__API_URL": discord.url,
            "TAVERNKEEP_ANTHROPIC__BASE_URL": claude.url,
            "ANTHROPIC_API_KEY": "sk-secret",
            "DISCORD_TOKEN": discord.token,
        }
        (tmp_path / "data").mkdir()
        shutil.copy(migrated, tmp_path / "data" / "ledger.sqlite")
        hall = discord.channel("hall")
        claude.next("stall")
        async with started(environ, tmp_path / "data") as process:
            await discord.connected(STARTING)
            asked = await discord.person("Ana").says(hall, QUESTION)
            await discord.until(lambda: claude.requests, STARTING)
            await discord.settled()
            process.kill()
            await process.wait()
        async with started(environ, tmp_path / "data"):
            answer = await discord.answer(asked, seconds=STARTING)
            await asyncio.sleep(0.5)
        assert discord.said_by_bot(hall) == [answer]
        assert answer.reply_to == asked.id
        assert "Connecting Slack" in answer.words
