"""How long agents take to pick up, learned from their own offers. Pure."""

from collections.abc import Collection
from math import sqrt

# Fewer answers than this say nothing.
LEAST_ANSWERS = 8
# Mean and this many deviations: nineteen of twenty answers come sooner.
DEVIATIONS = 1.65


def answers_in(seconds: Collection[float]) -> float | None:
    """The time within which this agent has answered nearly all the offers they answered; `None`: too few to say."""
    if len(seconds) < LEAST_ANSWERS:
        return None
    mean = sum(seconds) / len(seconds)
    return mean + DEVIATIONS * sqrt(sum((value - mean) ** 2 for value in seconds) / len(seconds))
