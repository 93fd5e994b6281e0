"""Quantiles of Student's t distribution, for intervals (decision 0030 says why not by scipy). Pure."""

from math import cos, inf, pi, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()


def t_quantile(probability: float, freedom: float) -> float:
    """Return the quantile of Student's t: exact for one and two degrees of freedom, else by Cornish and Fisher.

    Between whole degrees below three it is interpolated; the expansion is right to three digits from three on for
    probabilities up to 0.995 (Abramowitz and Stegun 26.7.5).
    """
    if freedom == inf:
        return _NORMAL.inv_cdf(probability)
    n = max(1.0, freedom)
    if n >= 3:
        return _expanded(probability, n)
    low, high = (_one, _two) if n < 2 else (_two, lambda p: _expanded(p, 3.0))
    part = n - int(n)
    return low(probability) * (1 - part) + high(probability) * part


def _one(probability: float) -> float:
    return -cos(pi * probability) / sqrt(1 - cos(pi * probability) ** 2)


def _two(probability: float) -> float:
    return (2 * probability - 1) * sqrt(2 / (4 * probability * (1 - probability)))


def _expanded(probability: float, n: float) -> float:
    x = _NORMAL.inv_cdf(probability)
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return x + sum(term / n**power for power, term in enumerate(terms, 1))
