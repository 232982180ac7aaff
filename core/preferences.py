"""How a person likes answers: a closed list of aspects and values, so that nothing can be slipped in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

AS_ASKED = "as asked"
YES, NO = "yes", "no"
LANGUAGES: Mapping[str, tuple[str, str]] = {
    "ar": ("Arabic", "العربية"),
    "cs": ("Czech", "čeština"),
    "da": ("Danish", "dansk"),
    "de": ("German", "Deutsch"),
    "el": ("Greek", "ελληνικά"),
    "en": ("English", "English"),
    "es": ("Spanish", "español"),
    "fi": ("Finnish", "suomi"),
    "fr": ("French", "français"),
    "he": ("Hebrew", "עברית"),
    "hi": ("Hindi", "हिन्दी"),
    "hu": ("Hungarian", "magyar"),
    "id": ("Indonesian", "Bahasa Indonesia"),
    "it": ("Italian", "italiano"),
    "ja": ("Japanese", "日本語"),
    "ko": ("Korean", "한국어"),
    "nl": ("Dutch", "Nederlands"),
    "no": ("Norwegian", "norsk"),
    "pl": ("Polish", "polski"),
    "pt": ("Portuguese", "português"),
    "ro": ("Romanian", "română"),
    "ru": ("Russian", "русский"),
    "sv": ("Swedish", "svenska"),
    "th": ("Thai", "ไทย"),
    "tr": ("Turkish", "Türkçe"),
    "uk": ("Ukrainian", "українська"),
    "vi": ("Vietnamese", "Tiếng Việt"),
    "zh": ("Chinese", "中文"),
}
"""Each language that can be asked for: its code, its English name and its own."""


class Length(StrEnum):
    """How much an answer says."""

    BRIEF = "brief"
    NORMAL = "normal"
    DETAILED = "detailed"


class Aspect(StrEnum):
    """What somebody can have a preference about."""

    LANGUAGE = "language"
    LENGTH = "length"
    CODE_FIRST = "code first"


VALUES: Mapping[Aspect, frozenset[str]] = {
    Aspect.LANGUAGE: frozenset({AS_ASKED, *LANGUAGES}),
    Aspect.LENGTH: frozenset(one.value for one in Length),
    Aspect.CODE_FIRST: frozenset({YES, NO}),
}
"""What each aspect can be set to, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """How answers are to be; a `language` is a code of `LANGUAGES`, None is that of the question."""

    language: str | None = None
    length: Length = Length.NORMAL
    code_first: bool = False


USUAL = Preferences()
"""How answers are for whoever has said and shown nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a person said, and the length that their verdicts suggest where they did not say one."""

    said: Mapping[Aspect, str]
    guessed: Length | None = None

    @property
    def preferences(self) -> Preferences:
        """What answers to this person's questions keep to; a value that is on no list is passed over."""
        language = self.said.get(Aspect.LANGUAGE)
        length = self.said.get(Aspect.LENGTH, self.guessed)
        return Preferences(
            language=language if language in LANGUAGES else None,
            length=Length(length) if length in VALUES[Aspect.LENGTH] else Length.NORMAL,
            code_first=self.said.get(Aspect.CODE_FIRST) == YES,
        )


def language_of(words: str) -> str | None:
    """Return the language that somebody names, by its code or a name of it; None for an unknown one."""
    named = " ".join(words.casefold().split())
    if named == AS_ASKED:
        return AS_ASKED
    known = {name.casefold(): code for code, names in LANGUAGES.items() for name in (code, *names)}
    return known.get(named)
