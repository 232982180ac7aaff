"""What may wait goes to Claude as a batch, through the real SDK over loopback."""

from dataclasses import replace

import pytest

from core.errors import ModelError
from core.models.claude import Claude
from core.prompts import CitationPiece, Prompt
from tests.core.models.conftest import text_of
from tests.servers.claude import LoopbackClaude


async def test_a_batch_is_collected_once_it_has_ended(
    claude: Claude, server: LoopbackClaude, prompt: Prompt
) -> None:
    """Under way it is None; then each entry has its own answer, cited, however they are ordered."""
    server.batches.polls = 2
    hours = replace(prompt, question="When is the tavern closed on Sundays?")
    batch_id = await claude.send({"a": prompt, "b": hours})
    assert await claude.collect(batch_id) is None
    assert await claude.collect(batch_id) is None
    written = await claude.collect(batch_id)
    assert written
    assert written["a"]
    assert written["b"]
    assert "open the settings" in text_of([*written["a"]])
    assert [one.passage for one in written["a"] if isinstance(one, CitationPiece)] == [1]
    assert [one.passage for one in written["b"] if isinstance(one, CitationPiece)] == [0]
    assert claude.tokens_today == 300


async def test_entries_that_came_to_nothing_are_told_from_those_without_an_answer(
    claude: Claude, server: LoopbackClaude, prompt: Prompt
) -> None:
    """Errored and expired ones are None; "the documents do not say" is an answer without pieces."""
    server.batches.polls, server.batches.outcomes = 0, {0: "errored", 1: "expired"}
    unanswered = replace(prompt, question="Xyzzy?")
    batch_id = await claude.send({"a": prompt, "b": prompt, "c": unanswered, "d": prompt})
    written = await claude.collect(batch_id)
    assert written
    assert (written["a"], written["b"], written["c"]) == (None, None, [])
    assert written["d"]


async def test_a_lost_batch_has_failed_as_a_whole(
    claude: Claude, server: LoopbackClaude, prompt: Prompt
) -> None:
    """The service forgets batches after a while: nothing is waited for that will never come."""
    batch_id = await claude.send({"a": prompt})
    server.batches.lost = True
    assert await claude.collect(batch_id) == {}


async def test_an_overloaded_service_is_a_model_error(
    claude: Claude, server: LoopbackClaude, prompt: Prompt
) -> None:
    """Nothing was handed over, or is known of it yet; later it is."""
    server.next("529", times=2)
    with pytest.raises(ModelError):
        await claude.send({"a": prompt})
    batch_id = await claude.send({"a": prompt})
    server.next("529", times=2)
    with pytest.raises(ModelError):
        await claude.collect(batch_id)
    assert await claude.collect(batch_id) is None
