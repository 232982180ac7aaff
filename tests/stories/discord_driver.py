"""People in Discord, for stories that are told on every platform."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bot.adapter import Capability
from bot.app import App, utc_now
from bot.discord.adapter import CAPABILITIES, DiscordAdapter
from core.feedback import Reason, Verdict
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_person import Person
from tests.servers.discord_post import LOADING, Channel, Post
from tests.stories.driver import MODERATORS, PATIENCE, Guest

SPEED = 20.0
BUTTONS = {Verdict.UP: "Helpful", Verdict.DOWN: "Not helpful"}
EVERYBODY = ("Ana", "Ben", "Cleo")


class DiscordGuest(Guest):
    """Somebody in Discord."""

    def __init__(self, platform: "DiscordPlatform", person: Person) -> None:
        """Take who."""
        self._platform = platform
        self._discord = platform.discord
        self.person = person

    async def asks(self, place: str, text: str) -> Post:
        """Mention the bot."""
        return await self.says(place, f"@Tavernkeep {text}")

    async def asks_directly(self, text: str) -> Post:
        """Write to the bot."""
        return await self.person.says(self.person.dm(), text)

    async def asks_alone(self, place: str, text: str) -> Post:
        """Type `/ask`."""
        return await self._whispered(f"/ask {text}", place)

    async def says(self, place: str, text: str, under: Post | None = None) -> Post:
        """Write in a channel, or reply to a message."""
        return await self.person.says(self._platform.channel(place), text, reply_to=under)

    async def says_to(self, place: str, name: str, text: str) -> Post:
        """Mention somebody."""
        self._platform.guest(name)
        return await self.says(place, f"@{name} {text}")

    async def follows_up(self, asked: Post, text: str) -> None:
        """Reply to what began the talk: a reply to the bot's own message would call it anew."""
        await self.person.says(asked.channel, text, reply_to=asked, ping=False)

    async def commands(self, place: str, line: str) -> str:
        """Type `/tavernkeep`."""
        return (await self._whispered(f"/tavernkeep {line}", place)).words

    async def judges(self, answer: Post, verdict: Verdict) -> None:
        """Press a button."""
        await self.person.presses(answer, BUTTONS[verdict])

    async def gives(self, answer: Post, reason: Reason) -> None:
        """Press the button and a reason of those that then are offered."""
        before = len(self.person.whispers)
        await self.judges(answer, Verdict.DOWN)
        await self.person.presses(await self._whisper(before), reason.value.capitalize())

    async def corrects(self, answer: Post, text: str) -> None:
        """Write it into the modal."""
        await self.person.presses(answer, "Fix it")
        await self.person.submits({"answer-0": text})

    async def reacts(self, what: Post, emoji: str) -> None:
        """Put an emoji on it."""
        await self.person.reacts(what, emoji)

    async def takes_back(self, what: Post, emoji: str) -> None:
        """Take it off."""
        await self.person.unreacts(what, emoji)

    async def edits(self, asked: Post, text: str) -> None:
        """Change the message behind the mention."""
        await self.person.edits(asked, f"@Tavernkeep {text}")

    async def deletes(self, said: Post) -> None:
        """Delete it."""
        await self.person.deletes(said)

    async def saves(self, said: Post, question: str) -> None:
        """Choose it from the message's menu."""
        await self.person.uses("Save as answer", said)
        await self.person.submits({"question": question})

    async def asks_about(self, said: Post, question: str) -> Post:
        """Choose it from the message's menu."""
        before = len(self.person.whispers)
        await self.person.uses("Ask about this", said)
        await self.person.submits({"question": question})
        return await self._whisper(before)

    async def answers(self, asked: Post, name: str, text: str) -> None:
        """Reply to the question."""
        await self.follows_up(asked, text)

    async def offered(self, about: str) -> Post:
        """Return what the bot writes to them directly."""
        return (await self._discord.until(lambda: self._offers(about), PATIENCE))[0]

    async def is_offered(self, about: str) -> bool:
        """Look among what the bot wrote to them directly."""
        return bool(self._offers(about))

    def _offers(self, about: str) -> list[Post]:
        said = self._discord.said_by_bot(self.person.dm())
        return [one for one in said if about in one.words and one.buttons]

    async def presses(self, answer: Post, label: str) -> None:
        """Press it."""
        await self.person.presses(answer, label)

    async def asks_afresh(self, answer: Post) -> Post:
        """Press the button; nobody else sees what is said."""
        before = len(self.person.whispers)
        await self.presses(answer, "Answer afresh")
        return await self._whisper(before)

    async def _whispered(self, line: str, place: str) -> Post:
        before = len(self.person.whispers)
        await self.person.types(line, self._platform.channel(place))
        return await self._whisper(before)

    async def _whisper(self, before: int) -> Post:
        """Return what is said to them alone next, once it stands."""

        def said() -> list[Post]:
            new = self.person.whispers[before:]
            return [one for one in new if one.words and not one.flags & LOADING]

        return (await self._discord.until(said, PATIENCE))[0]


class DiscordPlatform:
    """Discord on loopback, which lets the bot read what does not mention it."""

    name = "discord"

    def __init__(self, discord: LoopbackDiscord) -> None:
        """Take a running Discord."""
        self.discord = discord
        discord.world.privileged = True
        self._guests: dict[str, DiscordGuest] = {}
        self._app: App | None = None
        self._adapter: DiscordAdapter | None = None

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What people can do there."""
        return CAPABILITIES

    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the token and where Discord is."""
        given = {
            "token": self.discord.token,
            "api_url": self.discord.url,
            "message_content": True,
            "moderators": str(self.channel(MODERATORS).id),
        }
        return {"discord": given}

    @asynccontextmanager
    async def serving(self, app: App) -> AsyncIterator[None]:
        """Connect the bot."""
        self._adapter = DiscordAdapter(app.store.settings, app.assistant, utc_now, SPEED)
        await self._adapter.start()
        await self.discord.connected(PATIENCE)
        await self.discord.until(lambda: self.discord.commands.held, PATIENCE)
        self._app = app
        yield
        await self._adapter.stop()

    def channel(self, place: str) -> Channel:
        """Return a channel that everybody sees; that of the moderators is theirs alone."""
        people = [self.discord.person(name) for name in EVERYBODY]
        private = place == MODERATORS
        return self.discord.channel(place, private=private, members=people if private else ())

    def guest(self, name: str) -> DiscordGuest:
        """Return somebody by name."""
        return self._guests.setdefault(name, DiscordGuest(self, self.discord.person(name)))

    def person_id(self, name: str) -> str:
        """Return who somebody is to the bot."""
        return f"discord:{self.discord.person(name).id}"

    async def answer(self, asked: Post, number: int = 1) -> Post:
        """Return a finished answer to a message, or to what was replied to answers."""
        found = await self.discord.until(lambda: self._answers(asked)[number - 1 :], PATIENCE)
        return found[0]

    async def answers(self, asked: Post) -> int:
        """Count them."""
        return len(self._answers(asked))

    async def said_in(self, place: str, number: int = 1) -> Post:
        """Return what the bot said in a channel, once it can be pressed."""
        channel = self.channel(place)

        def said() -> Post | None:
            found = self.discord.said_by_bot(channel)[number - 1 :]
            return found[0] if found and found[0].buttons else None

        return await self.discord.until(said, PATIENCE)

    async def words(self, answer: Post) -> str:
        """Return what the message says now."""
        return answer.words

    async def settled(self) -> None:
        """Wait until the bot has heard all, stored it, and is through with it."""
        assert self._app is not None, "the bot is not there"
        assert self._adapter is not None, "the bot is not there"
        await self.discord.settled()
        await self._adapter.drain()
        await self._app.assistant.drain()

    def _answers(self, asked: Post) -> list[Post]:
        said = self.discord.said_by_bot(asked.channel)
        return [one for one in said if one.buttons and self._began(one, asked)]

    def _began(self, post: Post, asked: Post) -> bool:
        """Say whether a chain of replies began with a message."""
        above: Post | None = post
        while above is not None and above is not asked:
            above = self.discord.world.posts.get(above.reply_to or 0)
        return above is asked or (post.channel.guild is None and post.id > asked.id)
