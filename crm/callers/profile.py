"""What is known of a caller by their number alone. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from hotline.values.states.case import CaseKind


class PatientFacts(Protocol):
    """The facts of a patient that a profile is made of; `birth_date` as YYYY-MM-DD."""

    @property
    def id(self) -> str: ...
    @property
    def birth_date(self) -> str | None: ...
    @property
    def limited_mobility(self) -> bool: ...
    @property
    def cardiac(self) -> bool: ...
    @property
    def diabetic(self) -> bool: ...
    @property
    def flagged(self) -> bool: ...
    @property
    def discharged_on(self) -> date | None: ...


class OpenCase(Protocol):
    """The facts of an open case that a profile is made of."""

    @property
    def id(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def kind(self) -> CaseKind: ...
    @property
    def owner_agent_id(self) -> str | None: ...


@dataclass(frozen=True)
class CallerProfile:
    """A caller by their number. Where several patients share it, the facts of all of them.

    `patient_id` is set only where there is one; `case_*` name their open case, one with an owner before one without.
    """

    patient_id: str | None = None
    owner_agent_id: str | None = None
    case_id: str | None = None
    case_number: int | None = None
    case_kind: CaseKind | None = None
    age: int | None = None
    limited_mobility: bool = False
    cardiac: bool = False
    diabetic: bool = False
    flagged: bool = False
    discharged_on: date | None = None


def profile(patients: Sequence[PatientFacts], cases: Sequence[OpenCase], today: date) -> CallerProfile:
    """Return the profile of whoever is reached at the number of these patients and has these open cases."""
    case = next((one for one in cases if one.owner_agent_id is not None), cases[0] if cases else None)
    ages = [age for age in (age_on(patient, today) for patient in patients) if age is not None]
    return CallerProfile(
        patient_id=patients[0].id if len(patients) == 1 else None,
        owner_agent_id=case.owner_agent_id if case else None,
        case_id=case.id if case else None,
        case_number=case.number if case else None,
        case_kind=case.kind if case else None,
        age=max(ages, default=None),
        limited_mobility=any(patient.limited_mobility for patient in patients),
        cardiac=any(patient.cardiac for patient in patients),
        diabetic=any(patient.diabetic for patient in patients),
        flagged=any(patient.flagged for patient in patients),
        discharged_on=max((p.discharged_on for p in patients if p.discharged_on is not None), default=None),
    )


def age_on(patient: PatientFacts, today: date) -> int | None:
    """Return the patient's age in whole years; `None` where the birth date is not known."""
    if patient.birth_date is None:
        return None
    born = date.fromisoformat(patient.birth_date)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
