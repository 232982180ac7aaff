"""Milvus's errors, said in one sentence of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc  # type: ignore[import-untyped]  # it ships no types
from pymilvus.exceptions import (  # type: ignore[import-untyped]  # it ships no types
    DataNotMatchException,
    MilvusException,
    ParamError,
)

from core.errors import IndexUnavailableError

# No such collection, a row that does not fit the schema.
REFUSALS = (4, 6, 100)
# No connection, not loaded, not fully loaded, no shard's leader, no such worker: it may be back soon.
ABSENCES = (2, 101, 103, 503, 901)
ASKED_WRONGLY = (
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)


@contextmanager
def translated(trouble: str) -> Iterator[None]:
    """Raise `IndexUnavailableError` for what fails inside; `trouble` continues "The index …"."""
    try:
        yield
    except MilvusException as error:
        raise IndexUnavailableError(f"The index {trouble}: {error.message}.") from error
    except grpc.RpcError as error:  # calls that a server does not know come through untranslated
        details = error.details() if isinstance(error, grpc.Call) else str(error)
        raise IndexUnavailableError(f"The index {trouble}: {details}.") from error
    except ValueError as error:  # what the client refuses to send: surrogates, infinite vectors
        raise IndexUnavailableError(f"The index {trouble}: {error}.") from error


def is_refusal(error: BaseException | None) -> bool:
    """Say whether a call was refused for what it asked, before anything was written."""
    if isinstance(error, MilvusException):
        return isinstance(error, (ParamError, DataNotMatchException)) or error.code in REFUSALS
    return isinstance(error, ValueError)


def is_absence(error: BaseException | None) -> bool:
    """Say whether a call failed because the server did not answer it, rather than for what it asked."""
    if isinstance(error, grpc.Call):
        return error.code() not in ASKED_WRONGLY
    if not isinstance(error, MilvusException):
        return False
    ended = isinstance(error.code, grpc.StatusCode)  # the client had tried again until its deadline
    return ended or error.code in ABSENCES or "closed" in error.message
