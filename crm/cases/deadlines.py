"""When a case is due: hours that pass at any time, and Chinese working days. Pure.

Requirement C4: a complaint is looked into within 24 hours and answered within seven working days; public holidays and
make-up days count as what they are. The other times are ours.
"""

from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from hotline.values import workdays
from hotline.values.states.case import CaseKind, CaseState, Urgency

INVESTIGATION = timedelta(hours=24)
REPLY_DAYS = 7
URGENT = timedelta(hours=4)
# Working days until the end of which the other kinds are to be answered.
DAYS = {
    CaseKind.ENQUIRY: 1,
    CaseKind.MESSAGE: 1,
    CaseKind.CALL_BACK: 1,
    CaseKind.FOLLOW_UP: 1,
    CaseKind.OPINION: REPLY_DAYS,
    CaseKind.COMPLAINT: REPLY_DAYS,
}
DAY_ENDS = time(18)


def due(kind: CaseKind, urgency: Urgency, state: CaseState, opened_at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the next thing must have happened in a case of this kind and state, in UTC.

    An open complaint is to be looked into first, one in hand to be answered; whatever is urgent has four hours.
    """
    reply = working_days_later(opened_at, DAYS[kind], zone)
    if state is not CaseState.OPEN:
        return reply
    if urgency is Urgency.URGENT:
        return min(reply, opened_at + URGENT)
    return min(reply, opened_at + INVESTIGATION) if kind is CaseKind.COMPLAINT else reply


class DueCase(Protocol):
    """What the rule asks of a case."""

    state: CaseState
    due_at: datetime


def is_overdue(case: DueCase, now: datetime) -> bool:
    """Tell whether something should have happened in this case before `now`."""
    return case.state is not CaseState.CLOSED and case.due_at < now


def working_days_later(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The end of the `days`th working day after the local day of `start`; that day itself does not count."""
    day: date = start.astimezone(zone).date()
    while days > 0:
        day += timedelta(days=1)
        days -= workdays.is_working_day(day)
    return datetime.combine(day, DAY_ENDS, zone).astimezone(start.tzinfo)
