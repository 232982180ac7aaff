"""Reviewing: curators look at fresh answers, each beside the one whose place it would take."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import SequenceMatcher

from core.answers import Review, badge_of
from core.errors import TavernkeepError
from core.ledger.answers import load_answers
from core.ledger.grounds import last_reason
from core.ledger.ledger import Ledger
from core.ledger.reanswers import for_review
from core.messages import Conversation, Person

NOT_YOURS = "Only a curator reviews fresh answers: whoever `learning.curators` names."
AROUND = 6  # words that are shown before and after what changed
GAP = "…"


class Reviewing:
    """Gives curators what waits for them, of that alone which all who read along may read."""

    def __init__(
        self, *, ledger: Ledger, curators: Collection[str], now: Callable[[], datetime]
    ) -> None:
        """Take who the curators are, as `platform:key`."""
        self._ledger = ledger
        self._curators = frozenset(curators)
        self._now = now

    async def next(self, person: Person, conversation: Conversation) -> Review | None:
        """Return what has waited longest; None where nothing waits that may be shown here.

        Raises `TavernkeepError` for somebody who is no curator.
        """
        if person.id not in self._curators:
            raise TavernkeepError(NOT_YOURS)
        async with self._ledger.reading() as connection:
            pairs = await for_review(connection, self._curators)
            held = await load_answers(connection, [id_ for pair in pairs for id_ in pair])
            shown = [
                (held[fresh], held[old])
                for fresh, old in pairs
                if fresh in held
                and old in held
                and all(held[id_].audience.readable_by(conversation.held) for id_ in (fresh, old))
            ]
            if not shown:
                return None
            fresh, old = shown[0]
            reason = await last_reason(connection, old.id) or "people rated it badly"
        return Review(
            fresh=replace(fresh, badge=badge_of(fresh, 0, self._now())),
            old=old,
            reason=reason,
            changed=difference(old.text, fresh.text),
            waiting=len(shown),
        )


def difference(old: str, new: str) -> str:
    """Return how one text becomes another, word by word, with a few words around each change."""
    left, right = old.split(), new.split()
    parts: list[str] = []
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    for place, (kind, from_, to, start, end) in enumerate(codes):
        if kind == "equal":
            parts.append(_kept(left[from_:to], first=place == 0, last=place == len(codes) - 1))
            continue
        gone, came = " ".join(left[from_:to]), " ".join(right[start:end])
        parts += [f"[-{gone}-]"] if gone else []
        parts += [f"{{+{came}+}}"] if came else []
    return " ".join(part for part in parts if part)


def _kept(words: Sequence[str], *, first: bool, last: bool) -> str:
    """Return words that stay, without those that are far from any change."""
    head = [] if first else words[:AROUND]
    tail = [] if last else words[-AROUND:]
    if len(head) + len(tail) >= len(words):
        return " ".join(words)
    return " ".join([*head, GAP, *tail])
