"""Curtain: what stands between an answer in the making and those who might see it too early."""

from collections.abc import Sequence

from core.answers import Answer, Placement
from core.interfaces import Reply
from core.messages import MessageRef


class Curtain:
    """A reply before which a curtain can be drawn; what is finished is always shown.

    `unseen` hides the words while they come; `mute` keeps failures from people who asked nothing,
    and `aside` tells them to the asker alone.
    """

    def __init__(self, reply: Reply) -> None:
        """Take the reply; the curtain is open."""
        self._reply = reply
        self.unseen = False
        self.mute = False
        self.aside = False
        self.placed = False

    @property
    def parts(self) -> Sequence[MessageRef]:
        """Every message that the answer stands in."""
        return self._reply.parts

    async def place(self, placement: Placement) -> None:
        """Have it shown elsewhere; saying so a second time changes nothing."""
        if not self.placed and placement is not Placement.THREAD:
            await self._reply.place(placement)
            self.placed = True

    async def progress(self, text: str) -> None:
        """Show what is being done, unless unseen."""
        if not self.unseen:
            await self._reply.progress(text)

    async def append(self, delta: str) -> None:
        """Show the next words, unless unseen."""
        if not self.unseen:
            await self._reply.append(delta)

    async def finish(self, answer: Answer) -> MessageRef:
        """Show the whole answer and return where it stands."""
        return await self._reply.finish(answer)

    async def fail(self, sentence: str) -> None:
        """Say why there is no answer, unless mute."""
        if self.mute:
            return
        if self.aside:
            await self.place(Placement.ASKER)
        await self._reply.fail(sentence)

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Look where an answer stands already."""
        return await self._reply.posted(answer_id)

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Show another answer where one stands."""
        await self._reply.revise(standing, answer)
