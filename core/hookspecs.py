"""Every hook that a plugin may implement. Hooks only register; what they register acts later."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

import pluggy

from core.answers import Answer, Review
from core.documents import Contents
from core.interfaces import Command, Embedder, Index, LanguageModel, Listener, Reranker, Source
from core.job import Job
from core.messages import Conversation, Footprint, Person
from core.modes import Mode
from core.preferences import Aspect, Kept
from core.settings import Settings

GROUP = "tavernkeep.plugins"
hookspec = pluggy.HookspecMarker("tavernkeep")
hookimpl = pluggy.HookimplMarker("tavernkeep")
T_contra = TypeVar("T_contra", contravariant=True)


class Register(Protocol[T_contra]):
    """Called by a plugin once for each thing that it brings."""

    def __call__(self, brought: T_contra) -> None:
        """Take one thing; raise `PluginError` where it lacks something or its name is taken."""
        ...


class Forgets(Protocol):
    """Forgets people. Who asks must be the person, or have the right to do it for them."""

    async def preview(self, person: Person) -> Footprint:
        """Return what `forget` would take away now; nothing is changed."""
        ...

    async def forget(self, person: Person) -> Footprint:
        """Hide at once all that a person wrote, for the next purge to wipe; return what that was."""
        ...


class Modes(Protocol):
    """Reads and sets how the bot takes part in a conversation, on behalf of somebody in it."""

    async def mode(self, conversation: Conversation) -> tuple[Mode, bool]:
        """Return the mode that holds in a conversation, and whether the bot is silenced there."""
        ...

    async def set_mode(self, conversation: Conversation, mode: Mode, by: Person) -> None:
        """Set the mode; raise `TavernkeepError` where that person may not."""
        ...

    async def silence(self, conversation: Conversation, silent: bool, by: Person) -> bool:
        """Silence the bot or let it speak; return False where nothing changes."""
        ...


class Links(Protocol):
    """Joins the accounts of one person; who asks must be the person whose account it is."""

    def is_code(self, text: str) -> bool:
        """Say whether a text has the shape of a code."""
        ...

    async def offer(self, person: Person) -> str:
        """Return a new code for another account; raise `TavernkeepError` for a bot."""
        ...

    async def redeem(self, person: Person, code: str) -> Person:
        """Join an account with the one that a code was given to; return that.

        Raises `TavernkeepError` with a sentence where it cannot be.
        """
        ...

    async def accounts(self, person: Person) -> Sequence[Person]:
        """Return the other accounts that are linked with this one."""
        ...

    async def part(self, person: Person) -> bool:
        """Take an account out of its links; return False where it has none."""
        ...


class Prefers(Protocol):
    """Keeps how people like answers; who asks must be the person whose preferences they are."""

    async def kept(self, person: Person) -> Kept:
        """Return what a person said, and what their verdicts suggest."""
        ...

    async def prefer(self, person: Person, aspect: Aspect, value: str) -> None:
        """Keep what a person says; raise `TavernkeepError` for a value that is on no list."""
        ...

    async def forget(self, person: Person) -> bool:
        """Remove what a person said; return False where there was nothing."""
        ...


class Reads(Protocol):
    """Knows which sources everyone in the workspace may read."""

    async def readable(self) -> Sequence[Contents]:
        """Return what there is of each source, of that alone which everyone may read."""
        ...


class Reviews(Protocol):
    """Gives curators fresh answers to judge."""

    async def next(self, person: Person, conversation: Conversation) -> Review | None:
        """Return what has waited longest, or None; raise `TavernkeepError` for who is no curator."""
        ...


class Audits(Protocol):
    """Gives curators the answers that their verdict is worth most on."""

    async def next(self, person: Person, conversation: Conversation) -> Answer | None:
        """Return the next, at the question to judge it at; raise `TavernkeepError` for no curator."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a plugin may use.

    `folder` is its own place in the data folder for what it keeps; the plugin makes it. `commands`
    is complete once every plugin is loaded. `forgetting`, `links` and `preferring` are for the person
    who asks for it, and for nobody else; `modes` for somebody in the conversation at hand.
    """

    settings: Settings
    index: Index
    embedder: Embedder
    model: LanguageModel
    forgetting: Forgets
    modes: Modes
    links: Links
    preferring: Prefers
    sources: Reads
    reviews: Reviews
    audits: Audits
    folder: Path
    commands: Sequence[Command]
    now: Callable[[], datetime]


class Hooks:
    """The hooks, with the signatures that implementations must have."""

    @hookspec
    def register_sources(self, register: Register[Source], services: Services) -> None:
        """Bring sources of documents; `refresh` reads them."""

    @hookspec
    def register_rerankers(self, register: Register[Reranker], services: Services) -> None:
        """Bring re-rankers; they put found passages into a better order, one after the other."""

    @hookspec
    def register_commands(self, register: Register[Command], services: Services) -> None:
        """Bring commands that people use as `/name`."""

    @hookspec
    def register_jobs(self, register: Register[Job], services: Services) -> None:
        """Bring jobs for the scheduler."""

    @hookspec
    def register_listeners(self, register: Register[Listener], services: Services) -> None:
        """Bring listeners that are told of every event."""
