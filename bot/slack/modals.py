"""Modals: the dialogs in which people write, and what they wrote in them. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from slack_sdk.models.blocks import Block, ContextBlock, InputBlock, PlainTextInputElement
from slack_sdk.models.blocks.basic_components import PlainTextObject
from slack_sdk.models.views import View

from bot.slack.changes import changes
from bot.slack.payload import NOTHING, Payload, part_at, parts_at, text_at
from bot.split import split_lines
from core.answers import Answer, Origin
from core.documents import content_hash

FIX, EDIT, SAVE, ASK = "fix_written", "draft_written", "answer_saved", "question_asked"
ANSWER, QUESTION, TEXT = "answer", "question", "text"
FIELD = 3_000  # signs that a field holds
PREFILLED = 2_500  # signs that are put into one, so that some can be added
MOST_FIELDS = 40
LONGEST_QUOTE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a dialog is about, and where it was opened: kept in the dialog itself.

    `shown` is the hash of the text whose changes were shown; `author` wrote the message with the
    key `message`.
    """

    channel: str
    thread: str = ""
    answer: str = ""
    message: str = ""
    author: str = ""
    shown: str = ""


def about_of(view: Payload) -> About:
    """Return what a dialog is about."""
    held = json.loads(text_at(view, "private_metadata") or "{}")
    return About(**{name: str(held.get(name, "")) for name in About.__dataclass_fields__})


def fix_modal(answer: Answer, about: About) -> View:
    """Return the dialog for a better answer, which begins with the one that was given."""
    unknown = answer.origin is Origin.UNKNOWN
    return _modal(
        FIX,
        "I know the answer" if unknown else "Fix this answer",
        "Teach it" if unknown else "See what changes",
        [_context(f"“{answer.question.text}”"), *_fields("" if unknown else answer.text)],
        about,
    )


def changed_modal(view: Payload, before: str, after: str, about: About) -> View:
    """Return the dialog with what the text that was written changes; it can be written on."""
    told = "What is struck out goes, and what is bold comes. Hand it in, or write on below."
    shown = About(**{**asdict(about), "shown": mark_of(after)})
    blocks: list[Block] = [_context(told), changes(before, after), *_fields_again(view)]
    return _modal(FIX, "What changes", "Hand it in", blocks, shown)


def edit_modal(answer: Answer, about: About) -> View:
    """Return the dialog for a draft, as somebody would rather publish it."""
    told = _context(f"“{answer.question.text}”")
    return _modal(EDIT, "Edit the draft", "Publish", [told, *_fields(answer.text)], about)


def save_modal(text: str, about: About) -> View:
    """Return the dialog in which a message becomes an answer: the question is asked for."""
    asked = _field(QUESTION, "Which question does it answer?", "", multiline=False)
    return _modal(SAVE, "Save as answer", "Save", [asked, *_fields(text)], about)


def ask_modal(text: str, about: About) -> View:
    """Return the dialog in which somebody asks about a message; only they see the answer."""
    asked = _field(QUESTION, "Your question", "", multiline=True)
    quoted = _context(f"About: {text}")
    return _modal(ASK, "Ask about this", "Ask", [quoted, asked], about)


def written(view: Payload, field: str = ANSWER) -> str:
    """Return what stands in a dialog's field, or in all fields of that name."""
    values = part_at(view, "state", "values")
    named = sorted(one for one in values if one.partition("-")[0] == field)
    return "\n".join(text_at(values, one, TEXT, "value") for one in named).strip()


def quoted(view: Payload) -> str:
    """Return what a dialog says above its fields, such as the message that is asked about."""
    first = next(iter(parts_at(view, "blocks")), NOTHING)
    return text_at(next(iter(parts_at(first, "elements")), NOTHING), "text")


def first_field(view: Payload) -> str:
    """Return the field that what is wrong with the answer is told at."""
    named = sorted(one for one in part_at(view, "state", "values") if one.startswith(ANSWER))
    return named[0] if named else QUESTION


def mark_of(text: str) -> str:
    """Return what tells whether a text is still the one whose changes were shown."""
    return content_hash(text)[:16]


def pieces_of(text: str) -> list[str]:
    """Return a text in pieces that a field each holds; joined by line breaks they are the text."""
    return split_lines(text, PREFILLED)[:MOST_FIELDS]


def _fields(text: str) -> list[Block]:
    pieces = pieces_of(text)
    return [
        _field(_name(number), "Answer" if not number else "Answer, continued", piece)
        for number, piece in enumerate(pieces)
    ]


def _fields_again(view: Payload) -> list[Block]:
    """Return a dialog's own fields: Slack keeps what stands in fields of the same names."""
    values: Mapping[str, Any] = part_at(view, "state", "values")
    named = sorted(one for one in values if one.startswith(ANSWER))
    return [
        _field(
            one,
            "Answer" if not number else "Answer, continued",
            text_at(values, one, TEXT, "value"),
        )
        for number, one in enumerate(named)
    ]


def _name(number: int) -> str:
    return f"{ANSWER}-{number:02}"


def _field(name: str, label: str, value: str, *, multiline: bool = True) -> InputBlock:
    element = PlainTextInputElement(
        action_id=TEXT, multiline=multiline, initial_value=value or None, max_length=FIELD
    )
    later = name.startswith(ANSWER) and name != _name(0)
    return InputBlock(block_id=name, label=label, element=element, optional=later or None)


def _context(text: str) -> ContextBlock:
    return ContextBlock(elements=[PlainTextObject(text=text[:LONGEST_QUOTE], emoji=False)])


def _modal(callback: str, title: str, submit: str, blocks: Sequence[Block], about: About) -> View:
    return View(
        type="modal",
        callback_id=callback,
        title=title,
        submit=submit,
        close="Cancel",
        blocks=blocks,
        private_metadata=json.dumps(asdict(about)),
    )
