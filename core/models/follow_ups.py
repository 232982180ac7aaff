"""Questions that lean on their thread, made searchable by rule (pure)."""

import re
from collections.abc import Sequence

from core.models.subject import subject_of
from core.prompts import Turn

LONGEST_BORROWED = 300
LEADS = re.compile(
    r"(?:and|but|or|so|also|then|what about|how about|what if|what else|same (?:for|with)|why|how so|"
    r"und|aber|oder|warum|wieso|et|mais|pourquoi|y|pero|por qué|e|mas)\b"
    r"|那么?|为什么|なぜ|では|じゃあ",
    re.IGNORECASE,
)
POINTERS = re.compile(
    r"\b(?:it|its|that|this|they|them|their|those|these|there|then|he|she|the same|the (?:first|second|other|"
    r"last) one|one|ones|instead|dort|damit|dafür|dazu|ça|cela|eso|esto)\b"
    r"|它|这个|那个|それ|これ|呢",
    re.IGNORECASE,
)
SHORT = 7
"""Words up to which a question that begins like a follow-up is one."""
LONG = 12
"""Words from which a pronoun is taken to point into the question itself."""


def leans(question: str) -> bool:
    """Say whether a question can hardly be understood without what was said before it.

    It does when it is short and begins like a follow-up, when it points at something with a
    pronoun, or when it has no subject or is only one word.
    """
    words = question.split()
    if len(subject_of(question)) == 0 or len(words) == 1:
        return True
    if len(words) <= SHORT and LEADS.match(question.strip()):
        return True
    return len(words) < LONG and POINTERS.search(question) is not None


def standing_alone(question: str, thread: Sequence[Turn]) -> str:
    """Return the question, with the thread's last question of its own before it if it leans on it."""
    asked = [turn.text.strip() for turn in thread if not turn.by_bot and turn.text.strip()]
    if asked and asked[-1] == question.strip():
        asked.pop()
    if not asked or not leans(question):
        return question
    own = next((text for text in reversed(asked) if not leans(text)), asked[0])
    borrowed = " ".join(own.split())[:LONGEST_BORROWED]
    return f"{borrowed} {question.strip()}"
