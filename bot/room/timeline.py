"""Timeline: what stands in the room: the ledger's history and, over it, what is in the making."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.room.post import Phase, Post
from core.answers import Answer
from core.ledger.views import Entry


class Timeline:
    """Posts by key. The history wins over what was in the making, once it holds the same key."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Begin empty; `changed` is called after every change."""
        self._changed = changed
        self._history: dict[str, Post] = {}
        self._making: dict[str, Post] = {}
        self._hidden: set[str] = set()
        self._offers: dict[str, tuple[str, Answer]] = {}

    def posts(self) -> list[Post]:
        """Return everything that is shown, oldest first."""
        shown = {**self._making, **self._history}
        held = [post for key, post in shown.items() if key not in self._hidden]
        return sorted(held, key=lambda post: post.entry.at)

    def find(self, key: str) -> Post | None:
        """Return the post with that key, if it stands here."""
        return self._history.get(key) or self._making.get(key)

    def load(self, entries: Sequence[Entry]) -> None:
        """Take a fresh history; what it holds is no longer in the making."""
        self._history = {entry.key: Post(entry=entry) for entry in entries}
        for key in self._history:
            self._making.pop(key, None)
        self._changed()

    def put(self, post: Post) -> None:
        """Show a post that the history does not hold yet."""
        self._making[post.key] = post
        self._changed()

    def hide(self, key: str) -> None:
        """Take a post away at once; the history will follow."""
        self._hidden.add(key)
        self._changed()

    def unhide(self, key: str) -> None:
        """Let the history say again whether the post stands."""
        self._hidden.discard(key)
        self._changed()

    def status(self, key: str, text: str) -> None:
        """Show what is being done for an answer."""
        if post := self._making.get(key):
            self.put(replace(post, status=text))

    def append(self, key: str, delta: str) -> None:
        """Show more words of an answer."""
        if post := self._making.get(key):
            self.put(post.with_text(post.entry.text + delta))

    def finish(self, key: str, answer: Answer) -> None:
        """Show the whole answer in place of what was streamed."""
        if post := self._making.get(key):
            entry = replace(post.entry, text=answer.text, answer=answer)
            self.put(Post(entry=entry))

    def revise(self, key: str, answer: Answer) -> None:
        """Show another answer in place of one that stands, until the history follows."""
        held = self._history if key in self._history else self._making
        if post := held.get(key):
            held[key] = Post(entry=replace(post.entry, text=answer.text, answer=answer))
            self._changed()

    def fail(self, key: str, sentence: str) -> None:
        """Show why there is no answer, in place of what was streamed."""
        if post := self._making.get(key):
            entry = replace(post.entry, text=sentence)
            self.put(Post(entry=entry, phase=Phase.FAILED))

    # -- what one person alone sees ------------------------------------------------------------

    def offer(self, person_id: str, offer: Answer) -> None:
        """Ask one person, alone, until they answer."""
        self._offers[offer.id] = (person_id, offer)
        self._changed()

    def load_offers(self, offers: Sequence[tuple[str, Answer]]) -> None:
        """Take what everybody is asked by now, each with whom, in place of what they were asked."""
        self._offers = {offer.id: (person_id, offer) for person_id, offer in offers}
        self._changed()

    def offers_to(self, person_id: str) -> list[Answer]:
        """Return what a person is asked, oldest first."""
        return [offer for asked, offer in self._offers.values() if asked == person_id]

    def settle(self, offer_id: str) -> None:
        """Take an offer away that was answered."""
        self._offers.pop(offer_id, None)
        self._changed()
