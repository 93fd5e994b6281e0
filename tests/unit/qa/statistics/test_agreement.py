"""Agreement beyond chance, against tables that were published."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.statistics.agreement import Drift, Level, alpha, cohen, drift, fleiss, pairwise

# The machine of the tests may be busy with others.
UNHURRIED = settings(deadline=None)

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: four observers, twelve units.
OBSERVERS = {
    "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
}
UNITS = [{who: row[at] for who, row in OBSERVERS.items() if row[at] is not None} for at in range(12)]
# The ten things and fourteen raters that stand in textbooks and encyclopedias beside Fleiss (1971).
FOURTEEN = """0 0 0 0 14 | 0 2 6 4 2 | 0 0 3 5 6 | 0 3 9 2 0 | 2 2 8 1 1
7 7 0 0 0 | 3 2 6 3 0 | 2 5 3 2 2 | 6 5 2 1 0 | 0 2 2 3 7"""


@pytest.mark.parametrize(
    ("level", "expected"), [(Level.NOMINAL, 0.743), (Level.ORDINAL, 0.815), (Level.INTERVAL, 0.849)]
)
def test_alpha_is_krippendorffs_own_with_values_missing(level: Level, expected: float) -> None:
    assert alpha(UNITS, level) == pytest.approx(expected, abs=0.0006)


def test_alpha_of_two_observers_is_krippendorffs_own() -> None:
    # The same paper, section A: two observers, ten articles, yes or no.
    first, second = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert alpha([{"one": a, "two": b} for a, b in zip(first, second, strict=True)]) == pytest.approx(0.095, abs=0.0006)


def test_fleiss_kappa_is_the_published_one() -> None:
    rows = [dict(enumerate(map(int, row.split()))) for row in FOURTEEN.replace("\n", " | ").split("|")]
    assert fleiss(rows) == pytest.approx(0.210, abs=0.0006)


def test_cohens_kappa_is_the_published_one() -> None:
    # Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (3rd edition 2003), table 18.1: per cent.
    table = {"psychotic": (75, 1, 4), "neurotic": (5, 4, 1), "organic": (0, 0, 10)}
    pairs = [
        (row, column)
        for row, cells in table.items()
        for column, count in zip(table, cells, strict=True)
        for _ in range(count)
    ]
    assert cohen(pairs) == pytest.approx(0.68, abs=0.006)
    # The two raters' shares differ: (0.6 - 0.54) / (1 - 0.54), chance being 0.6·0.7 + 0.4·0.3.
    uneven = [("y", "y")] * 45 + [("y", "n")] * 15 + [("n", "y")] * 25 + [("n", "n")] * 15
    assert cohen(uneven) == pytest.approx(0.06 / 0.46)


def test_nothing_to_compare_is_none_and_not_a_figure() -> None:
    assert cohen([]) is None
    assert cohen([("yes", "yes")] * 5) is None
    assert fleiss([]) is None
    assert fleiss([{"yes": 3}, {"yes": 3}]) is None
    assert alpha([{"A": 1}, {"B": 2}]) is None


def test_fleiss_refuses_unequal_numbers_of_raters() -> None:
    with pytest.raises(ValueError, match="use alpha"):
        fleiss([{"yes": 2}, {"yes": 3}])


def test_the_machine_is_one_more_rater() -> None:
    units = [{"周敏": "yes", "machine": "yes"}, {"周敏": "no", "machine": "no"}, {"周敏": "no", "刘洋": "no"}]
    assert pairwise(units)["machine", "周敏"] == pytest.approx(1.0)
    assert pairwise(units)["machine", "刘洋"] is None


def test_drift_is_how_a_raters_lean_changes() -> None:
    months = [("2026-01", {"a": 90.0, "b": 90.0}), ("2026-02", {"a": 96.0, "b": 90.0}), ("2026-02", {"a": 80.0})]
    assert drift(months) == [
        Drift("a", "2026-01", 1, 0.0),
        Drift("a", "2026-02", 1, 6.0),
        Drift("b", "2026-01", 1, 0.0),
        Drift("b", "2026-02", 1, -6.0),
    ]


ratings = st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(1, 4), min_size=2), min_size=2, max_size=20)


@UNHURRIED
@given(ratings)
def test_alpha_never_exceeds_one_and_is_one_when_all_agree(units: list[dict[str, int]]) -> None:
    for level in Level:
        found = alpha(units, level)
        assert found is None or found <= 1 + 1e-9
    equal = [dict.fromkeys(unit, number % 3) for number, unit in enumerate(units)]
    assert alpha(equal, Level.ORDINAL) == pytest.approx(1.0)


@UNHURRIED
@given(ratings)
def test_alpha_does_not_depend_on_names_or_order(units: list[dict[str, int]]) -> None:
    renamed = [{f"x{who}": value for who, value in unit.items()} for unit in reversed(units)]
    for level in Level:
        assert alpha(units, level) == pytest.approx(alpha(renamed, level))
