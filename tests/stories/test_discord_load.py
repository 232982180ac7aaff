"""A hundred events a second in Discord while its connection breaks: no answer lost, none doubled."""

import asyncio
import itertools
import os
import random
import time

import pytest

from bot.app import App
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_person import Person
from tests.servers.discord_post import Post
from tests.stories.discord_bot import DiscordBot

SLOW = os.environ.get("TAVERNKEEP_SLOW") == "1"
RATE = 100  # events a second
ASKED = 50  # of how many events one is a question
QUESTIONS = (
    "@Tavernkeep How do I connect Slack?",
    "@Tavernkeep How long are backups kept?",
    "@Tavernkeep How often are votes folded into ratings?",
)

Thumb = tuple[str, str]
"""On which message, and whose."""


class Crowd:
    """People who talk, ask, and press thumbs, all at once."""

    def __init__(self, discord: LoopbackDiscord, seed: int) -> None:
        """Take where; the same seed does the same."""
        self._chance = random.Random(seed)
        self._discord = discord
        self.people = [discord.person(f"Guest{number}") for number in range(40)]
        self.halls = [discord.channel(f"hall-{number}") for number in range(10)]
        self.asked: list[Post] = []
        self._questions = itertools.cycle(QUESTIONS)

    async def acts(self, seconds: float, lost: int = 0) -> None:
        """Do a hundred things a second; every second the connection breaks.

        For so many of those times Discord forgets the session, too: the bot has to begin anew.
        """
        forgets = {int(seconds * number / (lost + 1)) for number in range(1, lost + 1)}
        begun = time.monotonic()
        for number in range(int(seconds * RATE)):
            await asyncio.sleep(max(0.0, begun + number / RATE - time.monotonic()))
            await self._act(number)
            if number % RATE == RATE // 2:
                if number // RATE in forgets:
                    self._discord.gateway.forget()
                self._discord.gateway.drop()

    async def _act(self, number: int) -> None:
        one, hall = self._chance.choice(self.people), self._chance.choice(self.halls)
        if number % ASKED == 0:
            self.asked.append(await one.says(hall, next(self._questions)))
        elif number % 3 == 0 and (answers := self._answers()):
            await self._thumb(one, self._chance.choice(answers))
        else:
            await one.says(hall, "Anybody here?")

    def _answers(self) -> list[Post]:
        posts = [post for hall in self.halls for post in self._discord.said_by_bot(hall)]
        return [post for post in posts if post.buttons]

    def standing(self) -> set[Thumb]:
        """Return the thumbs that stand."""
        answers = self._answers()
        return {(str(one.id), str(user)) for one in answers for user in one.reactions.get("👍", [])}

    async def _thumb(self, one: Person, answer: Post) -> None:
        """Press a thumb, or take it back."""
        if one.user.id in answer.reactions.get("👍", []):
            await one.unreacts(answer, "👍")
        else:
            await one.reacts(answer, "👍")


async def known(app: App, crowd: Crowd) -> set[Thumb]:
    """Return the thumbs that the ledger knows to stand."""
    entries = [
        entry for hall in crowd.halls for entry in await app.assistant.history(f"discord:{hall.id}")
    ]
    return {
        (entry.key, person.removeprefix("discord:"))
        for entry in entries
        for emoji, people in entry.reactions
        for person in people
        if emoji == "👍"
    }


@pytest.mark.parametrize(
    ("seconds", "lost", "speed"),
    [
        (3, 0, None),
        (3, 1, 50.0),
        pytest.param(
            *(60, 0, None),
            marks=[
                pytest.mark.timeout(300),
                pytest.mark.skipif(
                    not SLOW, reason="It takes minutes: set TAVERNKEEP_SLOW=1 to run it."
                ),
            ],
        ),
    ],
)
async def test_no_answer_is_lost_or_doubled_though_the_connection_breaks(
    quick_discord: DiscordBot,
    tavern: LoopbackDiscord,
    seconds: int,
    lost: int,
    speed: float | None,
) -> None:
    """Every question has one answer, and the ledger knows the thumbs that stand at the end."""
    crowd = Crowd(tavern, seed=7)
    bot = quick_discord.quickened(speed) if speed else quick_discord
    async with bot.opened() as app:
        await crowd.acts(seconds, lost)
        for one in crowd.asked:
            await tavern.answer(one, seconds=60.0)
        await tavern.connected()
        await bot.settled()
        await tavern.until(lambda: len(tavern.gateway.identified) > lost, 60.0)
        standing, counted = crowd.standing(), set[Thumb]()
        for _ in range(300):  # what came is stored and taken up in turn
            counted = await known(app, crowd)
            if counted == standing:
                break
            await asyncio.sleep(0.1)
    said = [post for hall in crowd.halls for post in bot.said(hall)]
    assert sorted(post.reply_to or 0 for post in said) == sorted(one.id for one in crowd.asked)
    assert counted == standing
    assert len(tavern.gateway.resumed) >= seconds - lost
    assert len(tavern.gateway.identified) == 1 + lost
