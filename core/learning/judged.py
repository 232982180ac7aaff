"""What an epoch will say: ratings, moves and evidence, worked out before anything is stored."""

from dataclasses import dataclass, field

from core.answers import Standing
from core.feedback import Penalty, Rating, Weighed
from core.learning.promotion import Move
from core.learning.trusting import Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What an epoch will say, worked out beside whoever writes meanwhile.

    `standings` are those that the moves start from; `liked` are the answers that somebody likes.
    """

    last_feedback_id: int
    weights: Weights
    rated: dict[str, Rating] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    liked: set[str] = field(default_factory=set)
    weighed: list[Weighed] = field(default_factory=list)
    penalties: list[Penalty] = field(default_factory=list)
