"""What is true of a visit: of each kind of event the latest report counts, and from these its state follows. Pure.

Keeping the latest is commutative, associative and idempotent, so reports may come twice, late and out of order. Where
the hospital's system does not say when it wrote something down, its arrival decides between two reports of one kind,
and between kinds the kinds alone do: a cancellation before what it cancels, an end before a beginning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from campaigns.importing.record import VisitClass, VisitEvent
from hotline.values.states.visit import VisitState

E = VisitEvent
# Events of a visit in which something happens; each tells its class, and each is proof that a visit took place.
BORNE_OUT = (E.ADMITTED, E.TRANSFERRED, E.DISCHARGED, E.REGISTERED, E.CLASS_CHANGED)
# Which report of the class counts where no time decides: the last of them.
CLASS_ORDER = (E.REGISTERED, E.ADMITTED, E.TRANSFERRED, E.DISCHARGED, E.CLASS_CHANGED)
# A visit of which any of these is told, and no end, goes on in the hospital.
PRESENT = (E.ADMITTED, E.TRANSFERRED, E.CLASS_CHANGED, E.TRANSFER_CANCELLED)


@dataclass(frozen=True, kw_only=True)
class EventReport:
    """One event as it was told. `at` is when it was written down, where `is_timed`; else when it arrived here."""

    at: datetime
    is_timed: bool
    digest: str
    event: VisitEvent
    source: str = ""
    on: date | None = None
    visit_class: VisitClass = VisitClass.INPATIENT
    readmitted_on: date | None = None

    @property
    def signature(self) -> str:
        """Return what tells this report from a later one."""
        return f"{self.at.isoformat() if self.is_timed else ''}/{self.digest}"

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "EventReport":
        """Return the report that `write` stored."""
        return cls(
            at=datetime.fromisoformat(stored["at"]),
            is_timed=stored["timed"],
            digest=stored["digest"],
            event=VisitEvent(stored["event"]),
            source=stored.get("source", ""),
            on=_date(stored.get("on")),
            visit_class=VisitClass(stored.get("class", VisitClass.INPATIENT)),
            readmitted_on=_date(stored.get("readmitted_on")),
        )

    def write(self) -> dict[str, Any]:
        """Return the report as the visit's row keeps it."""
        stored: dict[str, Any] = {
            "at": self.at.isoformat(),
            "timed": self.is_timed,
            "digest": self.digest,
            "event": self.event.value,
            "source": self.source,
        }
        if self.on is not None:
            stored["on"] = self.on.isoformat()
        if self.visit_class is not VisitClass.INPATIENT:
            stored["class"] = self.visit_class.value
        if self.readmitted_on is not None:
            stored["readmitted_on"] = self.readmitted_on.isoformat()
        return stored


EventReports = Mapping[str, EventReport]


@dataclass(frozen=True)
class CurrentVisit:
    """A visit as it stands. `began_on` and `ended_on` are days of the inpatient stay, `None` where nobody told.

    `report` is the report that made the state, `seen_on` the last day on which something happened in it.
    """

    state: VisitState
    began_on: date | None = None
    ended_on: date | None = None
    seen_on: date | None = None
    report: EventReport | None = None
    began: EventReport | None = None


def read(stored: Mapping[str, Any]) -> dict[str, EventReport]:
    """Return the reports that `write` stored."""
    return {kind: EventReport.read(told) for kind, told in stored.items()}


def write(reports: EventReports) -> dict[str, Any]:
    """Return the reports as the visit's row keeps them."""
    return {kind: report.write() for kind, report in reports.items()}


def latest(before: EventReport | None, new: EventReport) -> EventReport:
    """Return which of two reports of one kind counts."""
    if before is None:
        return new
    if before.digest == new.digest and not (before.is_timed and new.is_timed):
        return new if new.is_timed else before  # told again; perhaps now with its time
    if not before.is_timed and not new.is_timed:
        return new if new.at >= before.at else before
    return max(before, new, key=lambda report: (report.at, report.digest))


def fold(reports: EventReports) -> CurrentVisit:
    """Return the visit that these reports make."""
    began, ended = _began(reports), reports.get(E.DISCHARGED)
    visit = CurrentVisit(
        VisitState.UNKNOWN,
        began_on=began.on if began else None,
        ended_on=ended.on if ended else None,
        seen_on=_seen(reports),
        began=began,
    )
    for cancelled, state in (
        (E.ENTERED_IN_ERROR, VisitState.ENTERED_IN_ERROR),
        (E.ADMISSION_CANCELLED, VisitState.ADMISSION_CANCELLED),
    ):
        report = reports.get(cancelled)
        if report is not None and not any(_overrules(reports.get(event), report) for event in BORNE_OUT):
            return replace(visit, state=state, report=report)
    classified = _class(reports)
    if classified is not None and classified.visit_class is not VisitClass.INPATIENT:
        return replace(visit, state=VisitState.OUTPATIENT, report=classified)
    return _inpatient(reports, visit)


def _inpatient(reports: EventReports, visit: CurrentVisit) -> CurrentVisit:
    ended, revoked = reports.get(E.DISCHARGED), reports.get(E.DISCHARGE_CANCELLED)
    if ended is not None and (revoked is None or _overrules(ended, revoked) or _is_another(ended, revoked)):
        return replace(visit, state=VisitState.DISCHARGED, report=ended)
    if revoked is not None:
        return replace(visit, state=VisitState.DISCHARGE_CANCELLED, ended_on=None, report=revoked)
    present = next((reports[event] for event in PRESENT if event in reports), None)
    state = VisitState.UNKNOWN if present is None else VisitState.IN_HOSPITAL
    return replace(visit, state=state, ended_on=None, report=present)


def _overrules(report: EventReport | None, cancelled: EventReport) -> bool:
    """Return whether an event was certainly written down after its cancellation."""
    return report is not None and report.is_timed and cancelled.is_timed and report.at > cancelled.at


def _is_another(ended: EventReport, revoked: EventReport) -> bool:
    """Return whether a discharge without a time is of a later day than the one that was cancelled."""
    is_timed = ended.is_timed and revoked.is_timed
    return not is_timed and ended.on is not None and revoked.on is not None and ended.on > revoked.on


def _class(reports: EventReports) -> EventReport | None:
    """Return the report whose class counts: the last in time, else by its kind."""
    classified = [reports[event] for event in CLASS_ORDER if event in reports]
    if any(not report.is_timed for report in classified):
        return classified[-1]
    return max(classified, key=lambda report: (report.at, CLASS_ORDER.index(report.event)), default=None)


def _began(reports: EventReports) -> EventReport | None:
    """Return the admission, else the change of class that made an inpatient of them."""
    for event in (E.ADMITTED, E.CLASS_CHANGED):
        report = reports.get(event)
        if report is not None and report.visit_class is VisitClass.INPATIENT:
            return report
    return None


def _seen(reports: EventReports) -> date | None:
    days = [reports[event].on for event in BORNE_OUT if event in reports]
    return max((day for day in days if day is not None), default=None)


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
