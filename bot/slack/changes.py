"""Changes: what a better answer changes, word by word, as Slack's rich text. Pure.

Nothing in rich text means anything to Slack but what is said beside the words: it is safe as it is.
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from slack_sdk.models.blocks import RichTextBlock, RichTextElementParts, RichTextSectionElement

WORD = re.compile(r"\s*\S+\s*")
KEPT = 12  # words of what stays that are shown on either side of a change
LONGEST = 2_500  # signs that are shown
MOST_WORDS = 400  # that are compared: it takes their number cubed; beyond, all is another text
Text = RichTextElementParts.Text
STRUCK = RichTextElementParts.TextStyle(strike=True)
BOLD = RichTextElementParts.TextStyle(bold=True)


def changes(before: str, after: str) -> RichTextBlock:
    """Return what goes struck out and what comes in bold, within some of what stays."""
    shown: list[Text] = []
    room = LONGEST
    for words, style in _stretches(WORD.findall(before), WORD.findall(after)):
        if len(words) > room:
            shown.append(Text(text=f"{words[:room]}…", style=style))
            break
        room -= len(words)
        shown.append(Text(text=words, style=style))
    return RichTextBlock(elements=[RichTextSectionElement(elements=shown or [Text(text="…")])])


def _stretches(
    before: list[str], after: list[str]
) -> Iterator[tuple[str, RichTextElementParts.TextStyle | None]]:
    if len(before) + len(after) > MOST_WORDS:
        yield "".join(after), BOLD
        return
    plain_before, plain_after = ([word.strip() for word in words] for words in (before, after))
    compared = SequenceMatcher(None, plain_before, plain_after, autojunk=False)
    for kind, start, end, first, last in compared.get_opcodes():
        if kind == "equal":
            yield _shortened(after[first:last]), None
            continue
        if end > start:
            yield "".join(before[start:end]), STRUCK
        if last > first:
            yield "".join(after[first:last]), BOLD


def _shortened(words: list[str]) -> str:
    if len(words) <= 2 * KEPT + 1:
        return "".join(words)
    return "".join([*words[:KEPT], " … ", *words[-KEPT:]])
