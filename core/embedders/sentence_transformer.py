"""The sentence-transformers driver. Importing it is cheap: torch is imported by `load`, in a thread."""

import asyncio
import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from core.embedders.description import describe, encodable
from core.embedders.weights import find_weights
from core.embedding import EmbedderDescription, Vectors
from core.errors import EmbedderError
from core.settings import EmbedderSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Returned = TypeVar("Returned")

BATCH = 8
"""Passages embedded at once: larger batches are slower on a processor, and hold a thread longer."""

WINDOW = 256
"""The window of a model that names none."""


class SentenceTransformerEmbedder:
    """One model, two threads: questions never wait for passages, and the event loop for neither."""

    def __init__(self, model: "SentenceTransformer", description: EmbedderDescription) -> None:
        """Take a loaded model; `load` is the usual way."""
        self._model = model
        self._description = description
        self._tokenizer = counting_tokenizer(model)
        self._questions = ThreadPoolExecutor(1, thread_name_prefix="embed-question")
        self._passages = ThreadPoolExecutor(1, thread_name_prefix="embed-passages")

    @classmethod
    async def load(cls, settings: EmbedderSettings) -> "SentenceTransformerEmbedder":
        """Load the model that the settings name, or raise `EmbedderError` in one sentence.

        The bundled model and a folder are loaded without the network.
        """
        model, identity = await asyncio.to_thread(load_model, settings.model)
        embedder = cls(model, describe_model(model, identity, settings))
        # The first call fixes the tokenizer's padding, which later calls from two threads share.
        await embedder.embed_question("first")
        return embedder

    @property
    def description(self) -> EmbedderDescription:
        """What the vectors depend on."""
        return self._description

    async def embed_question(self, text: str) -> Vectors:
        """Return one unit vector, shape (dimension,), while passages go on in their own thread."""
        prompt = self._description.question_prompt
        vectors = await in_thread(self._questions, partial(self._encode, [text], prompt))
        question: Vectors = vectors[0]
        return question

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension), in order."""
        return await self._embed_in_bulk(texts, self._description.passage_prompt)

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension), in the passages' thread."""
        return await self._embed_in_bulk(texts, self._description.question_prompt)

    def count_tokens(self, text: str) -> int:
        """Return how many of the window's tokens a text takes, special tokens included."""
        return len(self._tokenizer.encode(encodable(text)))

    async def close(self) -> None:
        """Finish the running batch and let go of the threads."""
        for executor in (self._questions, self._passages):
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)

    async def _embed_in_bulk(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors = np.zeros((len(texts), self._description.dimension), dtype=np.float32)
        # Alike in length means little padding, and a cancelled call stops after its batch.
        by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for first in range(0, len(by_length), BATCH):
            rows = by_length[first : first + BATCH]
            work = partial(self._encode, [texts[row] for row in rows], prompt)
            vectors[rows] = await in_thread(self._passages, work)
        return vectors

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        encoded = self._model.encode(
            [encodable(text) for text in texts],
            prompt=prompt,
            batch_size=BATCH,
            show_progress_bar=False,
            normalize_embeddings=True,
        )
        vectors: Vectors = np.asarray(encoded, dtype=np.float32)
        return vectors


async def in_thread(executor: ThreadPoolExecutor, work: Callable[[], Returned]) -> Returned:
    """Return what the work returns, done in one of the executor's threads."""
    return await asyncio.get_running_loop().run_in_executor(executor, work)


def load_model(named: str) -> tuple["SentenceTransformer", str]:
    """Import sentence-transformers, load a model and return it with its identity; takes seconds.

    Raises `EmbedderError` for a model that is missing, broken or not the published one.
    """
    weights = find_weights(named)
    with collector_paused():
        silence()
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer

    broken = (OSError, ValueError, KeyError, RuntimeError, SafetensorError)
    try:
        model = SentenceTransformer(weights.place, device="cpu", local_files_only=weights.local)
    except broken as error:
        raise EmbedderError(
            f"The embedding model {named} cannot be loaded: check the setting embedder.model, "
            'or set it to "bundled".'
        ) from error
    return model, weights.identity or hub_identity(model, named)


def hub_identity(model: "SentenceTransformer", named: str) -> str:
    """Return a hub model's name with its revision, as far as the files tell it."""
    revision = getattr(getattr(model.transformers_model, "config", None), "_commit_hash", None)
    return f"{named}@{revision[:12]}" if revision else named


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector away meanwhile: the imports leave no garbage.

    It would walk a million new objects again and again, a sixth of the time that they take.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


def silence() -> None:
    """Keep progress bars and notices of the libraries out of the terminal."""
    from transformers.utils import logging as notices

    # Both are untyped in the library.
    notices.disable_progress_bar()  # type: ignore[no-untyped-call]
    notices.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)


def describe_model(
    model: "SentenceTransformer", identity: str, settings: EmbedderSettings
) -> EmbedderDescription:
    """Return what the vectors depend on, as the loaded model tells it."""
    return describe(
        settings,
        identity=identity,
        dimension=model.get_embedding_dimension() or 0,
        longest=model.max_seq_length or WINDOW,
        prompts=model.prompts,
        tokenizer=counting_tokenizer(model),
    )


def counting_tokenizer(model: "SentenceTransformer") -> "Tokenizer":
    """Return a tokenizer of our own, which neither cuts nor pads and is safe from any thread."""
    from tokenizers import Tokenizer

    own = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    if not isinstance(own, Tokenizer):
        raise EmbedderError(
            "The embedding model has no fast tokenizer: name another in the setting embedder.model."
        )
    tokenizer = Tokenizer.from_str(own.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
