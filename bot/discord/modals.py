"""Modals: the dialogs in which people write, and what they wrote in them.

What a dialog is about stands in its id, so that one that was opened before a restart can be handed in.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import discord
from discord import ui

from bot.discord.buttons import PREFIX
from bot.discord.markup import escaped
from bot.split import shortened, split_lines
from core.answers import Answer, Origin

FIELD = 4_000  # signs that a field holds
PREFILLED = 3_500  # signs that are put into one, so that some can be added
MOST_FIELDS = 4
LONGEST_QUESTION = 1_000
ANSWER, QUESTION, ABOUT = "answer", "question", "about"
TOO_LONG = "The answer is too long to be changed here: write a whole new one."
CONTEXT = 300


class Kind(StrEnum):
    """What is written in a dialog."""

    FIX = "fix"
    EDIT = "edit"
    SAVE = "save"
    ASK = "ask"


TEMPLATE = re.compile(rf"{PREFIX}:(?P<kind>{'|'.join(Kind)}):(?P<about>[^\s:]{{1,70}})")


def fix_modal(answer: Answer) -> ui.Modal:
    """Return the dialog for a better answer, which begins with the one that was given."""
    unknown = answer.origin is Origin.UNKNOWN
    title = "I know the answer" if unknown else "Fix this answer"
    return _answer_modal(Kind.FIX, title, answer, "" if unknown else answer.text)


def edit_modal(answer: Answer) -> ui.Modal:
    """Return the dialog for a draft, as somebody would rather publish it."""
    return _answer_modal(Kind.EDIT, "Edit the draft", answer, answer.text)


def save_modal(text: str, channel: int, message: int, author: int) -> ui.Modal:
    """Return the dialog in which a message becomes an answer: the question is asked for."""
    modal = _modal(Kind.SAVE, "Save as answer", f"{channel}/{message}/{author}")
    modal.add_item(_field(QUESTION, "Which question does it answer?", short=True))
    return _filled(modal, text)


def ask_modal(text: str, message: int) -> ui.Modal:
    """Return the dialog in which somebody asks about a message; only they see the answer."""
    modal = _modal(Kind.ASK, "Ask about this", str(message))
    modal.add_item(_field(QUESTION, "Your question"))
    modal.add_item(_field(ABOUT, "About", text[:PREFILLED], required=False))
    return modal


def told(custom_id: str) -> tuple[Kind, str] | None:
    """Return what was written in a dialog of ours, and about what; None for another's."""
    found = TEMPLATE.fullmatch(custom_id)
    return (Kind(found["kind"]), found["about"]) if found else None


def written(data: Mapping[str, Any], field: str = ANSWER) -> str:
    """Return what stands in a dialog's field, or in all fields of that name."""
    values = dict(_values(data))
    named = sorted(one for one in values if one.partition("-")[0] == field)
    return "\n".join(values[one] for one in named).strip()


def _values(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in data.get("components") or ():
        inner = one.get("component")
        for field in [*(one.get("components") or ()), *([inner] if inner else [])]:
            yield str(field.get("custom_id", "")), str(field.get("value") or "")


def _answer_modal(kind: Kind, title: str, answer: Answer, text: str) -> ui.Modal:
    modal = _modal(kind, title, answer.id)
    asked = shortened(answer.question.text, CONTEXT)
    modal.add_item(ui.TextDisplay(f"“{escaped(asked)}”"))
    return _filled(modal, text)


def _filled(modal: ui.Modal, text: str) -> ui.Modal:
    """Add the fields of an answer that begins with a text; nothing of it would be lost unseen."""
    pieces = split_lines(text, PREFILLED) or [""]
    if len(pieces) > MOST_FIELDS:
        modal.add_item(_field(f"{ANSWER}-0", "Answer", told=TOO_LONG))
        return modal
    for number, piece in enumerate(pieces):
        label = "Answer, continued" if number else "Answer"
        modal.add_item(_field(f"{ANSWER}-{number}", label, piece, required=not number))
    return modal


def _modal(kind: Kind, title: str, about: str) -> ui.Modal:
    modal = ui.Modal(title=title, custom_id=f"{PREFIX}:{kind.value}:{about}")
    modal.stop()  # discord.py need not remember it: what is handed in is told by the id
    return modal


def _field(
    name: str,
    label: str,
    value: str = "",
    *,
    short: bool = False,
    required: bool = True,
    told: str | None = None,
) -> ui.Label[ui.Modal]:
    style = discord.TextStyle.short if short else discord.TextStyle.paragraph
    component: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id=name,
        style=style,
        default=value or None,
        required=required,
        max_length=LONGEST_QUESTION if name == QUESTION else FIELD,
    )
    return ui.Label(text=label, description=told, component=component)
