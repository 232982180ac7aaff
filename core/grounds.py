"""Grounds: whether the sources bear an answer out, and who can say so."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

from core.prompts import PromptPassage


class Grounds(StrEnum):
    """What the sources say to an answer."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    MISSING = "missing"  # they say nothing of it, or not enough


@runtime_checkable
class Judge(Protocol):
    """Reads an answer beside its sources. Both are data, whatever they claim to be."""

    @property
    def name(self) -> str:
        """The judge's name: another one may find otherwise."""
        ...

    async def weigh(self, question: str, text: str, passages: Sequence[PromptPassage]) -> Grounds:
        """Return whether passages bear out what a text answers; raise `ModelError` where it cannot."""
        ...
