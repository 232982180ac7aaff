"""The quick driver: a BERT in OpenVINO, without torch, so that it starts in about a second."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from core.embedders.batches import BUDGET, Batch, batches
from core.embedders.engine import Engine, Precision
from core.embedders.word_pieces import WordPieces
from core.embedding import EmbedderDescription, Vectors
from core.errors import EmbedderError

SORTED = 512
"""Texts that are sorted by length at a time: more would hold more tokens in memory."""


@dataclass(slots=True, eq=False)
class Asked:
    """A question that waits for its vector."""

    text: str
    vector: Future[Vectors] = field(default_factory=Future)


class QuickEmbedder:
    """Two engines of one model: passages have a lower priority, and questions never wait for them."""

    def __init__(
        self,
        *,
        description: EmbedderDescription,
        pieces: WordPieces,
        questions: Engine,
        passages: Engine,
    ) -> None:
        """Take what `core.embedders.choice` has loaded, which is the usual way here."""
        self._description = description
        self._pieces = pieces
        self._engine, self._bulk_engine = questions, passages
        self._waiting: deque[Asked] = deque()
        self._questions = ThreadPoolExecutor(questions.streams, thread_name_prefix="embed-question")
        self._passages = ThreadPoolExecutor(passages.streams, thread_name_prefix="embed-passages")

    @property
    def description(self) -> EmbedderDescription:
        """What the vectors depend on."""
        return self._description

    @property
    def precision(self) -> Precision:
        """In what numbers the model runs."""
        return self._engine.precision

    async def embed_question(self, text: str) -> Vectors:
        """Return one unit vector, shape (dimension,). Those that wait at once share a batch."""
        asked = Asked(text=text)
        self._waiting.append(asked)
        self._questions.submit(self._answer)
        return await asyncio.wrap_future(asked.vector)

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension), in order."""
        return await self._embed_in_bulk(texts, self._description.passage_prompt)

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension), in the passages' threads."""
        return await self._embed_in_bulk(texts, self._description.question_prompt)

    def count_tokens(self, text: str) -> int:
        """Return how many of the window's tokens a text takes, special tokens included."""
        return self._pieces.count(text)

    async def close(self) -> None:
        """Finish the running batches and let go of the threads."""
        for executor in (self._questions, self._passages):
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)

    def _answer(self) -> None:
        """Give this thread's share of the questions that wait their vectors, if there are any."""
        together = self._share()
        if not together:
            return
        failure = EmbedderError("The question could not be embedded.")
        try:
            prompt = self._description.question_prompt
            tokens = self._pieces.of([one.text for one in together], prompt)
            for one, vector in zip(together, self._engine.embed(tokens), strict=True):
                one.vector.set_result(vector)
        except EmbedderError as error:
            failure = error
        finally:
            # Whatever went wrong, nobody waits for ever.
            for one in together:
                if not one.vector.done():
                    one.vector.set_exception(failure)

    def _share(self) -> list[Asked]:
        """Return an equal share of those that wait, without those that gave up."""
        share: list[Asked] = []
        for _ in range(-(-len(self._waiting) // self._engine.streams)):
            # Another thread may be quicker.
            with suppress(IndexError):
                share.append(self._waiting.popleft())
        return [one for one in share if one.vector.set_running_or_notify_cancel()]

    async def _embed_in_bulk(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors = np.zeros((len(texts), self._description.dimension), dtype=np.float32)
        loop = asyncio.get_running_loop()
        streams = self._bulk_engine.streams
        for first in range(0, len(texts), SORTED):
            some = texts[first : first + SORTED]
            tokens = await loop.run_in_executor(self._passages, self._pieces.of, some, prompt)
            # A few texts are shared out too, for each batch has one thread.
            share = sum(len(text) for text in tokens) // streams
            waiting = batches(tokens, min(BUDGET, share))
            work = [self._work_off(waiting, vectors[first:]) for _ in range(streams)]
            await asyncio.gather(*work)
        return vectors

    async def _work_off(self, waiting: Iterator[Batch], vectors: Vectors) -> None:
        """Fill in the rows of one batch after the other, until none is left."""
        loop = asyncio.get_running_loop()
        for batch in waiting:
            rows = list(batch.rows)
            vectors[rows] = await loop.run_in_executor(self._passages, self._bulk_engine.run, batch)
