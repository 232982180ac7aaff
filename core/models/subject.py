"""What a question is about: its terms without the words that every question has (pure)."""

from functools import cache

from core.terms import terms_of

HOLLOW = """
a about an and any are as at be been but by can could did do does doing for from get give go had has
have he her here hers him his how i if in into is it its just know let like me my need no not of on or
our ours please she should so some tell than that the their them then there these they this those to
too us use want was we were what when where which who whom whose why will with would yes you your
i'm it's what's don't can't doesn't isn't hi hello hey thanks thank ok okay
der die das den dem ein eine einen und oder ist sind wie was wer wo wann warum ich wir man kann mein
zu mit auf für von im in es
le la les un une des et ou est sont comment que qui quoi où quand pourquoi je nous on peut mon ma pour
de du avec dans
el los las una y o es son cómo qué quién dónde cuándo por yo para con en mi
怎么 怎样 如何 什么 为什么 哪里 请问 どう なぜ 何 です ます ください 어떻게 무엇
"""


def subject_of(question: str) -> tuple[str, ...]:
    """Return the terms that say what a question is about, each once, in order."""
    hollow = hollow_terms()
    return tuple(dict.fromkeys(term for term in terms_of(question) if term not in hollow))


@cache
def hollow_terms() -> frozenset[str]:
    """Return the terms that say nothing of a subject."""
    return frozenset(terms_of(HOLLOW))
