"""How soon, and how often at all, each agent answers a phone: a survival curve from their latest offers. Pure.

An offer that somebody else answered, or whose caller hung up, says that this agent had not answered *by then* and
nothing of what came after: it is censored, as in the Kaplan-Meier estimate. Few offers say little, so that the curve of
all agents together stands in as a prior (beta-Stacy process: a beta prior for the chance of an answer in each second).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import mul
from typing import NamedTuple

# The curve ends here; what rings for longer is looked at up to here.
SECONDS = 30
# All agents together weigh as much as so many offers of one agent's own.
PRIOR_OFFERS = 8.0
# An offer that so many newer ones follow counts half.
HALF_LIFE = 100
# With fewer answers than this, of all agents, nothing is said.
LEAST_ANSWERS = 20


class RingOutcome(NamedTuple):
    """A phone that rang for so long, and whether it was answered then; otherwise it stopped, for whatever reason."""

    seconds: float
    is_answered: bool


@dataclass(frozen=True, slots=True)
class AnswerCurve:
    """`left[t]` is the chance that a phone has not been answered after `t` seconds of ringing; it never rises."""

    left: tuple[float, ...]

    def unanswered(self, seconds: float) -> float:
        """Return the chance that the phone has not been answered by then; between whole seconds on a straight line."""
        place = min(max(seconds, 0.0), len(self.left) - 1.0)
        before = int(place)
        after = min(before + 1, len(self.left) - 1)
        return self.left[before] + (place - before) * (self.left[after] - self.left[before])

    def misses(self, rang: float, until: float) -> float:
        """Return the chance that a phone which has rung for `rang` seconds is not answered `until` so many either."""
        now = self.unanswered(rang)
        return self.unanswered(max(rang, until)) / now if now > 0 else 1.0

    def expected(self, seconds: float) -> float:
        """Return the mean time until the answer, where one that does not come counts as `seconds`."""
        whole = int(min(seconds, len(self.left) - 1.0))
        area = sum((one + other) / 2 for one, other in pairwise(self.left[: whole + 1]))
        return area + (seconds - whole) * self.unanswered(seconds)


def learn(offers: Mapping[str, Sequence[RingOutcome]]) -> dict[str, AnswerCurve]:
    """Return the curve of each agent from their offers, the latest first; empty while too little is known of all of
    them.
    """
    if sum(rang.is_answered for of_agent in offers.values() for rang in of_agent) < LEAST_ANSWERS:
        return {}
    counted = {agent_id: _count(of_agent) for agent_id, of_agent in offers.items()}
    floor = _Counts.sum(counted.values())
    prior = [(answers + 0.01) / (at_risk + 1) for answers, at_risk in zip(floor.answers, floor.at_risk, strict=True)]
    return {agent_id: AnswerCurve(_curve(counts, prior)) for agent_id, counts in counted.items()}


@dataclass(frozen=True)
class _Counts:
    """For each second of ringing: how many phones rang through it or were answered in it, and the latter alone."""

    at_risk: list[float]
    answers: list[float]

    @staticmethod
    def sum(counts: Iterable["_Counts"]) -> "_Counts":
        """Return all of them together."""
        several = list(counts)
        return _Counts(
            [sum(values) for values in zip(*(each.at_risk for each in several), strict=True)],
            [sum(values) for values in zip(*(each.answers for each in several), strict=True)],
        )


def _count(offers: Sequence[RingOutcome]) -> _Counts:
    at_risk, answers = [0.0] * SECONDS, [0.0] * SECONDS
    for number, rang in enumerate(offers):
        weight = 0.5 ** (number / HALF_LIFE)
        whole = int(rang.seconds)
        # The second in which a phone stopped was not rung through.
        for second in range(min(SECONDS, whole + rang.is_answered)):
            at_risk[second] += weight
        if rang.is_answered and whole < SECONDS:
            answers[whole] += weight
    return _Counts(at_risk, answers)


def _curve(counts: _Counts, prior: Sequence[float]) -> tuple[float, ...]:
    expected = list(accumulate((1 - chance for chance in prior), mul, initial=1.0))
    chances = (
        (PRIOR_OFFERS * left * chance + answers) / (PRIOR_OFFERS * left + at_risk)
        for left, chance, answers, at_risk in zip(expected[:-1], prior, counts.answers, counts.at_risk, strict=True)
    )
    return tuple(accumulate((1 - chance for chance in chances), mul, initial=1.0))
