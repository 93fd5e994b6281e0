"""A record becomes reports of events: of its visit, of its facts, and of its person. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from campaigns.importing.record import DischargeFacts, VisitClass, VisitEvent, VisitRecord
from campaigns.importing.visits.visit_state import EventReport

Sign = Callable[[str], str]
DIGEST = 24
# Beside the events, a visit's row keeps which report its facts come from: of the person, and of their treatment.
FACTS, CARE = "facts", "care"
# ReceivedRecord of a person, not of one of their visits.
OF_PERSON = frozenset({VisitEvent.MERGED, VisitEvent.DIED})
# A day is needed to compare stays; a cancellation without one means whatever there was.
DATED = frozenset({VisitEvent.ADMITTED, VisitEvent.TRANSFERRED, VisitEvent.DISCHARGED, VisitEvent.CLASS_CHANGED})


@dataclass(frozen=True)
class ReceivedRecord:
    """What one record reports. `reports` is by kind of event, with `FACTS` and `CARE` where it brings such facts.

    `key` is the blind index of the visit: the patient's number with the visit's, or without one with the day.
    """

    record: VisitRecord
    reports: dict[str, EventReport] = field(default_factory=dict)
    death: EventReport | None = None
    refusal: EventReport | None = None
    source: str = ""
    key: str = ""


def received(record: VisitRecord, source: str, sign: Sign, *, at: datetime, today: date) -> ReceivedRecord:
    """Return what a record reports that arrived `at`, on the hospital's day `today`, which stands in for a missing one.

    `sign` makes the keyed digest that tells two contents apart: what is kept in the clear gives nobody away.
    """
    facts = record.facts
    personal, care = ("", "") if facts is None else (_personal(facts), _care(facts))
    origin = _ReportOrigin(record.recorded_at or at, record.recorded_at is not None, source, sign)
    base = origin.report(
        f"{_event(record)}{personal}{care}",
        record.event,
        on=record.happened_on or (today if record.event in DATED else None),
        visit_class=_class(record),
        readmitted_on=record.readmitted_on,
    )
    death = replace(base, on=record.died_on) if record.is_dead or record.event is VisitEvent.DIED else None
    refusal = base if facts is not None and facts.do_not_call else None
    if record.event in OF_PERSON:
        return ReceivedRecord(record, {}, death, refusal, source)
    reports = {record.event.value: base}
    if facts is not None:
        reports[FACTS] = origin.report(personal, VisitEvent.UPDATED)
        if says_care(facts):
            reports[CARE] = origin.report(care, VisitEvent.UPDATED)
    stay = record.visit or (record.happened_on.isoformat() if record.happened_on else "")
    return ReceivedRecord(record, reports, death, refusal, source, sign(f"stay {record.patient_number}|{stay}"))


@dataclass(frozen=True)
class _ReportOrigin:
    """What all reports of one record have in common."""

    at: datetime
    is_timed: bool
    source: str
    sign: Sign

    def report(self, content: str, event: VisitEvent, **more: Any) -> EventReport:
        digest = self.sign(content)[:DIGEST]
        return EventReport(at=self.at, is_timed=self.is_timed, digest=digest, event=event, source=self.source, **more)


def _event(record: VisitRecord) -> str:
    days = (record.happened_on, record.died_on, record.readmitted_on)
    names = (record.event, record.patient_number, record.visit, record.visit_class, record.merged_from)
    return repr((*map(str, names), *map(str, days), record.is_dead))


def _personal(facts: DischargeFacts) -> str:
    values = (facts.name, str(facts.birth_date), facts.number, facts.language.value, facts.zone, facts.preferred)
    return repr((*values, facts.has_consent, facts.do_not_call, sorted(facts.refused_days)))


def _care(facts: DischargeFacts) -> str:
    return repr((facts.ward, facts.condition, facts.codes))


def says_care(facts: DischargeFacts) -> bool:
    """Return whether these facts say anything of the treatment: a corrected telephone number often does not."""
    return bool(facts.ward or facts.codes or facts.condition != DischargeFacts.condition)


def _class(record: VisitRecord) -> VisitClass:
    is_registered = record.event is VisitEvent.REGISTERED and record.visit_class is VisitClass.INPATIENT
    return VisitClass.OUTPATIENT if is_registered else record.visit_class
