"""Guest: one person in the room, and all that this person can do."""

from dataclasses import replace

from bot.room.post import Post
from bot.room.tavern import CONVERSATION, PLATFORM, Tavern, is_asked, person
from bot.sentences import GONE
from core.assistant import Assistant
from core.errors import TavernkeepError, UnknownAnswerError
from core.feedback import Choice, Correction, Decision, Feedback, Reason, Verdict, Via
from core.messages import Deleted, Edited, Message, MessageRef, Reaction


class Guest:
    """Turns a person's clicks and words into events. Each method raises only `TavernkeepError`s."""

    def __init__(self, tavern: Tavern, name: str) -> None:
        """Let a person of that name take part."""
        self.tavern = tavern
        self.person = person(name)

    def wrote(self, post: Post) -> bool:
        """Say whether a post is this person's own message."""
        return post.entry.person is not None and post.entry.person.id == self.person.id

    def say(self, text: str, thread: str | None = None) -> None:
        """Write a message, or a follow-up in a thread; the answer comes by itself."""
        others = [name for name in self._known_names() if person(name).id != self.person.id]
        asked = is_asked(text, others)
        message = self._message(text, thread)
        self.tavern.post(replace(message, addressed=asked, to_others=not asked))

    async def ask_afresh(self, post: Post) -> None:
        """Ask the question of an answer once more, to be answered from the sources."""
        answer = await self._assistant().answer(_answer_id(post))
        if answer is None:
            raise UnknownAnswerError(GONE)
        message = self._message(answer.question.text, post.thread)
        self.tavern.post(replace(message, addressed=True, afresh=True))

    def _message(self, text: str, thread: str | None) -> Message:
        return Message(
            event_id=self.tavern.new_id(),
            ref=_ref(self.tavern.new_id()),
            conversation=CONVERSATION,
            person=self.person,
            text=text,
            sent_at=self.tavern.now(),
            thread=thread,
        )

    async def react(self, post: Post, emoji: str) -> None:
        """Add an emoji, or take it back where it stands already."""
        stands = any(e == emoji and self.person.id in ids for e, ids in post.entry.reactions)
        await self._set_reaction(post, emoji, added=not stands)
        await self.tavern.refresh()

    async def vote(self, post: Post, verdict: Verdict) -> None:
        """Say that an answer helped or did not; saying the same again takes it back."""
        said = post.verdict_of(self.person.id)
        again = said is not None and said.verdict is verdict
        if again:
            for emoji in post.emoji_of(self.person.id, verdict):
                await self._set_reaction(post, emoji, added=False)
        await self._assistant().on_verdict(self._feedback(post, verdict, withdrawn=again))
        await self.tavern.refresh()

    async def give_reason(self, post: Post, reason: Reason) -> None:
        """Say why an answer did not help."""
        await self._assistant().on_verdict(self._feedback(post, Verdict.DOWN, reason=reason))
        await self.tavern.refresh()

    async def correct(self, post: Post, text: str) -> str:
        """Hand in a better answer and return the bot's thanks."""
        correction = Correction(
            event_id=self.tavern.new_id(),
            answer_id=_answer_id(post),
            person=self.person,
            text=text,
            at=self.tavern.now(),
        )
        thanks = await self._assistant().on_correction(correction)
        await self.tavern.refresh()
        return thanks

    async def decide(self, offer_id: str, choice: Choice) -> None:
        """Keep what one wrote as an answer, or not."""
        await self._assistant().on_decision(
            Decision(
                event_id=self.tavern.new_id(),
                answer_id=offer_id,
                person=self.person,
                choice=choice,
                at=self.tavern.now(),
            )
        )

    async def edit(self, post: Post, text: str) -> None:
        """Change one's own message."""
        await self._assistant().on_edited(
            Edited(
                event_id=self.tavern.new_id(),
                ref=_ref(post.key),
                text=text,
                at=self.tavern.now(),
            )
        )
        await self.tavern.refresh()

    async def delete(self, post: Post) -> None:
        """Take one's own message away."""
        assistant = self._assistant()
        self.tavern.timeline.hide(post.key)
        try:
            await assistant.on_deleted(
                Deleted(event_id=self.tavern.new_id(), ref=_ref(post.key), at=self.tavern.now())
            )
            await self.tavern.refresh()
        finally:
            self.tavern.timeline.unhide(post.key)

    async def _set_reaction(self, post: Post, emoji: str, *, added: bool) -> None:
        await self._assistant().on_reaction(
            Reaction(
                event_id=self.tavern.new_id(),
                ref=_ref(post.key),
                person=self.person,
                emoji=emoji,
                added=added,
                at=self.tavern.now(),
            )
        )

    def _feedback(
        self, post: Post, verdict: Verdict, *, reason: Reason | None = None, withdrawn: bool = False
    ) -> Feedback:
        return Feedback(
            event_id=self.tavern.new_id(),
            answer_id=_answer_id(post),
            person=self.person,
            verdict=verdict,
            via=Via.REASON if reason else Via.BUTTON,
            at=self.tavern.now(),
            reason=reason,
            withdrawn=withdrawn,
        )

    def _known_names(self) -> set[str]:
        wrote = {p.entry.person.name for p in self.tavern.timeline.posts() if p.entry.person}
        return wrote | set(self.tavern.names())

    def _assistant(self) -> Assistant:
        if self.tavern.assistant is None:
            raise TavernkeepError("The tavern is still opening. Please try again in a moment.")
        return self.tavern.assistant


def _ref(key: str) -> MessageRef:
    return MessageRef(platform=PLATFORM, conversation=CONVERSATION.key, key=key)


def _answer_id(post: Post) -> str:
    if post.entry.answer is None:
        raise TavernkeepError("That message is not an answer.")
    return post.entry.answer.id
