"""Nothing that was acknowledged is lost, and nothing is answered twice, wherever the bot is killed."""

import os
from pathlib import Path

import pytest

from tests.crash.campaign import Campaign, planned
from tests.crash.faults import found
from tests.crash.kills import Tally
from tests.crash.points import POINTS, Point

SLOW = os.environ.get("TAVERNKEEP_SLOW") == "1"
KILLS = 1000 if SLOW else len(POINTS) + 50
SEED = 20261122


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_every_named_point_is_a_place_in_the_code(point: Point) -> None:
    """A function that is renamed takes its point with it, or this fails."""
    assert callable(found(point.where)[2])


def test_the_points_have_names_of_their_own() -> None:
    """Two points of one name would be one, and there are the 25 that were promised and more."""
    assert len({point.name for point in POINTS}) == len(POINTS) >= 25


@pytest.mark.timeout(7200 if SLOW else 900)
async def test_a_bot_that_is_killed_anywhere_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """Killed at every named point and at random times among four writers, it holds all promises."""
    campaign = Campaign(tmp_path / "crash", seed=SEED)
    tally: Tally = await campaign.run(planned(KILLS, SEED), lambda _: None)
    assert not tally.violations, [*tally.violations, *map(str, tally.kept)]
    assert tally.kills.total() >= KILLS
