"""Plugins are loaded by name; a broken one stops the start, a failing one is contained."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.embedders.hashing import HashingEmbedder
from core.errors import PluginError
from core.hookspecs import Services
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.interfaces import Event, Listener
from core.items import Found
from core.ledger.ledger import Ledger
from core.messages import Deleted, MessageRef
from core.models.quoting import QuotingModel
from core.plugins import Brought, Listeners, collect, load_plugins
from core.retrieval import Retriever
from core.settings import Settings
from plugins.variety import Variety
from tests.doubles import (
    NOTHING_KNOWN,
    Clock,
    Forgetful,
    KeptLinks,
    KeptModes,
    KeptPreferences,
    ListedAudits,
    ListedContents,
    ListedReviews,
    person,
)
from tests.strangers import Strangers, strangers_in

EVENT = Deleted(
    event_id="e",
    ref=MessageRef(platform="room", conversation="c", key="k"),
    at=datetime(2026, 6, 1, tzinfo=UTC),
)
COMMAND = """
class Greet:
    name = "{name}"
    summary = "greets"
    async def run(self, call, progress):
        return "Good evening."

@hookimpl
def register_commands(register):
    register(Greet())
"""


@pytest.fixture
def strangers(tmp_path: Path) -> Iterator[Strangers]:
    """Return where packages of strangers can be installed."""
    with strangers_in(tmp_path) as installed:
        yield installed


@pytest.fixture
def bring(
    settings: Settings, index: MemoryIndex, embedder: HashingEmbedder, tmp_path: Path
) -> Callable[..., Brought]:
    """Return what loads plugins by name and collects what they bring."""

    def services(name: str, brought: Brought) -> Services:
        return Services(
            settings=settings,
            index=index,
            embedder=embedder,
            model=QuotingModel(),
            forgetting=Forgetful(NOTHING_KNOWN),
            modes=KeptModes(),
            links=KeptLinks(other=person()),
            preferring=KeptPreferences(),
            sources=ListedContents(),
            reviews=ListedReviews(),
            audits=ListedAudits(),
            folder=tmp_path / name,
            commands=brought.commands,
            now=lambda: EVENT.at,
        )

    return lambda *names: collect(load_plugins(names), services)


# -- loading -------------------------------------------------------------------------------------


def test_a_bundled_plugin_is_loaded_by_its_name(bring: Callable[..., Brought]) -> None:
    """What the help plugin registers is there, and nothing of plugins that were not named."""
    brought = bring("help")
    assert [one.name for one in brought.commands] == ["help", "status"]
    assert not brought.sources + brought.jobs + brought.listeners + brought.rerankers


def test_plugins_load_in_the_order_of_the_setting_and_once(bring: Callable[..., Brought]) -> None:
    """The order of names is the order of what they bring; a name given twice counts once."""
    names = [one.name for one in bring("taverns", "help", "taverns").commands]
    assert names == ["taverns", "help", "status"]


def test_a_strangers_plugin_is_found_by_its_entry_point(
    bring: Callable[..., Brought], strangers: Strangers
) -> None:
    """An installed distribution brings a plugin as a bundled one is brought."""
    strangers.install("greet", COMMAND.format(name="hi"))
    assert [one.name for one in bring("help", "greet").commands] == ["help", "status", "hi"]


def test_a_plugin_that_is_installed_but_not_named_is_never_imported(
    bring: Callable[..., Brought], strangers: Strangers
) -> None:
    """Only the setting enables a plugin."""
    strangers.install("bomb", "raise RuntimeError('imported')")
    assert bring("help").commands


@pytest.mark.parametrize("name", ["nonesuch", "not-there", "os.path", ""])
def test_an_unknown_plugin_stops_the_start(name: str) -> None:
    """The sentence names the plugin and what to do."""
    with pytest.raises(PluginError, match=f"There is no plugin {name}: take it out"):
        load_plugins([name])


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import no_such_library", "cannot be loaded: No module named 'no_such_library'"),
        ("raise ValueError", "cannot be loaded: ValueError"),
        ("@hookimpl\ndef register_comands(register): ...", "unknown hook 'register_comands'"),
        ("@hookimpl\ndef register_commands(registre): ...", "cannot be loaded: .*registre"),
        ("def register_commands(register): ...", "implements no hook: is `@hookimpl` missing"),
        ("@hookimpl\nasync def register_jobs(register): ...", "has an async register_jobs"),
    ],
    ids=["import", "raise", "hook", "argument", "unmarked", "async hook"],
)
def test_a_plugin_that_cannot_be_loaded_is_named(strangers: Strangers, code: str, why: str) -> None:
    """Whatever is wrong with a module, one sentence names the plugin and what it is."""
    name = strangers.install("broken", code)
    with pytest.raises(PluginError, match=f"^The plugin broken .*{why}") as raised:
        load_plugins([name])
    assert "\n" not in str(raised.value)


def test_a_module_beside_the_plugins_is_no_plugin() -> None:
    """A bundled module that other plugins use cannot be enabled by mistake."""
    with pytest.raises(PluginError, match="The plugin reading implements no hook"):
        load_plugins(["reading"])


# -- registering ---------------------------------------------------------------------------------

JOB = "Job(name={name!r}, summary='', every=timedelta(1), run={run})"
HOOK = """
class Thing:
    name = "thing"
    summary = ""
    {body}

async def run(now, progress): ...

@hookimpl
def register_{kind}s(register):
    {act}
"""


@pytest.mark.parametrize(
    ("kind", "body", "act", "why"),
    [
        ("source", "", "register(Thing())", "a Thing without documents"),
        ("command", "", "register(Thing())", "a Thing without run"),
        ("job", "", "register(Thing())", "a Thing without every, run"),
        ("listener", "", "register(object())", "a object without name, on_event"),
        ("command", "def run(self): ...", "register(Thing())", "whose run is no async"),
        ("reranker", "def rerank(self): ...", "register(Thing())", "whose rerank is no async"),
        ("listener", "on_event = None", "register(Thing())", "whose on_event is no async"),
        ("job", "", f"register({JOB.format(name='j', run='print')})", "j, whose run is no async"),
        ("job", "", f"register({JOB.format(name='rerank', run='run')})", "rerank, which exists"),
        ("job", "", f"register({JOB.format(name=None, run='run')})", "the name None, which"),
    ],
)
def test_what_lacks_something_is_refused(
    bring: Callable[..., Brought], strangers: Strangers, kind: str, body: str, act: str, why: str
) -> None:
    """A thing that could not act later stops the start, with its plugin's name."""
    strangers.install("odd", HOOK.format(kind=kind, body=body, act=act))
    with pytest.raises(PluginError, match=f"^The plugin odd registered .*{why}"):
        bring("odd")


@pytest.mark.parametrize("name", ["help", "Help", "say hello", ""])
def test_a_command_that_nobody_could_call_is_refused(
    bring: Callable[..., Brought], strangers: Strangers, name: str
) -> None:
    """A command's name is not taken already and can be typed on every platform."""
    strangers.install("greet", COMMAND.format(name=name))
    with pytest.raises(PluginError, match=r"^The plugin greet registered "):
        bring("help", "greet")


def test_a_hook_that_raises_stops_the_start(
    bring: Callable[..., Brought], strangers: Strangers
) -> None:
    """The sentence names plugin, hook and error."""
    strangers.install("odd", HOOK.format(kind="job", body="", act="1 / 0"))
    with pytest.raises(PluginError, match="plugin odd failed in register_jobs: division by zero"):
        bring("odd")


# -- running -------------------------------------------------------------------------------------


class Ear:
    """Hears events, or chokes on them."""

    def __init__(self, name: str, error: Exception | None = None) -> None:
        """Take a name and what it raises."""
        self.name = name
        self.heard: list[Event] = []
        self._error = error

    async def on_event(self, event: Event) -> None:
        """Hear, or raise."""
        if self._error:
            raise self._error
        self.heard.append(event)


async def test_a_listener_that_fails_is_named_and_the_others_hear(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One stranger's failure reaches neither the sender nor the other listeners."""
    good, bad = Ear("good"), Ear("bad ear", ZeroDivisionError())
    told: list[Listener] = [bad, good]
    listeners = Listeners(told)
    listeners.tell(EVENT)
    await listeners.drain()
    assert good.heard == [EVENT]
    assert [one.getMessage() for one in caplog.records] == ["The listener bad ear failed."]


class Broken:
    """A re-ranker that answers with something else than passages."""

    name = "broken ranker"

    def __init__(self, given: object) -> None:
        """Take what it gives, or raises."""
        self._given = given

    async def rerank(self, question: str, found: Sequence[Found]) -> Sequence[Found]:
        """Raise or return what it was made with."""
        if isinstance(self._given, Exception):
            raise self._given
        return self._given  # type: ignore[return-value]  # it is broken, after all


@pytest.fixture
def retriever(
    ledger: Ledger, indexing: Indexing, index: MemoryIndex, settings: Settings
) -> Retriever:
    """Return a retriever over an empty ledger."""
    return Retriever(
        ledger=ledger,
        index=index,
        embedder=HashingEmbedder(),
        indexing=indexing,
        settings=settings.retrieval,
        kernel_width=0.15,
    )


@pytest.mark.parametrize("given", [KeyError("x"), None], ids=["raises", "no passages"])
async def test_a_reranker_that_fails_is_named_and_the_order_stands(
    retriever: Retriever, clock: Clock, caplog: pytest.LogCaptureFixture, given: object
) -> None:
    """A question is answered without the broken re-ranker; those after it still work."""
    retriever.rerankers += [Broken(given), Variety()]
    found = await retriever.find(await retriever.seek("Is there tea?", frozenset()))
    assert found == []
    (logged,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "broken ranker" in logged.getMessage()
