"""Answer card -> Slack's blocks, in as many messages as they take; the last has the buttons. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextActionsBlock,
    ContextBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
    MarkdownBlock,
    MarkdownTextObject,
    SectionBlock,
)

from bot.card import AnswerCard, Button, CardSource, plain, safe_markdown
from bot.sentences import ASK_WHY, DECLINE, KEEP, SHARED_WITH, WHICH_QUESTION
from bot.slack.markup import escaped, link, neutral
from bot.slack.payload import Payload, parts_at, text_at
from bot.split import shortened, split_markdown
from core.feedback import Reason

# Slack's limits are 12,000 signs of Markdown, 50 blocks and 3,000 signs a section; room is left for
# what is counted otherwise there.
MARKDOWN = 10_500
MESSAGE = 11_500
MOST_BLOCKS = 48
SECTION = 2_900
QUOTE = 280
SENTENCE = 550  # signs of which each may take five once it is escaped
LONGEST_URL = 300
FALLBACK = 600
FEEDBACK, FIX, AFRESH, SHARE = "feedback", "fix", "afresh", "share"
PUBLISH, EDIT, DISMISS = "publish", "edit_draft", "dismiss"
KEEPS, DECLINES = "keep", "decline"
REASON, WRITE_QUESTION, WITHIN = "reason_", "write_question", "thread-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message: what stands above its Markdown, the Markdown, and what stands below it.

    `text` is what notifications show of it.
    """

    head: tuple[Block, ...] = ()
    body: str = ""
    tail: tuple[Block, ...] = ()
    text: str = ""

    @property
    def blocks(self) -> list[Block]:
        """All of it, from above."""
        return [*self.head, *([MarkdownBlock(text=self.body)] if self.body else []), *self.tail]


def answer_parts(card: AnswerCard) -> tuple[Part, ...]:
    """Return the messages of an answer that everyone in a conversation sees."""
    return _parts(card, (), _feedback(card) + _buttons(card))


def asker_parts(card: AnswerCard) -> tuple[Part, ...]:
    """Return the messages of an answer that its asker alone sees, and may share; or of an offer."""
    if card.offer:
        keep = _button(KEEP, KEEPS, card.answer_id, style="primary")
        choice = ActionsBlock(elements=[keep, _button(DECLINE, DECLINES, card.answer_id)])
        return _parts(card, (), (choice,))
    share = _button(SHARED_WITH, SHARE, card.answer_id, style="primary")
    return _parts(card, (), _feedback(card) + _buttons(card, share))


def draft_parts(card: AnswerCard, question: str, asker: str, conversation: str) -> tuple[Part, ...]:
    """Return the messages of a draft, for those who decide whether it is published.

    `asker` is a name and `conversation` the key of where it would stand.
    """
    asked = f"{escaped(plain(asker))} asked in <#{conversation}>:\n>{escaped(shortened(plain(question), QUOTE))}"
    buttons = ActionsBlock(
        elements=[
            _button("Publish", PUBLISH, card.answer_id, style="primary"),
            _button("Edit", EDIT, card.answer_id),
            _button("Dismiss", DISMISS, card.answer_id, style="danger"),
        ]
    )
    return _parts(card, (_section(f"*A draft.* {asked}"),), (buttons,))


def reason_blocks(answer_id: str, thread: str) -> list[Block]:
    """Return the question why an answer did not help, with the reasons to press.

    Slack does not tell in which thread what only one person sees was pressed, so a block does.
    """
    reasons = [
        _button(reason.value.capitalize(), f"{REASON}{number}", f"{reason.value}:{answer_id}")
        for number, reason in enumerate(Reason)
    ]
    fix = _button(Button.FIX.value, FIX, answer_id)
    return [
        _section(ASK_WHY),
        ActionsBlock(elements=[*reasons, fix], block_id=f"{WITHIN}{thread}"),
    ]


def noted_blocks(answer_id: str, thread: str, sentence: str) -> list[Block]:
    """Return what a reason is answered with: a sentence, and the way to a better answer."""
    fix = _button(Button.FIX.value, FIX, answer_id)
    actions = ActionsBlock(elements=[fix], block_id=f"{WITHIN}{thread}")
    return [*sentence_blocks(sentence), actions]


def question_blocks(conversation: str, key: str) -> list[Block]:
    """Return the question which question a message answers, by the keys of both."""
    write = _button("Write the question", WRITE_QUESTION, f"{conversation}:{key}")
    return [*sentence_blocks(WHICH_QUESTION), ActionsBlock(elements=[write])]


def decided_blocks(draft: Payload, sentence: str) -> list[Block | dict[str, Any]]:
    """Return a draft's blocks without what could be pressed, and a sentence on what became of it."""
    kept = [dict(one) for one in parts_at(draft, "blocks") if text_at(one, "type") != "actions"]
    return [*kept, _small(sentence)]


def sentence_blocks(sentence: str) -> list[Block]:
    """Return a plain sentence as blocks, in which nothing of it means anything to Slack."""
    return [_section(escaped(shortened(plain(sentence), SENTENCE)))]


def sentence_part(sentence: str) -> Part:
    """Return a plain sentence as a message."""
    return Part(
        tail=tuple(sentence_blocks(sentence)), text=escaped(shortened(plain(sentence), FALLBACK))
    )


def plainer(part: Part) -> Part:
    """Return a message in blocks that every workspace knows: plain words and ordinary buttons."""
    words = tuple(_section(escaped(piece)) for piece in split_markdown(part.body, SENTENCE))
    tail = (_ordinary(one) if isinstance(one, ContextActionsBlock) else one for one in part.tail)
    return Part(head=part.head, tail=(*words, *tail), text=part.text)


def _ordinary(feedback: ContextActionsBlock) -> ActionsBlock:
    (element,) = (one.to_dict() for one in feedback.elements)
    halves = (element["positive_button"], element["negative_button"])
    return ActionsBlock(
        elements=[
            _button(half["text"]["text"], f"{FEEDBACK}_{number}", half["value"])
            for number, half in enumerate(halves)
        ]
    )


def _parts(card: AnswerCard, head: tuple[Block, ...], tail: tuple[Block, ...]) -> tuple[Part, ...]:
    """Fill messages with the head, the notice, the words, the sources, the mark and the tail."""
    top = [*head, *([_small(card.notice)] if card.notice else [])]
    below = [*_sources(card), *([_small(card.mark)] if card.mark else []), *tail]
    bodies = _bodies(card) or [""]
    text = escaped(shortened(plain(card.text), FALLBACK))
    done = [
        Part(head=tuple(top if not number else ()), body=body, text=text)
        for number, body in enumerate(bodies[:-1])
    ]
    first = tuple(top) if len(bodies) == 1 else ()
    fitting, further = _packed(below, MESSAGE - len(bodies[-1]), MOST_BLOCKS - len(first) - 1)
    done.append(Part(head=first, body=bodies[-1], tail=fitting, text=text))
    while further:
        fitting, further = _packed(further, MESSAGE, MOST_BLOCKS)
        done.append(Part(tail=fitting, text=text))
    return tuple(done)


def _packed(
    blocks: Sequence[Block], room: int, most: int
) -> tuple[tuple[Block, ...], Sequence[Block]]:
    """Return the blocks that fit, and those that do not; one block at least where nothing stands."""
    taken = 0
    for block in blocks[:most]:
        room -= _length(block)
        if room < 0 and not (taken == 0 and most == MOST_BLOCKS):
            break
        taken += 1
    return tuple(blocks[:taken]), blocks[taken:]


def _length(block: Block) -> int:
    text = block.text if isinstance(block, SectionBlock) else None
    return len(text.text) if text is not None and text.text else 100


def _bodies(card: AnswerCard) -> list[str]:
    """Return the words in pieces that a Markdown block holds, each safe by itself.

    Code that is cut may lose what made it code, so what was cut is looked at anew.
    """
    pieces = split_markdown(card.text, MARKDOWN)
    if len(pieces) > 1:
        pieces = [safe_markdown(piece, card.links) for piece in pieces]
    return [part for piece in pieces for part in split_markdown(neutral(piece), MESSAGE)]


def _sources(card: AnswerCard) -> Iterator[Block]:
    title = "*Sources*" if card.sources else "*Nearest pages*"
    gathered = ""
    for source in card.sources or card.nearest:
        line = _source(source)
        if gathered and len(gathered) + 1 + len(line) > SECTION:
            yield _section(gathered)
            gathered = ""
        gathered = "\n".join(one for one in (gathered, title, line) if one)
        title = ""
    if gathered:
        yield _section(gathered)


def _source(source: CardSource) -> str:
    """Return a source's line and the passage below it; what would fill the section is left out."""
    url = source.link if source.link and len(source.link) <= LONGEST_URL else None
    line = f"[{source.number}] {link(shortened(source.breadcrumb or source.title, 150), url)}"
    quote = escaped(shortened(plain(source.quote), QUOTE))
    return f"{line}\n>{quote}" if quote and len(line) + len(quote) + 20 < SECTION else line


def _feedback(card: AnswerCard) -> tuple[Block, ...]:
    if Button.HELPFUL not in card.buttons:
        return ()
    up, down = (
        FeedbackButtonObject(text=button.value, value=f"{verdict}:{card.answer_id}")
        for button, verdict in ((Button.HELPFUL, "up"), (Button.NOT_HELPFUL, "down"))
    )
    element = FeedbackButtonsElement(action_id=FEEDBACK, positive_button=up, negative_button=down)
    return (ContextActionsBlock(elements=[element]),)


def _buttons(card: AnswerCard, *before: ButtonElement) -> tuple[Block, ...]:
    if Button.FIX not in card.buttons:
        return ()
    told = "I know the answer" if card.unknown else Button.FIX.value
    elements = [*before, _button(told, FIX, card.answer_id)]
    if Button.AFRESH in card.buttons:
        elements.append(_button(Button.AFRESH.value, AFRESH, card.answer_id))
    return (ActionsBlock(elements=elements),)


def _button(text: str, action: str, value: str, style: str | None = None) -> ButtonElement:
    return ButtonElement(text=text, action_id=action, value=value, style=style)


def _section(mrkdwn: str) -> SectionBlock:
    return SectionBlock(text=MarkdownTextObject(text=mrkdwn, verbatim=True))


def _small(sentence: str) -> ContextBlock:
    text = MarkdownTextObject(text=escaped(shortened(sentence, SENTENCE)), verbatim=True)
    return ContextBlock(elements=[text])
