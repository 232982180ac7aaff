"""Four people who write at once, and somebody who edits the pages that the bot reads."""

import asyncio
import itertools
from collections.abc import Mapping
from pathlib import Path
from random import Random

from core.feedback import Correction, Feedback, Verdict, Via
from core.messages import Conversation, Deleted, Edited, Message, MessageRef, Person, Reaction
from tests.crash.adapter import PLATFORM
from tests.crash.platform import Platform
from tests.crash.truth import EMOJI

HALL = Conversation(platform=PLATFORM, key="hall", name="The hall")
NAMES = ("Ana", "Ben", "Cleo", "Dan")
WEIGHTS = {
    "ask": 30,
    "chat": 4,
    "react": 26,
    "unreact": 12,
    "judge": 8,
    "correct": 5,
    "edit": 9,
    "delete": 6,
}
EDITING = WEIGHTS | {"react": 5, "judge": 1, "correct": 1, "edit": 40}
PAUSE = (0.02, 0.12)  # seconds between two things that a person does
MOST_WAITING = 12  # people wait for a bot that is far behind
THINGS = ("kitchen", "cellar", "stable", "attic", "garden", "library", "bakery", "brewery")
VERBS = ("close", "open", "get cleaned", "serve dinner")


class Writer:
    """One person, who does something every few hundredths of a second."""

    def __init__(self, name: str, platform: Platform, random: Random) -> None:
        """Take who it is, and the platform to write on."""
        self._person = Person(platform=PLATFORM, key=name.lower(), name=name)
        self._platform = platform
        self.random = random
        self._mine: list[MessageRef] = []
        self._standing: list[tuple[str, str]] = []  # my emoji: the post's id, the emoji
        self._numbers = itertools.count()

    async def write(self, weights: Mapping[str, int] = WEIGHTS) -> None:
        """Go on until cancelled, doing what weighs more more often."""
        while True:
            await asyncio.sleep(self.random.uniform(*PAUSE))
            if self._platform.waiting < MOST_WAITING:
                self.act(self.random.choices(list(weights), list(weights.values()))[0])

    def act(self, what: str) -> None:
        """Do one thing, if there is something to do it to."""
        posts = list(self._platform.truth.posts)[-30:]
        if what in {"ask", "chat"}:
            self._say(asks=what == "ask")
        elif what in {"edit", "delete"}:
            self._change(what)
        elif what == "unreact":
            self._unreact()
        elif posts:
            self._judge(what, self.random.choice(posts))

    def _say(self, *, asks: bool) -> None:
        key = self._platform.new_key()
        thing, verb = self.random.choice(THINGS), self.random.choice(VERBS)
        message = Message(
            event_id=f"message-{key}",
            ref=MessageRef(platform=PLATFORM, conversation=HALL.key, key=key),
            conversation=HALL,
            person=self._person,
            text=f"When does the {thing} {verb}?" if asks else f"I like the {thing} ({key}).",
            sent_at=self._platform.now(),
            thread=None,
            addressed=asks,
        )
        self._mine.append(message.ref)
        self._platform.happens(message)

    def _change(self, what: str) -> None:
        if not self._mine:
            return
        ref = self.random.choice(self._mine[-5:])
        at, number = self._platform.now(), self._platform.new_key()
        if what == "delete":
            self._mine.remove(ref)
            self._platform.happens(Deleted(event_id=f"deleted-{number}", ref=ref, at=at))
        else:
            text = f"When, and why, does the {self.random.choice(THINGS)} close? ({number})"
            self._platform.happens(Edited(event_id=f"edited-{number}", ref=ref, text=text, at=at))

    def _unreact(self) -> None:
        if self._standing:
            given = self._standing.pop(self.random.randrange(len(self._standing)))
            self._react(*given, added=False)

    def _judge(self, what: str, place: str) -> None:
        if what == "react":
            given = (place, self.random.choice(list(EMOJI)))
            if given not in self._standing:
                self._standing.append(given)
                self._react(*given, added=True)
            return
        answer_id, number = self._platform.truth.posts[place], self._platform.new_key()
        if what == "judge":
            self._press(answer_id, number)
        else:
            self._platform.happens(
                Correction(
                    event_id=f"correction-{number}",
                    answer_id=answer_id,
                    person=self._person,
                    text=f"It closes at {self.random.randrange(24)} sharp ({number}).",
                    at=self._platform.now(),
                )
            )

    def _press(self, answer_id: str, number: str) -> None:
        self._platform.happens(
            Feedback(
                event_id=f"verdict-{number}",
                answer_id=answer_id,
                person=self._person,
                verdict=self.random.choice(list(Verdict)),
                via=Via.BUTTON,
                at=self._platform.now(),
                withdrawn=self.random.random() < 0.3,
            )
        )

    def _react(self, place: str, emoji: str, *, added: bool) -> None:
        key = place.rpartition(":")[2]
        self._platform.happens(
            Reaction(
                event_id=f"reaction-{self._platform.new_key()}",
                ref=MessageRef(platform=PLATFORM, conversation=HALL.key, key=key),
                person=self._person,
                emoji=emoji,
                added=added,
                at=self._platform.now(),
            )
        )


class Pages:
    """A folder of Markdown pages that change."""

    def __init__(self, folder: Path, random: Random) -> None:
        """Take the folder; it is made with its first pages."""
        self._folder = folder
        self.random = random
        self._numbers = itertools.count(1)
        folder.mkdir(parents=True)
        for thing in THINGS:
            self._write(thing)

    def change(self) -> None:
        """Write some pages anew, remove or bring back one; one page always stays."""
        for thing in self.random.sample(THINGS, 3):
            self._write(thing)
        thing = self.random.choice(THINGS[1:])
        path = self._folder / f"{thing}.md"
        if path.exists():
            path.unlink()
        else:
            self._write(thing)

    def texts(self) -> dict[str, str]:
        """Return what the pages say, by file name."""
        return {path.name: path.read_text("utf-8") for path in sorted(self._folder.glob("*.md"))}

    def _write(self, thing: str) -> None:
        hour = self.random.randrange(24)
        rooms = "\n\n".join(
            f"## Room {room} of the {thing}\n\nIn room {room} the {thing} opens at {room} and closes "
            f"at {hour}. It is cleaned on day {next(self._numbers)}, before dinner is served."
            for room in range(self.random.randint(1, 4))
        )
        text = f"# The {thing}\n\nThe {thing} closes at {hour} in the evening.\n\n{rooms}\n"
        draft = self._folder / f".{thing}"
        draft.write_text(text, "utf-8")
        draft.rename(self._folder / f"{thing}.md")
