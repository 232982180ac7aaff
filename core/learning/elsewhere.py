"""Whether a question names something that other documents tell of, and a stored answer does not.

Questions of one form about different things are near: "Where do we keep the dulcimer?" and "Where is
the cauldron kept?". Neither vectors nor words tell such a pair from a question in other words, but
documents do: where some tell of the cauldron, and none that the answer cites, it answers another
question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.learning.recalled import Recalled
from core.retrieval import Retriever, Sought
from core.terms import terms_of
from core.things import named_instead


async def without_others(
    retriever: Retriever, sought: Sought, recalled: Sequence[Recalled]
) -> list[Recalled]:
    """Return what is recalled without answers about something in the place of what is asked for.

    What no document names may be another word for the same, and stays. Documents are searched once,
    and only where something is named in another's place.

    Raises `IndexUnavailableError` where the index does not answer.
    """
    named = {one.answer.id: _named(sought.text, one) for one in recalled}
    words = frozenset[str]().union(*named.values())
    if not words:
        return list(recalled)
    searched = await retriever.search(replace(sought, text=" ".join(sorted(words))), "bm25")
    told = {
        id_: frozenset(terms_of(f"{found.breadcrumb}\n{found.text}"))
        for id_, found in searched.found.items()
    }
    return [one for one in recalled if not _of_another(named[one.answer.id], one, told)]


def _named(question: str, stored: Recalled) -> frozenset[str]:
    """Return the terms of what a question names where each phrasing of an answer names another thing."""
    named: frozenset[str] = frozenset()
    for phrasing, _ in stored.phrasings:
        instead = named_instead(question, phrasing)
        if not instead:
            return frozenset()
        named = named or instead
    return named - {*terms_of(stored.answer.text)}


def _of_another(
    named: frozenset[str], stored: Recalled, told: Mapping[str, frozenset[str]]
) -> bool:
    """Say whether passages tell of all that is named, and none that the answer cites of any."""
    cited = {citation.passage_id for citation in stored.answer.citations}
    return (
        bool(named)
        and any(named <= terms for terms in told.values())
        and not any(named & terms for id_, terms in told.items() if id_ in cited)
    )
