"""How many patients may be called at this moment, so that whoever needs a person finds one. Pure.

Most calls need nobody: the script speaks with the patient. A few are handed over, and a nurse must be free then. So
many lines are opened that, for each call in flight, the chance that the others (and the hotline's own callers) have
taken every free nurse stays below the target. The counts of what happened so far set that chance; until there are any,
careful priors do.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_LINES = 200
# A nurse who is free may all the same not pick up within three rings.
MISSES = 0.06

# What bounds the lines; the pages and the command have words for each.
HOTLINE_BUSY = "hotline_busy"
NO_NURSE = "no_nurse"
NURSES = "nurses"
PROVIDER = "provider"
NOBODY_DUE = "nobody_due"
ALL_DUE = "all_due"
LIMIT = "limit"


class Prior(NamedTuple):
    """What is believed before anything was counted: as if so many calls had this share, or this mean."""

    weight: float
    value: float


ANSWER_PRIOR = Prior(20.0, 0.4)
HANDOVER_PRIOR = Prior(40.0, 0.06)
TALK_PRIOR = Prior(10.0, 180.0)
HELP_PRIOR = Prior(5.0, 240.0)


@dataclass(frozen=True)
class AttemptCounts:
    """What happened so far in this campaign, lately: tries, of them answered; conversations, of them handed over."""

    tries: int = 0
    answered: int = 0
    needed: int = 0
    lost: int = 0
    talk_seconds: float = 0.0
    help_seconds: float = 0.0


@dataclass(frozen=True)
class Rates:
    """What the counts teach. `handover`: of answered calls, those that need a person, on the careful side."""

    answer: float
    handover: float
    talk_seconds: float
    help_seconds: float


@dataclass(frozen=True)
class NurseFloor:
    """This moment: nurses who could take a call now, those at work, our calls in flight, the hotline's own callers.

    `unserved`: callers of the hotline for whom no phone rings, or who wait longer than a ring. `inbound_a_second`: how
    often the hotline's callers take one of these nurses. `due`: recipients who may be called now.
    """

    free: int
    busy: int = 0
    dialling: int = 0
    talking: int = 0
    waiting: int = 0
    unserved: int = 0
    inbound_a_second: float = 0.0
    due: int = 0


@dataclass(frozen=True)
class PacingBounds:
    """The law's and the provider's: shares between 0 and 1, calls that may still be started in this second."""

    target: float
    limit: float
    calls_now: int


@dataclass(frozen=True)
class Pace:
    """`dial` now, up to `lines` in flight; `why` names what bounds them, `facts` are its figures."""

    lines: int
    dial: int
    why: str
    facts: Mapping[str, float] = field(default_factory=dict)


def learn(counts: AttemptCounts) -> Rates:
    """Return the rates that these counts and the priors teach."""
    prior = HANDOVER_PRIOR
    needed, calls = counts.needed + prior.weight * prior.value, counts.answered + prior.weight
    mean = needed / calls
    return Rates(
        answer=_mean(ANSWER_PRIOR, counts.answered, counts.tries),
        handover=min(1.0, mean + math.sqrt(mean * (1 - mean) / calls)),
        talk_seconds=_mean(TALK_PRIOR, counts.talk_seconds, counts.answered),
        help_seconds=_mean(HELP_PRIOR, counts.help_seconds, counts.needed - counts.lost),
    )


def _mean(prior: Prior, total: float, count: float) -> float:
    return (total + prior.weight * prior.value) / (count + prior.weight)


def decide(floor: NurseFloor, counts: AttemptCounts, bounds: PacingBounds) -> Pace:
    """Decide how many to dial now."""
    rates = learn(counts)
    facts = {"free": floor.free, "handover": counts_share(counts, rates), "answer": rates.answer}
    in_flight = floor.dialling + floor.talking
    if floor.unserved:
        return Pace(0, 0, HOTLINE_BUSY, facts | {"unserved": floor.unserved})
    if floor.free - floor.waiting < 1:
        return Pace(0, 0, NO_NURSE, facts)
    lines = _lines(floor, rates, careful(counts, bounds))
    room = lines - in_flight
    dial = max(0, min(room, floor.due, bounds.calls_now))
    if not floor.due:
        why = ALL_DUE if in_flight else NOBODY_DUE
    elif room <= 0:
        why = NURSES if lost_share(counts) <= bounds.target else LIMIT
    else:
        why = PROVIDER if dial < min(room, floor.due) else NURSES
    return Pace(lines, dial, why, facts)


def counts_share(counts: AttemptCounts, rates: Rates) -> float:
    """Hand-overs as people read them: the counted share once there is one, else what is assumed."""
    return counts.needed / counts.answered if counts.answered >= HANDOVER_PRIOR.weight else rates.handover


def lost_share(counts: AttemptCounts) -> float:
    """Return the share of calls in need of a person that found nobody."""
    return counts.lost / counts.needed if counts.needed else 0.0


def careful(counts: AttemptCounts, bounds: PacingBounds) -> float:
    """Return the chance to allow: the target, less once the share lost is above it, next to nothing near the limit."""
    share = (counts.lost) / (counts.needed + 1 / bounds.limit)
    if share <= bounds.target:
        return bounds.target
    return bounds.target * max(0.02, 1 - (share - bounds.target) / max(1e-9, bounds.limit - bounds.target)) / 2


def _lines(floor: NurseFloor, rates: Rates, target: float) -> int:
    """Return the most calls in flight, up to `MOST_LINES`, each of which finds a nurse but for a chance of `target`."""
    least, most = 0, MOST_LINES
    while least < most:  # the chance grows with the lines
        middle = (least + most + 1) // 2
        if nobody(middle, floor, rates) <= target:
            least = middle
        else:
            most = middle - 1
    return least


def nobody(lines: int, floor: NurseFloor, rates: Rates) -> float:
    """Return the chance that a call which needs a person finds none, with `lines` calls in flight."""
    talking = min(floor.talking, lines - 1)
    dialling = max(0, lines - 1 - floor.talking)
    free = floor.free - floor.waiting
    most = max(1, free + floor.busy)  # more than all of them cannot be taken
    taken = _binomial(talking, rates.handover, most)
    taken = _sum(taken, _binomial(dialling, rates.handover * rates.answer, most), most)
    taken = _sum(taken, _poisson(floor.inbound_a_second * rates.talk_seconds / 2, most), most)
    # Nurses who come back meanwhile: about half of the time is left when somebody needs one.
    share = 1 - math.exp(-rates.talk_seconds / 2 / max(1.0, rates.help_seconds))
    back = _binomial(floor.busy, share, floor.busy)
    return sum(chance * _lost(taken, free + returned) for returned, chance in enumerate(back))


def _lost(taken: Sequence[float], nurses: int) -> float:
    """Return the chance that no nurse speaks in time: all are taken, or none of those who are left picks up."""
    left = sum(chance * MISSES ** (nurses - number) for number, chance in enumerate(taken[: max(0, nurses)]))
    return _at_least(taken, nurses) + left


def _at_least(chances: Sequence[float], number: int) -> float:
    return max(0.0, 1.0 - sum(chances[: max(0, number)]))


def _binomial(count: int, share: float, most: int) -> list[float]:
    """Return the chances of 0, 1, … up to `most` successes."""
    count = max(0, count)
    if share >= 1.0:
        return [float(number == count) for number in range(min(count, most) + 1)]
    chances = [(1 - share) ** count]
    for number in range(1, min(count, most) + 1):
        chances.append(chances[-1] * (count - number + 1) / number * share / (1 - share))
    return chances


def _poisson(mean: float, most: int) -> list[float]:
    chances = [math.exp(-mean)]
    for number in range(1, most + 1):
        chances.append(chances[-1] * mean / number)
    return chances


def _sum(one: Sequence[float], other: Sequence[float], most: int) -> list[float]:
    """Return the distribution of the sum of two independent counts, up to `most`."""
    chances = [0.0] * (min(len(one) + len(other) - 2, most) + 1)
    for first, chance in enumerate(one):
        for second, more in enumerate(other[: len(chances) - first]):
            chances[first + second] += chance * more
    return chances
