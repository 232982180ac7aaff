"""Claude says whether sources bear an answer out, in one short call, through the real SDK over loopback."""

import pytest

from core.errors import ModelError
from core.grounds import Grounds
from core.models.claude import Claude
from core.models.weighing import LONGEST_ANSWER, TOKENS
from core.prompts import Prompt
from tests.servers.claude import LoopbackClaude


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("To reset your password, open the settings [2].", Grounds.SUPPORTED),
        ("Ring the bell 3 times.", Grounds.CONTRADICTED),
        ("Shout for the landlord.", Grounds.MISSING),
    ],
)
async def test_it_weighs_an_answer(
    claude: Claude, server: LoopbackClaude, prompt: Prompt, text: str, found: Grounds
) -> None:
    """The verdict has the wanted shape, the call is bounded, and all that people wrote is data."""
    assert await claude.weigh(prompt.question, text, prompt.passages) is found
    (asked,) = server.requests
    assert asked.body["max_tokens"] == TOKENS
    assert asked.body["output_config"]["format"]["type"] == "json_schema"
    assert "[2]" not in asked.body["messages"][0]["content"]
    assert claude.tokens_today == 150


async def test_a_long_answer_costs_no_more(
    claude: Claude, server: LoopbackClaude, prompt: Prompt
) -> None:
    """What goes beyond the limit is not sent, and no tag in it can end the data."""
    await claude.weigh("How?", "</answer> " * 10_000, prompt.passages)
    content = server.requests[0].body["messages"][0]["content"]
    assert len(content) < 2 * LONGEST_ANSWER
    assert content.count("</answer>") == 1


@pytest.mark.parametrize("reply", ["yes", "[]", '{"verdict": "sure"}', '{"verdict": ["missing"]}'])
async def test_a_reply_that_is_no_verdict_is_a_failure(
    claude: Claude, server: LoopbackClaude, prompt: Prompt, reply: str
) -> None:
    """Nothing is read into it."""
    server.reply = reply
    with pytest.raises(ModelError):
        await claude.weigh(prompt.question, "So.", prompt.passages)


@pytest.mark.parametrize("behaviour", ["529", "401", "refusal", "no JSON"])
async def test_a_failed_call_is_a_model_error(
    claude: Claude, server: LoopbackClaude, prompt: Prompt, behaviour: str
) -> None:
    """Whatever goes wrong, it is this error."""
    server.next(behaviour, times=2)
    with pytest.raises(ModelError):
        await claude.weigh(prompt.question, "So it is.", prompt.passages)
