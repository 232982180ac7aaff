"""Posts: where answers stand, what is known of the emoji there, and one in another's place."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.answers import FORGOTTEN, Placement, Standing
from core.feedback import Correction, Feedback, Verdict, Via
from core.ledger import drafts, inbox
from core.ledger.answers import answer_at, load_answer, save_answer, save_post, unposted
from core.ledger.feedback import append, live_verdicts, save_correction
from core.ledger.ledger import Transaction
from core.ledger.messages import save_message, set_reaction, thread_turns
from core.ledger.people import see_person
from core.ledger.posts import (
    Answered,
    answered,
    edit_waits,
    emoji_on,
    give_way,
    is_untouched,
    posts_since,
    take_up_edit,
)
from core.messages import Edited, Message, MessageRef, Reaction
from tests.doubles import NOON, answer, message, person, received, said

ASKED = message("asked")
POST = MessageRef(platform="room", conversation="lobby", key="post")
LATER = NOON + timedelta(minutes=1)


def thumb(
    by: str = "bob", *, added: bool = True, emoji: str = "👍", ref: MessageRef = POST
) -> Reaction:
    """Return an emoji on the post."""
    return Reaction(
        event_id=f"{by}{added}", ref=ref, person=person(by), emoji=emoji, added=added, at=NOON
    )


@pytest.fixture
async def asked(writer: Transaction) -> Message:
    """Return a message whose answer stands."""
    await received(writer, ASKED, NOON)
    await save_message(writer, ASKED, NOON)
    await save_answer(writer, answer("a1"), ASKED)
    await save_post(writer, answer("a1"), POST, ASKED.ref.key, NOON)
    return ASKED


async def test_posts_are_listed_with_what_stands_on_them(
    writer: Transaction, asked: Message
) -> None:
    """From a time on, on one platform; an emoji that was taken off does not stand."""
    await set_reaction(writer, thumb())
    await set_reaction(writer, thumb("cid", added=False))
    (post,) = await posts_since(writer, "room", NOON)
    assert (post.ref, post.thread, post.answer_id, post.at) == (POST, "asked", "a1", NOON)
    assert [(one.person, one.emoji) for one in post.reactions] == [(person("bob"), "👍")]
    assert await posts_since(writer, "room", LATER) == []
    assert await posts_since(writer, "elsewhere", NOON) == []
    known = (await emoji_on(writer, [POST, asked.ref]))[POST.id]
    assert {(one.person.key, one.added) for one in known} == {("bob", True), ("cid", False)}


async def test_a_message_is_found_with_its_newest_text(writer: Transaction, asked: Message) -> None:
    """As it was delivered; one that was never delivered is none."""
    await inbox.rewrite(writer, asked.ref, "Newer words?")
    assert await inbox.delivered(writer, asked.ref.id) == replace(asked, text="Newer words?")
    assert await inbox.delivered(writer, POST.id) is None


@pytest.mark.parametrize("done", [True, False])
async def test_an_edit_that_came_while_a_message_was_answered_is_taken_up_again(
    writer: Transaction, asked: Message, done: bool
) -> None:
    """Unless the answer is to the newest words; one that is not done with goes on as it is."""
    edited = Edited(event_id="e", ref=asked.ref, text="Newer words?", at=LATER)
    await take_up_edit(writer, asked.ref, asked.text)
    await received(writer, edited, NOON)
    if done:
        await inbox.handled(writer, edited, NOON)
    await take_up_edit(writer, asked.ref, "Newer words?")
    assert not await edit_waits(writer, asked.ref)
    await take_up_edit(writer, asked.ref, asked.text)
    assert await edit_waits(writer, asked.ref) is done


async def test_the_answer_to_a_message_is_found_where_it_stands(
    writer: Transaction, asked: Message
) -> None:
    """In the message's own conversation; a draft that moderators see is not what stands there."""
    assert await answered(writer, asked) == Answered(
        message=asked, answer_id="a1", standing=(POST,)
    )
    other = replace(message("other"), conversation=replace(asked.conversation, key="yard"))
    await save_message(writer, other, NOON)
    await save_answer(writer, answer("a2"), other)
    await save_post(writer, answer("a2"), replace(POST, key="p2"), None, NOON)
    assert await answered(writer, other) is None
    assert await answered(writer, message("m-ann")) is None


@pytest.mark.parametrize(
    "touch", ["verdict", "taken back", "emoji", "correction", "again", "draft"]
)
async def test_an_answer_is_touched_by_whatever_people_do_with_it(
    writer: Transaction, asked: Message, touch: str
) -> None:
    """A verdict, one that was taken back, any emoji, a correction, giving it again, a decision."""
    assert await is_untouched(writer, "a1")
    await save_answer(writer, answer("a2", reused="a1" if touch == "again" else None), None)
    if touch in {"verdict", "taken back"}:
        await append(writer, said("a1", by="bob", withdrawn=touch == "taken back"))
    elif touch == "emoji":
        await set_reaction(writer, thumb(added=False, emoji="🎲"))
    elif touch == "correction":
        better = Correction(event_id="c", answer_id="a1", person=person(), text="x", at=NOON)
        await save_correction(writer, better, "a2", NOON)
    elif touch == "draft":
        await drafts.save_draft(writer, "a1", asked.ref, Placement.MODERATORS, NOON)
    assert not await is_untouched(writer, "a1")


async def test_the_new_answer_takes_the_old_ones_place(writer: Transaction, asked: Message) -> None:
    """The old one has neither words nor question; what emoji said since is said of the new one."""
    await see_person(writer, person("bob"), NOON)
    by_emoji = Feedback(
        event_id="e",
        answer_id="a1",
        person=person("bob"),
        verdict=Verdict.UP,
        via=Via.REACTION,
        at=NOON,
        emoji="👍",
    )
    await append(writer, by_emoji)
    await append(writer, said("a1", Verdict.DOWN, by="cid"))
    await save_answer(writer, answer("a2", "Newer words?"), None)
    old = await answered(writer, asked)
    assert old
    await give_way(writer, old, "a2", [], LATER)
    assert await answer_at(writer, POST) == "a2"
    assert await unposted(writer, asked) is None
    emptied = await load_answer(writer, "a1")
    assert emptied
    assert (emptied.text, emptied.standing) == (FORGOTTEN, Standing.STALE)
    assert (emptied.question.text, emptied.question.asked) == ("", "")
    verdicts = {(one.answer_id, one.person.key) for one in await live_verdicts(writer)}
    assert verdicts == {("a1", "cid"), ("a2", "bob")}


# -- one answer in several messages ----------------------------------------------------------------

BELOW = replace(POST, key="post-2")


@pytest.fixture
async def long(writer: Transaction) -> Message:
    """Return a message whose answer stands in two messages."""
    await received(writer, ASKED, NOON)
    await save_message(writer, ASKED, NOON)
    await save_answer(writer, answer("a1"), ASKED)
    await save_post(writer, answer("a1"), BELOW, ASKED.ref.key, NOON, [POST, BELOW])
    return ASKED


async def test_all_messages_of_an_answer_are_known(writer: Transaction, long: Message) -> None:
    """Each leads to the answer and is listed for the sweep; in its thread the answer is one turn."""
    assert [await answer_at(writer, one) for one in (POST, BELOW)] == ["a1", "a1"]
    assert [one.ref for one in await posts_since(writer, "room", NOON)] == [POST, BELOW]
    place = long.conversation.id
    turns = await thread_turns(writer, place, ASKED.ref.key, LATER, 10)
    assert [turn.by_bot for turn in turns] == [False, True]


@pytest.mark.parametrize("place", [POST, BELOW])
async def test_an_emoji_on_any_message_touches_the_answer(
    writer: Transaction, long: Message, place: MessageRef
) -> None:
    """So it is not given anew when its question is changed."""
    assert await is_untouched(writer, "a1")
    await set_reaction(writer, thumb(emoji="🎲", ref=place))
    assert not await is_untouched(writer, "a1")


async def test_an_answer_leaves_all_its_messages_together(
    writer: Transaction, long: Message
) -> None:
    """The new one stands in as many as it needs, in the same thread; nothing is left of the old."""
    old = await answered(writer, long)
    assert old
    assert old.standing == (POST, BELOW)
    await save_answer(writer, answer("a2", "Newer words?"), None)
    await give_way(writer, old, "a2", [POST], LATER)
    assert [await answer_at(writer, one) for one in (POST, BELOW)] == ["a2", None]
    (post,) = await posts_since(writer, "room", NOON)
    assert (post.thread, post.at) == ("asked", NOON)
    third = replace(POST, key="post-3")
    await save_answer(writer, answer("a3", "Newest words?"), None)
    newer = replace(old, answer_id="a2", standing=(POST,))
    await give_way(writer, newer, "a3", [POST, third], LATER)
    await give_way(writer, old, "a2", [POST], LATER)
    assert [await answer_at(writer, one) for one in (POST, BELOW, third)] == ["a3", None, "a3"]
