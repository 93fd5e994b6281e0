"""The score of an agent from the calls that were drawn: its interval, and when to stop hearing. Pure.

Scores are 0 to 100. Days are clusters of calls. The variance is Cochran's for two stages with a ratio estimator
(Sampling Techniques, 3rd edition 1977, equation 11.30): days among the days worked, calls among the calls of a day,
each with its finite population correction. The interval has Wilson's form (1927) with an effective number of calls, as
Korn and Graubard (1998) use it for samples of surveys, so that it stays within 0 and 100.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log, sqrt

from qa.statistics.student_t import t_quantile

TOP = 100.0
# What is assumed of the spread of calls within a day (points) before any were heard, worth so many calls: a handful of
# equal scores must not pass for certainty.
USUAL_SPREAD, USUAL_WEIGHT = 12.0, 2.0
# Where the boundary of sequential stopping is tightest, in calls heard.
TUNED_FOR = 12
# Below this nothing is decided, whatever the scores.
LEAST_CALLS = 4


@dataclass(frozen=True)
class AgentDay:
    """One day of an agent: how many calls there were, and the scores of those drawn at random and heard."""

    calls: int
    scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class ScoreEstimate:
    """An agent's score with its interval, from `heard` of `calls`; `None` where nothing was heard."""

    heard: int
    calls: int
    score: float | None = None
    low: float | None = None
    high: float | None = None
    variance: float = 0.0


class BarVerdict(StrEnum):
    """The verdict on an agent against the bar."""

    ABOVE = "above"
    BELOW = "below"
    OPEN = "open"


@dataclass(frozen=True)
class BarStanding:
    """A verdict, and how many more calls are expected to be needed for one (0 when there is one)."""

    verdict: BarVerdict
    more: int


def estimate(days: Sequence[AgentDay], confidence: float = 0.95) -> ScoreEstimate:
    """Return the mean score over all calls of these days, with its interval; exact once every call was heard."""
    heard = [day for day in days if day.scores]
    sample, calls = sum(len(day.scores) for day in heard), sum(day.calls for day in days)
    if not heard:
        return ScoreEstimate(0, calls)
    mean = sum(day.calls * _mean(day.scores) for day in heard) / sum(day.calls for day in heard)
    variance, freedom = _variance(days, heard, mean)
    low, high = _wilson(mean, variance, t_quantile(0.5 + confidence / 2, freedom))
    return ScoreEstimate(sample, calls, mean, low, high, variance)


def standing(days: Sequence[AgentDay], bar: float, confidence: float = 0.95) -> BarStanding:
    """Return whether the agent is clearly above or below the bar, looked at after every call without fooling oneself.

    The boundary holds at all times together (an asymptotic confidence sequence: Robbins 1970; Waudby-Smith, Arbour,
    Sinha, Kennedy and Ramdas 2021), so that stopping early does not raise the risk of a wrong verdict.
    """
    now = estimate(days, confidence)
    if now.score is None:
        return BarStanding(BarVerdict.OPEN, min(now.calls, TUNED_FOR))
    gap = abs(now.score - bar)
    if now.heard >= min(LEAST_CALLS, now.calls) and gap > reach(now.variance, now.heard, confidence):
        return BarStanding(BarVerdict.ABOVE if now.score > bar else BarVerdict.BELOW, 0)
    return BarStanding(BarVerdict.OPEN, _more(now, gap, confidence))


def reach(variance: float, heard: int, confidence: float) -> float:
    """Return how far from the mean the truth may lie, at any time, when the mean's variance is this."""
    rho = _rho(confidence)
    spread = heard * rho + 1
    return sqrt(variance * 2 * spread / (heard * rho) * log(sqrt(spread) / (1 - confidence)))


def _variance(days: Sequence[AgentDay], heard: Sequence[AgentDay], mean: float) -> tuple[float, float]:
    """Return the variance of the mean, and its degrees of freedom (Satterthwaite)."""
    all_days, drawn = len(days), len(heard)
    size = sum(day.calls for day in days) / all_days
    spread, freedom = _within(heard)
    inner = sum(day.calls**2 * (1 - len(day.scores) / day.calls) * spread / len(day.scores) for day in heard)
    inner /= drawn * all_days * size**2
    if drawn == all_days:
        return inner, freedom
    # As for calls, some spread of days is assumed before any were seen.
    squares = sum((day.calls / size * (_mean(day.scores) - mean)) ** 2 for day in heard)
    between = drawn - 1 + USUAL_WEIGHT
    outer = (1 - drawn / all_days) * (squares + USUAL_WEIGHT * USUAL_SPREAD**2) / between / drawn
    total = inner + outer
    return total, total**2 / (outer**2 / between + inner**2 / freedom)


def _within(heard: Sequence[AgentDay]) -> tuple[float, float]:
    """Return the spread of calls within a day, squared, pooled over days; days with one call each
    are taken in pairs.
    """
    groups = [day.scores for day in heard if len(day.scores) > 1]
    single = [day.scores[0] for day in heard if len(day.scores) == 1]
    groups += [tuple(single[at : at + 2]) for at in range(0, len(single) - 1, 2)]
    squares = sum((score - _mean(scores)) ** 2 for scores in groups for score in scores)
    freedom = sum(len(scores) - 1 for scores in groups)
    pooled = (squares + USUAL_WEIGHT * USUAL_SPREAD**2) / (freedom + USUAL_WEIGHT)
    return pooled, freedom + USUAL_WEIGHT


def _wilson(mean: float, variance: float, quantile: float) -> tuple[float, float]:
    share = mean / TOP
    if variance <= 0:
        return mean, mean
    # The effective number of calls: as many yes-or-no answers as would know the share this well. At the ends of the
    # scale a share has no spread of its own, so it is moved in by a hair.
    held = min(max(share, 0.01), 0.99)
    count = held * (1 - held) * TOP**2 / variance
    q = quantile**2 / count
    middle = (share + q / 2) / (1 + q)
    half = quantile / (1 + q) * sqrt(max(0.0, share * (1 - share)) / count + q / (4 * count))
    return max(0.0, TOP * (middle - half)), min(TOP, TOP * (middle + half))


def _more(now: ScoreEstimate, gap: float, confidence: float) -> int:
    """Return the fewest further calls after which this gap would be enough, were they like those heard; at most all."""
    part = 1 - now.heard / now.calls if now.calls else 0.0
    if part <= 0:
        return 0
    each = now.variance * now.heard / part
    low, high = now.heard + 1, now.calls
    while low < high:
        middle = (low + high) // 2
        if gap > reach(each / middle * (1 - middle / now.calls), middle, confidence):
            high = middle
        else:
            low = middle + 1
    return max(low, min(LEAST_CALLS, now.calls)) - now.heard


def _rho(confidence: float) -> float:
    alpha = 1 - confidence
    return (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / TUNED_FOR


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
