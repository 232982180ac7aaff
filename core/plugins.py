"""Loading plugins by name, and collecting what they register. A broken one stops the start."""

import asyncio
import importlib
import importlib.util
import inspect
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pluggy

from core.errors import PluginError
from core.hookspecs import GROUP, Hooks, Services
from core.interfaces import Command, Event, Listener, Reranker, Source
from core.job import Job
from core.settings_of_learning import JobSettings

log = logging.getLogger(__name__)
BUNDLED = "plugins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a thing of one kind must have.

    `acts` is awaited and so must be an async function; `reserved` are names that core has taken.
    """

    needed: tuple[str, ...]
    acts: str | None = None
    names: re.Pattern[str] = re.compile(".+")
    reserved: frozenset[str] = frozenset()


KINDS = {
    "register_sources": Kind(needed=("name", "documents")),
    "register_rerankers": Kind(needed=("name", "rerank"), acts="rerank"),
    "register_commands": Kind(
        needed=("name", "summary", "run"),
        acts="run",
        # What every chat platform takes for a command, and what a message is compared with.
        names=re.compile(r"[a-z0-9][a-z0-9_-]{0,31}"),
    ),
    "register_jobs": Kind(
        needed=("name", "summary", "every", "run"),
        acts="run",
        reserved=frozenset(JobSettings.model_fields),
    ),
    "register_listeners": Kind(needed=("name", "on_event"), acts="on_event"),
}


@dataclass(slots=True)
class Brought:
    """Everything that the enabled plugins registered."""

    sources: list[Source] = field(default_factory=list)
    rerankers: list[Reranker] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)


def load_plugins(names: Sequence[str]) -> pluggy.PluginManager:
    """Load the named plugins, bundled ones first; raise `PluginError` that names a broken one."""
    manager = pluggy.PluginManager("tavernkeep")
    manager.add_hookspecs(Hooks)
    for name in dict.fromkeys(names):
        try:
            _load(manager, name)
            manager.check_pending()
            _refuse_deaf(manager, name)
        except PluginError:
            raise
        except Exception as error:  # a stranger's import may raise anything; re-raised by name
            why = " ".join(str(error).split()) or type(error).__name__
            raise PluginError(f"The plugin {name} cannot be loaded: {why}") from error
    return manager


def _load(manager: pluggy.PluginManager, name: str) -> None:
    if name.isidentifier() and importlib.util.find_spec(f"{BUNDLED}.{name}") is not None:
        plugin: ModuleType = importlib.import_module(f"{BUNDLED}.{name}")
        manager.register(plugin, name)
    elif manager.load_setuptools_entrypoints(GROUP, name) == 0:
        raise PluginError(
            f"There is no plugin {name}: take it out of the setting `plugins`, or install the package "
            f"that brings it."
        )


def _refuse_deaf(manager: pluggy.PluginManager, name: str) -> None:
    """Raise `PluginError` for a plugin without hooks, or with one whose call would do nothing."""
    plugin = manager.get_plugin(name)
    hooks = manager.get_hookcallers(plugin) or []
    if not hooks:
        raise PluginError(f"The plugin {name} implements no hook: is `@hookimpl` missing?")
    for hook in hooks:
        if inspect.iscoroutinefunction(getattr(plugin, hook.name)):
            raise PluginError(
                f"The plugin {name} has an async {hook.name}: hooks only register, so it must be "
                f"a plain function."
            )


def collect(manager: pluggy.PluginManager, services: Callable[[str, Brought], Services]) -> Brought:
    """Let every plugin register what it brings, each with services of its own."""
    brought = Brought()
    kept: dict[str, list[Any]] = {
        "register_sources": brought.sources,
        "register_rerankers": brought.rerankers,
        "register_commands": brought.commands,
        "register_jobs": brought.jobs,
        "register_listeners": brought.listeners,
    }
    named = manager.list_name_plugin()
    for name, plugin in named:
        own = services(name, brought)
        others = [other for _, other in named if other is not plugin]
        for hook, kind in KINDS.items():
            caller = manager.subset_hook_caller(hook, others)
            try:
                caller(register=_register(name, kind, kept[hook]), services=own)
            except PluginError:
                raise
            except Exception as error:  # a stranger's code may raise anything; re-raised by name
                raise PluginError(f"The plugin {name} failed in {hook}: {error}") from error
    return brought


def _register(plugin: str, kind: Kind, kept: list[Any]) -> Callable[[Any], None]:
    def register(brought: Any) -> None:
        wrong = (
            _lacking(brought, kind)
            or _badly_named(brought, kind, kept)
            or (kind.acts and _not_async(brought, kind.acts))
        )
        if wrong:
            raise PluginError(f"The plugin {plugin} registered {wrong}.")
        kept.append(brought)

    return register


def _lacking(brought: Any, kind: Kind) -> str | None:
    missing = [name for name in kind.needed if not hasattr(brought, name)]
    return f"a {type(brought).__name__} without {', '.join(missing)}" if missing else None


def _badly_named(brought: Any, kind: Kind, kept: Sequence[Any]) -> str | None:
    name = brought.name
    if not isinstance(name, str) or not kind.names.fullmatch(name):
        return f"a {type(brought).__name__} with the name {name!r}, which cannot be one"
    taken = name in kind.reserved or any(one.name == name for one in kept)
    return f"{name}, which exists already" if taken else None


def _not_async(brought: Any, acts: str) -> str | None:
    if inspect.iscoroutinefunction(getattr(brought, acts)):
        return None
    return f"{brought.name}, whose {acts} is no async function"


class Listeners:
    """Tells every listener of every event, each contained, none awaited by the sender."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        """Take who is to be told."""
        self._listeners = listeners
        self._telling: set[asyncio.Task[None]] = set()

    def tell(self, event: Event) -> None:
        """Tell everyone, soon."""
        for listener in self._listeners:
            task = asyncio.create_task(self._tell(listener, event))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def drain(self) -> None:
        """Wait until everyone has been told."""
        await asyncio.gather(*self._telling)

    async def _tell(self, listener: Listener, event: Event) -> None:
        try:
            await listener.on_event(event)
        except Exception:
            log.exception("The listener %s failed.", listener.name)
