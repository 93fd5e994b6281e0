"""Random interleavings of every event against the real webhooks, router and sweep, on both databases.

A day of each for each of `INTERLEAVE_DAYS` seeds.
"""

import logging
import os
from collections.abc import Iterator

import pytest
import structlog

from hotline.context import AppContext
from tests.simulation.interleave import run

ON_SQLITE, ON_POSTGRESQL = 1_300, 200
DAYS = int(os.environ.get("INTERLEAVE_DAYS", "4"))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What led to a violation is told by its text: writing a log of every step takes a tenth of the time."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("seed", range(1, DAYS + 1))
def test_no_interleaving_of_events_loses_a_caller_or_holds_an_agent(context: AppContext, seed: int) -> None:
    steps = ON_SQLITE if context.database.is_sqlite else ON_POSTGRESQL
    counts = run.day(context, seed, steps)
    assert counts.total() >= steps
    assert {"arrive", "router", "webhook"} <= set(counts)
    assert {"key", "answers", "agent hangs up"} <= set(counts) or not context.database.is_sqlite
