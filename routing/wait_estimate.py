"""The wait that is as often too long as too short: the median over many ways in which the next minutes may go. Pure.

In each way every conversation ends at a time drawn from how long conversations last once they have lasted so long,
those ahead give up as callers did of late, and the others take the first agent who fits. It is then set right by how
far off recent estimates were. The draws are always the same, so that the same floor gives the same estimate.
"""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, median, pstdev

from routing.wait import LEAST_SAMPLES, USUAL_SECONDS, Hand, Place, expected, fits

# So many ways are looked at, fewer where there is more to look at in each: so many agents for so many callers.
WAYS, LEAST_WAYS, MOST_STEPS = 61, 15, 30_000
# A longer line is walked through once, by means: of so many conversations the sum hardly varies.
LONG_LINE = 150
# How conversations vary where too few are known: the deviation of the logarithm of their length.
USUAL_SIGMA, LEAST_SIGMA = 0.7, 0.2
# Until a phone is answered, where nothing is known.
ANSWER_SECONDS = 5.0
# Without anybody who gave up, callers are patient without end.
PATIENT = math.inf
# So many pairs of an estimate and the real wait count as much as the belief that estimates are right.
DOUBT = 10
# Estimates shorter than this tell how quickly phones are answered, nothing of the line.
LINE_SECONDS = 20.0
# No more than this is set right.
MOST_CORRECTION = 3.0

NORMAL = NormalDist()


@dataclass(frozen=True)
class Lately:
    """How conversations, phones and callers were of late: what the next minutes are drawn from.

    `mu` and `sigma`: mean and deviation of the logarithm of a conversation's seconds.
    """

    mu: float = math.log(USUAL_SECONDS) - USUAL_SIGMA**2 / 2
    sigma: float = USUAL_SIGMA
    wrap_up_seconds: float = 0.0
    answer_seconds: float = ANSWER_SECONDS
    patience_seconds: float = PATIENT
    # What estimates are multiplied by.
    correction: float = 1.0

    @property
    def handle_seconds(self) -> float:
        """How long an agent is taken by a caller on average."""
        return math.exp(self.mu + self.sigma**2 / 2) + self.wrap_up_seconds / 2


@dataclass(frozen=True)
class Wait:
    """A wait that has been or still is: for how long, whether it ended with a person, and what was estimated."""

    seconds: float
    is_answered: bool
    estimated: float | None = None


@dataclass(frozen=True)
class Estimate:
    """An estimated wait in seconds: `raw` as the walk found it, `told` once it has been set right."""

    raw: float
    told: float


def learn(
    last_hour: Sequence[float], last_day: Sequence[float], answers: Sequence[float], waits: Sequence[Wait]
) -> Lately:
    """What is known by now: lengths of conversations, seconds until phones were answered, what became of waits."""
    mu, sigma = conversations(last_hour if len(last_hour) >= LEAST_SAMPLES else last_day)
    return Lately(
        mu=mu,
        sigma=sigma,
        answer_seconds=median(answers) if len(answers) >= LEAST_SAMPLES else ANSWER_SECONDS,
        patience_seconds=patience(waits),
        correction=correction(waits),
    )


def conversations(seconds: Sequence[float]) -> tuple[float, float]:
    """`mu` and `sigma` of how long conversations last; what is usual where there are too few."""
    logs = [math.log(max(1.0, value)) for value in seconds]
    if len(logs) < LEAST_SAMPLES:
        return Lately.mu, Lately.sigma
    return fmean(logs), max(LEAST_SIGMA, pstdev(logs))


def patience(waits: Iterable[Wait]) -> float:
    """The mean patience: all that was waited, for each who gave up. Who was answered was patient at least so long."""
    several = list(waits)
    gave_up = sum(not wait.is_answered for wait in several)
    return sum(wait.seconds for wait in several) / gave_up if gave_up else PATIENT


def correction(waits: Iterable[Wait]) -> float:
    """What estimates are multiplied by: the median of real to estimated, the nearer to 1 the fewer pairs there are.

    Who gave up would have waited longer: their wait is censored, and counts as such.
    """
    ratios = [
        (wait.seconds / wait.estimated, wait.is_answered)
        for wait in waits
        if wait.estimated is not None and wait.estimated >= LINE_SECONDS
    ]
    answered = sum(is_answered for _, is_answered in ratios)
    if not answered:
        return 1.0
    found = math.log(max(1 / MOST_CORRECTION, min(MOST_CORRECTION, censored_median(ratios))))
    return math.exp(found * answered / (answered + DOUBT))


def censored_median(values: Iterable[tuple[float, bool]]) -> float:
    """The median of values of which those that are not `True` were cut off (Kaplan-Meier); else the largest."""
    ordered = sorted(values, key=lambda value: (value[0], not value[1]))
    left = 1.0
    for number, (value, is_whole) in enumerate(ordered):
        left *= 1 - is_whole / (len(ordered) - number)
        if left <= 0.5:
            return value
    return ordered[-1][0]


def seconds(place_id: str, line: Iterable[Place], hands: Sequence[Hand], lately: Lately) -> Estimate | None:
    """In how many seconds this caller will probably hear a person; `None` when nobody at work could do it."""
    ahead = sorted(line, key=lambda each: each.rank)
    place = next((number for number, each in enumerate(ahead) if each.id == place_id), None)
    if place is None or not any(fits(ahead[place].wish, hand) for hand in hands):
        return None
    if place > LONG_LINE:
        by_means = expected(place_id, ahead, hands, lately.handle_seconds)
        return None if by_means is None else _estimate(by_means, lately)
    walk = _Walk.of(ahead[: place + 1], hands, lately)
    ways = max(LEAST_WAYS, min(WAYS, MOST_STEPS // ((place + 1) * len(hands))))
    wait = median(walk.once(random.Random(f"way {number}")) for number in range(ways))  # noqa: S311 (no secret)
    return _estimate(wait, lately)


def _estimate(wait: float, lately: Lately) -> Estimate:
    raw = wait + lately.answer_seconds
    return Estimate(raw, raw * (lately.correction if raw >= LINE_SECONDS else 1.0))


@dataclass(frozen=True)
class _Walk:
    """The line up to the last one in it, each with the agents who fit them."""

    fitting: tuple[tuple[int, ...], ...]
    hands: Sequence[Hand]
    lately: Lately

    @staticmethod
    def of(ahead: Sequence[Place], hands: Sequence[Hand], lately: Lately) -> "_Walk":
        """The line and these agents."""
        by_wish: dict[tuple[tuple[str, int], ...], tuple[int, ...]] = {}
        for place in ahead:
            key = tuple(sorted(place.wish.items()))
            if key not in by_wish:
                by_wish[key] = tuple(number for number, hand in enumerate(hands) if fits(place.wish, hand))
        wishes = (tuple(sorted(place.wish.items())) for place in ahead)
        return _Walk(tuple(by_wish[wish] for wish in wishes), hands, lately)

    def once(self, draw: random.Random) -> float:
        """In how many seconds an agent is free for the last one, in one way that it may go."""
        free = [_free_in(hand, self.lately, draw) for hand in self.hands]
        for fitting in self.fitting[:-1]:
            gives_up = _patience(self.lately, draw)
            handle = _conversation(0.0, self.lately, draw)
            first = min(fitting, key=free.__getitem__, default=None)
            if first is not None and free[first] <= gives_up:
                free[first] += self.lately.answer_seconds + handle
        return min(free[number] for number in self.fitting[-1])


def _free_in(hand: Hand, lately: Lately, draw: random.Random) -> float:
    chance = draw.random()
    if hand.talks is None:
        return hand.free_in
    return _left(hand.talks, lately, chance) + lately.wrap_up_seconds * draw.random()


def _conversation(talked: float, lately: Lately, draw: random.Random) -> float:
    return _left(talked, lately, draw.random()) + lately.wrap_up_seconds * draw.random()


def _left(talked: float, lately: Lately, chance: float) -> float:
    """How much longer a conversation goes on that has lasted so long, at this chance of lasting even longer."""
    longer = 1.0 if talked <= 0 else 1 - NORMAL.cdf((math.log(talked) - lately.mu) / lately.sigma)
    # Beyond all experience it goes on for as long again as it may.
    quantile = NORMAL.inv_cdf(min(1 - 1e-9, max(1e-9, 1 - longer * chance)))
    return max(1.0, math.exp(lately.mu + lately.sigma * quantile) - talked)


def _patience(lately: Lately, draw: random.Random) -> float:
    chance = 1 - draw.random()
    return PATIENT if lately.patience_seconds == PATIENT else -lately.patience_seconds * math.log(chance)
