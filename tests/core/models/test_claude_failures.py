"""Every way in which Claude fails ends in one sentence for the asker."""

import logging
import time

import pytest

from core.errors import ModelError, SettingsError
from core.models import failures
from core.models.claude import Claude
from core.prompts import CitationPiece, Prompt, TextPiece
from core.settings import AnthropicSettings
from tests.core.models.conftest import Clock, read, said, text_of
from tests.servers.claude import LoopbackClaude

SENTENCES = {
    "429": failures.BUSY,
    "529": failures.BUSY,
    "500": failures.BROKEN,
    "429 for an hour": "Claude is overloaded and asks for a break of 60 minutes.",
    "spend limit": failures.SPENT,
    "401": failures.KEY,
    "402": failures.SPENT,
    "404 model": failures.MODEL,
    "400 prompt too long": failures.TOO_MUCH,
    "cut stream": failures.BROKEN_OFF,
    "early end": failures.BROKEN_OFF,
    "error event": failures.BUSY,
    "garbage": failures.BROKEN_OFF,
    "no JSON": failures.BROKEN_OFF,
    "odd order": failures.BROKEN_OFF,
    "refusal": failures.DECLINED,
    "empty": failures.EMPTY,
    "max_tokens while thinking": failures.EMPTY,
}


def settings(url: str, **changes: object) -> AnthropicSettings:
    """Return settings for a server."""
    return AnthropicSettings.model_validate({"api_key": "sk-secret", "base_url": url, **changes})


@pytest.mark.parametrize("behaviour", SENTENCES)
async def test_a_failure_is_one_sentence_for_the_asker(
    claude: Claude,
    server: LoopbackClaude,
    prompt: Prompt,
    behaviour: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The sentence is plain, the cause is chained, and it is logged once without the key."""
    server.next(behaviour, times=2)
    with caplog.at_level(logging.WARNING, "core"), pytest.raises(ModelError) as raised:
        await said(claude, prompt)
    assert str(raised.value) == SENTENCES[behaviour]
    assert raised.value.__cause__ is not None
    assert len(caplog.records) == 1
    assert "sk-secret" not in caplog.text


@pytest.mark.parametrize("behaviour", ["429 for an hour", "spend limit"])
async def test_nobody_waits_for_what_will_not_come(
    claude: Claude, server: LoopbackClaude, prompt: Prompt, behaviour: str
) -> None:
    """A long `retry-after` and a spend limit end the call at once, without a second try."""
    server.next(behaviour, times=2)
    began = time.monotonic()
    with pytest.raises(ModelError):
        await said(claude, prompt)
    assert len(server.requests) == 1
    assert time.monotonic() - began < 2


async def test_what_was_shown_before_a_failure_stays(
    claude: Claude, server: LoopbackClaude, prompt: Prompt
) -> None:
    """After the first piece nothing is tried again, as it would be said twice."""
    server.next("cut stream")
    pieces: list[TextPiece | CitationPiece] = []
    with pytest.raises(ModelError):
        await read(claude, prompt, pieces)
    assert isinstance(pieces[0], TextPiece)
    assert len(server.requests) == 1


async def test_a_stalled_answer_ends_at_its_deadline(
    server: LoopbackClaude, prompt: Prompt
) -> None:
    """The whole answer takes no longer than the setting allows."""
    server.next("stall")
    claude = Claude(settings(server.url, seconds=0.4))
    began = time.monotonic()
    with pytest.raises(ModelError, match="too long"):
        await said(claude, prompt)
    assert time.monotonic() - began < 2
    await claude.close()


async def test_a_slow_reader_gets_the_whole_answer(server: LoopbackClaude, prompt: Prompt) -> None:
    """The deadline is Claude's: it neither counts the reader's time nor interrupts its work."""
    claude = Claude(settings(server.url, seconds=1))
    pieces: list[TextPiece | CitationPiece] = []
    await read(claude, prompt, pieces, pause=0.12)
    assert text_of(pieces).endswith("Cheers!")
    await claude.close()


async def test_nothing_at_the_address_is_said_so(prompt: Prompt) -> None:
    """A refused connection is a sentence, and `check` names the setting."""
    async with LoopbackClaude() as gone:
        url = gone.url
    claude = Claude(settings(url))
    with pytest.raises(ModelError, match="cannot be reached"):
        await said(claude, prompt)
    with pytest.raises(ModelError, match=r"anthropic\.base_url.*127\.0\.0\.1"):
        await claude.check()
    await claude.close()


async def test_after_five_failures_nobody_waits_for_the_sixth(
    claude: Claude, server: LoopbackClaude, clock: Clock, prompt: Prompt
) -> None:
    """The breaker opens for 30 seconds, shows until when, and closes after a success."""
    server.next("early end", times=5)
    for _ in range(5):
        with pytest.raises(ModelError):
            await said(claude, prompt)
    with pytest.raises(ModelError, match=r"failed 5 times.*30 seconds"):
        await said(claude, prompt)
    assert str(claude.breaker.state) == "open"
    clock.move(seconds=31)
    assert await said(claude, prompt)
    assert str(claude.breaker.state) == "closed"
    assert len(server.requests) == 6


async def test_the_first_failure_after_a_pause_pauses_again(
    claude: Claude, server: LoopbackClaude, clock: Clock, prompt: Prompt
) -> None:
    """One call tries whether Claude is back; it need not fail five times more."""
    server.next("early end", times=6)
    for _ in range(5):
        with pytest.raises(ModelError):
            await said(claude, prompt)
    clock.move(seconds=31)
    with pytest.raises(ModelError, match="broke off"):
        await said(claude, prompt)
    assert str(claude.breaker.state) == "open"


async def test_failures_of_the_question_do_not_open_the_breaker(
    claude: Claude, server: LoopbackClaude, prompt: Prompt
) -> None:
    """What Claude declines or cannot take says nothing about the next question."""
    server.next("refusal", times=6)
    for _ in range(6):
        with pytest.raises(ModelError, match="declined"):
            await said(claude, prompt)
    assert str(claude.breaker.state) == "closed"


async def test_failures_far_apart_do_not_open_the_breaker(
    claude: Claude, server: LoopbackClaude, clock: Clock, prompt: Prompt
) -> None:
    """Five failures count together only within 30 seconds."""
    server.next("early end", times=6)
    for _ in range(6):
        with pytest.raises(ModelError, match="broke off"):
            await said(claude, prompt)
        clock.move(seconds=10)
    assert str(claude.breaker.state) == "closed"


async def test_over_the_daily_budget_nothing_is_asked(
    server: LoopbackClaude, clock: Clock, prompt: Prompt
) -> None:
    """The call that crosses the limit is finished; the next waits for the next day."""
    claude = Claude(settings(server.url, daily_tokens=120), clock)
    await said(claude, prompt)
    with pytest.raises(ModelError, match="midnight UTC"):
        await said(claude, prompt)
    clock.move(hours=12)
    assert await said(claude, prompt)
    await claude.close()


@pytest.mark.parametrize("address", ["http://[broken", "nonsense", "", "ftp://x", "http://h:99999"])
def test_an_address_that_is_none_stops_the_start(address: str) -> None:
    """The sentence names the setting."""
    with pytest.raises(SettingsError, match=r"anthropic\.base_url"):
        Claude(settings(address))


@pytest.mark.parametrize("key", ["", " ", "sk-\nsecret", "sk-s€cret"])
def test_a_key_that_cannot_be_sent_stops_the_start_unseen(key: str) -> None:
    """The sentence names the variable and does not show its value."""
    with pytest.raises(SettingsError, match="ANTHROPIC_API_KEY") as raised:
        Claude(settings("http://127.0.0.1", api_key=key))
    assert "sk-" not in str(raised.value)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("", 0), ("2.5", 2.5), ("soon", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_retry_after_is_read_in_all_its_spellings(asked: str, seconds: float) -> None:
    """Seconds, a date, or something else, which asks for no wait."""
    assert failures.seconds_to_wait({"retry-after": asked}) == seconds
    assert failures.seconds_to_wait({"retry-after": asked, "retry-after-ms": "70"}) == 0.07
