"""langchain-milvus as its documentation shows it: run by `tests.benchmarks.peers` in a venv of its own."""

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
    from langchain_huggingface import (  # type: ignore[import-not-found]  # in a venv of its own
        HuggingFaceEmbeddings,
    )
    from langchain_milvus import (  # type: ignore[import-not-found]  # in a venv of its own
        Milvus,
    )

    embeddings = HuggingFaceEmbeddings(
        model_name=model, encode_kwargs={"normalize_embeddings": True, "batch_size": 32}
    )
    store = Milvus(
        embedding_function=embeddings,
        connection_args={"uri": str(folder / "langchain.db")},
        auto_id=True,
    )
    opened = time.perf_counter()
    store.add_texts(given["passages"])
    ingested = time.perf_counter()
    store.add_embeddings(given["more"], np.load(folder / "more.npy").tolist())
    took = []
    for question in given["questions"]:
        asked = time.perf_counter()
        assert store.similarity_search(question, k=10)
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
