"""Patients in the database. Nothing here commits."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.patients.identity_index import Identity, identity_index
from hotline.encryption.keyring import Keyring
from hotline.models import Patient


def at_number(session: Session, number_index: str) -> list[Patient]:
    """Return everyone who is reached at this number, the one known longest first."""
    query = select(Patient).where(Patient.number_index == number_index)
    return list(session.scalars(query.order_by(Patient.id)))


def only_one_at_number(session: Session, number_index: str | None) -> Patient | None:
    """Return the patient who is reached at this number; `None` where there is none, or where several share it."""
    patients = [] if number_index is None else at_number(session, number_index)
    return patients[0] if len(patients) == 1 else None


def by_identity(session: Session, keyring: Keyring, identities: Iterable[Identity]) -> dict[str, Patient]:
    """Return the patients who are among these identities, by their identity index.

    A row whose index still tells spellings apart is found by its spelling, and gets the index of today.
    """
    before = {identity_index(keyring, one): keyring.index(" ".join(one)) for one in identities}
    rows = session.scalars(select(Patient).where(Patient.identity_index.in_({*before, *before.values()})))
    by_index = {row.identity_index: row for row in rows}
    patients = {}
    for today, earlier in before.items():
        row = by_index.get(today) or by_index.get(earlier)
        if row is not None:
            row.identity_index = today
            patients[today] = row
    return patients


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


def refusing(session: Session, number_indexes: Iterable[str]) -> set[str]:
    """Return those of the numbers at which somebody wants no calls."""
    query = select(Patient.number_index).where(Patient.number_index.in_(list(number_indexes)), Patient.do_not_call)
    return {index for index in session.scalars(query) if index is not None}


def deceased(session: Session, patient_ids: Iterable[str | None]) -> set[str]:
    """Return those of the patients who have died by the hospital's own list."""
    query = select(Patient.id).where(Patient.id.in_([each for each in patient_ids if each]), Patient.deceased)
    return set(session.scalars(query))
