"""DiscordReply: one answer in the making, in Discord."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import discord

from bot.card import card_of
from bot.discord.identity import Identities
from bot.discord.interactions import Interactions
from bot.discord.live import Live
from bot.discord.pace import Pace
from bot.discord.poster import Poster
from bot.discord.said import Said, answer_of, message_in
from bot.discord.spot import Kind, Mark, Spot, apart, spot_of
from bot.discord.translation import place_of
from bot.discord.views import Part, answer_parts, draft_parts, sentence_part
from bot.discord.whisper import AbsentError, ClosedError, Whisper
from bot.posting import Posting
from core.answers import Answer, Placement
from core.errors import NoPlaceError
from core.messages import Message, MessageRef
from core.settings import DiscordSettings

NO_MODERATORS = "There is no conversation for drafts: discord.moderators names none."


class DiscordReply(Posting[int, Said]):
    """Shows an answer where its question stands, to its asker alone, or to the moderators.

    An answer grows in one message, which is a reply to the question; what does not fit it follows in
    further ones, and the last has the sources and the buttons. Each is marked with what it belongs
    to, so that nothing is posted twice, whatever breaks off.
    """

    def __init__(  # noqa: PLR0913  # the parts that all replies of a process share
        self,
        client: discord.Client,
        message: Message,
        *,
        settings: DiscordSettings,
        identities: Identities,
        interactions: Interactions,
        now: Callable[[], datetime],
        pace: Pace | None = None,
        links: Sequence[str] = (),
        opened: datetime | None = None,
    ) -> None:
        """Take what is answered; `opened` is when this process began, and `links` where one may link.

        Nothing is shown yet.
        """
        super().__init__("Discord", message, now=now, opened=opened)
        self._client = client
        self._moderators = settings.moderators
        self._links = links
        self._spot = spot_of(message)
        self._pace = pace or Pace()
        self._poster = Poster(client, self._spot, self._pace.pause)
        self._live = Live(client, self._spot, self._pace)
        self._whisper = Whisper(
            client,
            message,
            self._spot,
            identities=identities,
            interactions=interactions,
            pause=self._pace.pause,
        )

    async def place(self, placement: Placement) -> None:
        """Show it elsewhere; raise `NoPlaceError` where drafts have no conversation."""
        if placement is Placement.MODERATORS:
            if not self._moderators.isdecimal():
                raise NoPlaceError(NO_MODERATORS)
            since = self._message.sent_at - timedelta(minutes=1)  # their clock may be another
            self._move(apart(int(self._moderators), self._message, since))
        self._placement = placement

    async def progress(self, text: str) -> None:
        """Show what is being done: by typing, and in the message that the answer grows in."""
        if self._placement is Placement.THREAD and await self._looked_back():
            self._live.task(text)

    async def append(self, delta: str) -> None:
        """Show the next words, when it is time to."""
        if self._placement is Placement.THREAD and await self._looked_back():
            self._live.append(delta)

    async def finish(self, answer: Answer) -> MessageRef:
        """Show the whole answer, and return where its buttons are.

        Raises `PlatformAwayError` where Discord does not take it, or nobody can tell.
        """
        self._begun = True
        card = card_of(answer, self._now(), self._links)
        if self._placement is Placement.ASKER:
            try:
                ref = await self._whisper.answer(card, answer.id)
            except (AbsentError, ClosedError):
                self._begun = False
                raise
            self.parts = self._whisper.parts
            return ref
        if self._placement is Placement.MODERATORS:
            asker, place = self._message.person.name, self._message.conversation.key
            parts = draft_parts(card, answer.question.asked, asker, place)
            return await self._finish(parts, answer.id, Kind.DRAFT)
        return await self._finish(answer_parts(card), answer.id, Kind.ANSWER)

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Look for the message with the answer's id; None where there is none.

        Nobody can tell of what stands in the answer to a command. Raises `PlatformAwayError` where
        Discord cannot be asked.
        """
        if self._placement is Placement.ASKER:
            ref = await self._whisper.posted(answer_id)
            self.parts = self._whisper.parts
            return ref
        self._said = await self._poster.said(answer_id)
        return self._stands(self._said.places()) if self._said.final else None

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Show another answer from the first message on; the others go, and further parts follow."""
        channel, key = place_of(standing[0])
        if key is None:
            return
        known = {one for _, one in map(place_of, standing) if one is not None}
        former = await self._former(channel, max(known))
        self._move(self._spot.at(channel))
        first, *further = answer_parts(card_of(answer, self._now(), self._links))
        stale = set((await self._poster.said(former)).parts.values()) if former else set()
        said = await self._poster.said(answer.id)  # an earlier attempt may have been cut short
        keys = [await self._poster.put(key, first, Mark(kind=Kind.ANSWER, about=answer.id))]
        kept = {number: one for number, one in said.parts.items() if 0 < number <= len(further)}
        stale |= {*said.parts.values(), *said.replies, *known}
        for gone in sorted(stale - {key, *keys, *kept.values()}):
            await self._poster.take_away(gone)
        for number, part in enumerate(further, 1):
            mark = Mark(kind=Kind.PART, about=answer.id, part=number)
            if number in kept:
                keys.append(await self._poster.put(kept[number], part, mark))
            else:
                keys.append(await self._poster.post(part, mark))
        self._stands(keys)

    # -- the channel ---------------------------------------------------------------------------

    async def _former(self, channel: int, message: int) -> str | None:
        """Return the answer whose buttons are below a message, as far as Discord shows any."""
        shown = await message_in(self._client, channel, message)
        return answer_of(shown) if shown is not None else None

    def _move(self, spot: Spot) -> None:
        self._spot = spot
        self._poster = Poster(self._client, spot, self._pace.pause)

    async def _finish(self, parts: Sequence[Part], answer_id: str, kind: Kind) -> MessageRef:
        await self._live.end()
        said = await self._said_so_far(answer_id)
        begun = said.final is not None or 0 in said.parts
        grown = None if begun or kind is Kind.DRAFT else self._grown(said)
        # Before the answer stands, for once it does nobody looks after the rest.
        await self._clear(said, {grown, said.final, *said.parts.values()})
        if grown is not None:
            whole = len(parts) == 1
            mark = Mark(kind=kind if whole else Kind.PART, about=answer_id)
            said.parts[0] = await self._poster.put(grown, parts[0], mark)
            said.final = said.parts[0] if whole else None
        await self._poster.post_all(parts, answer_id, said, kind)
        return self._stands(said.places())

    async def _fail_here(self, sentence: str) -> None:
        await self._live.end()
        said = await self._said_so_far(None)
        grown = self._grown(said)
        await self._clear(said, {grown})
        if grown is not None:
            await self._poster.put(grown, sentence_part(sentence), self._spot.failed)
        elif said.failure is None:
            await self._poster.post(sentence_part(sentence), self._spot.failed)

    async def _fail_aside(self, sentence: str) -> None:
        """Say it to the asker alone; who takes no direct messages is told that where they wrote."""
        try:
            await self._whisper.sentence(sentence)
        except ClosedError as error:
            if not self._message.private:
                await self._poster.post(sentence_part(str(error)), self._spot.failed)

    def _grown(self, said: Said) -> int | None:
        """Return the message that the answer grew in, in this attempt or an earlier one."""
        return self._live.key or next(iter(said.unfinished), None)

    async def _clear(self, said: Said, kept: Collection[int | None]) -> None:
        """Take away what this and other attempts at the question left unfinished."""
        for key in {*said.unfinished, self._live.key}:
            if key is not None and key not in kept:
                await self._poster.take_away(key)

    async def _look(self, answer_id: str | None) -> Said:
        return await self._poster.said(answer_id)

    async def _adopt(self, said: Said) -> None:
        if said.unfinished:
            self._live.adopt(said.unfinished[0])

    def _nothing(self) -> Said:
        return Said()

    @property
    def _lost(self) -> bool:
        return self._live.lost

    def _ref(self, key: int) -> MessageRef:
        return self._spot.ref(key)
