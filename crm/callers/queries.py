"""Callers in the database. Nothing here commits."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from crm.callers.profile import CallerProfile, profile
from crm.cases import queries as case_queries
from crm.patients import queries as patient_queries


def caller_profile(
    session: Session, caller_index: str | None, now: datetime, zone: ZoneInfo | None = None
) -> CallerProfile:
    """Return what is known of whoever calls from this number; nothing for a hidden one."""
    if caller_index is None:
        return CallerProfile()
    patients = patient_queries.at_number(session, caller_index)
    cases = case_queries.open_cases(session, caller_index, [patient.id for patient in patients])
    return profile(patients, cases, now.astimezone(zone).date())
