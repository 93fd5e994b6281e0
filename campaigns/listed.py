"""The hospital's own list of patients says that somebody has died, or wants no calls: what is planned is stopped."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns import stopping
from campaigns.importing import persons
from crm import person_fields
from hotline.ground import Ground
from hotline.models import Discharge, Patient, Recipient


def stop(ground: Ground, patient_ids: Collection[str], now: datetime) -> int:
    """Look at everyone whom a campaign has of these patients; how many are not called any more. Again: nobody."""
    with ground.database.write() as session:
        _recognise(session, patient_ids)
        indexes: set[str] = set()
        for table in (Discharge, Recipient):
            indexes |= set(session.scalars(select(table.person_index).where(table.patient_id.in_(patient_ids))))
        if not indexes:
            return 0
        persons.hold(session, indexes)
        return stopping.restand(session, ground, indexes, now).stopped


def _recognise(session: Session, patient_ids: Collection[str]) -> None:
    """Recipients whom the list did not know when they were planned are these patients, by telephone and name."""
    query = (
        select(Recipient, Patient)
        .join(Patient, Patient.number_index == Recipient.number_index)
        .where(Patient.id.in_(patient_ids), Recipient.patient_id.is_(None))
    )
    for recipient, patient in session.execute(query).all():
        if person_fields.name_key(recipient.name) == person_fields.name_key(patient.name):
            recipient.patient_id = patient.id
    session.flush()
