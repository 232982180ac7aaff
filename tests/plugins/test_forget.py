"""`/forget me` is only ever for the one who writes it, and asks before it does it."""

from dataclasses import replace

import pytest

from core.hookspecs import Services
from core.interfaces import Call
from core.messages import Footprint, Person
from core.plugins import collect, load_plugins
from tests.doubles import LOBBY, Forgetful

ANN = Person(platform="room", key="ann", name="Ann")
THERE = Footprint(messages=3, verdicts=2, corrections=1, answers=1, kept=1)


@pytest.fixture
def forgetful() -> Forgetful:
    """Return what forgets, and what there is of everybody."""
    return Forgetful(THERE)


async def said(services: Services, forgetful: Forgetful, arguments: str) -> tuple[str, list[str]]:
    """Return what Ann is told, and the progress that she was shown."""
    own = replace(services, forgetting=forgetful)
    (command,) = collect(load_plugins(["forget"]), lambda *_: own).commands
    shown: list[str] = []

    async def show(text: str) -> None:
        shown.append(text)

    call = Call(arguments=arguments, person=ANN, answer_id="a" * 32, conversation=LOBBY)
    return await command.run(call, show), shown


async def test_without_the_yes_it_is_a_preview(services: Services, forgetful: Forgetful) -> None:
    """What would go and what stays is told, with the words that do it."""
    told, shown = await said(services, forgetful, "me")
    assert "3 messages, 2 verdicts, 1 correction and 1 answer" in told
    assert "1 answer stays because others found it right" in told
    assert "`/forget me yes`" in told
    assert (forgetful.asked, shown) == ([("preview", ANN)], [])


async def test_with_the_yes_it_is_done(services: Services, forgetful: Forgetful) -> None:
    """In whatever capitals; what is not the bot's to delete is named."""
    forgetful.there = replace(THERE, kept=2)
    told, shown = await said(services, forgetful, "Me  YES")
    assert "You are forgotten: 3 messages" in told
    assert "2 answers stay" in told
    assert "plugins and in backups" in told
    assert (forgetful.asked, len(shown)) == ([("forget", ANN)], 1)


async def test_preferences_are_named_where_there_are_any(
    services: Services, forgetful: Forgetful
) -> None:
    """Who said how they like answers is told that this goes too."""
    assert "how you like answers" not in (await said(services, forgetful, "me"))[0]
    forgetful.there = replace(THERE, preferences=2)
    assert "how you like answers" in (await said(services, forgetful, "me"))[0]


@pytest.mark.parametrize("words", ["", "yes", "ben", "ben yes", "room:ben yes", "me yes please"])
async def test_other_words_are_told_how_it_is_used(
    services: Services, forgetful: Forgetful, words: str
) -> None:
    """Nobody else can be named."""
    told, _ = await said(services, forgetful, words)
    assert "only ever for the one who writes it" in told
    assert not forgetful.asked


async def test_linked_accounts_are_named_as_a_memory_of_their_own(
    services: Services, forgetful: Forgetful
) -> None:
    """Nobody believes to be forgotten who is not."""
    forgetful.there = replace(THERE, linked=1)
    for words in ("me", "me yes"):
        assert "write `/forget me` there as well" in (await said(services, forgetful, words))[0]


async def test_nothing_that_stays_is_not_spoken_of(
    services: Services, forgetful: Forgetful
) -> None:
    """Most people have no answer that others liked."""
    forgetful.there = replace(THERE, kept=0)
    assert "stay" not in (await said(services, forgetful, "me"))[0]
