"""Which driver runs the embedding model, and in what numbers: the quickest that can be trusted."""

import asyncio
import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.embedders.bert import bert_graph
from core.embedders.description import describe
from core.embedders.encoder import read_encoder
from core.embedders.engine import Engine, has_bfloat16, in_background, processors, runtime
from core.embedders.quick import QuickEmbedder
from core.embedders.sentence_transformer import SentenceTransformerEmbedder
from core.embedders.weights import find_weights
from core.embedders.word_pieces import WordPieces
from core.errors import UnsupportedModelError
from core.interfaces import Embedder
from core.settings import EmbedderSettings

if TYPE_CHECKING:
    from openvino import Model  # type: ignore[import-untyped]  # ships no marker of its types

log = logging.getLogger(__name__)

LEAST, MOST = 2, 8
"""Batches of passages at a time, each of which takes some 25 MB.

Two at least, even on one processor: OpenVINO gives the threads of an engine that is gone, with
their priority, to the next one of as many streams, and questions have one stream.
"""

NEAR_ENOUGH = 0.999
"""Cosine to float32 that bfloat16 must keep; the bundled model keeps 0.9999."""

SAMPLES = (
    "",
    "ok",
    "How do I reset my password?",
    "The scheduler re-embeds what changed overnight: 3 documents, 41 passages (v2.6.1).",
    "docker run -d --name db -p 19530:19530 -v /srv/db:/var/lib/db example/db:latest",
    "El café está cerrado; 酒馆今天不开门。 🍺",
    "A tavern keeper pours ale for travellers, and each of them tells a story in return. " * 20,
)
"""Texts on which bfloat16 is compared: short and long, prose, commands and other scripts."""


async def load_embedder(settings: EmbedderSettings) -> Embedder:
    """Load the model that the settings name, or raise `EmbedderError` in one sentence.

    A BERT from a folder runs in the quick engine, everything else through sentence-transformers;
    the vectors of both are interchangeable. The log says which and why.
    """
    try:
        quick = await asyncio.to_thread(load_quick, settings)
    except UnsupportedModelError as reason:
        log.info("The embedding model runs through sentence-transformers: %s.", reason)
        return await SentenceTransformerEmbedder.load(settings)
    log.info("The embedding model runs in OpenVINO, in %s.", quick.precision)
    return quick


def load_quick(settings: EmbedderSettings) -> QuickEmbedder:
    """Return the quick driver, in about a second; `UnsupportedModelError` says why it cannot be.

    Raises any other `EmbedderError` where sentence-transformers would, too.
    """
    weights = find_weights(settings.model)
    if not weights.local:
        raise UnsupportedModelError("it is on a hub and not in a folder")
    runtime()
    encoder = read_encoder(Path(weights.place))
    pieces = WordPieces(encoder.folder, encoder.longest)
    model = bert_graph(encoder)
    questions = question_engine(model, pieces, settings)
    streams = max(LEAST, min(processors(), MOST))
    passages = in_background(partial(Engine, model, questions.precision, streams))
    description = describe(
        settings,
        identity=weights.identity,
        dimension=encoder.hidden,
        longest=encoder.longest,
        prompts=encoder.prompts,
        tokenizer=pieces.tokenizer,
    )
    return QuickEmbedder(
        description=description, pieces=pieces, questions=questions, passages=passages
    )


def question_engine(model: "Model", pieces: WordPieces, settings: EmbedderSettings) -> Engine:
    """Return the engine for questions: in bfloat16 where that is wanted, there and near enough.

    Raises `UnsupportedModelError` where the engine gives no unit vectors for the samples.
    """
    exact = Engine(model, "float32", streams=1)
    samples = pieces.of(SAMPLES, "")
    reference = exact.embed(samples)
    if not np.allclose(np.linalg.norm(reference, axis=1), 1, atol=1e-3):
        raise UnsupportedModelError("its vectors in OpenVINO are no unit vectors")
    if settings.precision == "float32" or not has_bfloat16():
        return exact
    rounded = Engine(model, "bfloat16", streams=1)
    # A vector that is no number is near to nothing.
    cosines = np.nan_to_num(np.sum(reference * rounded.embed(samples), axis=1), nan=-1)
    if cosines.min() >= NEAR_ENOUGH:
        return rounded
    log.warning(
        "The embedding model runs in float32: bfloat16 keeps a cosine of %.4f only.", cosines.min()
    )
    return exact
