"""BERT's tokens: text cut into the word pieces of a model's vocabulary."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.embedders.description import encodable


class WordPieces:
    """A model's tokenizer, which cuts long texts as the model was trained. Safe from any thread."""

    def __init__(self, folder: Path, longest: int) -> None:
        """Read a checked folder's `tokenizer.json`; no text has more than `longest` tokens."""
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self._longest = longest

    def count(self, text: str) -> int:
        """Return how many tokens a text has, special ones included, however long it is."""
        return len(self.tokenizer.encode(encodable(text)).ids)

    def of(self, texts: Sequence[str], prompt: str) -> list[NDArray[np.int32]]:
        """Return each text's tokens, after the prompt's."""
        return [self._cut(self.tokenizer.encode(encodable(prompt + text)).ids) for text in texts]

    def _cut(self, tokens: list[int]) -> NDArray[np.int32]:
        if len(tokens) > self._longest:
            # The last one ends every text, also one that is cut.
            tokens = [*tokens[: self._longest - 1], tokens[-1]]
        return np.array(tokens, dtype=np.int32)
