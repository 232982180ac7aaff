"""`/sources` says what the bot reads."""

from collections.abc import Sequence
from dataclasses import replace

from core.documents import Contents
from core.hookspecs import Services
from core.interfaces import Call
from core.plugins import collect, load_plugins
from tests.doubles import LOBBY, ListedContents, person


async def said(services: Services, *held: Contents) -> str:
    """Return what Ann is told where there is so much to read."""
    there: Sequence[Contents] = held
    own = replace(services, sources=ListedContents(there))
    (command,) = collect(load_plugins(["sources"]), lambda *_: own).commands

    async def silent(text: str) -> None:
        raise AssertionError(text)

    call = Call(arguments="", person=person(), answer_id="a" * 32, conversation=LOBBY)
    return await command.run(call, silent)


async def test_each_source_is_listed_with_its_first_titles(services: Services) -> None:
    """With counts, and a word on how many more there are."""
    titles = tuple(f"Page {number}" for number in range(10))
    many = Contents(source="wiki", documents=12, passages=40, titles=titles)
    one = Contents(source="folders", documents=1, passages=1, titles=("Kitchen",))
    lines = (await said(services, one, many)).splitlines()
    assert lines[2:5] == [
        "- **folders**: 1 document, 1 passage",
        "    - Kitchen",
        "- **wiki**: 12 documents, 40 passages",
    ]
    assert lines[-2:] == ["    - Page 9", "    - and 2 more"]


async def test_nothing_read_is_said(services: Services) -> None:
    """Of a bot that knows nothing, or nothing for everyone."""
    assert "nothing yet" in await said(services)
