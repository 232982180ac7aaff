"""The quick driver gives the vectors of sentence-transformers, sooner, and without torch."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.embedders.batches import Batch
from core.embedders.bert import bert_graph
from core.embedders.choice import load_quick
from core.embedders.encoder import read_encoder
from core.embedders.engine import NICENESS, Engine
from core.embedders.quick import SORTED, QuickEmbedder
from core.embedders.sentence_transformer import SentenceTransformerEmbedder
from core.embedders.word_pieces import WordPieces
from core.embedding import EmbedderDescription, Vectors
from core.errors import EmbedderError
from core.settings import CHECKOUT, EmbedderSettings

AWKWARD = [
    "",
    " ",
    "ale",
    "🍺🍻👩🏽‍🚀",
    "酒馆今天不开门，明天再来。",
    "El café está cerrado\u200b… naïve \u202eright\u202c [MASK] [CLS]",
    "\ud800 lone \0 surrogate \udfff",
    "A tavern keeper pours ale for travellers. " * 250,
    "\n".join(str(number) for number in range(3000)),
]
BARE = """
import asyncio, sys
from core.embedders.choice import load_embedder
from core.settings import EmbedderSettings
async def main():
    embedder = await load_embedder(EmbedderSettings())
    await embedder.embed_question("How do I brew ale?")
    await embedder.embed_passages(["Malt, hops and water."])
    await embedder.close()
asyncio.run(main())
heavy = ("torch", "transformers", "sentence_transformers", "openvino_telemetry")
sys.exit(", ".join(name for name in heavy if name in sys.modules) or 0)
"""


def paragraphs() -> list[str]:
    """Return what Tavernkeep's own documentation says, a paragraph each."""
    found = [
        part.strip()
        for path in sorted(CHECKOUT.glob("**/*.md"))
        if not any(name.startswith(".") for name in path.relative_to(CHECKOUT).parts)
        for part in re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
    ]
    long = sorted({part for part in found if len(part) > 60})
    return long[:: len(long) // 150][:150]


async def test_float32_gives_the_same_vectors_as_sentence_transformers() -> None:
    """Whatever the text, the cosine is 0.99999 or more, and both describe the model alike."""
    settings = EmbedderSettings(precision="float32")
    quick, reference = load_quick(settings), await SentenceTransformerEmbedder.load(settings)
    texts = [*AWKWARD, *paragraphs()[:20]]
    ours, theirs = [await one.embed_passages(texts) for one in (quick, reference)]
    assert np.sum(ours * theirs, axis=1).min() >= 0.99999
    assert quick.description == reference.description
    assert [quick.count_tokens(text) for text in texts] == [
        reference.count_tokens(text) for text in texts
    ]
    await asyncio.gather(quick.close(), reference.close())


async def test_a_model_of_another_make_gives_its_own_vectors(tiny: Path) -> None:
    """The first token's vector, other sizes and the model's prompts: just as the reference."""
    settings = EmbedderSettings(model=str(tiny), precision="float32")
    quick, reference = load_quick(settings), await SentenceTransformerEmbedder.load(settings)
    ours, theirs = [await one.embed_passages(AWKWARD) for one in (quick, reference)]
    assert np.sum(ours * theirs, axis=1).min() >= 0.99999
    asked = [await one.embed_question("Is there ale?") for one in (quick, reference)]
    assert asked[0] @ asked[1] >= 0.99999
    assert quick.description == reference.description
    assert quick.description.question_prompt == "question: "
    await asyncio.gather(quick.close(), reference.close())


async def test_bfloat16_finds_the_same_passages() -> None:
    """Of the ten nearest in float32, 98 of 100 are among the ten nearest in bfloat16."""
    texts = paragraphs()
    exact, rounded = [
        load_quick(EmbedderSettings(precision="float32")),
        load_quick(EmbedderSettings()),
    ]
    if rounded.precision != "bfloat16":
        pytest.skip("This processor has no bfloat16.")
    nearest = []
    for embedder in (exact, rounded):
        passages = await embedder.embed_passages(texts[50:])
        scores = await embedder.embed_questions(texts[:50]) @ passages.T
        nearest.append([set(row) for row in np.argsort(-scores, axis=1)[:, :10].tolist()])
        await embedder.close()
    overlap = [len(one & other) for one, other in zip(*nearest, strict=True)]
    assert sum(overlap) / len(overlap) >= 9.8


def test_starting_needs_no_torch_and_tells_nobody() -> None:
    """Loading and embedding import neither torch nor what would report OpenVINO's use."""
    run = subprocess.run([sys.executable, "-c", BARE], check=False, capture_output=True, text=True)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


async def test_questions_that_wait_are_embedded_together() -> None:
    """Thirty at once come back right, each its own, though one engine call makes many."""
    embedder = load_quick(EmbedderSettings(precision="float32"))
    texts = [f"Where is barrel {number}?" for number in range(30)]
    together = await asyncio.gather(*(embedder.embed_question(text) for text in texts))
    assert np.array(together) == pytest.approx(await embedder.embed_questions(texts), abs=1e-5)
    await embedder.close()


async def test_a_cancelled_call_stops_after_its_batch() -> None:
    """Nobody waits for the rest of the passages: closing takes no longer than one batch."""
    embedder = load_quick(EmbedderSettings())
    bulk = asyncio.create_task(embedder.embed_passages(["ale and hops " * 60] * 3 * SORTED))
    await asyncio.sleep(0.5)
    bulk.cancel()
    with pytest.raises(asyncio.CancelledError):
        await bulk
    async with asyncio.timeout(20):
        await embedder.embed_passages(["ale"])
        await embedder.close()


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux has priorities of threads.")
def test_passages_make_way_for_questions() -> None:
    """The threads that embed passages are nicer, also where an earlier embedder left threads."""
    command = [sys.executable, "-m", "tests.core.embedders.priorities"]
    run = subprocess.run(command, check=True, cwd=CHECKOUT, capture_output=True, text=True)
    added = min(NICENESS, 19 - os.getpriority(os.PRIO_PROCESS, 0))  # there is nothing above 19
    assert run.stdout.splitlines() == ["questions 0", f"passages {added}"] * 2


async def test_many_passages_come_back_in_order() -> None:
    """More texts than are sorted at a time still land in their own rows."""
    embedder: QuickEmbedder = load_quick(EmbedderSettings())
    texts = [f"ale {number % 7}" for number in range(SORTED + 20)]
    vectors = await embedder.embed_passages(texts)
    assert vectors[7:] == pytest.approx(vectors[:-7], abs=0.01)
    assert not np.allclose(vectors[0], vectors[1], atol=0.01)
    await embedder.close()


class Broken(Engine):
    """An engine that has failed."""

    def __init__(self) -> None:
        self.precision, self.streams = "float32", 1

    def embed(self, texts: Sequence[NDArray[np.int32]]) -> Vectors:
        """Fail as the real one does when memory is short."""
        raise EmbedderError("The embedding model failed: is there memory left?")


async def test_a_failure_is_told_to_everybody_who_waits(tiny: Path) -> None:
    """No question waits for ever because the engine failed on the batch that it was in."""
    encoder = read_encoder(tiny)
    embedder = QuickEmbedder(
        description=EmbedderDescription(model="tiny", dimension=48, window=64),
        pieces=WordPieces(encoder.folder, encoder.longest),
        questions=Broken(),
        passages=Broken(),
    )
    asked = [embedder.embed_question("ale?") for _ in range(5)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [str(one)[:27] for one in outcomes] == ["The embedding model failed:"] * 5
    await embedder.close()


async def test_a_question_that_gave_up_keeps_nobody_waiting() -> None:
    """Whoever stops waiting is left out, and the others are answered."""
    embedder = load_quick(EmbedderSettings())
    asked = [asyncio.create_task(embedder.embed_question(f"ale {n}?")) for n in range(6)]
    await asyncio.sleep(0)
    for task in asked[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(one, np.ndarray) for one in outcomes[1::2])
    await embedder.close()


def test_what_openvino_refuses_is_a_sentence(tiny: Path) -> None:
    """An engine that fails says so in words for people, and can be used again."""
    engine = Engine(bert_graph(read_encoder(tiny)), "float32", streams=1)
    tokens, mask = np.ones((1, 5), dtype=np.int32), np.ones((1, 3), dtype=np.float32)
    with pytest.raises(EmbedderError, match="The embedding model failed"):
        engine.run(Batch(rows=[0], tokens=tokens, mask=mask))
    mask = np.ones((1, 5), dtype=np.float32)
    assert engine.run(Batch(rows=[0], tokens=tokens, mask=mask)).shape == (1, 48)
