"""What follows from what was told of a visit: each case as a row, and that order and repetition do not matter."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.importing.record import DischargeFacts, VisitClass, VisitEvent, VisitRecord
from campaigns.importing.visits import event_reports, stop_reasons, visit_state
from campaigns.importing.visits.stop_reasons import KnownPerson
from campaigns.importing.visits.visit_state import EventReport
from hotline.values.states.visit import VisitState

E, C = VisitEvent, VisitClass
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DAY = date(2026, 2, 20)
S = VisitState


def told(
    event: VisitEvent, hour: int | None, day: int = 0, visit_class: VisitClass = C.INPATIENT, visit: str = "1"
) -> VisitRecord:
    """An event of the visit, written down in this hour."""
    return VisitRecord(
        event=event,
        patient_number="P1",
        visit=visit,
        visit_class=visit_class,
        happened_on=DAY + timedelta(days=day),
        recorded_at=None if hour is None else NOW + timedelta(hours=hour),
        facts=DischargeFacts("王芳", None, "+8613800000001") if event is E.DISCHARGED else None,
    )


def signed(text: str) -> str:
    """A digest, as the keyring makes one."""
    return sha256(text.encode()).hexdigest()


def merged(records: Iterable[VisitRecord]) -> dict[str, EventReport]:
    """What is kept of these."""
    kept: dict[str, EventReport] = {}
    for count, record in enumerate(records):
        at = NOW + timedelta(days=1, seconds=count)
        received = event_reports.received(record, "hl7", signed, at=at, today=NOW.date())
        for kind, report in received.reports.items():
            kept[kind] = visit_state.latest(kept.get(kind), report)
    return kept


CASES = [
    ([told(E.ADMITTED, 0)], S.IN_HOSPITAL),
    ([told(E.ADMITTED, 0), told(E.DISCHARGED, 5)], S.DISCHARGED),
    ([told(E.DISCHARGED, 5), told(E.ADMITTED, 9)], S.DISCHARGED),  # sent again, stamped anew
    ([told(E.TRANSFERRED, 9), told(E.DISCHARGED, 5)], S.DISCHARGED),
    ([told(E.DISCHARGED, 5), told(E.DISCHARGE_CANCELLED, 6)], S.DISCHARGE_CANCELLED),
    ([told(E.DISCHARGED, 5), told(E.DISCHARGE_CANCELLED, 5)], S.DISCHARGE_CANCELLED),
    ([told(E.DISCHARGED, 7), told(E.DISCHARGE_CANCELLED, 6)], S.DISCHARGED),
    ([told(E.DISCHARGE_CANCELLED, 6)], S.DISCHARGE_CANCELLED),
    ([told(E.ADMITTED, 0), told(E.ADMISSION_CANCELLED, 1)], S.ADMISSION_CANCELLED),
    ([told(E.ADMISSION_CANCELLED, 1), told(E.ADMITTED, 2)], S.IN_HOSPITAL),
    ([told(E.TRANSFERRED, 0), told(E.TRANSFER_CANCELLED, 1)], S.IN_HOSPITAL),
    ([told(E.DISCHARGED, 0), told(E.ENTERED_IN_ERROR, 1)], S.ENTERED_IN_ERROR),
    ([told(E.ENTERED_IN_ERROR, 1), told(E.DISCHARGED, 2)], S.DISCHARGED),
    ([told(E.REGISTERED, 0)], S.OUTPATIENT),
    ([told(E.REGISTERED, 0, visit_class=C.EMERGENCY)], S.OUTPATIENT),
    ([told(E.DISCHARGED, 0, visit_class=C.OUTPATIENT)], S.OUTPATIENT),
    ([told(E.REGISTERED, 0), told(E.CLASS_CHANGED, 1)], S.IN_HOSPITAL),
    ([told(E.REGISTERED, 0), told(E.CLASS_CHANGED, 1), told(E.DISCHARGED, 2)], S.DISCHARGED),
    ([told(E.DISCHARGED, 1, visit_class=C.OUTPATIENT), told(E.CLASS_CHANGED, 2)], S.DISCHARGED),
    ([told(E.DISCHARGED, 1), told(E.CLASS_CHANGED, 2, visit_class=C.OUTPATIENT)], S.OUTPATIENT),
    ([told(E.UPDATED, 1)], S.UNKNOWN),
    ([told(E.DISCHARGED, 1), told(E.UPDATED, 2)], S.DISCHARGED),
    # Without times the kinds decide.
    ([told(E.DISCHARGED, None), told(E.ADMITTED, None)], S.DISCHARGED),
    ([told(E.DISCHARGE_CANCELLED, None), told(E.DISCHARGED, None)], S.DISCHARGE_CANCELLED),
    ([told(E.DISCHARGE_CANCELLED, None), told(E.DISCHARGED, None, day=3)], S.DISCHARGED),
    ([told(E.ENTERED_IN_ERROR, None), told(E.DISCHARGED, None)], S.ENTERED_IN_ERROR),
    ([told(E.ADMISSION_CANCELLED, None), told(E.ADMITTED, None)], S.ADMISSION_CANCELLED),
    ([told(E.CLASS_CHANGED, None), told(E.DISCHARGED, None, visit_class=C.OUTPATIENT)], S.DISCHARGED),
]


@pytest.mark.parametrize(("records", "state"), CASES)
def test_a_visit_is_what_its_events_say(records: list[VisitRecord], state: VisitState) -> None:
    for order in (records, records[::-1], [*records, *records]):
        assert visit_state.fold(merged(order)).state is state


EVENTS = [event for event in E if event not in event_reports.OF_PERSON]
RECORDS = st.builds(
    told,
    st.sampled_from(EVENTS),
    st.integers(0, 4),
    st.integers(0, 3),
    st.sampled_from(C),
)


@given(st.lists(RECORDS, max_size=8), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter_where_times_are_told(records: list[VisitRecord], random: Random) -> None:
    again = [*records, *records[::2]]
    random.shuffle(again)
    assert merged(again) == merged(records)


@given(st.lists(st.builds(told, st.sampled_from(EVENTS), st.none()), max_size=8), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter_where_only_kinds_decide(records: list[VisitRecord], random: Random) -> None:
    again = [*records, *records[::2]]
    random.shuffle(again)
    assert visit_state.fold(merged(again)).state is visit_state.fold(merged(records)).state


def known(*visits: list[VisitRecord], deaths: int = 0) -> KnownPerson:
    """What is known of a person with these visits, by the keys 0, 1, …"""
    kept = {str(number): merged(records) for number, records in enumerate(visits)}
    dead = told(E.DIED, deaths)
    death = event_reports.received(dead, "hl7", signed, at=NOW, today=NOW.date()).death
    return KnownPerson(
        visits={key: visit_state.fold(one) for key, one in kept.items()},
        reports=kept,
        deaths=(death,) if deaths and death else (),
    )


HOME = [told(E.ADMITTED, 0, day=-5), told(E.DISCHARGED, 1)]
AGAIN = [
    ([told(E.ADMITTED, 3, day=4)], stop_reasons.READMITTED),
    ([told(E.ADMITTED, 3, day=0)], stop_reasons.READMITTED),  # home in the morning, back in the evening
    ([told(E.ADMITTED, 3, day=-9)], ""),  # a stay that nobody ended
    ([told(E.ADMITTED, 3, day=4), told(E.ADMISSION_CANCELLED, 4, day=4)], ""),
    ([told(E.REGISTERED, 3, day=4)], ""),
    ([told(E.REGISTERED, 3, day=4), told(E.CLASS_CHANGED, 4, day=4)], stop_reasons.READMITTED),
    ([told(E.REGISTERED, 3, day=4, visit_class=C.EMERGENCY)], ""),
    ([told(E.TRANSFERRED, 3, day=0)], ""),
    ([told(E.TRANSFERRED, 3, day=2)], stop_reasons.READMITTED),
    ([told(E.DISCHARGED, 3, day=4)], stop_reasons.READMITTED),
    ([told(E.DISCHARGED, 3, day=0)], ""),  # two records of one day
    ([told(E.DISCHARGED, 3, day=4, visit_class=C.OUTPATIENT)], ""),
    ([told(E.ADMITTED, 3, day=4), told(E.ENTERED_IN_ERROR, 5, day=4)], ""),
]


@pytest.mark.parametrize(("other", "reason"), AGAIN)
def test_only_a_later_stay_is_a_readmission(other: list[VisitRecord], reason: str) -> None:
    found = stop_reasons.cause(known(HOME, other), "0")
    assert (found.reason if found else "") == reason


def test_of_two_stays_of_one_day_only_one_is_later() -> None:
    day = [told(E.ADMITTED, 0), told(E.DISCHARGED, 1)]
    both = known(day, [told(E.ADMITTED, 2), told(E.DISCHARGED, 3)])
    assert sum(stop_reasons.cause(both, key) is None for key in ("0", "1")) == 1


def test_what_staff_undid_does_not_stop_calls_and_a_later_fact_does() -> None:
    first = known(HOME, deaths=3)
    found = stop_reasons.cause(first, "0")
    assert found is not None
    assert found.reason == stop_reasons.DIED
    undone = frozenset({found.signature})
    assert stop_reasons.cause(KnownPerson(first.visits, first.reports, first.deaths, undone=undone), "0") is None
    later = known(HOME, deaths=4)
    again = stop_reasons.cause(KnownPerson(later.visits, later.reports, later.deaths, undone=undone), "0")
    assert again is not None
