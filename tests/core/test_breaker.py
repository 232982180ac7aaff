"""A breaker opens after failures in a row, and lets one call through to see whether all is well."""

import pytest

from core.breaker import Breaker, State, span


class Seconds:
    """A monotonic clock that is moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    """Return a clock."""
    return Seconds()


@pytest.fixture
def breaker(seconds: Seconds) -> Breaker:
    """Return a closed breaker that opens for 30 seconds after 5 failures within 30 seconds."""
    return Breaker("Claude", seconds)


def states(breaker: Breaker, seconds: Seconds, *moves: float) -> list[State]:
    """Return the states after each move of the clock."""
    found = []
    for move in moves:
        seconds.now += move
        found.append(breaker.state)
    return found


def opened(breaker: Breaker) -> Breaker:
    """Return the breaker after five failures."""
    for _ in range(5):
        assert breaker.refusal() is None
        breaker.failed("It is overloaded.")
    return breaker


def test_five_failures_open_it(breaker: Breaker, seconds: Seconds) -> None:
    """Open it refuses with a sentence on why and for how long; the pause over it is half-open."""
    assert states(breaker, seconds, 0) == [State.CLOSED]
    opened(breaker)
    refused = "Claude failed 5 times in a short while. I will not ask it for another 30 seconds."
    assert breaker.refusal() == refused
    assert breaker.reason == "It is overloaded."
    assert states(breaker, seconds, 0, 29, 1) == [State.OPEN, State.OPEN, State.HALF_OPEN]


def test_failures_far_apart_do_not_open_it(breaker: Breaker, seconds: Seconds) -> None:
    """Only failures within 30 seconds count together."""
    for _ in range(9):
        breaker.failed("It is overloaded.")
        seconds.now += 8
    assert breaker.state is State.CLOSED


def test_one_call_tries_whether_it_is_back(breaker: Breaker, seconds: Seconds) -> None:
    """While it is under way others are refused; its success closes the breaker for good."""
    opened(breaker)
    seconds.now += 31
    assert breaker.refusal() is None
    assert "I am just trying whether it is back" in (breaker.refusal() or "")
    breaker.succeeded()
    assert (breaker.state, breaker.reason, breaker.seconds_left) == (State.CLOSED, "", 0)
    assert breaker.refusal() is None


def test_a_failed_try_opens_it_anew(breaker: Breaker, seconds: Seconds) -> None:
    """One failure is enough then; the sentence stays the same."""
    opened(breaker)
    seconds.now += 31
    assert breaker.refusal() is None
    breaker.failed("It is overloaded.")
    assert "failed 5 times" in (breaker.refusal() or "")
    assert breaker.seconds_left == 30


def test_a_try_that_was_given_up_lets_another_try(breaker: Breaker, seconds: Seconds) -> None:
    """Whoever went away in the middle of the call says nothing of the service."""
    opened(breaker)
    seconds.now += 31
    assert breaker.refusal() is None
    breaker.left()
    assert breaker.refusal() is None


def test_a_service_that_asks_for_a_pause_gets_it(breaker: Breaker, seconds: Seconds) -> None:
    """One failure opens it then, and later failures of other calls do not shorten the pause."""
    breaker.failed("Claude asks for a break.", pause=3600)
    breaker.failed("It is overloaded.")
    assert breaker.refusal() == "Claude asks for a break. I will not ask it for another 60 minutes."
    assert states(breaker, seconds, 3599, 1) == [State.OPEN, State.HALF_OPEN]


@pytest.mark.parametrize(
    ("seconds_", "words"),
    [
        (0.2, "a second"),
        (59, "59 seconds"),
        (600, "10 minutes"),
        (7200, "2 hours"),
        (864e3, "10 days"),
    ],
)
def test_times_are_told_in_words(seconds_: float, words: str) -> None:
    """The unit suits the length."""
    assert span(seconds_) == words
