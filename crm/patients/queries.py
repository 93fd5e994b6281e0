"""What others read of patients. Nothing here commits."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Patient


def find(session: Session, patient_id: str | None) -> Patient | None:
    """Return the patient; `None` without one."""
    return session.get(Patient, patient_id) if patient_id else None


def numbers(session: Session, patient_ids: Iterable[str | None]) -> dict[str, str | None]:
    """Return the telephone number of each patient by their id."""
    ids = {patient_id for patient_id in patient_ids if patient_id}
    return {patient.id: patient.number for patient in session.scalars(select(Patient).where(Patient.id.in_(ids)))}


def only_ones(session: Session, number_indexes: Iterable[str]) -> dict[str, str]:
    """Return the patient of each number that is one patient's only."""
    by_number: dict[str, list[str]] = defaultdict(list)
    query = select(Patient.number_index, Patient.id).where(Patient.number_index.in_(list(number_indexes)))
    for number_index, patient_id in session.execute(query):
        by_number[number_index].append(patient_id)
    return {number_index: ids[0] for number_index, ids in by_number.items() if len(ids) == 1}
