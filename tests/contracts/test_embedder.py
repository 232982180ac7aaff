"""What every embedder promises, over the hashing one and the bundled model in each driver."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest

from core.embedders.choice import load_quick
from core.embedders.hashing import HashingEmbedder
from core.embedders.sentence_transformer import SentenceTransformerEmbedder
from core.interfaces import Embedder
from core.settings import EmbedderSettings

TEXTS = [
    "A tavern keeper pours ale for travellers. " * 12,
    "Reset the password in the settings.",
    "",
    "The scheduler embeds again what changed overnight.",
    "\ud800 lone \0 surrogate",
]


ROUNDED = 0.005
"""How far a number of a vector may be off in bfloat16, where what shares a batch matters."""


@pytest.fixture(scope="session", params=["hashing", "sentence-transformers", "float32", "auto"])
def session_embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    """Each embedder, loaded once, since the model takes seconds; it belongs to no event loop."""
    made: Embedder = HashingEmbedder()
    if request.param == "sentence-transformers":
        made = asyncio.run(SentenceTransformerEmbedder.load(EmbedderSettings()))
    elif request.param != "hashing":
        made = load_quick(EmbedderSettings(precision=request.param))
    yield made
    asyncio.run(made.close())


@pytest.fixture
def near(session_embedder: Embedder) -> float:
    """How near two vectors of one text are, in each number."""
    return ROUNDED if getattr(session_embedder, "precision", "") == "bfloat16" else 1e-5


@pytest.fixture
def embedder(session_embedder: Embedder) -> Embedder:
    """The loaded embedder, for one test."""
    return session_embedder


async def test_a_question_is_one_unit_vector(embedder: Embedder) -> None:
    """A question has the described dimension, float32 and length one."""
    vector = await embedder.embed_question("How do I reset my password?")
    assert vector.shape == (embedder.description.dimension,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


async def test_passages_are_unit_vectors_in_order(embedder: Embedder, near: float) -> None:
    """Passages of unlike length come back in the order given, each as if it were alone."""
    vectors = await embedder.embed_passages(TEXTS * 3)
    assert vectors.shape == (15, embedder.description.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    alone = [(await embedder.embed_passages([text]))[0] for text in TEXTS]
    assert vectors == pytest.approx(np.array(alone * 3), abs=near)


async def test_questions_in_bulk_are_as_one_by_one(embedder: Embedder, near: float) -> None:
    """Stored questions are embedded just as the ones that are asked."""
    vectors = await embedder.embed_questions(TEXTS)
    alone = [await embedder.embed_question(text) for text in TEXTS]
    assert vectors == pytest.approx(np.array(alone), abs=near)


async def test_no_passages_are_no_rows(embedder: Embedder) -> None:
    """Nothing to embed gives an empty array that still has its columns."""
    vectors = await embedder.embed_passages([])
    assert vectors.shape == (0, embedder.description.dimension)


async def test_the_same_text_gives_the_same_vector(embedder: Embedder) -> None:
    """A stored embedding equals a new one of the same text, to the bit."""
    first, second = [await embedder.embed_passages(TEXTS[:2]) for _ in range(2)]
    assert np.array_equal(first, second)


async def test_near_questions_are_nearer_than_others(embedder: Embedder) -> None:
    """A question is closer to its near-copy than to something unlike."""
    asked = await embedder.embed_question("How do I reset my password?")
    alike, unlike = await embedder.embed_passages(
        ["How can I reset the password?", "The weather in Lisbon is mild."]
    )
    assert asked @ alike > 0.6 > asked @ unlike


async def test_questions_are_answered_during_bulk_work(embedder: Embedder, near: float) -> None:
    """Questions asked while passages are embedded come back right, before the bulk is done."""
    expected = await embedder.embed_question("Where is the ledger?")
    bulk = asyncio.create_task(embedder.embed_passages([*TEXTS[:1]] * 40))
    await asyncio.sleep(0)
    asked = await asyncio.gather(
        *(embedder.embed_question("Where is the ledger?") for _ in range(8))
    )
    assert bulk.done() == (embedder.description.model == "hashing")
    assert np.array(asked) == pytest.approx(np.array([expected] * 8), abs=near)
    assert (await bulk).shape == (40, embedder.description.dimension)


async def test_tokens_are_counted_beyond_the_window(embedder: Embedder) -> None:
    """The count grows with the text, is not capped by the window, and takes any text."""
    counts = [embedder.count_tokens("tavern " * times) for times in (1, 10, 1000)]
    assert counts == sorted(counts)
    assert counts[-1] > embedder.description.window
    assert embedder.count_tokens("") == 2
    assert embedder.count_tokens(TEXTS[-1]) > 2


async def test_what_lies_within_the_window_is_seen(embedder: Embedder) -> None:
    """The last word of a text that just fits the window still changes its vector."""
    room = embedder.description.window - 3
    texts = ["ale " * room + "dragon", "ale " * room + "wine"]
    assert [embedder.count_tokens(text) for text in texts] == [room + 3] * 2
    first, second = await embedder.embed_passages(texts)
    assert not np.allclose(first, second, atol=1e-4)
