"""The forget plugin: `/forget me` takes away what the bot knows of whoever writes it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.hookspecs import Forgets, Register, Services, hookimpl
from core.interfaces import Call, Command
from core.messages import Footprint

USAGE = (
    "`/forget me` shows what I would forget of you, and `/forget me yes` does it. "
    "It is only ever for the one who writes it."
)


@dataclass(frozen=True, slots=True)
class Forget:
    """`/forget me`: a preview; `/forget me yes`: the deed."""

    forgetting: Forgets
    name: str = "forget"
    summary: str = "takes away what I know of you: /forget me"

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return what would be forgotten, what was, or how it is used."""
        words = call.arguments.lower().split()
        if words == ["me"]:
            return foretold(await self.forgetting.preview(call.person))
        if words != ["me", "yes"]:
            return USAGE
        await progress("Forgetting…")
        return told(await self.forgetting.forget(call.person))


def foretold(there: Footprint) -> str:
    """Return the preview, as Markdown."""
    return (
        f"I would forget your name and what you wrote: {there}. What I learned from it alone goes "
        f"with it, and your votes count no more.{liked(there)}{kept(there)}{elsewhere(there)}\n\n"
        "There is no way back. To have it done, write `/forget me yes`."
    )


def told(gone: Footprint) -> str:
    """Return what was done, as Markdown."""
    return (
        f"You are forgotten: {gone}. Nobody sees or finds it from now on; within a day it is wiped "
        f"from my files too, together with this request.{kept(gone)}{elsewhere(gone)}\n\n"
        "What you write from now on I take as anybody's. What is stored by the chat itself, by "
        "plugins and in backups is not mine to delete."
    )


def liked(there: Footprint) -> str:
    """Return that preferences go too, as a sentence after another one, or nothing."""
    return " So does what you said of how you like answers." if there.preferences else ""


def kept(there: Footprint) -> str:
    """Return what stays, as a sentence after another one, or nothing."""
    if not there.kept:
        return ""
    answers = "1 answer stays" if there.kept == 1 else f"{there.kept} answers stay"
    return f" {answers} because others found it right, without your question."


def elsewhere(there: Footprint) -> str:
    """Return what to do about linked accounts, as a sentence after another one, or nothing."""
    if not there.linked:
        return ""
    return " What you wrote from your linked accounts stays: write `/forget me` there as well."


@hookimpl
def register_commands(register: Register[Command], services: Services) -> None:
    """Bring the command."""
    register(Forget(services.forgetting))
