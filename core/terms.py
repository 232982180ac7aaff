"""Text to terms: what word search compares, in every writing system.

Words are folded and, in Latin letters, stemmed; numbers, versions and identifiers also stay whole;
scripts without spaces between words become overlapping pairs of characters.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

import snowballstemmer  # type: ignore[import-untyped]  # it ships no types

LONGEST_TERM = 64
LONGEST_STEMMED = 32
# Thai and Lao; Burmese; Khmer; Korean; Han; Japanese syllables.
SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
    "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
)
# Accents and vowel signs stand inside words, yet are no word characters to `re`.
MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
)
LETTERS = rf"(?:[^\W_{SPACELESS}]|[{MARKS}])+"
TOKEN = re.compile(
    rf"(?P<spaceless>[{SPACELESS}]+)"
    rf"|(?P<word>(?:(?<![\w-])--?(?=[^\W\d_]))?(?:(?<!\w)_+)?"
    rf"{LETTERS}(?:(?:[.'-]|_+){LETTERS})*_*(?:\+\+|#)?)"
)
PART = re.compile(rf"{LETTERS}(?:'{LETTERS})*")
VERSION = re.compile(r"v?(\d+(?:\.\d+)+)")
IDENTIFIER = re.compile(r"[\d._+#]|^-")
# A word and the space behind it; only a word that is far too long is cut in two.
SLICE = re.compile(r"\S{1,512}\s*|\s+")
SCRIPTS = {"cjk": "han", "ideographic": "han"}
NAMED = frozenset(
    {"latin", "han", "hiragana", "katakana", "hangul", "cyrillic", "arabic", "greek", "hebrew"}
    | {"devanagari", "thai"}
)


def terms_of(text: str) -> list[str]:
    """Return the terms of a text in their order, repeats included, none with whitespace in it.

    Any string is taken: lone surrogates and NUL separate words, and the time grows with the length
    alone. A question and a passage that share a word, in whatever form of it, share a term.
    """
    terms: list[str] = []
    for match in TOKEN.finditer(folded(text)):
        run = match["spaceless"]
        terms += pairs_of(run) if run else terms_of_word(match["word"])
    return terms


def scripts_of(text: str) -> dict[str, float]:
    """Return the share of the letters that each writing system has; the shares sum to 1.

    Names are "latin", "han", "hiragana", "katakana", "hangul", "cyrillic", "arabic", "greek",
    "hebrew", "devanagari", "thai" and "other". A text without letters has none.
    """
    counted: Counter[str] = Counter()
    for character, times in Counter(composed(text)).items():
        if character.isalpha():
            counted[script_of(character)] += times
    return {script: times / counted.total() for script, times in counted.most_common()}


def script_of(letter: str) -> str:
    """Return the writing system of one letter."""
    first = re.split("[ -]", unicodedata.name(letter, "other").lower(), maxsplit=1)[0]
    script = SCRIPTS.get(first, first)
    return script if script in NAMED else "other"


def folded(text: str) -> str:
    """Return the text in the one spelling that terms are made from."""
    return composed(composed(text).casefold()).replace("’", "'")


def composed(text: str) -> str:
    """Return the text in NFKC, with a space for every character that no index can store.

    It goes word by word, because ordering a long run of accents takes quadratic time.
    """
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
        text = "".join(unicodedata.normalize("NFKC", piece) for piece in SLICE.findall(text))
    return text.replace("\0", " ")


def pairs_of(run: str) -> list[str]:
    """Return the overlapping pairs of characters of a run without spaces; one alone is a term."""
    return [run[i : i + 2] for i in range(max(1, len(run) - 1))]


@lru_cache(maxsize=65_536)
def terms_of_word(word: str) -> tuple[str, ...]:
    """Return the terms of one word: a version as it is, its parts stemmed, an identifier also whole."""
    version = VERSION.fullmatch(word)
    if version:
        return (version[1][:LONGEST_TERM],)
    parts = PART.findall(word)
    stems = tuple(stem(part[:LONGEST_TERM]) for part in parts)
    whole = parts != [word] and IDENTIFIER.search(word)
    return (*stems, word[:LONGEST_TERM]) if whole else stems


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the English stem of a word in Latin letters, and any other word as it is."""
    if len(word) > LONGEST_STEMMED or word[0] > "\u024f" or not word.replace("'", "").isalpha():
        return word
    return str(snowballstemmer.stemmer("english").stemWord(word))
