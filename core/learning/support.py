"""Support: the passages that hold what a person wrote, cited for it."""

import logging

from core.answers import Citation
from core.audience import Audience
from core.errors import IndexUnavailableError
from core.items import citation_of
from core.retrieval import Retriever

log = logging.getLogger(__name__)
SUPPORT = 0.6  # share of a text's terms that a passage must have to be cited for it
MOST_CITATIONS = 2


async def support_of(retriever: Retriever, text: str, audience: Audience) -> tuple[Citation, ...]:
    """Return citations of the passages that hold most of what a person wrote; none if none is found."""
    try:
        sought = await retriever.seek(text, audience.requires)
        found = await retriever.find(sought)
    except IndexUnavailableError as error:  # what a person wrote is kept, with or without
        log.warning("What a person wrote is kept without sources: %s", error)
        return ()
    holding = [one for one in found if one.coverage >= SUPPORT][:MOST_CITATIONS]
    return tuple(citation_of(one, number, quote="") for number, one in enumerate(holding, 1))
