"""Loading plugins by name, and collecting what they register. A broken one stops the start."""

import asyncio
import importlib
import importlib.util
import inspect
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pluggy

from core.errors import PluginError
from core.hookspecs import GROUP, Hooks, Services
from core.interfaces import Command, Event, Job, Listener, Reranker, Source

log = logging.getLogger(__name__)
BUNDLED = "plugins"


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
        except PluginError:
            raise
        except (
            Exception
        ) as error:  # a stranger's import may raise anything; it is re-raised by name
            raise PluginError(f"The plugin {name} cannot be loaded: {error}") from error
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


def collect(manager: pluggy.PluginManager, services: Callable[[str, Brought], Services]) -> Brought:
    """Let every plugin register what it brings, each with services of its own."""
    brought = Brought()
    calls: dict[str, tuple[list[Any], tuple[str, ...]]] = {
        "register_sources": (brought.sources, ("name", "documents")),
        "register_rerankers": (brought.rerankers, ("name", "rerank")),
        "register_commands": (brought.commands, ("name", "summary", "run")),
        "register_jobs": (brought.jobs, ("name", "every", "run")),
        "register_listeners": (brought.listeners, ("name", "on_event")),
    }
    named = manager.list_name_plugin()
    for name, plugin in named:
        others = [other for _, other in named if other is not plugin]
        for hook, (kept, needed) in calls.items():
            caller = manager.subset_hook_caller(hook, others)
            try:
                caller(register=_register(name, kept, needed), services=services(name, brought))
            except PluginError:
                raise
            except Exception as error:  # a stranger's code may raise anything; re-raised by name
                raise PluginError(f"The plugin {name} failed in {hook}: {error}") from error
    return brought


def _register(plugin: str, kept: list[Any], needed: Sequence[str]) -> Callable[[Any], None]:
    def register(brought: Any) -> None:
        missing = [name for name in needed if not hasattr(brought, name)]
        if missing:
            raise PluginError(
                f"The plugin {plugin} registered a {type(brought).__name__} without {', '.join(missing)}."
            )
        if any(one.name == brought.name for one in kept):
            raise PluginError(
                f"The plugin {plugin} registered {brought.name}, which exists already."
            )
        if isinstance(brought, Job) and not inspect.iscoroutinefunction(brought.run):
            raise PluginError(
                f"The job {brought.name} of the plugin {plugin} is no async function."
            )
        kept.append(brought)

    return register


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
