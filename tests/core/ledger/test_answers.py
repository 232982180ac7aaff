"""Answers come back as they were given, are posted once, and are known by their place."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.answers import Answer, Origin, Question, Standing
from core.audience import members_of
from core.documents import Document
from core.ledger.answers import (
    answer_at,
    answers_to_rank,
    load_answer,
    load_answers,
    question_ids,
    question_texts,
    save_answer,
    save_post,
    save_question,
    set_standing,
    unposted,
)
from core.ledger.feedback import append
from core.ledger.ledger import Transaction
from core.ledger.operations import wanted_ids
from core.ledger.tables import citations, standings
from core.messages import MessageRef
from core.splitting import passages_of
from tests.doubles import NOON, answer, cited, message, person, said

PAGE = Document(source="docs", uri="a.md", title="A", text="Press it.", link="file:a")
PARTS = passages_of(PAGE, len, 500)
ASKED = message("m-ann")
PLACE = MessageRef(platform="room", conversation="lobby", key="p1")


def full() -> Answer:
    """Return an answer with everything that is stored of one."""
    made = answer(
        author=person("bob"), audience=members_of("room:den"), citations=(cited(PAGE, "1" * 64),)
    )
    followed_up = Question(id="q-a1", text="How do I reset the tap?", asked="And that?")
    nearest = (cited(PAGE, "2" * 64), cited(PAGE, "3" * 64, 2))
    return replace(made, nearest=nearest, notice="Claude is away.", question=followed_up)


async def test_an_answer_comes_back_as_it_was(writer: Transaction) -> None:
    """Question, citations, nearest sources, author, readers and notice are all kept."""
    await save_answer(writer, full(), ASKED)
    assert await load_answer(writer, "a1") == full()
    assert await load_answer(writer, "a2") is None


async def test_saving_twice_keeps_the_first(writer: Transaction) -> None:
    """An answer that is saved again, after a crash for instance, is not changed or doubled."""
    await save_answer(writer, full(), ASKED)
    await save_answer(writer, replace(full(), text="other", citations=()), ASKED)
    assert await load_answer(writer, "a1") == full()
    counted = await writer.execute(select(func.count()).select_from(citations))
    assert counted.scalar_one() == 3


async def test_the_first_question_is_the_answers_own(writer: Transaction) -> None:
    """An answer that is found by several phrasings shows the one that it was given to."""
    await save_answer(writer, answer(), ASKED)
    other = Question(id="q0", text="Reset?", asked="Reset?")
    await save_question(writer, "a1", other, None, NOON + timedelta(days=1))
    loaded = await load_answer(writer, "a1")
    assert loaded is not None
    assert loaded.question.id == "q-a1"
    assert sorted(await question_ids(writer, "a1")) == ["q-a1", "q0"]
    assert await question_texts(writer, ["q0", "unknown"]) == {"q0": "Reset?"}


async def test_more_answers_than_a_statement_takes(writer: Transaction) -> None:
    """However many ids are asked for, those that are stored come back."""
    await save_answer(writer, answer(), None)
    ids = [*map(str, range(40_000)), "a1"]
    assert list(await load_answers(writer, ids)) == ["a1"]


async def test_an_answer_is_unposted_until_it_is_posted(writer: Transaction) -> None:
    """What was saved and not posted is found by its question; its place is found afterwards."""
    assert await unposted(writer, ASKED) is None
    await save_answer(writer, answer(), ASKED)
    assert await unposted(writer, ASKED) == "a1"
    assert await answer_at(writer, PLACE) is None
    for _ in range(2):
        await save_post(writer, answer(), PLACE, "m-ann", NOON)
    assert await unposted(writer, ASKED) is None
    assert await answer_at(writer, PLACE) == "a1"


async def test_a_standing_is_logged(writer: Transaction) -> None:
    """Every move is in the log with its reason; the answer stands where it moved last."""
    await save_answer(writer, answer(), None)
    for standing in (Standing.TRIAL, Standing.VERIFIED):
        await set_standing(writer, "a1", standing, reason="why", by="rerank", now=NOON)
    loaded = await load_answer(writer, "a1")
    assert loaded is not None
    assert loaded.standing is Standing.VERIFIED
    logged = await writer.execute(select(standings.c.standing, standings.c.reason))
    assert [tuple(row) for row in logged] == [("trial", "why"), ("verified", "why")]


@pytest.mark.parametrize("standing", Standing)
async def test_only_what_may_be_given_again_is_in_the_index(
    writer: Transaction, standing: Standing
) -> None:
    """The index wants the questions of trial and verified answers, and of no others."""
    await save_answer(writer, answer(standing=standing), None)
    reusable = standing in {Standing.TRIAL, Standing.VERIFIED}
    assert await wanted_ids(writer, "answers") == ({"q-a1"} if reusable else set())


async def test_what_is_ranked(writer: Transaction) -> None:
    """Answers with feedback and people's corrections; one given again counts as the stored one."""
    await save_answer(writer, answer("unsaid"), None)
    await save_answer(writer, answer("voted"), None)
    await save_answer(writer, answer("stored"), None)
    await save_answer(writer, answer("again", reused="stored"), None)
    wrote = answer("wrote", origin=Origin.CORRECTION, author=person("bob"))
    await save_answer(writer, wrote, None)
    await append(writer, said("voted"))
    await append(writer, said("again"))
    assert await answers_to_rank(writer) == ["stored", "voted", "wrote"]
