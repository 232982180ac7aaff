"""Dialogs hold answers of any length, and show what a better one changes."""

from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.changes import changes
from bot.slack.modals import (
    About,
    about_of,
    edit_modal,
    first_field,
    fix_modal,
    pieces_of,
    quoted,
    save_modal,
    written,
)
from core.answers import Answer, Origin, Question
from core.audience import EVERYONE
from tests.servers.slack_blocks import check_view
from tests.servers.slack_post import JSON

ABOUT = About(channel="C1", thread="1.2", answer="a1", message="1.3")
ANSWER = Answer(
    id="a1",
    question=Question(id="q", text="How?", asked="How?"),
    text="Set the token.",
    origin=Origin.GENERATED,
    audience=EVERYONE,
    created_at=datetime(2026, 11, 22, tzinfo=UTC),
)


def filled(view: JSON) -> JSON:
    """Return a dialog as it is handed in, with what was put into it beforehand."""
    values: dict[str, Any] = {
        block["block_id"]: {"text": {"value": block["element"].get("initial_value")}}
        for block in view["blocks"]
        if block["type"] == "input"
    }
    return view | {"state": {"values": values}}


def test_a_dialog_begins_with_the_answer() -> None:
    """What is handed in unchanged is the answer, and the dialog knows which one."""
    view = filled(check_view(fix_modal(ANSWER, ABOUT).to_dict()))
    assert (written(view), about_of(view), quoted(view)) == (ANSWER.text, ABOUT, "“How?”")
    assert first_field(view) == "answer-00"


def test_what_was_unknown_begins_with_nothing() -> None:
    """Nobody is asked to change "I don't know"."""
    unknown = replace(ANSWER, origin=Origin.UNKNOWN)
    assert written(filled(fix_modal(unknown, ABOUT).to_dict())) == ""


@pytest.mark.parametrize("modal", [fix_modal, edit_modal])
def test_a_long_answer_takes_several_fields(modal: Any) -> None:
    """Slack holds three thousand signs a field; what is handed in is whole all the same."""
    long = replace(ANSWER, text="\n".join(f"Line {n}: " + "words " * 30 for n in range(200)))
    view = filled(check_view(modal(long, ABOUT).to_dict()))
    assert len(view["blocks"]) > 10
    assert written(view) == long.text.strip()


def test_a_dialog_asks_for_the_question() -> None:
    """Where only the question is asked for, that is where a fault is told."""
    view = filled(check_view(save_modal("Because.", ABOUT).to_dict()))
    assert (written(view, "question"), written(view)) == ("", "Because.")
    assert first_field({"state": {"values": {}}}) == "question"


@given(
    st.lists(st.text(alphabet="ab \n", max_size=40), max_size=30).map("".join), st.integers(1, 90)
)
def test_pieces_are_the_text(text: str, repeated: int) -> None:
    """No word is lost between two fields, and none holds too much."""
    pieces = pieces_of(text * repeated)
    assert "\n".join(pieces).split() == (text * repeated).split() or "a" * 2_500 in text * repeated
    assert all(len(piece) <= 2_500 for piece in pieces)


def shown(before: str, after: str) -> list[tuple[str, str]]:
    """Return the stretches of what changes, each with how it is written."""
    (section,) = changes(before, after).to_dict()["elements"]
    return [(one["text"], "".join(one.get("style", {}))) for one in section["elements"]]


def test_changes_are_struck_out_or_bold() -> None:
    """What goes is struck out, what comes is bold, and the rest is plain."""
    assert shown("Ask Ben for it.", "Ask Ana for it.") == [
        ("Ask ", ""),
        ("Ben ", "strike"),
        ("Ana ", "bold"),
        ("for it.", ""),
    ]


def test_what_stays_is_shortened() -> None:
    """Only some words around a change are shown."""
    text = " ".join(f"w{n}" for n in range(100))
    (kept, style), (added, bold) = shown(text, f"{text} new")
    assert (" … " in kept, style, added.strip(), bold) == (True, "", "new", "bold")


def test_long_texts_are_not_compared_for_ever() -> None:
    """Beyond some thousand words all of it is another text, of which the beginning is shown."""
    ((told, style),) = shown("word " * 3_000, "other " * 3_000)
    assert (len(told), told[-1], style) == (2_501, "…", "bold")


def test_nothing_changes_into_nothing() -> None:
    """An empty text has changes that Slack takes, too."""
    assert shown("", "") == [("…", "")]


def test_comparing_texts_takes_no_time_to_speak_of() -> None:
    """Words that repeat themselves are the worst; beyond some hundred of them all is new."""
    began = perf_counter()
    shown = str(changes("a b " * 1_900, "b a a " * 30).to_dict())
    changes("a b " * 100, "b a a " * 60)
    assert perf_counter() - began < 2.0
    assert "'strike': True" not in shown
