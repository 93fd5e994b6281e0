"""Random interleavings of every event against the real webhooks, router and sweep, on both databases."""

import pytest

from bench import interleave
from hotline.ground import Ground


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_no_interleaving_of_events_loses_a_caller_or_holds_an_agent(ground: Ground, seed: int) -> None:
    steps = 2_000 if ground.database.is_sqlite else 500
    counts = interleave.day(ground, seed, steps)
    assert counts.total() >= steps
    assert {"arrive", "router", "webhook", "sweep", "lease over"} <= set(counts)
