"""What the log makes of everybody: weights, what curators settled, and who counts as a voice."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from core.answers import Answer, Origin, Standing
from core.embedders.hashing import HashingEmbedder
from core.feedback import IMPLICIT, Feedback, Rating, Reason, Verdict, Via
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.influence import audits_of
from core.jobs.rerank import Rerank
from core.learning.promotion import next_standing
from core.learning.trusting import Weights, weights_of
from core.ledger.answers import load_answers, save_answer
from core.ledger.epochs import live_epoch, load_evidence, load_ratings
from core.ledger.feedback import append
from core.ledger.ledger import Ledger
from core.ledger.messages import save_message
from core.ledger.people import see_person
from core.messages import Conversation, Message
from core.priors import Prior
from core.ranking import rating_of
from core.scheduler import silent
from core.settings import Settings
from tests.doubles import LOBBY, NOON, answer, message, person, said

UP, DOWN = Verdict.UP, Verdict.DOWN
CELLAR = Conversation(platform="room", key="cellar", name="cellar")
PEOPLE = ("ann", "bob", "cid", "dan", "curator", "keeper")
HOW, WHY = "How do I reset it?", "Why would I reset it?"


def asked_in(place: Conversation, key: str) -> Message:
    """Return a message in a conversation."""
    sent = message(key)
    return replace(sent, conversation=place, ref=replace(sent.ref, conversation=place.key))


async def tell(ledger: Ledger, *events: Feedback | Answer, place: Conversation = LOBBY) -> None:
    """Store answers, each as one to a message in a conversation, and what was said of them."""
    async with ledger.writing() as connection:
        for name in PEOPLE:
            await see_person(connection, person(name), NOON)
        for one in events:
            if isinstance(one, Answer):
                question = asked_in(place, f"m-{one.id}")
                await save_message(connection, question, NOON)
                await save_answer(connection, one, question)
            else:
                await see_person(connection, one.person, NOON)
                await append(connection, one)


def job(ledger: Ledger, settings: Settings) -> Rerank:
    """Return the job that rates, with one curator."""
    learning = settings.learning.model_copy(update={"curators": ("room:curator", "room:keeper")})
    index = MemoryIndex()
    indexing = Indexing(ledger=ledger, index=index, embedder=HashingEmbedder(), now=lambda: NOON)
    return Rerank(ledger=ledger, indexing=indexing, settings=learning, now=lambda: NOON)


async def outcome(ledger: Ledger, settings: Settings) -> tuple[object, ...]:
    """Return ratings, standings, evidence and weights after a run."""
    await job(ledger, settings).run(NOON, silent)
    learning = settings.learning.model_copy(update={"curators": ("room:curator", "room:keeper")})
    async with ledger.reading() as connection:
        epoch = await live_epoch(connection)
        assert epoch is not None
        ratings = await load_ratings(connection, epoch.id)
        near = await load_evidence(connection, epoch.id, HashingEmbedder().description.fingerprint)
        held = await load_answers(connection, sorted(ratings))
        weights = await weights_of(connection, learning, NOON)
    said_ = [(one.root, one.ups, one.downs, one.source_downs) for one in near]
    return ratings, {id_: one.standing for id_, one in held.items()}, said_, weights


async def test_what_a_curator_said_settles_the_question(ledger: Ledger, settings: Settings) -> None:
    """Who contradicts it there counts for nothing there, and still does at another question."""
    fix = answer("fix", origin=Origin.CORRECTION, author=person("dan"))
    again = answer("again", WHY, reused="fix")
    verdicts = [said("fix", DOWN), said("again", DOWN, by="bob"), said("fix", by="curator")]
    await tell(ledger, fix, again, *verdicts)
    _, _, near, weights = await outcome(ledger, settings)
    assert isinstance(weights, Weights)
    assert weights.settled == {"fix": UP}
    assert near == [("fix", 0, 1, 1), ("fix", 2, 0, 0)]


async def test_colluders_lose_their_weight_by_audits(ledger: Ledger, settings: Settings) -> None:
    """Five contradictions with curators, and what they say elsewhere moves no rating."""
    given_ = [answer(f"a{n}") for n in range(6)]
    bad = [said(one.id, DOWN, by="bob") for one in given_]
    audits = [said(one.id, by="curator") for one in given_[:5]]
    await tell(ledger, *given_, *bad, *audits, said("a5", DOWN, by="cid"))
    ratings, _, _, weights = await outcome(ledger, settings)
    assert isinstance(weights, Weights)
    assert weights.influence.shares["room:bob"] == 0
    assert isinstance(ratings, dict)
    assert ratings["a5"].downs == 1


def verified(*verdicts: Feedback, of: Answer | None = None, scattered: bool = True) -> bool:
    """Say whether these verdicts verify an answer for everyone."""
    weights = Weights(scattered=scattered)
    weights = replace(weights, influence=replace(weights.influence, new_days=7))
    voices, shown = weights.voices(verdicts), of or answer("a", origin=Origin.CORRECTION)
    rating = rating_of(voices, Prior(ups=1.8, downs=1.2, half_life_days=90), NOON)
    move = next_standing(shown, rating, voices, frozenset())
    return move is not None and move.standing is Standing.VERIFIED


def liked(*where: str) -> list[Feedback]:
    """Return a 👍 by another person for each conversation."""
    return [
        replace(said("a", by=name), conversation=place)
        for name, place in zip(PEOPLE, where, strict=False)
    ]


def test_one_conversation_alone_verifies_nothing() -> None:
    """Three people of two conversations do; of one, only what that one's members alone read."""
    assert verified(*liked("room:lobby", "room:lobby", "room:cellar"))
    assert not verified(*liked(*["room:lobby"] * 4))
    closed = replace(CELLAR, public=False)
    within = answer("a", origin=Origin.CORRECTION, audience=closed.audience)
    assert verified(*liked(*["room:cellar"] * 3), of=within)


def test_what_nobody_gives_again_is_verified_where_it_was_given() -> None:
    """A generated answer is known in one conversation only, and has its sources to stand up to."""
    assert verified(*liked(*["room:lobby"] * 3), of=answer("a"))


def test_where_there_is_but_one_conversation_it_is_enough() -> None:
    """It tells nobody apart."""
    assert verified(*liked(*["room:lobby"] * 3), scattered=False)


@pytest.mark.parametrize("changed", [{"guest": True}, {"since": NOON - timedelta(days=1)}])
def test_guests_and_new_accounts_verify_nothing(changed: dict[str, object]) -> None:
    """They are no voices, however many they are; three others beside them are enough."""
    members = liked("room:lobby", "room:cellar", "room:lobby")
    light = [replace(one, person=replace(one.person, **changed)) for one in members]  # type: ignore[arg-type]  # the fields' types differ
    assert not verified(*members[:2], *light[2:])
    assert not verified(*light)
    others = [replace(one, person=person(f"x{n}")) for n, one in enumerate(light)]
    assert verified(*others, *light)


async def test_a_verdict_knows_its_conversation_and_its_giver(
    ledger: Ledger, settings: Settings
) -> None:
    """Two conversations are told apart in the log; a guest weighs 0.3 in the rating."""
    guest = replace(person("eve"), guest=True)
    await tell(ledger, answer("a1"))
    await tell(ledger, answer("copy", reused="a1"), place=CELLAR)
    await tell(ledger, said("a1"), said("copy", by="bob"), said("copy", by="cid"))
    await tell(ledger, replace(said("a1", by="eve"), person=guest))
    ratings, standings, _, weights = await outcome(ledger, settings)
    assert isinstance(weights, Weights)
    assert isinstance(ratings, dict)
    assert weights.scattered
    assert ratings["a1"].ups == pytest.approx(3.3)
    assert standings == {"a1": Standing.VERIFIED}


WAYS = [
    *((Via.BUTTON, verdict, None) for verdict in Verdict),
    *((Via.REASON, DOWN, reason) for reason in Reason),
    *((via, verdict, None) for via, verdict in IMPLICIT.items()),
]
events = st.lists(
    st.builds(
        lambda of, how, by, minute, withdrawn: replace(
            said(
                of,
                how[1],
                by=by,
                event=f"{of}:{by}:{how}:{minute}:{withdrawn}",
                at=NOON - timedelta(minutes=minute),
                withdrawn=withdrawn,
            ),
            via=how[0],
            reason=how[2],
        ),
        st.sampled_from(["a0", "a1", "a2", "a3", "a4", "c0", "d0"]),
        st.sampled_from(WAYS),
        st.sampled_from(PEOPLE),
        st.integers(0, 3),
        st.booleans(),
    ),
    min_size=20,
    max_size=40,
    unique_by=lambda one: one.event_id,
)
GIVEN = [answer(f"a{n}", f"Question {n}?") for n in range(5)]
COPIES = [answer("c0", "Question 0?", reused="a0"), answer("d0", WHY, reused="a1")]


async def after(
    path: Path, migrated: Path, arrived: Sequence[Feedback], settings: Settings
) -> tuple[object, ...]:
    """Return what a new ledger makes of events in the order of their arrival."""
    shutil.copy(migrated, path)
    ledger = Ledger(f"sqlite+aiosqlite:///{path}")
    await ledger.open()
    await tell(ledger, *GIVEN)
    await tell(ledger, *COPIES, place=CELLAR)
    await tell(ledger, *arrived)
    try:
        return await outcome(ledger, settings)
    finally:
        await ledger.close()


@pytest.mark.parametrize("first", [UP, DOWN])
def test_curators_at_the_same_instant_come_to_the_same_in_any_order(first: Verdict) -> None:
    """Their standing is what their audit is, whoever is read first and whoever said what."""
    second = DOWN if first is UP else UP
    told = [said("a", first, by="curator", event="e1"), said("a", second, by="keeper", event="e2")]
    curators = frozenset(one.person.id for one in told)
    for read in (told, told[::-1]):
        move = next_standing(answer("a"), Rating(value=0.6, ups=0, downs=0), read, curators)
        assert move
        assert audits_of(read, {"a": ("a", "h")}, curators) == {("a", "h"): second}
        assert move.standing is (Standing.VERIFIED if second is UP else Standing.RETIRED)


@given(events, st.randoms(use_true_random=False))
@hypothesis(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_the_order_of_arrival_changes_no_bit(
    tmp_path_factory: pytest.TempPathFactory,
    migrated: Path,
    settings: Settings,
    told: list[Feedback],
    random: Random,
) -> None:
    """Events carry the platform's times: ratings, standings, evidence and trust follow from these."""
    place = tmp_path_factory.mktemp("order")
    other = list(told)
    random.shuffle(other)
    first = await after(place / "one.sqlite", migrated, told, settings)
    assert await after(place / "other.sqlite", migrated, other, settings) == first
