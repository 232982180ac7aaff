"""Forgetting a person from the command line: first what would go, then the question, then the deed."""

import typer
from rich.console import Console
from rich.text import Text

from bot.app import App, open_app
from bot.card import plain
from bot.progress import bars
from core.errors import UnknownPersonError
from core.interfaces import Embedder
from core.messages import Footprint, Person
from core.settings import Settings


async def forget(
    settings: Settings,
    id_: str,
    console: Console,
    *,
    confirmed: bool,
    embedder: Embedder | None = None,
) -> None:
    """Show what would go, ask unless it is confirmed, and forget.

    Raises `UnknownPersonError`, with the people who may have been meant, where there is nobody.
    """
    async with open_app(settings, embedder=embedder) as app:
        person = await wanted(app, id_)
        there = await app.forgetting.preview(person)
        say(console, f"Of {named(person)} there are {there}.{staying(there)}")
        if not (confirmed or typer.confirm("Forget them? There is no way back.")):
            say(console, "Nothing was changed.")
            return
        gone = await app.forgetting.forget(person)
        with bars(console) as progress:
            report = await app.scheduler.run("rerank", progress)
        say(console, f"{named(person)} is forgotten: {gone}. {report.summary}")
        say(console, "`python -m bot purge` wipes it from the files now; else it is done in a day.")


async def wanted(app: App, id_: str) -> Person:
    """Return the person of an id; raise `UnknownPersonError` where there is nobody of it."""
    person = await app.forgetting.known(id_)
    if person is not None:
        return person
    near = [named(one) for one in await app.forgetting.near(id_)]
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    raise UnknownPersonError(f"The ledger knows nobody by the id {plain(id_)}.{meant}")


def named(person: Person) -> str:
    """Return a person's id with the name, which is a stranger's text and must not steer the terminal."""
    return plain(f"{person.id} ({person.name})")


def staying(there: Footprint) -> str:
    """Return what stays, as sentences after another one, or nothing."""
    linked = " What their linked accounts wrote stays." if there.linked else ""
    if not there.kept:
        return linked
    stay = "1 answer stays" if there.kept == 1 else f"{there.kept} answers stay"
    return f" {stay}, without the question, because others found it right.{linked}"


def say(console: Console, sentence: str) -> None:
    """Print a sentence letter for letter, on one line."""
    console.print(Text(sentence), soft_wrap=True)
