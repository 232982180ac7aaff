"""Which epoch counts, and what was found of it and of the newest one, in a sentence."""

from collections.abc import Sequence

from bot.finding import Finding
from core.ledger.epochs import Epoch
from core.proof import Proof


def proven(proof: Proof | None) -> str:
    """Return what a replay found, in a few words; empty where none was made."""
    if proof is None:
        return ""
    if not proof.known:
        return proof.reason
    return f"{proof.reason}: {proof.known} known, {proof.won} won, {proof.lost} lost"


def ranked(there: Sequence[Epoch]) -> Finding:
    """Return how learning stands, by the epochs that there are, the newest first.

    Something must be done where one is held: until then nothing that is said counts.
    """
    live = next((one for one in there if one.live), None)
    if live is None:
        return Finding(part="learning", well=True, said="Nothing has been learned yet.")
    found = proven(live.proof)
    said = f"Epoch {live.id} counts since {live.made_at:%Y-%m-%d %H:%M} UTC"
    said = f"{said} ({found})." if found else f"{said}."
    if live.held:
        advice = "Look at what went wrong, then: python -m bot epochs release"
        return Finding(
            part="learning",
            well=False,
            said=f"{said} It is held, so that what people say waits.",
            advice=advice,
        )
    newest = there[0]
    if not newest.refused:
        return Finding(part="learning", well=True, said=said)
    return Finding(
        part="learning",
        well=True,
        said=f"{said} Epoch {newest.id} does not: {proven(newest.proof)}.",
        advice="The next verdict is tried anew; a curator's word by /audit settles what is in doubt.",
    )
