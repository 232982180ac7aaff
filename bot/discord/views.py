"""Answer card -> Discord's components, in as many messages as they take; the last has the buttons.

All of our messages are made of components alone, so Discord shows no previews in them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import discord
from discord import ui

from bot.card import AnswerCard, Button, CardSource, plain, safe_markdown
from bot.discord.buttons import Action, Pressable
from bot.discord.markup import escaped, growing, link, neutral, quoted, small
from bot.sentences import ASK_WHY, DECLINE, KEEP, SHARED_WITH, WHICH_QUESTION
from bot.split import shortened, split_markdown
from core.feedback import Reason

# Discord's limits are 4,000 signs and 40 components a message; room is left for what is added later.
MESSAGE = 3_700
TEXTS = 30
BODY = 3_000
LONGEST_SOURCE = 1_200
QUOTE = 280
SENTENCE = 1_500
LONGEST_URL = 400
BROKEN_OFF = "…"
REASONS = (Action.WRONG_SOURCES, Action.WRONG_ANSWER, Action.OUTDATED)
WHY = dict(zip(REASONS, Reason, strict=True))
PRIMARY, DANGER = discord.ButtonStyle.primary, discord.ButtonStyle.danger


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message: its texts from above, in Discord's Markdown, and what can be pressed below."""

    texts: tuple[str, ...]
    buttons: tuple[Pressable, ...] = ()


def view_of(part: Part, number: int | None = None) -> ui.LayoutView:
    """Return a message as discord.py sends it; its first part has a `number`, to be known again by.

    discord.py need not remember it: presses are told by the buttons' ids.
    """
    view = ui.LayoutView(timeout=None)
    for at, text in enumerate(part.texts):
        view.add_item(ui.TextDisplay(text, id=number if at == 0 else None))
    if part.buttons:
        view.add_item(_row(part.buttons))
    view.stop()
    return view


def answer_parts(card: AnswerCard) -> tuple[Part, ...]:
    """Return the messages of an answer that everyone in a conversation sees."""
    return _parts(card, (), (*_feedback(card), *_fix(card)))


def asker_parts(card: AnswerCard) -> tuple[Part, ...]:
    """Return the messages of an answer that its asker alone sees, and may share; or of an offer."""
    if card.offer:
        about = card.answer_id
        keep = Pressable(label=KEEP, action=Action.KEEP, about=about, style=PRIMARY)
        return _parts(
            card, (), (keep, Pressable(label=DECLINE, action=Action.DECLINE, about=about))
        )
    if not card.buttons:
        return _parts(card, (), ())
    share = Pressable(label=SHARED_WITH, action=Action.SHARE, about=card.answer_id, style=PRIMARY)
    return _parts(card, (), (share, *_feedback(card), *_fix(card)))


def draft_parts(card: AnswerCard, question: str, asker: str, conversation: str) -> tuple[Part, ...]:
    """Return the messages of a draft, for those who decide whether it is published.

    `asker` is a name and `conversation` the key of where it would stand.
    """
    asked = f"**A draft.** {escaped(plain(asker))} asked in <#{conversation}>:"
    buttons = (
        Pressable(label="Publish", action=Action.PUBLISH, about=card.answer_id, style=PRIMARY),
        Pressable(label="Edit", action=Action.EDIT, about=card.answer_id),
        Pressable(label="Dismiss", action=Action.DISMISS, about=card.answer_id, style=DANGER),
    )
    return _parts(card, (f"{asked}\n{quoted(shortened(plain(question), QUOTE))}",), buttons)


def sentence_part(sentence: str) -> Part:
    """Return a sentence as a message, in which nobody is called and nothing is a link."""
    return Part(texts=(growing(shortened(plain(sentence), SENTENCE)) or BROKEN_OFF,))


def growing_part(text: str, doing: str) -> Part:
    """Return an answer as far as it is written, with nothing live in it, and what is being done."""
    said = growing(text[:BODY])
    if len(said) > MESSAGE:  # so many signs of it had to be broken
        said = growing(text[: BODY // 3])
    told = small(shortened(doing, QUOTE)) if doing else ""
    return Part(texts=tuple(one for one in (said, told) if one.strip()) or (BROKEN_OFF,))


def reason_part(answer_id: str, about: str = "") -> Part:
    """Return the question why an answer did not help, with the reasons to press.

    What it is `about` is told where that does not stand beside it.
    """
    reasons = tuple(
        Pressable(label=reason.value.capitalize(), action=action, about=answer_id)
        for action, reason in WHY.items()
    )
    return Part(texts=(*([about] if about else []), ASK_WHY), buttons=(*reasons, _fixes(answer_id)))


def fixable_part(answer_id: str, *texts: str) -> Part:
    """Return some words, and the way to a better answer."""
    return Part(texts=texts, buttons=(_fixes(answer_id),))


def question_part(channel: int, message: int, about: str = "") -> Part:
    """Return the question which question a message answers, by the ids of both."""
    write = Pressable(
        label="Write the question", action=Action.WRITE_QUESTION, about=f"{channel}/{message}"
    )
    return Part(texts=(*([about] if about else []), WHICH_QUESTION), buttons=(write,))


def decided_view(draft: discord.Message, sentence: str) -> ui.LayoutView:
    """Return a draft without what could be pressed, and a sentence on what became of it."""
    view = ui.LayoutView.from_message(draft, timeout=None)
    for row in [one for one in view.children if isinstance(one, ui.ActionRow)]:
        view.remove_item(row)
    view.add_item(ui.TextDisplay(small(shortened(sentence, QUOTE))))
    view.stop()
    return view


def buttons_of(message: discord.Message) -> list[str]:
    """Return the ids of what can be pressed below a message."""
    rows = [one for one in message.components if isinstance(one, discord.ActionRow)]
    return [str(one.custom_id) for row in rows for one in row.children]


def _parts(
    card: AnswerCard, head: tuple[str, ...], buttons: tuple[Pressable, ...]
) -> tuple[Part, ...]:
    """Fill messages with the head, the notice, the words, the sources and the mark."""
    texts = [
        *head,
        *([small(shortened(card.notice, SENTENCE))] if card.notice else []),
        *_bodies(card),
        *_sources(card),
        *([small(shortened(card.mark, QUOTE))] if card.mark else []),
    ]
    *above, last = _packed(texts or [BROKEN_OFF])
    return (*above, replace(last, buttons=buttons))


def _packed(texts: Iterable[str]) -> Iterator[Part]:
    """Yield messages that hold the texts in their order, each as many as fit."""
    held: list[str] = []
    for text in texts:
        full = sum(map(len, held)) + len(text) > MESSAGE or len(held) == TEXTS
        if held and full:
            yield Part(texts=tuple(held))
            held = []
        held.append(text)
    yield Part(texts=tuple(held))


def _bodies(card: AnswerCard) -> list[str]:
    """Return the words in pieces that a message holds, each safe by itself.

    Code that is cut may lose what made it code, so what was cut is looked at anew.
    """
    pieces = split_markdown(card.text, BODY)
    if len(pieces) > 1:
        pieces = [safe_markdown(piece, card.links) for piece in pieces]
    return [part for piece in pieces for part in _fitting(neutral(piece))]


def _fitting(text: str) -> list[str]:
    """Return a text in pieces that fit a message; cut once more, it is looked at anew."""
    if len(text) <= MESSAGE:
        return [text] if text.strip() else []
    return [neutral(part)[:MESSAGE] for part in split_markdown(text, MESSAGE // 2)]


def _sources(card: AnswerCard) -> Iterator[str]:
    shown = card.sources or card.nearest
    if shown:
        yield "-# **Sources**" if card.sources else "-# **Nearest pages**"
    gathered = ""
    for source in shown:
        line = _source(source)
        if gathered and len(gathered) + 1 + len(line) > LONGEST_SOURCE:
            yield gathered
            gathered = ""
        gathered = f"{gathered}\n{line}" if gathered else line
    if gathered:
        yield gathered


def _source(source: CardSource) -> str:
    """Return a source's line and the passage below it; what would fill the message is left out."""
    url = source.link if source.link and len(source.link) <= LONGEST_URL else None
    line = f"\\[{source.number}\\] {link(shortened(source.breadcrumb or source.title, 150), url)}"
    quote = quoted(shortened(plain(source.quote), QUOTE))
    return f"{line}\n{quote}" if quote and len(line) + len(quote) < LONGEST_SOURCE else line


def _feedback(card: AnswerCard) -> tuple[Pressable, ...]:
    if Button.HELPFUL not in card.buttons:
        return ()
    return (
        Pressable(label=Button.HELPFUL, action=Action.HELPFUL, about=card.answer_id),
        Pressable(label=Button.NOT_HELPFUL, action=Action.NOT_HELPFUL, about=card.answer_id),
    )


def _fix(card: AnswerCard) -> tuple[Pressable, ...]:
    if Button.FIX not in card.buttons:
        return ()
    told = "I know the answer" if card.unknown else Button.FIX.value
    fix = Pressable(label=told, action=Action.FIX, about=card.answer_id)
    if Button.AFRESH not in card.buttons:
        return (fix,)
    return (fix, Pressable(label=Button.AFRESH, action=Action.AFRESH, about=card.answer_id))


def _fixes(answer_id: str) -> Pressable:
    return Pressable(label=Button.FIX, action=Action.FIX, about=answer_id)


def _row(buttons: Iterable[Pressable]) -> ui.ActionRow[ui.LayoutView]:
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    for one in buttons:
        made: ui.Button[ui.LayoutView] = ui.Button(
            label=str(one.label), custom_id=one.custom_id, style=one.style
        )
        row.add_item(made)
    return row
