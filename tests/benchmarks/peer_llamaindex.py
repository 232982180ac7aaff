"""llama-index over Milvus as its documentation shows it: run by `tests.benchmarks.peers` in its venv."""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    """Ingest, fill up, ask; print one line of JSON with what it took."""
    model, folder = sys.argv[1], Path(sys.argv[2])
    given: dict[str, Any] = json.loads((folder / "peers.json").read_text(encoding="utf-8"))
    started = time.perf_counter()
    from llama_index.core import (  # type: ignore[import-not-found]  # in a venv of its own
        StorageContext,
        VectorStoreIndex,
    )
    from llama_index.core.schema import (  # type: ignore[import-not-found]  # in a venv of its own
        TextNode,
    )
    from llama_index.embeddings.huggingface import (  # type: ignore[import-not-found]  # as above
        HuggingFaceEmbedding,
    )
    from llama_index.vector_stores.milvus import (  # type: ignore[import-not-found]  # as above
        MilvusVectorStore,
    )

    embedding = HuggingFaceEmbedding(model_name=model, embed_batch_size=32)
    more = np.load(folder / "more.npy")
    store = MilvusVectorStore(uri=str(folder / "llamaindex.db"), dim=more.shape[1], overwrite=True)
    opened = time.perf_counter()
    index = VectorStoreIndex(
        nodes=[TextNode(text=text) for text in given["passages"]],
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=embedding,
    )
    ingested = time.perf_counter()
    pairs = zip(given["more"], more.tolist(), strict=True)
    store.add([TextNode(text=text, embedding=vector) for text, vector in pairs])
    retriever = index.as_retriever(similarity_top_k=10)
    took = []
    for question in given["questions"]:
        asked = time.perf_counter()
        assert retriever.retrieve(question)
        took.append((time.perf_counter() - asked) * 1000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said = {
        "opened": opened - started,
        "rate": len(given["passages"]) / (ingested - opened),
        "took": took,
        "peak": peak * (1 if sys.platform == "darwin" else 1024) / 1_000_000,
    }
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
