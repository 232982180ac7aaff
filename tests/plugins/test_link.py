"""`/link` gives a code where nobody else reads it, takes one anywhere, and undoes what it did."""

from dataclasses import replace

import pytest

from core.answers import Secret
from core.errors import TavernkeepError
from core.hookspecs import Services
from core.interfaces import Call
from core.messages import Person
from core.plugins import collect, load_plugins
from tests.doubles import LOBBY, KeptLinks

ANN = Person(platform="discord", key="1", name="ann")
OTHER = Person(platform="slack", key="U1", name="Ann `Smith`\n")


@pytest.fixture
def kept() -> KeptLinks:
    """Return what links, by a code that Ann's account on Slack was given."""
    return KeptLinks(OTHER)


async def said(services: Services, kept: KeptLinks, arguments: str, *, private: bool = True) -> str:
    """Return what Ann is told."""
    own = replace(services, links=kept)
    (command,) = collect(load_plugins(["link"]), lambda *_: own).commands

    async def progress(text: str) -> None:
        raise AssertionError(text)

    call = Call(
        arguments=arguments, person=ANN, answer_id="a" * 32, conversation=LOBBY, private=private
    )
    return await command.run(call, progress)


async def test_a_code_is_given_in_private(services: Services, kept: KeptLinks) -> None:
    """With what to do with it, and that it is for nobody else."""
    told = await said(services, kept, "")
    assert isinstance(told, Secret)
    assert "`/link K7QM-2XVD-9FTB`" in told
    assert "Give the code to nobody" in told
    assert "is linked with" not in told
    assert kept.asked == [("offer", ANN)]


async def test_what_is_linked_is_shown_beside_it(services: Services, kept: KeptLinks) -> None:
    """The name is a person's own text: it does not break out of the sentence."""
    kept.linked.append(OTHER)
    assert "linked with `Ann Smith` on Slack." in await said(services, kept, "")


async def test_no_code_is_given_where_others_read(services: Services, kept: KeptLinks) -> None:
    """Whoever reads along could use it first."""
    told = await said(services, kept, "", private=False)
    assert "Others would read the code here" in told
    assert kept.asked == []


@pytest.mark.parametrize(
    ("private", "named"), [(True, "`Ann Smith` on Slack"), (False, "your account on Slack")]
)
async def test_a_code_links(services: Services, kept: KeptLinks, private: bool, named: str) -> None:
    """Who is linked is named to the person alone, and the way back is told."""
    told = await said(services, kept, kept.code, private=private)
    assert f"This account and {named} are one person to me" in told
    assert "`/link off`" in told
    assert kept.linked == [OTHER]


async def test_a_wrong_code_links_nobody(services: Services, kept: KeptLinks) -> None:
    """The sentence is that of whoever refuses it."""
    with pytest.raises(TavernkeepError, match="no such code"):
        await said(services, kept, "0000-0000-0000")


async def test_other_words_are_told_how_it_is_used(services: Services, kept: KeptLinks) -> None:
    """They are not tried as a code."""
    assert "from your other account" in await said(services, kept, "with my Slack account")
    assert kept.asked == []


async def test_off_undoes_it(services: Services, kept: KeptLinks) -> None:
    """And says so where there is nothing to undo."""
    kept.linked.append(OTHER)
    assert "linked with no other any more" in await said(services, kept, "off")
    assert "not linked" in await said(services, kept, " OFF ", private=False)
