"""Changes: what a better answer changes, as Slack's rich text. Pure.

Nothing in rich text means anything to Slack but what is said beside the words: it is safe as it is.
"""

from slack_sdk.models.blocks import RichTextBlock, RichTextElementParts, RichTextSectionElement

from bot.changes import Change
from bot.changes import changes as changes_of

LONGEST = 2_500  # signs that are shown
Text = RichTextElementParts.Text
STYLES = {
    Change.STAYS: None,
    Change.GOES: RichTextElementParts.TextStyle(strike=True),
    Change.COMES: RichTextElementParts.TextStyle(bold=True),
}


def changes(before: str, after: str) -> RichTextBlock:
    """Return what goes struck out and what comes in bold, within some of what stays."""
    found = changes_of(before, after, LONGEST)
    shown = [Text(text=one.words, style=STYLES[one.change]) for one in found]
    return RichTextBlock(elements=[RichTextSectionElement(elements=shown or [Text(text="…")])])
