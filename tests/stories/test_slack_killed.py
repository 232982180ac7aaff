"""The bot in Slack in a process of its own, killed in the middle of its work and started again."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.settings import CHECKOUT
from tests.servers.claude import LoopbackClaude
from tests.servers.milvus import free_port
from tests.servers.slack import LoopbackSlack
from tests.stories.slack_bot import ANSWER, kind, said_by_bot

QUESTION = "@Tavernkeep How do I connect Slack?"
STARTING = 60.0  # seconds; the machine may be busy


@asynccontextmanager
async def started(environ: dict[str, str], data: Path) -> AsyncIterator[Process]:
    """Start the bot as a service, and kill it if the test did not."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.stories.modelless"),
        cwd=data.parent,
        env={**os.environ, **environ},
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.timeout(240)
async def test_a_bot_that_is_killed_between_event_and_answer_answers_once(
    tmp_path: Path, pages: Path
) -> None:
    """What was acknowledged before the kill is answered after it: one message, with its sources."""
    async with LoopbackSlack() as slack, LoopbackClaude() as claude:
        environ = {
            "PYTHONPATH": str(CHECKOUT),
            "TAVERNKEEP_DATA": str(tmp_path / "data"),
            "TAVERNKEEP_FOLDERS__PATHS": json.dumps([str(pages)]),
            "TAVERNKEEP_ROOM__PORT": str(free_port()),
            "TAVERNKEEP_SLACK__API_URL": slack.url,
            "TAVERNKEEP_ANTHROPIC__BASE_URL": claude.url,
            "ANTHROPIC_API_KEY": "sk-secret",
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
        }
        hall = slack.channel("hall")
        claude.next("stall")
        async with started(environ, tmp_path / "data") as process:
            await slack.until(lambda: slack.sockets.connections, STARTING)
            asked = await slack.person("Ana").says(hall, QUESTION)
            await slack.until(lambda: claude.requests, STARTING)
            await slack.settled()
            process.kill()
            await process.wait()
        async with started(environ, tmp_path / "data"):
            answer = await slack.until(
                lambda: next(
                    (one for one in said_by_bot(slack, hall) if kind(one) == ANSWER), None
                ),
                STARTING,
            )
            await asyncio.sleep(0.5)
        assert [kind(one) for one in said_by_bot(slack, hall)] == [ANSWER]
        assert answer.thread == asked.ts
        assert "Connecting Slack" in answer.words
