"""The green channel: who goes ahead, how far, and why."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.values.reason import Reason
from hotline.values.reason_codes import PriorityReason as Why
from routing.queues.priority_patients import GreenChannel, PatientFacts, priority_of

TODAY = date(2026, 3, 2)
RULES = GreenChannel(
    ages=((65, 10), (80, 20)), limited_mobility=10, cardiac=25, diabetic=5, flagged=20, discharged=15, at_most=40
)


@pytest.mark.parametrize(
    ("facts", "lift", "reasons"),
    [
        (PatientFacts(), 0, ()),
        (PatientFacts(age=64), 0, ()),
        (PatientFacts(age=65), 10, (Reason(Why.AGED, {"age": 65}),)),
        (PatientFacts(age=93), 20, (Reason(Why.AGED, {"age": 80}),)),
        (PatientFacts(limited_mobility=True), 10, (Reason(Why.LIMITED_MOBILITY),)),
        (PatientFacts(cardiac=True), 25, (Reason(Why.CARDIAC),)),
        (PatientFacts(diabetic=True), 5, (Reason(Why.DIABETIC),)),
        (PatientFacts(flagged=True), 20, (Reason(Why.FLAGGED),)),
        (PatientFacts(discharged_on=TODAY), 15, (Reason(Why.DISCHARGED, {"days": 30}),)),
        (PatientFacts(discharged_on=date(2026, 1, 31)), 15, (Reason(Why.DISCHARGED, {"days": 30}),)),
        (PatientFacts(discharged_on=date(2026, 1, 30)), 0, ()),
        (PatientFacts(discharged_on=date(2026, 3, 3)), 0, ()),
        (PatientFacts(age=70, diabetic=True), 15, (Reason(Why.AGED, {"age": 65}), Reason(Why.DIABETIC))),
    ],
)
def test_each_fact_lifts_by_its_rule_and_says_so(facts: PatientFacts, lift: int, reasons: tuple[Reason, ...]) -> None:
    assert priority_of(RULES, facts, 7, TODAY) == (7 + lift, reasons)


def test_a_rule_that_gives_nothing_is_no_reason() -> None:
    assert priority_of(GreenChannel(), PatientFacts(90, True, True, True, True, TODAY), 10, TODAY) == (10, ())


flags = st.booleans()
facts = st.builds(
    PatientFacts,
    st.none() | st.integers(0, 110),
    flags,
    flags,
    flags,
    flags,
    st.none() | st.integers(-5, 60).map(lambda ago: TODAY - timedelta(days=ago)),
)


@given(facts, st.integers(0, 100))
def test_the_lift_is_never_negative_never_above_the_most_and_always_explained(known: PatientFacts, base: int) -> None:
    priority, reasons = priority_of(RULES, known, base, TODAY)
    assert base <= priority <= base + RULES.at_most
    assert (priority > base) == bool(reasons)
