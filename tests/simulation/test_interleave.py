"""Random interleavings of every event against the real webhooks, router and sweep, on both databases.

2,000 steps for each of `INTERLEAVE_DAYS` days.
"""

import os

import pytest

from hotline.context import AppContext
from tests.simulation.interleave import run

ON_SQLITE, ON_POSTGRESQL = 1_800, 200
DAYS = int(os.environ.get("INTERLEAVE_DAYS", "4"))


@pytest.mark.parametrize("seed", range(1, DAYS + 1))
def test_no_interleaving_of_events_loses_a_caller_or_holds_an_agent(context: AppContext, seed: int) -> None:
    steps = ON_SQLITE if context.database.is_sqlite else ON_POSTGRESQL
    counts = run.day(context, seed, steps)
    assert counts.total() >= steps
    assert {"arrive", "router", "webhook", "key", "answers"} <= set(counts)
