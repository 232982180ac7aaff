"""Batching: prompts that may wait are answered together, later, and cheaper."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

from core.prompts import Piece, Prompt

Written: TypeAlias = Mapping[str, Sequence[Piece] | None]
"""Answers by key: the pieces, none where the passages hold no answer, None where it failed."""


@runtime_checkable
class Batching(Protocol):
    """Hands prompts over, and asks later for what became of them, be it after a restart."""

    async def send(self, prompts: Mapping[str, Prompt]) -> str:
        """Hand prompts over by keys of at most 64 letters and digits; return the batch's name.

        No passage may be blank: citations name passages by their place. Raises `ModelError`.
        """
        ...

    async def collect(self, batch_id: str) -> Written | None:
        """Return what became of a batch, None while it is under way. Raises `ModelError`.

        A key that it lacks, and every key of a batch that is gone, has failed.
        """
        ...
