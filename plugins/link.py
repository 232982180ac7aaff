"""The link plugin: by `/link` people say which accounts on other platforms are theirs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.answers import Secret
from core.hookspecs import Links, Register, Services, hookimpl
from core.interfaces import Call, Command
from core.messages import Person

USAGE = (
    "`/link` gives you a code. Write `/link CODE` from your other account, and I know that both are "
    "you. `/link off` takes this account out again."
)
OVERHEARD = (
    "Others would read the code here. Ask me for it where nobody does: in a direct conversation, or by "
    "`/tavernkeep link`. Then write `/link CODE` here."
)
PARTED = "This account is linked with no other any more. Your votes count apart again."
NOT_LINKED = "This account is not linked with any other, so nothing changes."


@dataclass(frozen=True, slots=True)
class Link:
    """`/link`: a code; `/link CODE`: both accounts are one rater; `/link off`: no more."""

    links: Links
    name: str = "link"
    summary: str = "has me know your accounts on other platforms as yours: /link, /link off"

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return a code, or what was linked or parted, or how it is used."""
        del progress
        words = call.arguments.strip()
        if words.lower() == "off":
            return PARTED if await self.links.part(call.person) else NOT_LINKED
        if words and not self.links.is_code(words):
            return USAGE
        if words:
            return told(await self.links.redeem(call.person, words), private=call.private)
        if not call.private:
            return OVERHEARD
        return offered(await self.links.offer(call.person), await self.links.accounts(call.person))


def offered(code: str, linked: Sequence[Person]) -> Secret:
    """Return a code and what it is for, as Markdown that is not stored."""
    known = ", ".join(shown(one, private=True) for one in linked)
    standing = [f"This account is linked with {known}.", ""] if linked else []
    lines = [
        *standing,
        f"Write `/link {code}` from your other account within ten minutes; on Slack and Discord that is "
        f"`/tavernkeep link {code}`. From then on both are one person to me, with one vote.",
        "",
        "Give the code to nobody: whoever uses it can change your votes. `/link off` undoes it.",
    ]
    return Secret("\n".join(lines))


def told(other: Person, *, private: bool) -> str:
    """Return what was linked, as Markdown."""
    return (
        f"This account and {shown(other, private=private)} are one person to me from now on, with one "
        "vote on each answer: the last one counts. If that is not your account, write `/link off`."
    )


def shown(person: Person, *, private: bool) -> str:
    """Return an account in words; its name is for nobody but its owner."""
    place = person.platform.capitalize()
    name = " ".join(person.name.replace("`", "").split())
    return f"`{name}` on {place}" if private and name else f"your account on {place}"


@hookimpl
def register_commands(register: Register[Command], services: Services) -> None:
    """Bring the command."""
    register(Link(services.links))
