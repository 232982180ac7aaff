"""Elsewhere: a question about another thing is not given the answer to one of the same form."""

import pytest

from core.answers import Answer
from core.audience import Audience
from core.documents import Document
from core.feedback import Verdict
from core.settings_of_learning import LearningSettings
from tests.tavern import CLEO, Tavern, page

DULCIMER = page("Music", "In winter we keep the dulcimer behind the bar.")
CAULDRON = page("Brewing", "In winter the cauldron hangs in the shed.")
ASKED = "Where do we keep the dulcimer in winter?"
ALIKE = "Where is the cauldron kept in winter?"


async def asked_then(tavern: Tavern, alike: str, *known: Document) -> tuple[Answer, Answer]:
    """Return the answer on the dulcimer, which a curator verified, and that to a question like it."""
    learning = LearningSettings(near=0.3, guide=0.3, curators=(CLEO.id,))
    tavern.settings = tavern.settings.model_copy(update={"learning": learning})
    tavern.assistant = tavern.new_assistant()
    tavern.source.held += known
    await tavern.read()
    first = await tavern.ask(ASKED)
    await tavern.judge(first, Verdict.UP, CLEO)
    await tavern.rerank()
    return first, await tavern.ask(alike)


async def test_what_other_documents_know_is_another_thing(tavern: Tavern) -> None:
    """The cauldron is told of where the dulcimer is not: its question is answered from there."""
    _, second = await asked_then(tavern, ALIKE, DULCIMER, CAULDRON)
    assert second.reused_id is None
    assert [one.title for one in second.citations] == ["Brewing"]
    assert not tavern.model.prompts[-1].guidance


@pytest.mark.parametrize("known", [(), (page("Brewing", "In winter we brew in the shed."),)])
async def test_what_nothing_tells_of_may_be_another_word(
    tavern: Tavern, known: tuple[Document, ...]
) -> None:
    """No document has the name: it may be one for the same thing, and the answer is given again."""
    first, second = await asked_then(tavern, ALIKE, DULCIMER, *known)
    assert second.reused_id == first.id


async def test_what_the_cited_source_names_too_is_no_other_thing(tavern: Tavern) -> None:
    """Where the answer's own source has the word, other pages that have it say nothing."""
    both = page("Music", "In winter we keep the dulcimer, our cauldron of songs, behind the bar.")
    first, second = await asked_then(tavern, ALIKE, both, CAULDRON)
    assert second.reused_id == first.id


async def test_what_readers_may_not_know_changes_nothing_for_them(tavern: Tavern) -> None:
    """A secret page on the cauldron is not given away by what is not given again."""
    secret = page("Brewing", CAULDRON.text, audience=Audience(requires=frozenset({"test:cellar"})))
    first, second = await asked_then(tavern, ALIKE, DULCIMER, secret)
    assert second.reused_id == first.id
