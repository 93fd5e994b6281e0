"""How conversations, phones and callers were of late, and how true the waits were that they were told. Pure.

A caller who leaves the line before they are answered would have waited longer: their wait is censored, and counts as
such.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, pstdev
from typing import NamedTuple

from routing.estimates.wait import LEAST_SAMPLES, USUAL_SECONDS, WaitError

# How conversations vary where too few are known: the deviation of the logarithm of their length.
USUAL_SIGMA, LEAST_SIGMA = 0.7, 0.2
# Until a phone is answered, where too little is known, and at most.
ANSWER_SECONDS, MOST_ANSWER_SECONDS = 5.0, 15.0
# Where nobody leaves the line.
PATIENT = math.inf
# Estimates shorter than this tell how quickly phones are answered, nothing of the line.
LINE_SECONDS = 20.0
# So many pairs of an estimate and the real wait count as much as the belief that estimates are right.
DOUBT = 10
# No more than this is set right.
MOST_CORRECTION = 3.0


@dataclass(frozen=True)
class PastWait:
    """For how long somebody waited, whether that ended with a person, and what had been estimated (not set right)."""

    seconds: float
    is_answered: bool
    estimated: float | None = None


@dataclass(frozen=True)
class RecentTimes:
    """What the next minutes are drawn from. `mu` and `sigma`: of the logarithm of a conversation's seconds."""

    mu: float = math.log(USUAL_SECONDS) - USUAL_SIGMA**2 / 2
    sigma: float = USUAL_SIGMA
    # After a conversation an agent is left in peace for so long at most.
    wrap_up_seconds: float = 0.0
    answer_seconds: float = ANSWER_SECONDS
    patience_seconds: float = PATIENT
    # What estimates are multiplied by.
    correction: float = 1.0

    @property
    def handle_seconds(self) -> float:
        """Return for how long an agent is taken by a caller on average."""
        return math.exp(self.mu + self.sigma**2 / 2) + self.wrap_up_seconds / 2


def learn(
    last_hour: Sequence[float], last_day: Sequence[float], waits: Sequence[PastWait], wrap_up_seconds: float = 0.0
) -> RecentTimes:
    """Return what is known by now, from the lengths of conversations and what became of those who waited."""
    mu, sigma = conversations(last_hour if len(last_hour) >= LEAST_SAMPLES else last_day)
    return RecentTimes(mu, sigma, wrap_up_seconds, answer_seconds(waits), patience(waits), correction(waits))


def conversations(seconds: Sequence[float]) -> tuple[float, float]:
    """`mu` and `sigma` of how long conversations last; what is usual where there are too few."""
    logs = [math.log(max(1.0, value)) for value in seconds]
    if len(logs) < LEAST_SAMPLES:
        return RecentTimes.mu, RecentTimes.sigma
    return fmean(logs), max(LEAST_SIGMA, pstdev(logs))


def answer_seconds(waits: Iterable[PastWait]) -> float:
    """Return how long those waited for whom somebody was free: the median."""
    short = [
        CensoredValue(wait.seconds, wait.is_answered)
        for wait in waits
        if wait.estimated is not None and wait.estimated < LINE_SECONDS
    ]
    return ANSWER_SECONDS if len(short) < LEAST_SAMPLES else min(MOST_ANSWER_SECONDS, censored_median(short))


def patience(waits: Iterable[PastWait]) -> float:
    """Return the mean patience: all that was waited, for each who gave up.

    Who was answered was patient at least so long.
    """
    several = list(waits)
    gave_up = sum(not wait.is_answered for wait in several)
    return max(1.0, sum(wait.seconds for wait in several) / gave_up) if gave_up else PATIENT


def correction(waits: Iterable[PastWait]) -> float:
    """Return what estimates are multiplied by.

    The median of real to estimated, the nearer to 1 the fewer pairs there are.
    """
    ratios = [
        CensoredValue(wait.seconds / wait.estimated, wait.is_answered)
        for wait in waits
        if wait.estimated is not None and wait.estimated >= LINE_SECONDS
    ]
    answered = sum(is_answered for _, is_answered in ratios)
    if not answered:
        return 1.0
    found = max(1 / MOST_CORRECTION, min(MOST_CORRECTION, censored_median(ratios)))
    return math.exp(math.log(found) * answered / (answered + DOUBT))


class CensoredValue(NamedTuple):
    """A value, and whether it is whole; one that is not was cut off."""

    value: float
    is_whole: bool


class ToldWait(NamedTuple):
    """A wait as it was told and as it was, in seconds, and whether it ended with a person."""

    told: float
    real: float
    is_answered: bool


def censored_median(values: Iterable[CensoredValue]) -> float:
    """Return the median of values of which some were cut off; the largest where it lies beyond."""
    ordered = sorted(values, key=lambda value: (value[0], not value[1]))
    left = 1.0
    for number, (value, is_whole) in enumerate(ordered):
        left *= 1 - is_whole / (len(ordered) - number)
        if left <= 0.5 + 1e-9:
            return value
    return ordered[-1][0]


def share_above(values: Iterable[CensoredValue], limit: float) -> float:
    """Return the share of values above `limit`, where some were cut off (Kaplan-Meier)."""
    ordered = sorted(values, key=lambda value: (value[0], not value[1]))
    left = 1.0
    for number, (value, is_whole) in enumerate(ordered):
        if value > limit:
            break
        left *= 1 - is_whole / (len(ordered) - number)
    return left


def error(waits: Iterable[ToldWait]) -> WaitError | None:
    """Return how true announcements were; `None` where nobody was answered."""
    several = list(waits)
    errors = [abs(told - real) for told, real, is_answered in several if is_answered]
    if not errors:
        return None
    late = (CensoredValue(real - told, is_answered) for told, real, is_answered in several)
    return WaitError(len(errors), median(errors), share_above(late, 0.0))
