"""What a sentence-transformers folder says of its model, where that is a BERT that we can run.

Everything else is refused with the reason, and left to sentence-transformers: to run a model
almost as its makers meant would give vectors that look right and are not.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import UnsupportedModelError

POOLINGS = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean"}
BERT = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
    "is_decoder": False,
}
TRANSFORMER = {
    "do_lower_case": False,
    "transformer_task": "feature-extraction",
    "module_output_name": "token_embeddings",
}
USUAL_TOKENIZERS = [
    ["WordPiece", "BertPreTokenizer", "TemplateProcessing"],
    ["WordPiece", "BertPreTokenizer", "BertProcessing"],
]
UNUSED = {"max_seq_length", "modality_config"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """A BERT with its pooling: the sizes that its graph needs, and what is put before its texts.

    `longest` is in tokens, special ones included; `pooling` is "mean" or "cls".
    """

    folder: Path
    hidden: int
    heads: int
    layers: int
    epsilon: float
    longest: int
    pooling: str
    prompts: Mapping[str, str | None]


def read_encoder(folder: Path) -> Encoder:
    """Return what the folder describes, or raise `UnsupportedModelError` with the reason."""
    try:
        return _read(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnsupportedModelError("its files are not laid out as expected") from error


def _read(folder: Path) -> Encoder:
    modules = [(one["type"].rpartition(".")[2], one["path"]) for one in _json(folder, "modules")]
    kinds = [kind for kind, _ in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise UnsupportedModelError(f"it is made of {', '.join(kinds)}")
    inner = folder / modules[0][1]
    config = _json(inner, "config")
    _require(config, BERT)
    _require_word_pieces(inner)
    return Encoder(
        folder=inner,
        hidden=config["hidden_size"],
        heads=config["num_attention_heads"],
        layers=config["num_hidden_layers"],
        epsilon=config["layer_norm_eps"],
        longest=_longest(inner, config["max_position_embeddings"]),
        pooling=_pooling(_json(folder / modules[1][1], "config")),
        prompts=_prompts(folder),
    )


def _json(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def _require(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse a model that says otherwise; what it does not say is as wanted, but for the type."""
    for key, value in wanted.items():
        if found.get(key, None if key == "model_type" else value) != value:
            raise UnsupportedModelError(f"its {key} is {found.get(key)}")


def _longest(folder: Path, positions: int) -> int:
    """Return the longest text in tokens, as sentence-transformers settles it."""
    config = _json(folder, "sentence_bert_config")
    _require(config, TRANSFORMER)
    if strange := config.keys() - TRANSFORMER.keys() - UNUSED:
        raise UnsupportedModelError(f"it sets {', '.join(sorted(strange))}")
    if set(config.get("modality_config", {"text": {}})) != {"text"}:
        raise UnsupportedModelError("it takes more than text")
    named = config.get("max_seq_length")
    longest = int(named or _json(folder, "tokenizer_config").get("model_max_length", positions))
    if named and longest > positions:
        raise UnsupportedModelError(f"it takes {longest} tokens but has {positions} positions")
    return min(longest, positions)


def _pooling(config: Mapping[str, Any]) -> str:
    """Return how token vectors become one, in the older way of saying it or the newer."""
    if not config.get("include_prompt", True):
        raise UnsupportedModelError("it leaves the prompt out of its pooling")
    modes = [key for key, on in config.items() if key.startswith("pooling_mode_") and on is True]
    pooling = config.get("pooling_mode") or [POOLINGS.get(mode, mode) for mode in modes]
    only = pooling[0] if isinstance(pooling, list) and len(pooling) == 1 else pooling
    if only not in POOLINGS.values():
        raise UnsupportedModelError(f"its pooling is {only}")
    return str(only)


def _require_word_pieces(folder: Path) -> None:
    """Refuse a tokenizer that transformers would not build just as `tokenizer.json` has it.

    For BERT it takes the vocabulary from there, but the rest from `tokenizer_config.json`.
    """
    said, made = _json(folder, "tokenizer_config"), _json(folder, "tokenizer")
    normalizer = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": said.get("tokenize_chinese_chars", True),
        "strip_accents": said.get("strip_accents"),
        "lowercase": said.get("do_lower_case", True),
    }
    kinds = [made[part]["type"] for part in ("model", "pre_tokenizer", "post_processor")]
    if said.get("tokenizer_class") not in ("BertTokenizer", "BertTokenizerFast"):
        raise UnsupportedModelError(f"its tokenizer is a {said.get('tokenizer_class')}")
    if (
        kinds not in USUAL_TOKENIZERS
        or made["normalizer"] != normalizer
        or not made["model"]["vocab"]
    ):
        raise UnsupportedModelError("its tokenizer differs from the usual one of BERT")


def _prompts(folder: Path) -> Mapping[str, str | None]:
    if not (folder / "config_sentence_transformers.json").exists():
        return {}
    prompts: Mapping[str, str | None] = _json(folder, "config_sentence_transformers").get("prompts")
    return prompts or {}
