"""The modes plugin: `/mode` and `/silence` say how the bot takes part in a conversation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.hookspecs import Modes, Register, Services, hookimpl
from core.interfaces import Call, Command
from core.modes import Mode

SILENT = "I am silent here: I answer only who mentions me, until somebody writes `/silence off`."
LIFTED = "I speak here again, as the mode says."
ALREADY = "Nothing changes: "


@dataclass(frozen=True, slots=True)
class SetMode:
    """`/mode`: how the bot takes part here; `/mode NAME`: from now on so."""

    modes: Modes
    name: str = "mode"
    summary: str = (
        "how I take part in this conversation: /mode off, mention, suggest, draft or auto"
    )

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return the mode that holds and those that there are, or set one."""
        del progress
        word = call.arguments.strip().lower()
        if not word:
            return shown(*await self.modes.mode(call.conversation))
        if word not in {mode.value for mode in Mode}:
            named = ", ".join(f"`{mode.value}`" for mode in Mode)
            return f"There is no such mode. There are {named}; `/mode` says what they mean."
        mode = Mode(word)
        await self.modes.set_mode(call.conversation, mode, call.person)
        return f"From now on the mode is **{mode.value}**: {mode.meaning}."


@dataclass(frozen=True, slots=True)
class Silence:
    """`/silence`: only mentions are answered; `/silence off`: as the mode says."""

    modes: Modes
    name: str = "silence"
    summary: str = "has me answer only mentions in this conversation: /silence, /silence off"

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Silence the bot or lift that, and return what holds now."""
        del progress
        word = call.arguments.strip().lower()
        if word not in {"", "on", "off"}:
            return "`/silence` silences me in this conversation, and `/silence off` lifts that."
        silent = word != "off"
        changed = await self.modes.silence(call.conversation, silent, call.person)
        return ("" if changed else ALREADY) + (SILENT if silent else LIFTED)


def shown(standing: Mode, silenced: bool) -> str:
    """Return which mode holds, and what each means, as Markdown."""
    lines = [
        f"- **{mode.value}** (now): {mode.meaning}"
        if mode is standing
        else f"- `{mode.value}`: {mode.meaning}"
        for mode in Mode
    ]
    return "\n".join(["How I take part in this conversation:", "", *lines, *silence_line(silenced)])


def silence_line(silenced: bool) -> list[str]:
    """Return what is added where the bot is silenced."""
    return ["", SILENT] if silenced else []


@hookimpl
def register_commands(register: Register[Command], services: Services) -> None:
    """Bring the commands."""
    register(SetMode(services.modes))
    register(Silence(services.modes))
