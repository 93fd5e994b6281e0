"""Agreement of raters beyond chance: kappas, Krippendorff's alpha, and the drift of each rater. Pure.

A machine is a rater like any other. Ratings are given as one mapping per thing rated: rater to value; who did not rate
it is not in it.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Unit = Mapping[str, Hashable]


class Level(StrEnum):
    """The level of measurement: names, ranks, or numbers with equal steps."""

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
    """Return Cohen's kappa (1960) of two raters; `None` without pairs, or where both always gave the same one value."""
    if not pairs:
        return None
    total = len(pairs)
    first, second = Counter(one for one, _ in pairs), Counter(two for _, two in pairs)
    seen = sum(one == two for one, two in pairs) / total
    by_chance = sum(first[value] * second[value] for value in first) / total**2
    return None if by_chance == 1 else (seen - by_chance) / (1 - by_chance)


def fleiss(counts: Sequence[Mapping[Any, int]]) -> float | None:
    """Return Fleiss' kappa (1971): per thing, how many raters gave each value; every thing has the same number of
    raters.

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
    """Return Krippendorff's alpha (Content Analysis, 2004, chapter 11) of any number of raters; values may be missing.

    Numbers are needed for `ordinal` and `interval`. `None` where nothing was rated twice, or nothing varies.
    """
    import krippendorff  # loads numpy, which the pages that show no agreement do not need

    paired = [Counter(unit.values()) for unit in units if len(unit) > 1]
    values = sorted({value for counts in paired for value in counts}, key=_order)
    if len(values) < 2:
        return None
    table = [[counts[value] for value in values] for counts in paired]
    domain: list[Any] = values if level is not Level.NOMINAL else list(range(len(values)))
    return float(krippendorff.alpha(value_counts=table, value_domain=domain, level_of_measurement=level.value))


def pairwise(units: Sequence[Unit]) -> dict[tuple[str, str], float | None]:
    """Return Cohen's kappa of every two raters, over what both rated."""
    raters = sorted({rater for unit in units for rater in unit})
    return {
        (one, two): cohen([(unit[one], unit[two]) for unit in units if one in unit and two in unit])
        for place, one in enumerate(raters)
        for two in raters[place + 1 :]
    }


def drift(rated: Sequence[tuple[str, Mapping[str, float]]]) -> list[Drift]:
    """Return per rater and period the lean: the mean of own value less the mean of the others' on the same thing.

    `rated` holds the period of each thing and its values by rater. Drift is the change of the lean over periods.
    """
    leans: dict[tuple[str, str], list[float]] = defaultdict(list)
    for period, values in rated:
        for rater, value in values.items():
            others = [other for name, other in values.items() if name != rater]
            if others:
                leans[rater, period].append(value - sum(others) / len(others))
    return [Drift(rater, period, len(all_), sum(all_) / len(all_)) for (rater, period), all_ in sorted(leans.items())]


def _order(value: Hashable) -> tuple[float, str]:
    """Sort numbers by size, names by letters."""
    return (float(value), "") if isinstance(value, int | float) else (0.0, str(value))
