"""A tavern: its facts, which are the original data, and the tales recorded of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from core.documents import content_hash

DATA = Path(__file__).with_name("taverns.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tavern:
    """One tavern. `facts` are sentences; `tales` describe it where no language model does."""

    id: str
    name: str
    place: str
    facts: tuple[str, ...]
    tales: tuple[str, ...]

    @property
    def original(self) -> str:
        """All that is known of it, as one text."""
        return f"{self.name}, {self.place}. {' '.join(self.facts)}"

    @property
    def hash(self) -> str:
        """What changes when the facts do: a tale that was told of others is out of date."""
        return content_hash(self.original)

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield what is embedded, with an id for each: the whole, then every fact.

        A fact alone is embedded so that the nearest one can be given as the reason.
        """
        yield self.id, self.original
        for number, fact in enumerate(self.facts):
            yield f"{self.id}:{number}", fact


def load_taverns(data: Path = DATA) -> Sequence[Tavern]:
    """Read the taverns from a YAML file."""
    return TypeAdapter(tuple[Tavern, ...]).validate_python(
        yaml.safe_load(data.read_text(encoding="utf-8"))
    )
