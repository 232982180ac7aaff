"""The audit plugin: `/audit` shows curators the answer that is worth their verdict most."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.answers import Answer, Presented
from core.errors import TavernkeepError
from core.hookspecs import Audits, Register, Services, hookimpl
from core.interfaces import Call, Command

NOTHING = "No answer waits for an audit that I may show here."


@dataclass(frozen=True, slots=True)
class AuditNext:
    """`/audit`: one answer, with the question that it was given to above it."""

    audits: Audits
    name: str = "audit"
    summary: str = (
        "for curators: a contested answer to judge, which anchors what others' votes weigh"
    )

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return the next answer, whose buttons judge it there; a sentence for who is no curator."""
        del progress
        try:
            answer = await self.audits.next(call.person, call.conversation)
        except TavernkeepError as error:
            return str(error)
        return NOTHING if answer is None else Presented(told(answer), answer)


def told(answer: Answer) -> str:
    """Return an answer as Markdown, below its question."""
    return "\n\n".join(
        [
            f"**Audit:** {answer.question.asked}",
            "👍 or 👎 settles whether this answers it. **The answer:**",
            answer.text,
        ]
    )


@hookimpl
def register_commands(register: Register[Command], services: Services) -> None:
    """Bring the command."""
    register(AuditNext(services.audits))
