"""The canonical record: what one message, resource or row of a hospital tells of one visit, checked. Pure.

Every format is read into it by one module of its own, and everything after it knows nothing of formats.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from hotline.values.language import Language


class VisitEvent(StrEnum):
    """What happened to a visit, in the words of HL7's ADT events."""

    ADMITTED = "admitted"  # A01; FHIR: an inpatient Encounter under way
    TRANSFERRED = "transferred"  # A02
    DISCHARGED = "discharged"  # A03; FHIR: a finished inpatient Encounter; a row of a table
    REGISTERED = "registered"  # A04: an outpatient or emergency visit
    UPDATED = "updated"  # A08: facts alone
    CLASS_CHANGED = "class_changed"  # A06, A07
    ADMISSION_CANCELLED = "admission_cancelled"  # A11; FHIR: cancelled
    TRANSFER_CANCELLED = "transfer_cancelled"  # A12
    DISCHARGE_CANCELLED = "discharge_cancelled"  # A13
    ENTERED_IN_ERROR = "entered_in_error"  # FHIR: the visit never was
    MERGED = "merged"  # A40: `merged_from` and `patient_number` are one person
    DIED = "died"  # told of the person alone, without a visit


class VisitClass(StrEnum):
    """What kind of visit it is; only an inpatient visit can be a discharge or a readmission."""

    INPATIENT = "inpatient"
    OUTPATIENT = "outpatient"
    EMERGENCY = "emergency"


@dataclass(frozen=True)
class DischargeFacts:
    """What a follow-up call needs to know, complete and checked; `number` is E.164 and reaches the patient."""

    name: str
    birth_date: date | None
    number: str
    language: Language = Language.MANDARIN
    zone: str = "Asia/Shanghai"
    ward: str = ""
    condition: str = "general"
    codes: tuple[str, ...] = ()
    has_consent: bool = False
    do_not_call: bool = False
    refused_days: frozenset[int] = frozenset()
    preferred: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class VisitRecord:
    """One event of one visit.

    `visit` is the hospital's number of the visit, empty where it gives none: then the patient and the day stand for it.
    `happened_on` is the hospital's own day of the event. `recorded_at` is when the hospital's system wrote it down
    (EVN-2, MSH-7, `meta.lastUpdated`), aware; `None` where the source does not tell: then its arrival decides between
    two reports of one kind, and between kinds the kinds alone do (`visit_state`).
    `facts` stand with what can lead to a call (a discharge); elsewhere they may be `None`.
    `is_dead` is true however the death was told; `died_on` is its day, the last possible one of a partial date.
    """

    event: VisitEvent
    patient_number: str
    visit: str = ""
    visit_class: VisitClass = VisitClass.INPATIENT
    happened_on: date | None = None
    recorded_at: datetime | None = None
    facts: DischargeFacts | None = None
    is_dead: bool = False
    died_on: date | None = None
    readmitted_on: date | None = None
    merged_from: str = ""
