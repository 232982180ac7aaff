"""The help plugin: `/help` and `/status`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.hookspecs import Register, Services, hookimpl
from core.interfaces import Call, Command

INTRODUCTION = """Ask me anything in your own words: I answer from the documents that I have read, and say so when they hold no answer.

- 👍 or 👎 under an answer teaches me; 👎 asks you why.
- **Fix it** lets you write the better answer. Whoever asks something near it gets yours.
- Ask on in the thread: "and on Windows?" is understood.
"""


@dataclass(frozen=True, slots=True)
class Help:
    """`/help`: what the bot does, and every command."""

    commands: Sequence[Command]
    name: str = "help"
    summary: str = "what I do, and my commands"

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return the introduction and the list of commands."""
        del call, progress
        lines = [f"- `/{one.name}` {one.summary}" for one in self.commands]
        return f"{INTRODUCTION}\nCommands:\n" + "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Status:
    """`/status`: which model, embedder and index are at work."""

    services: Services
    name: str = "status"
    summary: str = "which model, embedder and index are at work"

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return a line on each part."""
        del call, progress
        described = self.services.embedder.description
        offered = self.services.index.capabilities
        without = f", without {', '.join(offered.missing)}" if offered.missing else ""
        return (
            f"- Answers: {self.services.model.name}\n"
            f"- Embedder: {described.model}, {described.dimension} dimensions\n"
            f"- Index: {offered.server}{without}"
        )


@hookimpl
def register_commands(register: Register[Command], services: Services) -> None:
    """Bring the commands."""
    register(Help(services.commands))
    register(Status(services))
