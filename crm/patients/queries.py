"""Patients in the database. Nothing here commits."""

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
