"""What a vector is, and what it depends on."""

import json
from dataclasses import asdict, dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.documents import content_hash

Vectors: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderDescription:
    """What a vector depends on. Two embedders with one fingerprint make interchangeable vectors.

    `scripts` are the writing systems the model understands, as names that `core.terms.scripts_of`
    gives ("latin", "han" …); empty means all. `window` is the longest text in tokens, special
    tokens included.
    """

    model: str
    dimension: int
    window: int
    question_prompt: str = ""
    passage_prompt: str = ""
    normalised: bool = True
    scripts: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that every stored embedding carries."""
        described = {k: v for k, v in asdict(self).items() if k not in {"scripts", "window"}}
        return content_hash(json.dumps(described, sort_keys=True))[:16]
