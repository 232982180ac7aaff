"""Post: one message or answer as the room shows it, and the threads that posts stand in."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from core.feedback import Feedback, Verdict
from core.ledger.views import Entry

DOWN_EMOJI = frozenset({"👎", "❌"})
UP_EMOJI = frozenset({"👍", "✅", "❤️", "❤", "🎉"})


class Phase(StrEnum):
    """How far a post has come."""

    WAITING = "waiting"  # nothing of the answer is there yet
    WRITING = "writing"  # the answer is being streamed
    FAILED = "failed"  # there is no answer, and the text says why
    STANDS = "stands"  # it is finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An entry of the history, or one that is still in the making; `status` is what is done now."""

    entry: Entry
    phase: Phase = Phase.STANDS
    status: str = ""

    @property
    def key(self) -> str:
        """What identifies the post in the room."""
        return self.entry.key

    @property
    def thread(self) -> str:
        """The key of the post that the thread hangs on; its own where it opens one."""
        return self.entry.thread or self.entry.key

    def verdict_of(self, person_id: str) -> Feedback | None:
        """Return what a person said of the answer, if anything."""
        return next((one for one in self.entry.verdicts if one.person.id == person_id), None)

    def count(self, verdict: Verdict) -> int:
        """Return how many people say so of the answer."""
        return sum(one.verdict is verdict for one in self.entry.verdicts)

    def emoji_of(self, person_id: str, verdict: Verdict) -> list[str]:
        """Return the emoji by which a person gave that verdict."""
        meant = UP_EMOJI if verdict is Verdict.UP else DOWN_EMOJI
        return [emoji for emoji, ids in self.entry.reactions if emoji in meant and person_id in ids]

    def with_text(self, text: str) -> "Post":
        """Return the post with more of its text written."""
        entry = replace(self.entry, text=text)
        return replace(self, entry=entry, phase=Phase.WRITING, status="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Posts that hang on one message, oldest first."""

    key: str
    posts: tuple[Post, ...]

    @property
    def opening(self) -> str:
        """The words that the thread began with, in one line, to name it by."""
        words = " ".join(self.posts[0].entry.text.split())
        return words if len(words) <= 60 else words[:59] + "…"


def threads_of(posts: Iterable[Post]) -> list[Thread]:
    """Group posts, given oldest first, by their threads, in the order in which these began."""
    grouped: dict[str, list[Post]] = {}
    for post in posts:
        grouped.setdefault(post.thread, []).append(post)
    return [Thread(key=key, posts=tuple(held)) for key, held in grouped.items()]
