"""The prefs plugin: by `/prefs` people see and say how they like answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.hookspecs import Prefers, Register, Services, hookimpl
from core.interfaces import Call, Command
from core.preferences import AS_ASKED, LANGUAGES, NO, YES, Aspect, Kept, Length, language_of

USAGE = (
    "To change it: `/prefs brief`, `/prefs normal` or `/prefs detailed`; `/prefs language de`, or "
    "`/prefs language as asked`; `/prefs code first`, or `/prefs code first no`. "
    "`/prefs forget` has me forget it all."
)
FORGOTTEN = "I forgot what you said of how you like answers."
NOTHING = "You have not said how you like answers, so there is nothing to forget."
GUESSED_ON = (
    " What I guess comes from your 👍 and 👎, which stay; `/prefs normal` has me not go by it."
)
UNKNOWN = f"I know no language of that name. I know {', '.join(LANGUAGES)}, and their names."


@dataclass(frozen=True, slots=True)
class Prefs:
    """`/prefs`: what is kept; with one of the listed words after it: a change."""

    preferring: Prefers
    name: str = "prefs"
    summary: str = "shows and sets how you like answers: /prefs, /prefs brief, /prefs language de"

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return what is kept of whoever calls, after any change, or how it is used."""
        del progress
        words = " ".join(call.arguments.lower().split())
        if words == "forget":
            gone = await self.preferring.forget(call.person)
            guess = (await self.preferring.kept(call.person)).guessed
            return (FORGOTTEN if gone else NOTHING) + (GUESSED_ON if guess else "")
        said = choice_of(words)
        if said is None and words:
            return UNKNOWN if words.startswith("language ") else USAGE
        if said is not None:
            await self.preferring.prefer(call.person, *said)
        return shown(await self.preferring.kept(call.person))


def choice_of(words: str) -> tuple[Aspect, str] | None:
    """Return what somebody chose by these words in small letters, or None where it is no choice."""
    if words in {one.value for one in Length}:
        return Aspect.LENGTH, words
    if words in {"code first", "code first yes"}:
        return Aspect.CODE_FIRST, YES
    if words in {"code first no", "code last"}:
        return Aspect.CODE_FIRST, NO
    language = language_of(words.removeprefix("language "))
    return (Aspect.LANGUAGE, language) if language and words.startswith("language ") else None


def shown(kept: Kept) -> str:
    """Return what is kept and where each part comes from, as Markdown."""
    liked = kept.preferences
    language = LANGUAGES[liked.language][0] if liked.language else AS_ASKED
    lines = [
        "How you like answers, as far as I know:",
        "",
        f"- language: **{language}** ({origin(kept, Aspect.LANGUAGE)})",
        f"- length: **{liked.length}** ({origin(kept, Aspect.LENGTH)})",
        f"- code first: **{YES if liked.code_first else NO}** ({origin(kept, Aspect.CODE_FIRST)})",
        "",
        "It counts for new answers to your questions; what people verified is given as it stands.",
        USAGE,
    ]
    return "\n".join(lines)


def origin(kept: Kept, aspect: Aspect) -> str:
    """Return where a preference comes from, in words."""
    if aspect in kept.said:
        return "you said so"
    if aspect is Aspect.LENGTH and kept.guessed:
        return "my guess from your 👍 and 👎"
    return "you have not said"


@hookimpl
def register_commands(register: Register[Command], services: Services) -> None:
    """Bring the command."""
    register(Prefs(services.preferring))
