"""Deadlines of cases: hours, Chinese working days with their holidays and make-up days."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.cases import deadlines
from hotline.values.states.case import CaseKind, CaseState, Urgency

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-02T09:00", 1, "2026-03-03T18:00"),  # Monday to Tuesday
        ("2026-03-06T17:59", 1, "2026-03-09T18:00"),  # over a weekend
        ("2026-03-02T09:00", 7, "2026-03-11T18:00"),
        ("2026-02-13T10:00", 1, "2026-02-14T18:00"),  # a Saturday that is worked for the Spring Festival
        ("2026-02-14T10:00", 1, "2026-02-24T18:00"),  # and the festival itself
        ("2026-09-30T10:00", 7, "2026-10-15T18:00"),  # the National Day with its make-up Saturday, the 10th
        ("2026-10-01T02:00", 1, "2026-10-08T18:00"),  # asked on a holiday
    ],
)
def test_working_days_are_those_of_the_chinese_calendar(start: str, days: int, end: str) -> None:
    assert deadlines.working_days_later(local(start), days, SHANGHAI) == local(end)


def test_the_day_is_the_local_one_not_that_of_greenwich() -> None:
    evening = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # Tuesday morning in Shanghai
    assert deadlines.working_days_later(evening, 1, SHANGHAI) == local("2026-03-04T18:00")


@pytest.mark.parametrize(
    ("kind", "urgency", "state", "end"),
    [
        (CaseKind.COMPLAINT, Urgency.NORMAL, CaseState.OPEN, "2026-03-07T20:00"),  # 24 hours, also at a weekend
        (CaseKind.COMPLAINT, Urgency.NORMAL, CaseState.IN_PROGRESS, "2026-03-17T18:00"),  # seven working days
        (CaseKind.COMPLAINT, Urgency.URGENT, CaseState.OPEN, "2026-03-07T00:00"),
        (CaseKind.MESSAGE, Urgency.NORMAL, CaseState.OPEN, "2026-03-09T18:00"),
        (CaseKind.MESSAGE, Urgency.URGENT, CaseState.OPEN, "2026-03-07T00:00"),
        (CaseKind.MESSAGE, Urgency.URGENT, CaseState.ANSWERED, "2026-03-09T18:00"),
        (CaseKind.OPINION, Urgency.NORMAL, CaseState.OPEN, "2026-03-17T18:00"),
        (CaseKind.CALL_BACK, Urgency.NORMAL, CaseState.OPEN, "2026-03-09T18:00"),
    ],
)
def test_what_is_due_next(kind: CaseKind, urgency: Urgency, state: CaseState, end: str) -> None:
    friday_evening = local("2026-03-06T20:00")
    assert deadlines.due(kind, urgency, state, friday_evening, SHANGHAI) == local(end)


def test_every_kind_of_case_has_a_deadline() -> None:
    assert set(deadlines.DAYS) == set(CaseKind)
