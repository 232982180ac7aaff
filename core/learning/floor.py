"""What the log says of the floor of "I don't know": labels for it, and what is learned from them."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.feedback import Rating
from core.floors import Label, learned_floor
from core.ledger.epochs import FLOOR
from core.ledger.ledger import Transaction
from core.ledger.matches import load_matches

CERTAIN = 1.2  # weighed verdicts that one side has more: a curator's, or those of two others


async def floor_of(
    connection: Transaction,
    rated: Mapping[str, Rating],
    fingerprint: str,
    start: float | None,
    error: float,
) -> dict[str, Any]:
    """Return the learned floor as an epoch's parameter, by the ratings of that epoch; or nothing.

    None is learned where it does not `start` anywhere.
    """
    if start is None:
        return {}
    found = await load_matches(connection, sorted(rated), fingerprint)
    labels = labels_of(rated, found)
    learned = learned_floor(labels, start, error)
    return {FLOOR: asdict(learned) | {"by": fingerprint}} if learned else {}


def labels_of(
    rated: Mapping[str, Rating], matches: Mapping[str, tuple[float, bool]]
) -> list[Label]:
    """Return a label for each answer of which it is certain that it was right, or wrong.

    Where "I don't know" was right an answer would have been wrong, and the other way round: the
    second part of a match says whether there was an answer.
    """
    sure = {id_: one.ups - one.downs for id_, one in rated.items()}
    return [
        Label(match=match, right=(sure[id_] > 0) == answered)
        for id_, (match, answered) in sorted(matches.items())
        if abs(sure[id_]) >= CERTAIN
    ]
