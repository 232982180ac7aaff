"""`/review` shows a curator what changed, and its buttons judge the fresh answer."""

from dataclasses import replace

from core.answers import Presented, Review
from core.interfaces import Call
from core.learning.reviewing import difference
from plugins.review import NOTHING, ReviewNext
from tests.doubles import LOBBY, ListedReviews, answer, person

CALL = Call(arguments="", person=person(), answer_id="r1", conversation=LOBBY)
OLD = replace(answer("old"), text="The kitchen closes at ten in the evening.\nSo says `the cook`.")
FRESH = replace(answer("new"), text="The kitchen closes at nine in the evening. [1]")


async def quiet(text: str) -> None:
    """Show no progress."""


def review(**changes: object) -> Review:
    """Return a review of a fresh answer."""
    given = {
        "fresh": FRESH,
        "old": OLD,
        "reason": "a source changed",
        "changed": difference(OLD.text, FRESH.text),
        "waiting": 3,
    }
    return Review(**{**given, **changes})  # type: ignore[arg-type]  # the fields' types differ


async def test_a_review_shows_old_and_new_and_what_is_between() -> None:
    """Question, old answer with its reason, the difference in a fence, the fresh answer last."""
    command = ReviewNext(ListedReviews([review()]))
    said = await command.run(CALL, quiet)
    assert isinstance(said, Presented)
    assert said.answer is FRESH
    assert "a source changed" in said
    assert "> So says `the cook`." in said
    assert "[-ten-] {+nine+} in the evening." in said
    assert "2 more wait." in said
    assert said.endswith(FRESH.text)
    assert await command.run(CALL, quiet) == NOTHING


async def test_nothing_in_a_difference_leaves_its_fence() -> None:
    """What a model or a document wrote cannot end the fence, and a long text is cut."""
    said = await ReviewNext(ListedReviews([review(changed="```\n# Ha " + "x" * 9000)])).run(
        CALL, quiet
    )
    assert said.count("```") == 2
    assert len(said) < 4000


def test_a_difference_is_told_word_by_word() -> None:
    """What stays far from any change is left out; equal texts have none."""
    far = " ".join(f"w{number}" for number in range(40))
    assert difference("a b c", "a x c d") == "a [-b-] {+x+} c {+d+}"
    assert difference(f"{far} old", f"{far} new") == "… w34 w35 w36 w37 w38 w39 [-old-] {+new+}"
    assert difference("", "new") == "{+new+}"
