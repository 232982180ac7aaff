"""Which driver is chosen, in what numbers, and what the log says of it."""

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file

from core.embedders.choice import load_embedder, load_quick
from core.embedders.engine import has_bfloat16, in_background
from core.embedders.quick import QuickEmbedder
from core.embedders.sentence_transformer import SentenceTransformerEmbedder
from core.errors import EmbedderError, UnsupportedModelError
from core.settings import EmbedderSettings

Change = Callable[[str, Callable[[Any], Any]], Path]
Weights = dict[str, Any]


@pytest.fixture
def reweighted(tiny: Path, tmp_path: Path) -> Callable[[Callable[[Weights], Weights]], Path]:
    """A way to have the tiny model with other weights; returns its folder."""

    def change(with_: Callable[[Weights], Weights]) -> Path:
        folder = tmp_path / "other"
        for path in tiny.rglob("*"):
            if path.is_file():
                copy = folder / path.relative_to(tiny)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
        weights = folder / "model.safetensors"
        save_file(with_(load_file(weights)), weights)
        return folder

    return change


async def test_the_bundled_model_runs_in_the_quick_driver(caplog: pytest.LogCaptureFixture) -> None:
    """It is bfloat16 where the processor has it, and the log says which."""
    caplog.set_level(logging.INFO)
    embedder = await load_embedder(EmbedderSettings())
    assert isinstance(embedder, QuickEmbedder)
    assert embedder.precision == ("bfloat16" if has_bfloat16() else "float32")
    assert f"runs in OpenVINO, in {embedder.precision}." in caplog.text
    await embedder.close()


async def test_float32_is_kept_where_it_is_set() -> None:
    """Whoever wants vectors exact to the last digits gets them on any processor."""
    embedder = load_quick(EmbedderSettings(precision="float32"))
    assert embedder.precision == "float32"
    await embedder.close()


async def test_another_model_runs_through_sentence_transformers(
    changed: Change, caplog: pytest.LogCaptureFixture
) -> None:
    """What the quick driver refuses is loaded as ever, with one line that says why."""
    caplog.set_level(logging.INFO)
    folder = changed("1_Pooling/config.json", lambda old: {**old, "pooling_mode": "max"})
    embedder = await load_embedder(EmbedderSettings(model=str(folder)))
    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert [line for line in caplog.messages if "embedding model" in line] == [
        "The embedding model runs through sentence-transformers: its pooling is max."
    ]
    await embedder.close()


def test_a_model_on_a_hub_is_left_to_sentence_transformers() -> None:
    """Only that fetches models, and settles which revision."""
    with pytest.raises(UnsupportedModelError, match="on a hub"):
        load_quick(EmbedderSettings(model="somebody/some-model"))


async def test_broken_weights_give_the_sentence_that_they_always_gave(copied: Path) -> None:
    """A file that is no weights stops the start, with the setting's name."""
    (copied / "model.safetensors").unlink()
    (copied / "model.safetensors").write_bytes(b"not the model")
    with pytest.raises(EmbedderError, match=r"cannot be loaded: check the setting embedder\.model"):
        await load_embedder(EmbedderSettings(model=str(copied)))


async def test_a_missing_folder_is_named_at_once() -> None:
    """No driver is asked to load what is not there."""
    with pytest.raises(EmbedderError, match="There is no folder /nowhere/at/all"):
        await load_embedder(EmbedderSettings(model="/nowhere/at/all"))


def test_a_broken_tokenizer_is_refused(copied: Path) -> None:
    """A tokenizer that lacks its vocabulary is left to sentence-transformers, too."""
    said = (copied / "tokenizer.json").read_text().replace('"vocab"', '"words"')
    (copied / "tokenizer.json").unlink()
    (copied / "tokenizer.json").write_text(said)
    with pytest.raises(UnsupportedModelError, match="not laid out as expected"):
        load_quick(EmbedderSettings(model=str(copied)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda old: {k: v for k, v in old.items() if "layer.1" not in k}, "its weights lack"),
        (lambda old: {k: v.astype("float16") for k, v in old.items()}, "not float32"),
        (lambda old: {k: v[..., :8].copy() for k, v in old.items()}, "other sizes"),
        (lambda old: {k: v * float("nan") for k, v in old.items()}, "no unit vectors"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    reweighted: Callable[[Callable[[Weights], Weights]], Path],
    change: Callable[[Weights], Weights],
    reason: str,
) -> None:
    """Weights that are lacking, rounded, cut or broken are never run by guesswork."""
    with pytest.raises(UnsupportedModelError, match=reason):
        load_quick(EmbedderSettings(model=str(reweighted(change))))


async def test_a_model_that_suffers_from_rounding_runs_in_float32(
    reweighted: Callable[[Callable[[Weights], Weights]], Path], caplog: pytest.LogCaptureFixture
) -> None:
    """Where bfloat16 strays too far on the samples, it is not used, and the log says so."""
    if not has_bfloat16():
        pytest.skip("This processor has no bfloat16.")
    folder = reweighted(lambda old: {k: v * 30 if "attention" in k else v for k, v in old.items()})
    embedder = load_quick(EmbedderSettings(model=str(folder)))
    await embedder.close()
    assert embedder.precision == "float32"
    assert "bfloat16 keeps a cosine of" in caplog.text


def test_without_openvino_there_is_a_reason() -> None:
    """Where OpenVINO is not installed, the quick driver says so rather than stop the start."""
    code = (
        "import sys; sys.modules['openvino'] = None\n"
        "from core.embedders.engine import runtime\n"
        "from core.errors import UnsupportedModelError\n"
        "try:\n    runtime()\nexcept UnsupportedModelError as reason:\n    print(reason)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout == "OpenVINO is not installed\n"


def test_work_in_the_background_returns_what_it_made() -> None:
    """The thread of low priority is gone afterwards, its result is not."""
    assert in_background(lambda: 7 * 6) == 42
