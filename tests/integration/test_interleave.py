"""Random interleavings of every event against the real webhooks, router and sweep, on both databases."""

from bench import interleave
from hotline.ground import Ground


def test_no_interleaving_of_events_loses_a_caller_or_holds_an_agent(ground: Ground) -> None:
    steps = 2_000 if ground.database.is_sqlite else 1_000
    counts = interleave.day(ground, 1, steps)
    assert counts.total() >= steps
    assert {"arrive", "router", "webhook", "sweep", "lease over"} <= set(counts)
