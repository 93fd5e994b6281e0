"""The wait that is as often too long as too short: the median over many ways in which the next minutes may go. Pure.

In each way every conversation ends at a time drawn from how long conversations last once they have lasted so long,
those ahead give up as callers did of late, and the others take the first agent who fits. It is then set right by how
far off recent estimates were. The draws are always the same, so that the same floor gives the same estimate.
"""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

from routing.estimates.recent_times import LINE_SECONDS, PATIENT, RecentTimes
from routing.estimates.wait import AgentAvailability, WaitingEntry, can_serve, expected, meets

# So many ways are looked at, fewer where there is more to look at in each: so many agents for so many callers.
WAYS, LEAST_WAYS, MOST_STEPS = 201, 15, 30_000
# A longer line is walked through once, by means: of so many conversations the sum hardly varies.
LONG_LINE = 150

NORMAL = NormalDist()


@dataclass(frozen=True)
class Estimate:
    """An estimated wait in seconds: `raw` as the walk found it, `told` once it has been set right."""

    raw: float
    told: float


def seconds(
    place_id: str, line: Iterable[WaitingEntry], hands: Sequence[AgentAvailability], lately: RecentTimes
) -> Estimate | None:
    """In how many seconds this caller will probably hear a person; `None` when nobody at work could do it."""
    ahead = sorted(line, key=lambda each: each.rank)
    number = next((number for number, each in enumerate(ahead) if each.id == place_id), None)
    if number is None:
        return None
    if number > LONG_LINE:
        wait = expected(place_id, ahead, hands, lately.handle_seconds)
    else:
        wait = _median(_Walk.of(ahead[: number + 1], hands, lately))
    if wait is None:
        return None
    raw = wait + lately.answer_seconds
    return Estimate(raw, raw * lately.correction if raw >= LINE_SECONDS else raw)


@dataclass(frozen=True)
class _Walk:
    """The line up to the last one in it: for each the agents who fit them, and in how many seconds they may be rung."""

    fitting: tuple[tuple[tuple[int, float], ...], ...]
    hands: Sequence[AgentAvailability]
    lately: RecentTimes

    @staticmethod
    def of(ahead: Sequence[WaitingEntry], hands: Sequence[AgentAvailability], lately: RecentTimes) -> "_Walk":
        """Return the line and these agents."""
        return _Walk(tuple(tuple(_who_fits(place, hands)) for place in ahead), hands, lately)

    def once(self, draw: random.Random) -> float:
        """In how many seconds an agent is free for the last one, in one way that it may go."""
        free = [_free_in(hand, self.lately, draw) for hand in self.hands]
        for fitting in self.fitting[:-1]:
            gives_up, handle = _patience(self.lately, draw), _conversation(0.0, self.lately, draw)
            at, first = min(((max(free[hand], least), hand) for hand, least in fitting), default=(PATIENT, None))
            if first is not None and at <= gives_up:
                free[first] = at + self.lately.answer_seconds + handle
        return min(max(free[hand], least) for hand, least in self.fitting[-1])


def _median(walk: _Walk) -> float | None:
    if not walk.fitting[-1]:
        return None
    ways = max(LEAST_WAYS, min(WAYS, MOST_STEPS // (len(walk.fitting) * len(walk.hands))))
    return median(walk.once(random.Random(f"way {number}")) for number in range(ways))  # noqa: S311 (no secret)


def _who_fits(place: WaitingEntry, hands: Sequence[AgentAvailability]) -> Iterable[tuple[int, float]]:
    for number, hand in enumerate(hands):
        helps = [help_.in_seconds for help_ in place.helps if meets(help_.required_skills, hand)]
        if can_serve(place, hand) or helps:
            yield number, 0.0 if can_serve(place, hand) else max(0.0, min(helps))


def _free_in(hand: AgentAvailability, lately: RecentTimes, draw: random.Random) -> float:
    return hand.free_in if hand.talks is None else _conversation(hand.talks, lately, draw)


def _conversation(talked: float, lately: RecentTimes, draw: random.Random) -> float:
    """Return how much longer an agent is taken who has talked for so long."""
    longer = 1.0 if talked <= 0 else 1 - NORMAL.cdf((math.log(talked) - lately.mu) / lately.sigma)
    chance = min(1 - 1e-9, max(1e-9, 1 - longer * draw.random()))
    left = math.exp(lately.mu + lately.sigma * NORMAL.inv_cdf(chance)) - talked
    return max(1.0, left) + lately.wrap_up_seconds * draw.random()


def _patience(lately: RecentTimes, draw: random.Random) -> float:
    chance = 1 - draw.random()
    return PATIENT if lately.patience_seconds == PATIENT else -lately.patience_seconds * math.log(chance)
