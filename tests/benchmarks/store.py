"""Data folders of a wanted size, filled once through the product's own ingestion and then copied."""

import asyncio
import hashlib
import itertools
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.app import open_store
from core.documents import Document, Passage, Unreadable
from core.embedders.choice import load_embedder
from core.embedding import EmbedderDescription, Vectors
from core.interfaces import Embedder
from core.ledger.operations import ALIASES
from core.scheduler import silent
from core.settings import CHECKOUT, EmbedderSettings, IndexSettings, Settings, load_settings
from core.splitting import passages_of
from tests.benchmarks.bench import Bench, Tell
from tests.benchmarks.corpus import SOURCE, Corpus

NOISE = 0.6
"""The length of the noise on a unit vector: two that were the same have a cosine of 0.74 after it."""

REAL = 1024
"""Passages whose true vectors the made-up ones are varied from."""


def settings_in(folder: Path, **given: object) -> Settings:
    """Return the default settings with a data folder, and nothing from this machine's environment."""
    return load_settings(env_file=None, data=folder, plugins=(), **given)


async def load(settings: EmbedderSettings | None = None) -> Embedder:
    """Return the product's embedder, as the bot would load it on this machine."""
    return await load_embedder(settings or EmbedderSettings())


class Kept:
    """An embedder that stays open when the store that it was given to is closed."""

    def __init__(self, embedder: Embedder) -> None:
        """Take the embedder."""
        self.description = embedder.description
        self.embed_question = embedder.embed_question
        self.embed_passages = embedder.embed_passages
        self.embed_questions = embedder.embed_questions
        self.count_tokens = embedder.count_tokens

    async def close(self) -> None:
        """Leave it open."""


class VaryingEmbedder:
    """The real embedder, whose passages get true vectors of others with noise, at no cost.

    Filling an index with 50,000 passages would otherwise be an hour of embedding. The vectors lie
    as true ones do; which text has which says nothing.
    """

    def __init__(self, real: Embedder, vectors: Vectors, model: str = "") -> None:
        """Take the embedder that questions go to, and true vectors; `model` feigns another model."""
        self._real = real
        self._vectors = vectors
        self._model = model

    @property
    def description(self) -> EmbedderDescription:
        """What the vectors depend on: as the real embedder says, so that it can take over."""
        described = self._real.description
        return replace(described, model=self._model) if self._model else described

    async def embed_question(self, text: str) -> Vectors:
        """Return the real vector."""
        return await self._real.embed_question(text)

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return a varied vector for each text."""
        return await asyncio.to_thread(varied_vectors, texts, self._vectors)

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Return a varied vector for each text."""
        return await asyncio.to_thread(varied_vectors, texts, self._vectors)

    def count_tokens(self, text: str) -> int:
        """Return the real count."""
        return self._real.count_tokens(text)

    async def close(self) -> None:
        """Leave the real embedder open."""


def varied_vectors(texts: Sequence[str], vectors: Vectors) -> Vectors:
    """Return unit vectors of shape (len(texts), dimension): true ones with seeded noise."""
    made = np.empty((len(texts), vectors.shape[1]), dtype=np.float32)
    for place, text in enumerate(texts):
        seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8])
        dice = np.random.default_rng(seed)
        noise = dice.standard_normal(vectors.shape[1])
        noisy = vectors[seed % len(vectors)] + NOISE * noise / np.linalg.norm(noise)
        made[place] = noisy / np.linalg.norm(noisy)
    return made


def varied(document: Document, edition: int) -> Document:
    """Return a document with a tenth of its words moved, the same for the same edition."""
    if not edition:
        return document
    dice = random.Random(f"{edition} {document.uri}")  # noqa: S311  # no secret, but the same again
    lines = document.text.split(" ")
    for _ in range(len(lines) // 20):
        one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
    title = f"{document.title} {edition}"
    return replace(document, uri=f"{document.uri} {edition}", title=title, text=" ".join(lines))


class Filling:
    """A source of documents, varied again and again, until there are about so many letters."""

    def __init__(
        self, documents: Sequence[Document], letters: float, name: str = SOURCE, first: int = 0
    ) -> None:
        """Take what is varied, how much is wanted, and the number of the first edition."""
        self.name = name
        self._documents = documents
        self._letters = letters
        self._first = first

    async def documents(self) -> AsyncIterator[Document | Unreadable]:
        """Yield the documents, then the same with their words moved, and so on."""
        taken = 0
        for edition in itertools.count(self._first):
            for one in self._documents:
                if taken >= self._letters:
                    return
                taken += len(one.text)
                yield replace(varied(one, edition), source=self.name)


def passages_in(documents: Sequence[Document], embedder: Embedder) -> list[Passage]:
    """Return what the documents are split into, in their order."""
    count, window = embedder.count_tokens, embedder.description.window
    return [passage for one in documents for passage in passages_of(one, count, window)]


def some_passages(corpus: Corpus, embedder: Embedder, wanted: int) -> list[str]:
    """Return so many texts to embed, about 200 tokens each, from the beginning of the corpus."""
    texts: dict[str, None] = {}
    for one in corpus.documents:
        texts.update(dict.fromkeys(part.embedded for part in passages_in([one], embedder)))
        if len(texts) >= wanted:
            break
    return list(texts)[:wanted]


async def true_vectors(bench: Bench, corpus: Corpus, embedder: Embedder, tell: Tell) -> Vectors:
    """Return the vectors of some passages, embedded by the first run that needs them."""
    wanted = bench.pick(64, REAL)
    fingerprint = embedder.description.fingerprint
    path = bench.scratch / f"vectors-{corpus.key}-{fingerprint}-{wanted}.npy"
    if not path.exists():
        for old in bench.scratch.glob(f"vectors-*-{wanted}.npy"):
            old.unlink()
        tell(f"embedding {wanted} passages, once")
        np.save(path, await embedder.embed_passages(some_passages(corpus, embedder, wanted)))
    vectors: Vectors = np.load(path)
    return vectors


async def filled(
    bench: Bench, corpus: Corpus, embedder: Embedder, passages: int, tell: Tell
) -> Path:
    """Return a closed data folder with about so many passages, made by the first run that needs it.

    Whoever changes anything in it takes a copy.
    """
    name = f"store-{corpus.key}-{embedder.description.fingerprint}-{made_by()}-{passages}"
    folder = bench.scratch / name
    if folder.exists():
        return folder
    for old in bench.scratch.glob(f"store-*-{passages}"):
        shutil.rmtree(old)
    sample = corpus.documents[:50]
    letters = sum(len(one.text) for one in sample) / len(passages_in(sample, embedder))
    varying = VaryingEmbedder(embedder, await true_vectors(bench, corpus, embedder, tell))
    begun = folder.with_name(f"{name}.begun")
    tell(f"filling a data folder with {passages:,} passages, once")
    async with open_store(settings_in(begun), embedder=varying) as store:
        await store.ingestion.ingest(Filling(corpus.documents, letters * passages), silent)
        for alias in ALIASES:
            await store.index.flush(alias)
    begun.rename(folder)
    return folder


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """Yield a copy of a data folder, which is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="copy-", dir=folder.parent) as scratch:
        yield Path(shutil.copytree(folder, Path(scratch) / "data"))


def made_by() -> str:
    """Return what changes when the product would fill a folder otherwise."""
    core = CHECKOUT / "core"
    places = (core / "splitting.py", core / "index" / "schema.py", core / "ledger" / "tables.py")
    files = [*places, *sorted((core / "ledger" / "migrations" / "versions").glob("*.py"))]
    digest = hashlib.sha256(repr(IndexSettings()).encode())
    for one in files:
        digest.update(one.read_bytes())
    return digest.hexdigest()[:8]
