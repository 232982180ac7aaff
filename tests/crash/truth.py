"""What people did, as a dictionary: what a bot that loses nothing and repeats nothing must show."""

from dataclasses import dataclass, field

from core.feedback import Correction, Feedback, Verdict
from core.interfaces import Event
from core.messages import Deleted, Edited, Message, Reaction

EMOJI = {"👍": Verdict.UP, "🎉": Verdict.UP, "👎": Verdict.DOWN}


@dataclass(slots=True)
class Said:
    """One message as it stands now; `asks` says that it must be answered."""

    message: Message
    asks: bool
    text: str
    deleted: bool = False


@dataclass(slots=True)
class Truth:
    """Events go in once each, in the order in which they happened, whatever becomes of them later."""

    messages: dict[str, Said] = field(default_factory=dict)
    posts: dict[str, str] = field(default_factory=dict)  # the place of a post -> its answer's id
    verdicts: dict[tuple[str, str], list[tuple[Verdict, str | None]]] = field(default_factory=dict)
    corrections: dict[str, str] = field(default_factory=dict)  # event id -> answer id
    # What stands on a post, by its place and the person; a button does not take an emoji off.
    emoji: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Let an event have the effect that it must have."""
        if isinstance(event, Message):
            self.messages[event.ref.id] = Said(event, event.addressed, event.text)
        elif isinstance(event, Edited):
            self.messages[event.ref.id].text = event.text
        elif isinstance(event, Deleted):
            self.messages[event.ref.id].text = ""
            self.messages[event.ref.id].deleted = True
        elif isinstance(event, Reaction):
            about = (self.posts[event.ref.id], event.person.id)
            self._judge(about, EMOJI[event.emoji], event.emoji, withdrawn=not event.added)
            there = self.emoji.setdefault((event.ref.id, event.person.id), [])
            there.append(event.emoji) if event.added else there.remove(event.emoji)
        elif isinstance(event, Feedback):
            about = (event.answer_id, event.person.id)
            self._judge(about, event.verdict, None, withdrawn=event.withdrawn)
        elif isinstance(event, Correction):
            self.corrections[event.event_id] = event.answer_id
            self._judge((event.answer_id, event.person.id), Verdict.DOWN, None, withdrawn=False)

    def revise(self, place: str, answer_id: str) -> None:
        """Let another answer stand at a place; what was said by emoji is said of what stands there."""
        old, self.posts[place] = self.posts[place], answer_id
        if old == answer_id:  # it is shown a second time
            return
        for (about, _), standing in self.verdicts.items():
            if about == old:
                standing[:] = [one for one in standing if one[1] is None]
        for (there, person), emoji in self.emoji.items():
            if there == place:
                said = [(EMOJI[one], one) for one in emoji]
                self.verdicts.setdefault((answer_id, person), []).extend(said)

    def live(self) -> dict[tuple[str, str], Verdict]:
        """Return the verdict that counts of each person on each answer: the last that stands."""
        return {key: standing[-1][0] for key, standing in self.verdicts.items() if standing}

    def _judge(
        self, about: tuple[str, str], verdict: Verdict, emoji: str | None, *, withdrawn: bool
    ) -> None:
        """Add a verdict, or take back what came by this emoji; a button takes back whatever it came by."""
        standing = self.verdicts.setdefault(about, [])
        if withdrawn:
            taken_back = (
                {(verdict, emoji)} if emoji else {one for one in standing if one[0] is verdict}
            )
            standing[:] = [one for one in standing if one not in taken_back]
        else:
            standing.append((verdict, emoji))
