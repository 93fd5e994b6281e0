"""How far raters agree beyond chance: kappas, Krippendorff's alpha, and the drift of each rater. Pure.

A machine is a rater like any other. Ratings are given as one mapping per thing rated: rater to value; who did not
rate it is not in it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from typing import Any

Unit = Mapping[str, Hashable]


class Level(StrEnum):
    """What the values are: names, ranks, or numbers with equal steps."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


@dataclass(frozen=True)
class Drift:
    """One rater in one period: how many things were rated with others, and by how much higher on the whole."""

    rater: str
    period: str
    count: int
    lean: float


def cohen(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Cohen's kappa (1960) of two raters; `None` without pairs, or where both always gave the same one value."""
    if not pairs:
        return None
    total = len(pairs)
    first, second = Counter(one for one, _ in pairs), Counter(two for _, two in pairs)
    seen = sum(one == two for one, two in pairs) / total
    by_chance = sum(first[value] * second[value] for value in first) / total**2
    return None if by_chance == 1 else (seen - by_chance) / (1 - by_chance)


def fleiss(counts: Sequence[Mapping[Any, int]]) -> float | None:
    """Fleiss' kappa (1971): per thing, how many raters gave each value; every thing has the same number of raters.

    `None` where there is nothing to compare. Raises `ValueError` when the numbers of raters differ.
    """
    raters = {sum(row.values()) for row in counts}
    if len(raters) > 1:
        raise ValueError("Fleiss' kappa needs the same number of raters everywhere; use alpha")
    if not raters or (each := raters.pop()) < 2:
        return None
    seen = sum((sum(n * n for n in row.values()) - each) / (each * (each - 1)) for row in counts) / len(counts)
    totals: Counter[Hashable] = Counter()
    for row in counts:
        totals.update(row)
    by_chance = sum((n / (len(counts) * each)) ** 2 for n in totals.values())
    return None if by_chance == 1 else (seen - by_chance) / (1 - by_chance)


def alpha(units: Sequence[Unit], level: Level = Level.NOMINAL) -> float | None:
    """Krippendorff's alpha (Content Analysis, 2004, chapter 11): any number of raters, values may be missing.

    Numbers are needed for `ordinal` and `interval`. `None` where nothing was rated twice, or nothing varies.
    """
    weights: dict[tuple[Hashable, Hashable], float] = defaultdict(float)
    for unit in units:
        values = list(unit.values())
        if len(values) < 2:
            continue
        pairs = Counter(permutations(values, 2))
        for pair, count in pairs.items():
            weights[pair] += count / (len(values) - 1)
    totals: dict[Hashable, float] = defaultdict(float)
    for (one, _), weight in weights.items():
        totals[one] += weight
    apart = _distance(level, totals)
    size = sum(totals.values())
    seen = sum(weight * apart(one, two) for (one, two), weight in weights.items())
    by_chance = sum(totals[one] * totals[two] * apart(one, two) for one in totals for two in totals)
    return None if by_chance == 0 else 1 - (size - 1) * seen / by_chance


def pairwise(units: Sequence[Unit]) -> dict[tuple[str, str], float | None]:
    """Cohen's kappa of every two raters, over what both rated."""
    raters = sorted({rater for unit in units for rater in unit})
    return {
        (one, two): cohen([(unit[one], unit[two]) for unit in units if one in unit and two in unit])
        for place, one in enumerate(raters)
        for two in raters[place + 1 :]
    }


def drift(rated: Sequence[tuple[str, Mapping[str, float]]]) -> list[Drift]:
    """Per rater and period, the mean of own value less the mean of the others' on the same thing: the lean.

    `rated` holds the period of each thing and its values by rater. Drift is the change of the lean over periods.
    """
    leans: dict[tuple[str, str], list[float]] = defaultdict(list)
    for period, values in rated:
        for rater, value in values.items():
            others = [other for name, other in values.items() if name != rater]
            if others:
                leans[rater, period].append(value - sum(others) / len(others))
    return [Drift(rater, period, len(all_), sum(all_) / len(all_)) for (rater, period), all_ in sorted(leans.items())]


def _distance(level: Level, totals: Mapping[Hashable, float]) -> Callable[[Hashable, Hashable], float]:
    if level is Level.NOMINAL:
        return lambda one, two: float(one != two)
    values = sorted(float(value) for value in totals)  # type: ignore[arg-type] # numbers, as the caller promises
    if level is Level.INTERVAL:
        return lambda one, two: (float(one) - float(two)) ** 2  # type: ignore[arg-type] # as above
    counts = {float(value): count for value, count in totals.items()}  # type: ignore[arg-type] # as above
    below, place = {}, 0.0
    for value in values:
        below[value] = place + counts[value] / 2
        place += counts[value]
    # Ranks: half of each end and all that lies between.
    return lambda one, two: (below[float(one)] - below[float(two)]) ** 2  # type: ignore[arg-type] # as above
