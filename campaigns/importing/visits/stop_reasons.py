"""Why nobody may call for a discharge, or a person at all: by what was told, never by the order it came in. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from campaigns.importing.record import VisitEvent
from campaigns.importing.visits.visit_state import CurrentVisit, EventReport
from hotline.values.states.visit import VisitState

DIED = "died"
READMITTED = "readmitted"
DO_NOT_CALL = "do_not_call"
ENTERED_IN_ERROR = "entered_in_error"
ADMISSION_CANCELLED = "admission_cancelled"
DISCHARGE_CANCELLED = "discharge_cancelled"
OUTPATIENT = "outpatient"
NOT_DISCHARGED = "not_discharged"
# A recipient who was stopped for one of these goes on when it has gone away.
CAUSES = frozenset(
    {
        DIED,
        READMITTED,
        DO_NOT_CALL,
        ENTERED_IN_ERROR,
        ADMISSION_CANCELLED,
        DISCHARGE_CANCELLED,
        OUTPATIENT,
        NOT_DISCHARGED,
    }
)
BY_STATE = {
    VisitState.ENTERED_IN_ERROR: ENTERED_IN_ERROR,
    VisitState.ADMISSION_CANCELLED: ADMISSION_CANCELLED,
    VisitState.DISCHARGE_CANCELLED: DISCHARGE_CANCELLED,
    VisitState.OUTPATIENT: OUTPATIENT,
    VisitState.IN_HOSPITAL: NOT_DISCHARGED,
    VisitState.UNKNOWN: NOT_DISCHARGED,
}
STAYS = (VisitState.IN_HOSPITAL, VisitState.DISCHARGED, VisitState.DISCHARGE_CANCELLED)


@dataclass(frozen=True)
class StopReason:
    """Why calls stop, and the report it comes from (`None`: a list of the hospital's, or the patient's own word).

    `signature` tells it from a later fact: staff who undo a cause undo this one.
    """

    reason: str
    signature: str
    report: EventReport | None = None


@dataclass(frozen=True)
class KnownPerson:
    """All that is known of one person, over all their numbers: visits by key, death, wishes, what staff undid.

    `is_listed_dead` and `is_listed_refusing` are the word of the hospital's own list of patients; `refused` names
    recipients who have told us themselves that they want no more calls.
    """

    visits: Mapping[str, CurrentVisit] = field(default_factory=dict)
    reports: Mapping[str, Mapping[str, EventReport]] = field(default_factory=dict)
    deaths: tuple[EventReport, ...] = ()
    refusals: tuple[EventReport, ...] = ()
    listed_dead: frozenset[str] = frozenset()
    listed_refusing: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    undone: frozenset[str] = frozenset()


def cause(known: KnownPerson, visit: str | None, *, is_checked: bool = True) -> StopReason | None:
    """Return the first cause that staff have not undone; `None`: they may be called.

    `visit` is the key of the visit that the call is about, `None` for a call about something else. With `is_checked`
    off, what staff undid counts as well.
    """
    undone = known.undone if is_checked else frozenset[str]()
    return next((one for one in causes(known, visit) if one.signature not in undone), None)


def causes(known: KnownPerson, visit: str | None) -> Iterator[StopReason]:
    """Yield every cause, the gravest first."""
    yield from _told(DIED, known.deaths, known.listed_dead)
    if visit is not None:
        yield from _of_visit(known, visit)
    yield from _told(DO_NOT_CALL, known.refusals, known.listed_refusing | known.refused)


def _told(reason: str, told: Iterable[EventReport], listed: Iterable[str]) -> Iterator[StopReason]:
    for report in sorted(told, key=lambda report: (report.at, report.digest), reverse=True):
        yield StopReason(reason, f"{reason}/{report.signature}", report)
    for row_id in sorted(listed):
        yield StopReason(reason, f"{reason}/listed/{row_id}")


def _of_visit(known: KnownPerson, key: str) -> Iterator[StopReason]:
    discharged = known.visits.get(key)
    if discharged is None:
        return
    if discharged.state is not VisitState.DISCHARGED:
        reason, report = BY_STATE[discharged.state], discharged.report
        yield StopReason(reason, f"{reason}/{key[:16]}/{report.signature if report else ''}", report)
        return
    own = known.reports[key].get(VisitEvent.DISCHARGED)
    if own is not None and _is_at_or_after(own.readmitted_on, discharged.ended_on):
        yield StopReason(READMITTED, f"{READMITTED}/{key[:16]}/{own.signature}", own)
    for other, visit in sorted(known.visits.items()):
        if other != key and is_readmission(key, discharged, other, visit):
            by = visit.began or visit.report
            yield StopReason(READMITTED, f"{READMITTED}/{other[:16]}/{by.signature if by else ''}", by)


def is_readmission(key: str, discharged: CurrentVisit, other_key: str, other: CurrentVisit) -> bool:
    """Return whether another visit is a stay after this discharge.

    It is when it began on the day of the discharge or later: whoever leaves in the morning and is brought back in the
    evening must not be called. Where only its end or a transfer is known, that must lie on a later day, for a transfer
    or a second record of the same day is no return. Of two stays of one day, one is the later one, not both.
    """
    ended_on = discharged.ended_on
    if ended_on is None or other.state not in STAYS:
        return False
    if other.began_on is not None and other.began_on >= ended_on:
        return _order(other_key, other) > _order(key, discharged)
    if other.state is VisitState.DISCHARGED:
        return other.ended_on is not None and other.ended_on > ended_on
    return other.began_on is None and other.seen_on is not None and other.seen_on > ended_on


def _is_at_or_after(day: date | None, other: date | None) -> bool:
    return day is not None and other is not None and day >= other


def _order(key: str, visit: CurrentVisit) -> tuple[date, date, str]:
    return visit.began_on or date.min, visit.ended_on or date.max, key
