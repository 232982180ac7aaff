"""`/help` lists every command, `/status` says what is at work."""

from dataclasses import replace

from core.hookspecs import Services
from core.interfaces import Call
from core.messages import Person
from core.plugins import Brought, collect, load_plugins
from tests.doubles import LOBBY

CALL = Call(
    arguments="",
    person=Person(platform="room", key="ann", name="Ann"),
    answer_id="a" * 32,
    conversation=LOBBY,
)


async def silent(text: str) -> None:
    """Show nothing."""


async def said_by(command: str, services: Services, *plugins: str) -> str:
    """Return what a command of these plugins says."""

    def own(name: str, brought: Brought) -> Services:
        return replace(services, commands=brought.commands)

    brought = collect(load_plugins(plugins), own)
    (found,) = [one for one in brought.commands if one.name == command]
    return await found.run(CALL, silent)


async def test_help_lists_commands_that_were_loaded_after_it(services: Services) -> None:
    """Every plugin's command is in the list, whatever the order of the plugins."""
    said = await said_by("help", services, "help", "taverns")
    assert "- `/taverns` finds a tavern" in said
    assert "- `/help` " in said


async def test_status_names_model_embedder_and_index(services: Services) -> None:
    """One line on each part."""
    said = await said_by("status", services, "help")
    assert said.splitlines() == [
        "- Answers: quoting",
        "- Embedder: hashing, 384 dimensions",
        "- Index: memory",
    ]
