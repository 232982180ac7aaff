"""SlackReply: one answer in the making, in Slack."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.card import card_of
from bot.posting import Posting
from bot.slack.blocks import Part, answer_parts, draft_parts, sentence_part
from bot.slack.hasty import hasty
from bot.slack.identity import Identities
from bot.slack.live import Live
from bot.slack.pace import Pace
from bot.slack.payload import PLATFORM
from bot.slack.poster import Poster
from bot.slack.said import Said
from bot.slack.spot import ANSWER, DRAFT, PART, metadata, spot_of
from bot.slack.whisper import Whisper
from bot.slack.workspace import Workspace
from core.answers import Answer, Placement
from core.errors import NoPlaceError
from core.messages import Message, MessageRef
from core.settings import SlackSettings

NO_MODERATORS = "There is no conversation for drafts: slack.moderators names none."


class SlackReply(Posting[str, Said]):
    """Shows an answer where its question stands, to its asker alone, or to the moderators.

    A thread's answer grows in one message; what does not fit it follows in further ones, and the
    last has the sources and the buttons. Each is marked with what it belongs to, so that nothing is
    posted twice, whatever breaks off.
    """

    def __init__(  # noqa: PLR0913  # the parts that all replies of a process share
        self,
        client: AsyncWebClient,
        message: Message,
        *,
        settings: SlackSettings,
        workspace: Workspace,
        identities: Identities,
        now: Callable[[], datetime],
        pace: Pace | None = None,
        links: Sequence[str] = (),
        opened: datetime | None = None,
    ) -> None:
        """Take what is answered; `opened` is when this process began, and `links` where one may link.

        Nothing is shown yet.
        """
        super().__init__("Slack", message, now=now, opened=opened)
        self._client = client
        self._moderators = settings.moderators
        self._workspace = workspace
        self._links = links
        self._spot = spot_of(message, workspace.team_id)
        pace = pace or Pace()
        self._pause = pace.pause
        self._poster = Poster(client, self._spot, workspace, pace.pause)
        hurried = hasty(client)
        self._live = Live(hurried, self._spot, pace)
        self._whisper = Whisper(client, hurried, identities, message, self._spot)

    async def place(self, placement: Placement) -> None:
        """Show it elsewhere; raise `NoPlaceError` where drafts have no conversation."""
        if placement is Placement.MODERATORS:
            if not self._moderators:
                raise NoPlaceError(NO_MODERATORS)
            spot = replace(self._spot, channel=self._moderators, thread=None)
            since = self._message.sent_at - timedelta(minutes=1)  # their clock may be another
            self._spot = replace(spot, since=f"{since.timestamp():.6f}")
            self._poster = Poster(self._client, self._spot, self._workspace, self._pause)
        self._placement = placement

    async def progress(self, text: str) -> None:
        """Show what is being done: below the thread, and in the message once it grows."""
        if self._placement is Placement.THREAD:
            await self._live.task(text)
            if self._live.ts is None:
                await self._whisper.status(text)

    async def append(self, delta: str) -> None:
        """Show the next words, if it is time to; they come with the end otherwise."""
        if self._placement is Placement.THREAD and await self._looked_back():
            await self._live.append(delta)

    async def finish(self, answer: Answer) -> MessageRef:
        """Show the whole answer, and return where its buttons are.

        Raises `PlatformAwayError` where Slack does not take it, or nobody can tell.
        """
        self._begun = True
        card = card_of(answer, self._now(), self._links)
        if self._placement is Placement.ASKER:
            places = await self._whisper.answer(card)
            shown = [self._ref(key, channel) for channel, key in places]
            # Nobody can react to what Slack shows to one person only.
            self.parts = [one for one in shown if one.conversation != self._spot.channel]
            return shown[-1]
        if self._placement is Placement.MODERATORS:
            asker, place = self._message.person.name, self._message.conversation.key
            parts = draft_parts(card, answer.question.asked, asker, place)
            return await self._finish(parts, answer.id, DRAFT)
        return await self._finish(answer_parts(card), answer.id, ANSWER)

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Look for the message with the answer's id; None where there is none.

        Nobody can tell of what the asker alone sees. Raises `PlatformAwayError` where Slack cannot
        be asked.
        """
        if self._placement is Placement.ASKER:
            return None
        self._said = await self._poster.said(answer_id)
        return self._stands(self._said.places()) if self._said.final else None

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Show another answer from the first message on; the others go, and further parts follow."""
        first, *further = answer_parts(card_of(answer, self._now(), self._links))
        said = await self._poster.said(answer.id)
        begins = said.final or standing[0].key  # an earlier attempt may have got that far
        stale = {*said.beside(begins), *said.parts.values(), *(one.key for one in standing)}
        keys = [await self._poster.put(begins, first, metadata(ANSWER, id=answer.id))]
        for key in sorted(stale - {begins, *keys}):
            await self._poster.take_away(key)
        for number, part in enumerate(further, 1):
            mark = metadata(PART, id=answer.id, part=number)
            keys.append(await self._poster.post(part, mark))
        self._stands(keys)

    # -- the thread ----------------------------------------------------------------------------

    async def _finish(self, parts: Sequence[Part], answer_id: str, kind: str) -> MessageRef:
        said = await self._said_so_far(answer_id)
        begun = said.final is not None or 0 in said.parts
        grown = None if begun or kind == DRAFT else self._grown(said)
        # Before the answer stands, for once it does nobody looks after the rest.
        await self._clear(said, {grown, said.final, *said.parts.values()})
        if grown is not None:
            whole = len(parts) == 1
            mark = metadata(kind, id=answer_id) if whole else metadata(PART, id=answer_id, part=0)
            said.parts[0] = await self._settle(grown, parts[0], mark)
            said.final = said.parts[0] if whole else None
        await self._poster.post_all(parts, answer_id, said, kind)
        return self._stands(said.places())

    async def _settle(self, grown: str, part: Part, mark: Mapping[str, object]) -> str:
        """Let the message that grew show what it is to show; return its key, or a new one's."""
        if grown == self._live.ts and await self._live.finish(self._client, part, mark):
            return grown
        return await self._poster.put(grown, part, mark)

    def _grown(self, said: Said) -> str | None:
        """Return the message that the answer grew in, in this attempt or an earlier one."""
        return self._live.ts or next(iter(said.unfinished), None)

    async def _clear(self, said: Said, kept: Collection[str | None]) -> None:
        """Take away what this and other attempts at the question left unfinished."""
        if self._live.ts is None or self._live.ts not in kept:
            await self._live.close()
        for key in {*said.ours, self._live.ts} - {None, *kept}:
            if key is not None:
                await self._poster.take_away(key)

    async def _fail_aside(self, sentence: str) -> None:
        await self._whisper.sentence(sentence)

    async def _fail_here(self, sentence: str) -> None:
        said = await self._said_so_far(None)
        grown = self._grown(said)
        await self._live.close()
        await self._clear(said, {grown})
        if grown is not None:
            await self._poster.put(grown, sentence_part(sentence), self._spot.failed)
        elif said.failure is None:
            await self._poster.post(sentence_part(sentence), self._spot.failed)

    async def _look(self, answer_id: str | None) -> Said:
        return await self._poster.said(answer_id)

    async def _adopt(self, said: Said) -> None:
        if said.unfinished:
            await self._live.adopt(said.unfinished[0])

    def _nothing(self) -> Said:
        return Said()

    @property
    def _lost(self) -> bool:
        return self._live.lost

    def _ref(self, key: str, channel: str | None = None) -> MessageRef:
        return MessageRef(platform=PLATFORM, conversation=channel or self._spot.channel, key=key)
