"""An answer as Slack's blocks: everything on it, in as many messages as it takes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import ContextBlock

from bot.card import AnswerCard, card_of
from bot.slack.blocks import (
    Part,
    answer_parts,
    asker_parts,
    decided_blocks,
    draft_parts,
    noted_blocks,
    question_blocks,
    reason_blocks,
    sentence_part,
)
from core.answers import Answer, Badge, Citation, Origin, Question, Standing
from core.audience import EVERYONE
from tests.servers.slack_blocks import check_blocks
from tests.servers.slack_post import JSON, texts

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CITED = Citation(
    number=1,
    passage_id="p",
    document_id="d",
    title="Slack",
    breadcrumb="Slack › Tokens",
    link="https://docs.example/slack?a=1&b=2",
    quote="Set the <token>\nfirst.",
    hash="h",
)
ANSWER = Answer(
    id="a1",
    question=Question(id="q", text="How?", asked="How?"),
    text="Set the **token** [1].",
    origin=Origin.GENERATED,
    audience=EVERYONE,
    created_at=NOW,
    citations=(CITED,),
)


def shown(part: Part) -> list[JSON]:
    """Return a message's blocks as they are sent, if Slack takes them."""
    return check_blocks([one.to_dict() for one in part.blocks])


def words(part: Part) -> str:
    """Return all that is read in a message."""
    return "\n".join(texts(shown(part)))


def pressed(part: Part) -> dict[str, str]:
    """Return the plain buttons of a message: what they do, and of what."""
    found = [one for block in shown(part) for one in block.get("elements", [])]
    return {one["action_id"]: one["value"] for one in found if one["type"] == "button"}


def test_a_short_answer_is_one_message() -> None:
    """Words, sources with links and passages, a mark, native feedback buttons, and a way to fix it."""
    (part,) = answer_parts(card_of(ANSWER, NOW))
    said, sources, mark, feedback, fix = shown(part)
    assert said["text"] == "Set the **token** [1]."
    assert "[1] <https://docs.example/slack?a=1&amp;b=2|Slack › Tokens>" in sources["text"]["text"]
    assert ">Set the &lt;token&gt; first." in sources["text"]["text"]
    assert mark["elements"][0]["text"] == "not verified yet"
    (buttons,) = feedback["elements"]
    assert (buttons["type"], buttons["action_id"]) == ("feedback_buttons", "feedback")
    assert (buttons["positive_button"]["value"], buttons["negative_button"]["value"]) == (
        "up:a1",
        "down:a1",
    )
    assert fix["elements"][0]["action_id"] == "fix"
    assert part.text == "Set the **token** [1]."


def test_a_badge_tells_what_people_made_of_it() -> None:
    """An answer that is given again says since when it is verified, and how many it helped."""
    badge = Badge(author=None, standing=Standing.VERIFIED, age_days=12, helpful=14, verbatim=True)
    (part,) = answer_parts(card_of(replace(ANSWER, badge=badge), NOW))
    assert "verified 12 days ago · 14 helpful" in words(part)


def test_a_notice_stands_above_the_words() -> None:
    """What is told of how the answer came about is read first, and means nothing to Slack."""
    (part,) = answer_parts(card_of(replace(ANSWER, notice="The <!channel> is away."), NOW))
    assert "The &lt;" in shown(part)[0]["elements"][0]["text"]
    assert "<!channel>" not in words(part)


def test_what_is_unknown_names_the_nearest_pages() -> None:
    """Where the bot does not know, people see where to look, and can say that they do."""
    near = replace(ANSWER, origin=Origin.UNKNOWN, citations=(), nearest=(CITED,))
    (part,) = answer_parts(card_of(near, NOW))
    assert "*Nearest pages*" in words(part)
    assert "I know the answer" in words(part)


def test_a_commands_output_has_nothing_to_press() -> None:
    """Nothing is learned from commands, and nothing of them is shared."""
    card = card_of(replace(ANSWER, origin=Origin.COMMAND, citations=()), NOW)
    assert [len(shown(part)) for part in (*answer_parts(card), *asker_parts(card))] == [1, 1]


def test_an_answer_for_the_asker_alone_can_be_shared() -> None:
    """Beside the others stands the button that lets everybody see it."""
    (part,) = asker_parts(card_of(ANSWER, NOW))
    assert pressed(part) == {"share": "a1", "fix": "a1"}


def test_a_draft_is_decided_upon() -> None:
    """Moderators see the question, who asked it and where, and three buttons."""
    (part,) = draft_parts(card_of(ANSWER, NOW), "How <!here>?\nPlease.", "Ana", "C1")
    assert pressed(part) == {"publish": "a1", "edit_draft": "a1", "dismiss": "a1"}
    assert "*A draft.* Ana asked in <#C1>:\n>How &lt;" in words(part)
    assert "Please." in words(part)


def test_a_draft_that_was_decided_upon_says_so() -> None:
    """What could be pressed is gone, and the rest stays."""
    blocks: list[JSON] = [{"type": "markdown", "text": "x"}, {"type": "actions", "elements": []}]
    kept, told = decided_blocks({"blocks": blocks}, "Published by Ana.")
    assert kept == blocks[0]
    assert isinstance(told, ContextBlock)
    assert told.to_dict()["elements"][0]["text"] == "Published by Ana."


def test_reasons_are_one_tap_each() -> None:
    """Three reasons and a way to a better answer."""
    _, actions = check_blocks([one.to_dict() for one in reason_blocks("a1", "1.2")])
    assert [one["value"] for one in actions["elements"]] == [
        "wrong sources:a1",
        "wrong answer:a1",
        "outdated:a1",
        "a1",
    ]


def test_what_a_press_is_answered_with_is_taken_by_slack() -> None:
    """A sentence, thanks for a reason, and the question which question a message answers."""
    for blocks in (noted_blocks("a1", "1.2", "Noted."), question_blocks("C1", "1.2")):
        assert check_blocks([one.to_dict() for one in blocks])
    assert words(sentence_part("No <!channel>.")).startswith("No &lt;")


def test_a_long_answer_takes_several_messages() -> None:
    """The words follow in further messages; sources and buttons stand below the last."""
    text = "\n\n".join(f"Paragraph {number}. " + "Words and words. " * 40 for number in range(40))
    parts = answer_parts(card_of(replace(ANSWER, text=text), NOW))
    assert len(parts) > 2
    assert [bool(pressed(part)) for part in parts] == [False] * (len(parts) - 1) + [True]
    assert "\n".join(words(part) for part in parts).count("Paragraph") == 40


def test_many_sources_take_further_messages() -> None:
    """Two hundred sources are shown rather than refused."""
    many = tuple(replace(CITED, number=n, quote="q & " * 200) for n in range(1, 201))
    parts = answer_parts(card_of(replace(ANSWER, citations=many), NOW))
    assert all(f"[{n}] " in "\n".join(words(part) for part in parts) for n in (1, 100, 200))
    assert pressed(parts[-1]) == {"fix": "a1"}


def test_a_source_that_would_fill_a_section_loses_its_link() -> None:
    """An address too long to be shown is left out; the source keeps its name."""
    long = replace(CITED, link="https://docs.example/" + "x" * 400, breadcrumb="&" * 400)
    (part,) = answer_parts(card_of(replace(ANSWER, citations=(long,)), NOW))
    assert "docs.example" not in words(part)


def test_code_that_is_cut_hides_nothing_live() -> None:
    """A stretch of code that no message holds whole is looked at anew in each part."""
    text = "`" + "word\n" * 3_000 + "<!channel> https://evil.example [x](https://evil.example)`"
    parts = answer_parts(card_of(replace(ANSWER, text=text, citations=()), NOW))
    assert len(parts) > 1
    assert not any("](https" in part.body or "<!channel>" in part.body for part in parts)


def test_an_answer_without_words_still_has_its_sources() -> None:
    """An empty text makes no empty block."""
    (part,) = answer_parts(card_of(replace(ANSWER, text=""), NOW))
    assert shown(part)[0]["type"] == "section"


@pytest.mark.parametrize("parts", [answer_parts, asker_parts])
@settings(max_examples=40, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(["word ", "```\n", "\n\n", "| a | b |\n|---|---|\n", "`", "<", "& ", "[1]"])
        | st.text(max_size=20),
        max_size=40,
    ).map("".join),
    repeated=st.integers(1, 120),
    sources=st.integers(0, 12),
)
def test_slack_takes_whatever_is_answered(
    parts: Callable[[AnswerCard], tuple[Part, ...]], text: str, repeated: int, sources: int
) -> None:
    """No answer is refused for its length, its number of blocks or what stands in it."""
    cited = tuple(replace(CITED, number=n, quote=text) for n in range(1, sources + 1))
    card = card_of(replace(ANSWER, text=text * repeated, citations=cited), NOW)
    assert all(shown(part) for part in parts(card))


def test_an_offer_has_two_buttons_and_no_other() -> None:
    """Whoever sees it keeps what they wrote, or not."""
    (part,) = asker_parts(AnswerCard(answer_id="offer", text="Shall it be kept?", offer=True))
    (actions,) = [one.to_dict() for one in part.tail]
    shown = [(one["text"]["text"], one["value"]) for one in actions["elements"]]
    assert shown == [("Keep this as an answer", "offer"), ("No", "offer")]
