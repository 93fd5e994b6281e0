"""What an ADT message of HL7 version 2 tells: its event, its visit, its patient, as `validation` reads them. Pure."""

from dataclasses import replace
from datetime import date

from campaigns.importing import validation
from campaigns.importing.fields import dates, visit_classes
from campaigns.importing.hl7 import person
from campaigns.importing.hl7.message import HL7Message, Segment, part
from campaigns.importing.record import VisitClass, VisitEvent
from campaigns.importing.validation import AND, Item, SourceDefaults, UncheckedEvent

EVENTS = {
    "A01": VisitEvent.ADMITTED,
    "A02": VisitEvent.TRANSFERRED,
    "A03": VisitEvent.DISCHARGED,
    "A04": VisitEvent.REGISTERED,
    "A06": VisitEvent.CLASS_CHANGED,
    "A07": VisitEvent.CLASS_CHANGED,
    "A08": VisitEvent.UPDATED,
    "A11": VisitEvent.ADMISSION_CANCELLED,
    "A12": VisitEvent.TRANSFER_CANCELLED,
    "A13": VisitEvent.DISCHARGE_CANCELLED,
    "A40": VisitEvent.MERGED,
}
# The class of a visit that PV1-2 does not tell.
CLASSES = {"A04": VisitClass.OUTPATIENT, "A07": VisitClass.OUTPATIENT}
# Where the day of an event stands in PV1; elsewhere EVN-6 tells it, or when it was written down.
DAYS = {
    VisitEvent.ADMITTED: 44,
    VisitEvent.REGISTERED: 44,
    VisitEvent.ADMISSION_CANCELLED: 44,
    VisitEvent.DISCHARGE_CANCELLED: 45,
}


def read(message: HL7Message, line: int, given: SourceDefaults) -> list[Item]:
    """Return every event that it tells, each a record or what is wrong with it; none where it tells nothing of ours."""
    trigger = trigger_of(message)
    if trigger not in EVENTS:
        return []
    if EVENTS[trigger] is VisitEvent.MERGED:
        return [validation.read(told, given) for told in _merges(message, line, given)]
    return [validation.read(_told(message, trigger, line, given), given)]


def trigger_of(message: HL7Message) -> str:
    """Return A01, A03, …; empty for a message that is no ADT."""
    kind = message.header.text(9)
    if kind != "ADT":
        return ""
    return (message.header.text(9, 2) or message.first("EVN").text(1)).upper()


def _told(message: HL7Message, trigger: str, line: int, given: SourceDefaults) -> UncheckedEvent:
    pid, pv1, event = message.first("PID"), message.first("PV1"), EVENTS[trigger]
    base = _base(message, line, event, given)
    cells = {
        "patient_number": person.number(pid.repetitions(3)),
        "visit": pv1.text(19),
        "name": person.name(pid),
        "birth_date": pid.text(7),
        "phone": AND.join(person.telephones(pid)),
        "discharged_on": pv1.text(45) or message.first("EVN").text(6),
        "ward": pv1.text(3),
        "diagnosis": AND.join(_diagnoses(message)),
        "language": person.language(pid),
        "do_not_call": "yes" if person.refuses_calls(message) else "",
        "is_dead": pid.text(30),
        "died_on": pid.text(29),
        "disposition": AND.join(component for one in pv1.repetitions(36) for component in one),
    }
    found = visit_classes.read(pv1.text(2), CLASSES.get(trigger, VisitClass.INPATIENT))
    if trigger == "A06" and found is VisitClass.OUTPATIENT:
        found = VisitClass.INPATIENT  # the message itself says so
    return replace(base, cells=cells, visit_class=found, happened_on=_day(message, event, given))


def _base(message: HL7Message, line: int, event: VisitEvent, given: SourceDefaults) -> UncheckedEvent:
    written = (message.first("EVN").text(2), message.header.text(7))
    return UncheckedEvent(line=line, cells={}, event=event, recorded_at=dates.moment(written, given.zone))


def _day(message: HL7Message, event: VisitEvent, given: SourceDefaults) -> date | None:
    event_segment = message.first("EVN")
    texts = [message.first("PV1").text(DAYS[event])] if event in DAYS else []
    texts += [event_segment.text(6), event_segment.text(2), message.header.text(7)]
    return next((found for text in texts if (found := dates.last_day(text, given.zone))), None)


def _merges(message: HL7Message, line: int, given: SourceDefaults) -> list[UncheckedEvent]:
    """Return each MRG with the PID before it: a message may bring several."""
    base, merges = _base(message, line, VisitEvent.MERGED, given), []
    pid = message.first("PID")
    for segment in message.segments:
        if segment.name == "PID":
            pid = segment
        elif segment.name == "MRG":
            cells = {
                "patient_number": person.number(pid.repetitions(3)),
                "merged_from": person.number(segment.repetitions(1)),
            }
            merges.append(replace(base, cells=cells, happened_on=_day(message, VisitEvent.MERGED, given)))
    return merges or [replace(base, cells={"patient_number": person.number(pid.repetitions(3))})]


def _diagnoses(message: HL7Message) -> list[str]:
    """Return codes and texts of every DG1 that is not deleted: final ones before others, then by priority."""
    segments = [one for one in message.all("DG1") if one.text(21).upper() != "D"]
    segments.sort(key=_diagnosis_rank)
    return [text for one in segments for text in _diagnosis(one)]


def _diagnosis_rank(segment: Segment) -> tuple[int, int]:
    priority = segment.text(15)
    is_number = priority.isdecimal() and len(priority) < 9
    return {"F": 0, "": 1, "W": 2, "A": 3}.get(segment.text(6).upper(), 1), int(priority) if is_number else 99


def _diagnosis(segment: Segment) -> list[str]:
    code = next(iter(segment.repetitions(3)), [])
    return [text for text in (part(code, 1), part(code, 4), part(code, 2), segment.text(4)) if text]
