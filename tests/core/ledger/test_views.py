"""People see a conversation as it went, and what was learned with who said so."""

from dataclasses import replace
from datetime import timedelta

from core.answers import Origin, Standing
from core.feedback import Rating, Verdict
from core.ledger.answers import save_answer, save_post
from core.ledger.epochs import begin_epoch, save_epoch
from core.ledger.feedback import append
from core.ledger.ledger import Transaction
from core.ledger.messages import delete_message, edit_message, set_reaction
from core.ledger.views import counts, history, learned, ratings_over_time
from core.messages import Deleted, Edited, MessageRef, Reaction
from tests.doubles import LOBBY, NOON, answer, message, person, said

PLACE = MessageRef(platform="room", conversation="lobby", key="p1")
LATER = NOON + timedelta(minutes=1)


async def an_epoch(writer: Transaction, *values: float) -> None:
    """Save an epoch with the ratings of a1, a2 …."""
    rated = {f"a{n}": Rating(value=one, ups=1.0, downs=0.0) for n, one in enumerate(values, 1)}
    made = await save_epoch(
        writer, parameters="{}", last_feedback_id=1, rated=rated, weighed=[], penalised=[], now=NOON
    )
    await begin_epoch(writer, made)


async def test_a_conversation_comes_back_as_it_went(writer: Transaction) -> None:
    """Messages and posts in order, with the emoji and the verdicts that stand on them."""
    await save_answer(writer, answer(), message("m-ann"))
    await save_post(writer, answer(), PLACE, "m-ann", LATER)
    await append(writer, said("a1", by="bob"))
    for by in ("bob", "cid"):
        emoji = Reaction(
            event_id=by, ref=PLACE, person=person(by), emoji="👍", added=True, at=LATER
        )
        await set_reaction(writer, emoji)
    await edit_message(writer, Edited(event_id="e", ref=message("m-bob").ref, text="new", at=LATER))
    await delete_message(writer, Deleted(event_id="d", ref=message("m-cid").ref, at=LATER))
    entries = await history(writer, LOBBY.id)
    assert [(one.key, one.edited) for one in entries[:-1]] == [
        ("m-ann", False),
        ("m-bob", True),
        ("m-dan", False),
    ]
    post = entries[-1]
    assert (post.key, post.thread, post.person, post.text) == (
        "p1",
        "m-ann",
        None,
        "The text of a1.",
    )
    assert post.reactions == (("👍", ("room:bob", "room:cid")),)
    assert post.verdicts == (replace(said("a1", by="bob"), conversation=LOBBY.id),)
    assert await history(writer, LOBBY.id, limit=1) == [post]
    assert await history(writer, "room:elsewhere") == []


async def test_what_was_learned(writer: Transaction) -> None:
    """Corrections and answers with feedback are shown, with their rating once there is an epoch."""
    await save_answer(writer, answer("a1"), None)
    await save_answer(writer, answer("unsaid"), None)
    wrote = answer("a2", origin=Origin.CORRECTION, author=person("bob"))
    await save_answer(writer, wrote, None)
    await append(writer, said("a1", Verdict.DOWN))
    shown = {one.answer.id: one for one in await learned(writer)}
    assert shown.keys() == {"a1", "a2"}
    assert shown["a1"].rating is None
    await an_epoch(writer, 0.4, 0.8)
    shown = {one.answer.id: one for one in await learned(writer)}
    assert shown["a2"].rating == Rating(value=0.8, ups=1.0, downs=0.0)
    assert shown["a1"].verdicts == (said("a1", Verdict.DOWN),)


async def test_ratings_over_time(writer: Transaction) -> None:
    """Every rating of every epoch, oldest first."""
    for id_ in ("a1", "a2"):
        await save_answer(writer, answer(id_), None)
    await an_epoch(writer, 0.5)
    await an_epoch(writer, 0.6, 0.7)
    points = await ratings_over_time(writer)
    assert [(one.answer_id, one.value) for one in points] == [
        ("a1", 0.5),
        ("a1", 0.6),
        ("a2", 0.7),
    ]


async def test_counts(writer: Transaction) -> None:
    """Everything is counted by the word that people know it by."""
    await save_answer(writer, answer(standing=Standing.TRIAL), None)
    counted = await counts(writer)
    assert counted["people"] == counted["messages"] == 4
    assert (counted["answers"], counted["trial answers"], counted["feedback"]) == (1, 1, 0)


async def test_an_answer_given_again_shows_whose_it_is(writer: Transaction) -> None:
    """Its badge names the stored answer's author and how many it helped; it is learned of once."""
    stored = answer("a1", origin=Origin.CORRECTION, author=person("bob"), standing=Standing.TRIAL)
    again = answer("a2", origin=Origin.CORRECTION, author=person("bob"), reused="a1")
    await save_answer(writer, stored, None)
    await save_answer(writer, again, message("m-ann"))
    await save_post(writer, again, PLACE, "m-ann", LATER)
    await append(writer, said("a2"))
    post = (await history(writer, LOBBY.id))[-1]
    assert post.answer is not None
    assert post.answer.badge is not None
    assert (post.answer.badge.author, post.answer.badge.helpful) == ("Bob", 1)
    (shown,) = await learned(writer)
    assert (shown.answer.id, len(shown.verdicts)) == ("a1", 1)
