"""The hospital's patients behind discharges: found by name and number, or added. In the caller's transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from crm.patients import identity_index
from crm.patients import queries as patient_queries
from hotline import clock
from hotline.encryption.keyring import Keyring
from hotline.models import Discharge, Patient
from hotline.models.sealed import in_row

# The key under which a discharge's columns hold by what the list of patients knows them; no column itself.
IDENTITY = "identity"


def columns_of(
    session: Session, keyring: Keyring, discharge: Discharge, values: dict[str, str], now: datetime
) -> dict[str, Any]:
    """Return the columns of a discharge that follow from a name and number: how it is found, and whose it is."""
    identity = identity_index.identity_index(keyring, (values["number"], values["name"]))
    number_index = identity_index.number_index(keyring, values["number"])
    columns = {name: getattr(discharge, name) for name in ("language", "condition", "discharged_on", "do_not_call")}
    patients = ids_of(session, keyring, [columns | values | {IDENTITY: identity, "number_index": number_index}], now)
    return {"number_index": number_index, "patient_id": patients[identity]}


def ids_of(session: Session, keyring: Keyring, discharges: list[dict[str, Any]], now: datetime) -> dict[str, str]:
    """Return the ids of the patients of these discharges by `IDENTITY`; whoever is not known is added."""
    by_identity = {values[IDENTITY]: values for values in discharges}
    pairs = [(values["number"], values["name"]) for values in by_identity.values()]
    patients = patient_queries.by_identity(session, keyring, pairs)
    for identity, patient in patients.items():
        values = by_identity[identity]
        patient.discharged_on = max(filter(None, (patient.discharged_on, values.get("discharged_on"))), default=None)
        patient.do_not_call = patient.do_not_call or values["do_not_call"]
    added = [_row(identity, values, now) for identity, values in by_identity.items() if identity not in patients]
    if added:
        session.execute(insert(Patient.__table__), [in_row(Patient, row) for row in added])  # type: ignore[arg-type] # a table, for its speed
    return {identity: patient.id for identity, patient in patients.items()} | {
        row["identity_index"]: row["id"] for row in added
    }


def _row(identity: str, values: dict[str, Any], now: datetime) -> dict[str, Any]:
    condition = values.get("condition", "general")
    return {
        "id": clock.new_id(),
        "number": values["number"],
        "number_index": values["number_index"],
        "name": values["name"],
        "identity_index": identity,
        "birth_date": values["birth_date"] or None,
        "language": values["language"],
        "limited_mobility": False,
        "cardiac": condition in {"cardiac", "heart_failure"},
        "diabetic": condition == "diabetes",
        "flagged": False,
        "discharged_on": values.get("discharged_on"),
        "do_not_call": values["do_not_call"],
        "deceased": False,
        "added_at": now,
        "changed_at": now,
    }
