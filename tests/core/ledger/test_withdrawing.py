"""What was learned from a source goes with it, at once."""

from dataclasses import replace

import pytest

from core.answers import Standing
from core.audience import EVERYONE, Audience, members_of
from core.documents import Document
from core.ledger.answers import load_answer, save_answer, set_standing
from core.ledger.documents import remove_document, save_document
from core.ledger.grounds import last_reason
from core.ledger.ledger import Transaction
from core.ledger.withdrawing import CHANGED, RESTORED, RESTRICTED, outdated_answers, withdraw
from core.splitting import passages_of
from tests.doubles import NOON, answer, cited

PAGE = Document(source="docs", uri="a.md", title="A", text="Press it.", link="file:a")
PARTS = passages_of(PAGE, len, 500)
DEN = members_of("room:den")


async def learn(writer: Transaction, audience: Audience = EVERYONE) -> None:
    """Verify an answer that cites the page."""
    await save_document(writer, PAGE, PARTS, {}, "f", NOON)
    learned = answer(
        standing=Standing.VERIFIED, citations=(cited(PAGE, PARTS[0].hash),), audience=audience
    )
    await save_answer(writer, learned, None)


async def stands(writer: Transaction) -> tuple[Standing, str | None]:
    """Return where the answer stands, and why."""
    held = await load_answer(writer, "a1")
    assert held
    return held.standing, await last_reason(writer, "a1")


@pytest.mark.parametrize("standing", [Standing.TRIAL, Standing.VERIFIED])
async def test_an_answer_is_outdated_when_its_passage_is_gone(
    writer: Transaction, standing: Standing
) -> None:
    """A learned answer stands on the passage that it cites, in the document that it cites."""
    await save_document(writer, PAGE, PARTS, {}, "f", NOON)
    await save_answer(
        writer, answer(standing=standing, citations=(cited(PAGE, PARTS[0].hash),)), None
    )
    nearest = (cited(PAGE, "9" * 64),)
    await save_answer(writer, replace(answer("a2", standing=standing), nearest=nearest), None)
    await save_answer(writer, answer("a3", citations=nearest), None)
    assert await outdated_answers(writer) == []
    assert await remove_document(writer, PAGE.id, NOON) == 1
    assert await stands(writer) == (Standing.STALE, CHANGED)


async def test_a_changed_page_takes_its_answers_along_in_the_same_transaction(
    writer: Transaction,
) -> None:
    """Nobody can be given what rested on the former text, not even for a moment."""
    await learn(writer)
    other = replace(PAGE, text="Pull it.")
    assert await save_document(writer, other, passages_of(other, len, 500), {}, "f", NOON) == 1
    assert await stands(writer) == (Standing.STALE, CHANGED)


@pytest.mark.parametrize(
    ("audience", "then"),
    [(EVERYONE, (Standing.STALE, RESTRICTED)), (DEN, (Standing.VERIFIED, None))],
)
async def test_a_newly_restricted_page_takes_along_what_others_might_read(
    writer: Transaction, audience: Audience, then: tuple[Standing, str | None]
) -> None:
    """The same words for fewer readers: an answer for more than those is stale, one for them is not."""
    await learn(writer, audience)
    narrow = replace(PAGE, audience=DEN)
    await save_document(writer, narrow, PARTS, {}, "f", NOON)
    assert await stands(writer) == then
    assert await withdraw(writer, NOON) == []


@pytest.mark.parametrize("standing", [Standing.TRIAL, Standing.VERIFIED])
async def test_a_page_that_is_put_back_brings_its_answers_back(
    writer: Transaction, standing: Standing
) -> None:
    """With the standing that they had, and the reason in the log; whether it was changed or removed."""
    await learn(writer)
    await set_standing(writer, "a1", standing, reason="people", by="rerank", now=NOON)
    other = replace(PAGE, text="Pull it.")
    await save_document(writer, other, passages_of(other, len, 500), {}, "f", NOON)
    assert (await stands(writer))[0] is Standing.STALE
    await save_document(writer, PAGE, PARTS, {}, "f", NOON)
    assert await stands(writer) == (standing, RESTORED)
    await remove_document(writer, PAGE.id, NOON)
    assert (await stands(writer))[0] is Standing.STALE
    await save_document(writer, PAGE, PARTS, {}, "f", NOON)
    assert await stands(writer) == (standing, RESTORED)


async def test_what_went_stale_otherwise_stays_stale(writer: Transaction) -> None:
    """A person moved it since, or its words were forgotten, or the page is not for all of its readers."""
    await learn(writer)
    await set_standing(writer, "a1", Standing.VERIFIED, reason="people", by="rerank", now=NOON)
    await remove_document(writer, PAGE.id, NOON)
    secret = replace(PAGE, audience=DEN)
    await save_document(writer, secret, passages_of(secret, len, 500), {}, "f", NOON)
    assert (await stands(writer))[0] is Standing.STALE
    await set_standing(writer, "a1", Standing.STALE, reason="taken back", by="ann", now=NOON)
    await save_document(writer, PAGE, PARTS, {}, "f", NOON)
    assert await stands(writer) == (Standing.STALE, "taken back")
