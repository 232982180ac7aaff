"""Milvus's errors as people see them."""

import grpc  # type: ignore[import-untyped]  # it ships no types
import pytest
from pymilvus import MilvusException  # type: ignore[import-untyped]  # it ships no types

from core.errors import IndexUnavailableError
from core.index.translation import is_absence, is_refusal, translated


@pytest.mark.parametrize(
    "error", [MilvusException(1, "gone"), grpc.RpcError("gone"), ValueError("gone")]
)
def test_every_failure_is_one_sentence(error: Exception) -> None:
    """Whatever the client raises becomes our error, with its cause."""
    with (
        pytest.raises(
            IndexUnavailableError, match=r"^The index does not answer: gone\.$"
        ) as raised,
        translated("does not answer"),
    ):
        raise error
    assert raised.value.__cause__ is error


def test_other_errors_pass() -> None:
    """A mistake of ours is not taken for a failure of the index."""
    with pytest.raises(KeyError), translated("does not answer"):
        raise KeyError


def test_refusals() -> None:
    """A refusal wrote nothing; anything else may have written half."""
    assert is_refusal(MilvusException(100, "no such collection"))
    assert is_refusal(ValueError("not finite"))
    assert not is_refusal(MilvusException(1, "disk full"))
    assert not is_refusal(grpc.RpcError("gone"))
    assert not is_refusal(None)


class Ended(grpc.RpcError, grpc.Call):  # type: ignore[misc]  # grpc ships no types
    """A call that ended with a code."""

    def __init__(self, code: grpc.StatusCode) -> None:
        """Take the code."""
        self._code = code

    def code(self) -> grpc.StatusCode:
        """Return the code."""
        return self._code


def test_absences() -> None:
    """A server that did not answer is told from one that did not like the question."""
    assert is_absence(Ended(grpc.StatusCode.UNAVAILABLE))
    assert is_absence(Ended(grpc.StatusCode.DEADLINE_EXCEEDED))
    assert is_absence(MilvusException(grpc.StatusCode.UNAVAILABLE, "tried again until late"))
    assert is_absence(MilvusException(101, "not loaded"))
    assert is_absence(MilvusException(1, "Cannot invoke RPC: Channel closed!"))
    assert not is_absence(Ended(grpc.StatusCode.UNIMPLEMENTED))
    assert not is_absence(MilvusException(100, "no such collection"))
    assert not is_absence(ValueError("not finite"))
    assert not is_absence(None)
