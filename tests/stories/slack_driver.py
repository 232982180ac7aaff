"""People in Slack, for stories that are told on every platform."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bot.adapter import Capability
from bot.app import App, utc_now
from bot.slack.adapter import CAPABILITIES, SlackAdapter
from core.feedback import Reason, Verdict
from tests.servers.slack import LoopbackSlack
from tests.servers.slack_person import Person
from tests.servers.slack_post import Channel, Post
from tests.stories.driver import MODERATORS, PATIENCE, Guest
from tests.stories.slack_bot import ANSWER, kind, said_by_bot

EMOJI = {"👍": "thumbsup", "👎": "thumbsdown", "📌": "pushpin", "🤫": "shushing_face"}
FEEDBACK = {Verdict.UP: "positive", Verdict.DOWN: "negative"}


class SlackGuest(Guest):
    """Somebody in Slack."""

    def __init__(self, platform: "SlackPlatform", person: Person) -> None:
        """Take who."""
        self._platform = platform
        self._slack = platform.slack
        self.person = person

    async def asks(self, place: str, text: str) -> Post:
        """Mention the bot."""
        return await self.says(place, f"@Tavernkeep {text}")

    async def asks_directly(self, text: str) -> Post:
        """Write to the bot."""
        return await self.person.says(self._slack.dm(self.person), text)

    async def asks_alone(self, place: str, text: str) -> Post:
        """Type `/ask`."""
        return await self._whispered(f"/ask {text}", place)

    async def says(self, place: str, text: str, under: Post | None = None) -> Post:
        """Write in a channel, or in a thread of it."""
        return await self.person.says(self._platform.channel(place), text, thread=under)

    async def says_to(self, place: str, name: str, text: str) -> Post:
        """Mention somebody."""
        self._platform.guest(name)
        return await self.says(place, f"@{name} {text}")

    async def follows_up(self, asked: Post, text: str) -> None:
        """Write in the thread."""
        await self.person.says(self._slack.workspace.channels[asked.channel], text, thread=asked)

    async def commands(self, place: str, line: str) -> str:
        """Type `/tavernkeep`."""
        return (await self._whispered(f"/tavernkeep {line}", place)).words

    async def judges(self, answer: Post, verdict: Verdict) -> None:
        """Press a thumb."""
        await self.person.presses(answer, "feedback", FEEDBACK[verdict])

    async def gives(self, answer: Post, reason: Reason) -> None:
        """Press the thumb down and a reason of those that then are offered."""
        before = len(self.person.whispers)
        await self.judges(answer, Verdict.DOWN)
        why = await self._slack.until(lambda: self.person.whispers[before:], PATIENCE)
        await self.person.presses(why[0], reason.value.capitalize())

    async def corrects(self, answer: Post, text: str) -> None:
        """Write it into the modal, and hand it in once what it changes was shown."""
        await self.person.presses(answer, "Fix it")
        modal = await self._slack.until(lambda: self.person.modal, PATIENCE)
        await self.person.submits(modal, {"answer-00": text})
        await self.person.submits(modal)

    async def reacts(self, what: Post, emoji: str) -> None:
        """Put an emoji on it."""
        await self.person.reacts(what, EMOJI[emoji])

    async def takes_back(self, what: Post, emoji: str) -> None:
        """Take it off."""
        await self.person.unreacts(what, EMOJI[emoji])

    async def edits(self, asked: Post, text: str) -> None:
        """Change the message behind the mention."""
        await self.person.edits(asked, f"@Tavernkeep {text}")

    async def deletes(self, said: Post) -> None:
        """Delete it."""
        await self.person.deletes(said)

    async def saves(self, said: Post, question: str) -> None:
        """Use the shortcut."""
        await self._asked_by("save_answer", said, question)

    async def asks_about(self, said: Post, question: str) -> Post:
        """Use the shortcut."""
        await self.person.joins(self._slack.workspace.channels[said.channel])
        before = len(self.person.whispers)
        await self._asked_by("ask_about", said, question)
        return (await self._slack.until(lambda: self.person.whispers[before:], PATIENCE))[0]

    async def answers(self, asked: Post, name: str, text: str) -> None:
        """Write in the thread."""
        await self.follows_up(asked, text)

    async def offered(self, about: str) -> Post:
        """Return what Slack shows to them alone."""
        return (await self._slack.until(lambda: self._offers(about), PATIENCE))[0]

    async def is_offered(self, about: str) -> bool:
        """Look among what Slack shows to them alone."""
        return bool(self._offers(about))

    def _offers(self, about: str) -> list[Post]:
        return [one for one in self.person.whispers if about in one.words]

    async def presses(self, answer: Post, label: str) -> None:
        """Press it."""
        await self.person.presses(answer, label)

    async def asks_afresh(self, answer: Post) -> Post:
        """Press the button; nobody else sees what is said."""
        before = len(self.person.whispers)
        await self.presses(answer, "Answer afresh")
        return (await self._slack.until(lambda: self.person.whispers[before:], PATIENCE))[0]

    async def _asked_by(self, shortcut: str, said: Post, question: str) -> None:
        await self.person.uses(shortcut, said)
        modal = await self._slack.until(lambda: self.person.modal, PATIENCE)
        await self.person.submits(modal, {"question": question})

    async def _whispered(self, line: str, place: str) -> Post:
        before = len(self.person.whispers)
        await self.person.types(line, self._platform.channel(place))
        return (await self._slack.until(lambda: self.person.whispers[before:], PATIENCE))[0]


class SlackPlatform:
    """Slack on loopback, over Socket Mode."""

    name = "slack"

    def __init__(self, slack: LoopbackSlack) -> None:
        """Take a running Slack."""
        self.slack = slack
        self._guests: dict[str, SlackGuest] = {}
        self._app: App | None = None

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What people can do there."""
        return CAPABILITIES

    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the tokens and where Slack is."""
        given = {
            "bot_token": self.slack.bot_token,
            "app_token": self.slack.app_token,
            "api_url": self.slack.url,
            "moderators": self.channel(MODERATORS).id,
        }
        return {"slack": given}

    @asynccontextmanager
    async def serving(self, app: App) -> AsyncIterator[None]:
        """Connect the bot."""
        adapter = SlackAdapter(app.store.settings, app.assistant, utc_now)
        await adapter.start()
        self._app = app
        yield
        await adapter.stop()

    def channel(self, place: str) -> Channel:
        """Return a channel with the bot in it; that of the moderators is private."""
        return self.slack.channel(place, private=place == MODERATORS)

    def guest(self, name: str) -> SlackGuest:
        """Return somebody by name."""
        return self._guests.setdefault(name, SlackGuest(self, self.slack.person(name)))

    def person_id(self, name: str) -> str:
        """Return who somebody is to the bot."""
        return f"slack:{self.slack.person(name).id}"

    async def answer(self, asked: Post, number: int = 1) -> Post:
        """Return a finished answer of the thread."""
        return (await self.slack.until(lambda: self._answers(asked)[number - 1 :], PATIENCE))[0]

    async def answers(self, asked: Post) -> int:
        """Count the finished answers of the thread."""
        return len(self._answers(asked))

    async def said_in(self, place: str, number: int = 1) -> Post:
        """Return what the bot said in a channel."""
        channel = self.channel(place)
        found = await self.slack.until(
            lambda: said_by_bot(self.slack, channel)[number - 1 :], PATIENCE
        )
        return found[0]

    async def words(self, answer: Post) -> str:
        """Return what the message says now."""
        return answer.words

    async def settled(self) -> None:
        """Wait until Slack has delivered all, and the bot is through with it."""
        assert self._app is not None, "the bot is not there"
        await self.slack.settled()
        await self._app.assistant.drain()

    def _answers(self, asked: Post) -> list[Post]:
        said = said_by_bot(self.slack, self.slack.workspace.channels[asked.channel])
        return [one for one in said if one.root == asked.root and kind(one) == ANSWER]
