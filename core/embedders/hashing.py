"""An embedder without a model: words hashed into a vector. It knows words, not what they mean."""

import hashlib
from collections.abc import Sequence

import numpy as np

from core.embedding import EmbedderDescription, Vectors
from core.terms import terms_of


class HashingEmbedder:
    """Each term adds to one bucket, with a sign, so that texts sharing terms have a high cosine.

    It is deterministic across processes and starts at once: for tests and demonstrations.
    """

    def __init__(self, dimension: int = 256, window: int = 256) -> None:
        """Take the vectors' length and the longest text in tokens."""
        self._description = EmbedderDescription(model="hashing", dimension=dimension, window=window)

    @property
    def description(self) -> EmbedderDescription:
        """What the vectors depend on."""
        return self._description

    async def embed_question(self, text: str) -> Vectors:
        """Return one unit vector, shape (dimension,)."""
        return self._vector(text)

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension), in order."""
        vectors = np.zeros((len(texts), self._description.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._vector(text)
        return vectors

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension), in order."""
        return await self.embed_passages(texts)

    def count_tokens(self, text: str) -> int:
        """Return the number of words, and two more as other models do for their special tokens."""
        return len(text.split()) + 2

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self._description.dimension, dtype=np.float32)
        for term in terms_of(text):
            digest = hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            number = int.from_bytes(digest, "big")
            vector[(number >> 1) % len(vector)] += 1 if number & 1 else -1
        if not vector.any():
            # A text without terms, or whose terms cancel out, still needs a direction.
            vector[0] = 1
        unit: Vectors = vector / np.linalg.norm(vector)
        return unit
