"""RoomReply: one answer in the making, in the room."""

from collections.abc import Sequence
from datetime import datetime

from bot.room.post import Phase, Post
from bot.room.timeline import Timeline
from core.answers import Answer, Origin, Placement
from core.errors import NoPlaceError
from core.ledger.views import Entry
from core.messages import Message, MessageRef


class RoomReply:
    """Shows an answer in the thread of the message that asked for it.

    Nothing is shown before the assistant reports something: a message between people has no reply.
    """

    parts: Sequence[MessageRef] = ()  # however long it is, it stands in one place

    def __init__(self, timeline: Timeline, message: Message, *, key: str, at: datetime) -> None:
        """Prepare the reply to `message`, which will stand under `key` from `at` on."""
        self._timeline = timeline
        self._message = message
        self._key = key
        self._at = at
        self._shown = False
        self._closed = False

    async def place(self, placement: Placement) -> None:
        """Show it as always: in the room everybody reads everything, and there are no moderators.

        Raises `NoPlaceError` for what only they should see.
        """
        if placement is Placement.MODERATORS:
            raise NoPlaceError("The room has no moderators.")

    async def progress(self, text: str) -> None:
        """Show what is being done."""
        self._show()
        self._timeline.status(self._key, text)

    async def append(self, delta: str) -> None:
        """Show more words."""
        self._show()
        self._timeline.append(self._key, delta)

    async def finish(self, answer: Answer) -> MessageRef:
        """Show the whole answer and return where it stands; an offer is shown to the writer alone."""
        if answer.origin is Origin.OFFER:
            self._timeline.offer(self._message.person.id, answer)
            return self._ref(self._key)
        self._show()
        self._closed = True
        self._timeline.finish(self._key, answer)
        return self._ref(self._key)

    async def fail(self, sentence: str) -> None:
        """Say why there is no answer; an answer that already stands is left alone."""
        if self._closed:
            return
        self._show()
        self._closed = True
        self._timeline.fail(self._key, sentence)

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Look among what is shown; a room that was opened anew shows what the ledger holds."""
        for post in self._timeline.posts():
            if post.entry.answer is not None and post.entry.answer.id == answer_id:
                return self._ref(post.key)
        return None

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Show another answer where one stands."""
        for ref in standing[:1]:
            self._timeline.revise(ref.key, answer)

    def _ref(self, key: str) -> MessageRef:
        ref = self._message.ref
        return MessageRef(platform=ref.platform, conversation=ref.conversation, key=key)

    def _show(self) -> None:
        if self._shown:
            return
        self._shown = True
        thread = self._message.thread or self._message.ref.key
        entry = Entry(key=self._key, thread=thread, at=self._at, text="", person=None)
        self._timeline.put(Post(entry=entry, phase=Phase.WAITING, status="Thinking…"))
