"""The review plugin: `/review` shows curators fresh answers that wait for them, one at a time."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.answers import Presented, Review
from core.errors import TavernkeepError
from core.hookspecs import Register, Reviews, Services, hookimpl
from core.interfaces import Call, Command

NOTHING = "No fresh answer waits for a review that I may show here."
LONGEST = 1500  # signs of the old answer, and of the difference


@dataclass(frozen=True, slots=True)
class ReviewNext:
    """`/review`: the fresh answer that has waited longest, beside the one that it would replace."""

    reviews: Reviews
    name: str = "review"
    summary: str = "for curators: a fresh answer to judge, and what it changes"

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return the next review, whose buttons judge the fresh answer; a sentence for who is no curator."""
        del progress
        try:
            review = await self.reviews.next(call.person, call.conversation)
        except TavernkeepError as error:
            return str(error)
        return NOTHING if review is None else Presented(told(review), review.fresh)


def told(review: Review) -> str:
    """Return a review as Markdown: question, old answer, what changed, and the fresh answer last."""
    more = f" {review.waiting - 1} more wait." if review.waiting > 1 else ""
    return "\n\n".join(
        [
            f"**Review:** {review.fresh.question.asked}",
            f"**The old answer** ({review.reason}):",
            quoted(review.old.text),
            "**What changed:**",
            f"```\n{fenced(review.changed)}\n```",
            f"👍 verifies the fresh answer, 👎 retires it.{more} **The fresh answer:**",
            review.fresh.text,
        ]
    )


def quoted(text: str) -> str:
    """Return a text as a quotation, shortened where it is long."""
    return "\n".join(f"> {line}" for line in shortened(text).splitlines())


def fenced(text: str) -> str:
    """Return a text that stays inside a fence."""
    return shortened(text).replace("`", "'")


def shortened(text: str) -> str:
    """Return a text of at most `LONGEST` signs."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


@hookimpl
def register_commands(register: Register[Command], services: Services) -> None:
    """Bring the command."""
    register(ReviewNext(services.reviews))
