"""Without a key an answer's grounds are the words, numbers and names that its sources have, too."""

import pytest

from core.grounds import Grounds
from core.models.overlap import overlap
from core.models.quoting import QuotingModel
from core.prompts import PromptPassage

SUPPORTED, CONTRADICTED, MISSING = Grounds.SUPPORTED, Grounds.CONTRADICTED, Grounds.MISSING
SOURCES = [
    PromptPassage(
        title="Router",
        breadcrumb="Router › Reset",
        source="docs/router.md",
        text="To reset the router, hold its reset button for ten seconds. It restarts by itself.\n\n"
        "Guests must not use the office network. Firmware 2.4 or newer is needed.",
    ),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hold the reset button of the router for 10 seconds. [1]", SUPPORTED),
        (
            "From **Router**:\n\nTo reset the router, hold its reset button for ten seconds. [1]",
            SUPPORTED,
        ),
        ("1. Hold the reset button for ten seconds.\n2. It restarts by itself. Cheers!", SUPPORTED),
        ("Hold the reset button of the router for 20 seconds.", CONTRADICTED),
        ("Guests use the office network.", CONTRADICTED),
        ("Firmware 3.1 or newer is needed.", CONTRADICTED),
        ("Ask the janitor, who keeps spare cables in the cellar.", MISSING),
        ("Hold the reset button for ten seconds, or call Marta from Infra about it.", MISSING),
        ("Hold the reset button for ten seconds. The cellar door sticks badly in winter.", MISSING),
        ("It costs 45.", MISSING),
        ("Yes.", MISSING),
        ("", MISSING),
    ],
)
def test_what_sources_say_to_an_answer(text: str, found: Grounds) -> None:
    """Every sentence has to be there, with its numbers; one that is at odds is enough."""
    assert overlap(text, SOURCES) is found


async def test_a_quotation_is_always_supported() -> None:
    """What the quoting model gives is word for word in the sources, by its own judgement, too."""
    model = QuotingModel()
    assert await model.weigh("?", SOURCES[0].text, SOURCES) is SUPPORTED
    assert await model.weigh("?", SOURCES[0].text, []) is MISSING
