"""The hospital's own list of patients says that somebody has died, or wants no calls: what is planned is stopped."""

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.stopping import service, stop_reason_queries
from campaigns.stopping.service import StopChanges
from crm.patients import person_fields
from hotline.context import AppContext


def follow(context: AppContext, now: datetime) -> StopChanges:
    """Look at everyone whom a campaign has of these patients; what was stopped, and who goes on. Again: nothing."""
    with context.database.write() as session:
        _recognise(session)
    return service.follow_list(context, now)


def _recognise(session: Session) -> None:
    """Link recipients whom the list did not know when they were planned to its patients, by telephone and name."""
    for recipient, patient in stop_reason_queries.unrecognised(session):
        if person_fields.name_key(recipient.name) == person_fields.name_key(patient.name):
            recipient.patient_id = patient.id
