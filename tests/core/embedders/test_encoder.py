"""Which folders the quick engine takes, and the reason why it refuses others."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.embedders.encoder import read_encoder
from core.errors import UnsupportedModelError

Change = Callable[[str, Callable[[Any], Any]], Path]


def setting(**said: Any) -> Callable[[Any], Any]:
    """Return a change of a JSON object: these keys are set."""
    return lambda old: {**old, **said}


def test_the_bundled_model_is_a_bert(copied: Path) -> None:
    """Its sizes are the published ones, and it brings no prompts."""
    encoder = read_encoder(copied)
    assert (encoder.hidden, encoder.heads, encoder.layers) == (384, 12, 6)
    assert (encoder.longest, encoder.pooling, encoder.prompts) == (256, "mean", {})


def test_a_folder_of_today_is_understood(tiny: Path) -> None:
    """What sentence-transformers saves now says the same in other words."""
    encoder = read_encoder(tiny)
    assert (encoder.hidden, encoder.longest, encoder.pooling) == (48, 64, "cls")
    assert encoder.prompts == {"query": "question: ", "document": "passage: "}


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("config.json", setting(model_type="roberta"), "its model_type is roberta"),
        ("config.json", setting(hidden_act="relu"), "its hidden_act is relu"),
        ("config.json", setting(position_embedding_type="relative_key"), "position_embedding_type"),
        ("config.json", lambda _: {}, "its model_type is None"),
        ("modules.json", lambda old: [*old, {"type": "x.Dense", "path": "3"}], "Dense"),
        ("modules.json", lambda _: {}, "it is made of"),
        ("modules.json", lambda _: [1], "not laid out"),
        ("sentence_bert_config.json", setting(max_seq_length=1024), "512 positions"),
        ("sentence_bert_config.json", setting(do_lower_case=True), "do_lower_case"),
        ("sentence_bert_config.json", setting(query_length=32), "query_length"),
        ("sentence_bert_config.json", setting(modality_config={"image": {}}), "more than text"),
        ("1_Pooling/config.json", setting(pooling_mode_max_tokens=True), "its pooling is"),
        ("1_Pooling/config.json", setting(pooling_mode="lasttoken"), "its pooling is lasttoken"),
        ("1_Pooling/config.json", setting(include_prompt=False), "prompt"),
        ("tokenizer_config.json", setting(tokenizer_class="XLMRobertaTokenizer"), "XLMRoberta"),
        ("tokenizer_config.json", setting(do_lower_case=False), "tokenizer differs"),
        ("tokenizer_config.json", setting(strip_accents=True), "tokenizer differs"),
    ],
)
def test_what_would_give_other_vectors_is_refused(
    changed: Change, name: str, change: Callable[[Any], Any], reason: str
) -> None:
    """A model that is run otherwise by sentence-transformers is left to it, with the reason."""
    with pytest.raises(UnsupportedModelError, match=reason):
        read_encoder(changed(name, change))


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    """A folder that sentence-transformers did not write is not guessed at."""
    (tmp_path / "modules.json").write_text(json.dumps([]))
    with pytest.raises(UnsupportedModelError, match="made of"):
        read_encoder(tmp_path)
    (tmp_path / "modules.json").unlink()
    with pytest.raises(UnsupportedModelError, match="not laid out"):
        read_encoder(tmp_path)
