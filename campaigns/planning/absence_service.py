"""Appointments of a doctor who is away, from a table: whoever is affected becomes a recipient (requirement B4).

Told twice, an appointment is called for once.
"""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.errors import CampaignRefused, ImportFault
from campaigns.importing.tables import appointment_row
from campaigns.importing.tables.appointment_row import AffectedAppointment
from campaigns.importing.visits import person_queries, stop_reasons
from campaigns.planning import dialling_limits_file, enrolment_service, plan, plans_file, preference_queries, service
from campaigns.planning.plan import DischargeProfile, Plan, Scope
from campaigns.stopping import stop_reason_queries
from crm.errors import UnreadableFile
from crm.feeds import file_limits, table_file
from crm.feeds.rejected_field import RejectedField
from crm.patients import identity_index
from crm.patients import queries as patient_queries
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.encryption.keyring import Keyring
from hotline.models import Discharge
from hotline.values.states.campaign import CampaignKind
from hotline.values.states.recipient import RecipientState


def take(
    context: AppContext, name: str, file: Path, now: datetime, *, skips: bool | None = None
) -> tuple[enrolment_service.EnrolmentResult, list[RejectedField]]:
    """Plan calls to everyone in the file. Rows that cannot be taken keep all of it out, or with `skips` are left out.

    `None` does as the settings say. Raises `ImportFault` when it is no such table; then nothing is stored.
    """
    affected, rejects = _read(context.settings, file, now)
    skips = context.settings.import_skips_rejected if skips is None else skips
    if rejects and not (skips and affected):
        return enrolment_service.EnrolmentResult(0, {}, 0), rejects
    campaign_id = service.make(context.database, name, Scope(), now, CampaignKind.DOCTOR_AWAY)
    rows = [_row(context.keyring, context.settings, campaign_id, one, now) for one in affected]
    fresh: list[dict[str, Any]] = []
    for start in context.database.in_pieces(range(0, len(rows), enrolment_service.CHUNK)):
        some = rows[start : start + enrolment_service.CHUNK]
        with context.database.write() as session:
            left_out = _left_out(session, context.keyring, some)
            fresh += enrolment_service.store(session, [_without(row, left_out, now) for row in some])
    added = sum(row["state"] is RecipientState.PLANNED for row in fresh)
    without = Counter(row["reason"] for row in fresh if row["state"] is RecipientState.EXCLUDED)
    return enrolment_service.EnrolmentResult(added, without, len(rows) - len(fresh)), rejects


def _read(settings: Settings, file: Path, now: datetime) -> tuple[list[AffectedAppointment], list[RejectedField]]:
    local, area_code = now.astimezone(ZoneInfo(settings.timezone)), settings.phone_area_code
    affected: list[AffectedAppointment] = []
    rejects: list[RejectedField] = []
    try:
        for row in table_file.rows(file, appointment_row.COLUMNS, file_limits.of(settings)):
            one = appointment_row.read(row, local, area_code)
            if isinstance(one, list):
                rejects.extend(one)
            else:
                affected.append(one)
    except UnreadableFile as fault:
        raise ImportFault(str(fault)) from fault
    if not affected and not rejects:
        raise ImportFault(f"{file.name}: holds no appointment below its first line")
    return affected, rejects


def _plan(settings: Settings) -> Plan:
    for one in plans_file.of(settings).values():
        if one.kind is CampaignKind.DOCTOR_AWAY:
            return one
    raise CampaignRefused("no plan of the kind doctor_away; copy campaigns/plans/doctor_away.yaml to CAMPAIGN_PLANS")


def _row(
    keyring: Keyring, settings: Settings, campaign_id: str, one: AffectedAppointment, now: datetime
) -> dict[str, Any]:
    chosen, legal, zone = _plan(settings), dialling_limits_file.of(settings).hours, settings.timezone
    today = now.astimezone(ZoneInfo(zone)).date()
    facts = DischargeProfile("general", "", one.birth_date, today, ZoneInfo(zone))
    call = plan.steps(chosen, facts, legal, now)[0]
    window = plan.window(chosen, facts, legal)
    index, is_out = keyring.index, bool(call.without)
    return {
        "id": clock.new_id(),
        "campaign_id": campaign_id,
        "discharge_id": None,
        "key": f"away:{index(f'{one.number} {one.notice.doctor} {one.notice.at.isoformat()}')}"[:80],
        "person_index": person_queries.person_index(keyring, one.patient_number or one.number),
        "is_numbered": bool(one.patient_number),
        "name": one.name,
        "birth_date": one.birth_date.isoformat() if one.birth_date else "",
        "number": one.number,
        "number_index": identity_index.number_index(keyring, one.number),
        "patient_id": None,
        "language": one.language,
        "zone": zone,
        "ward": "",
        "condition": "general",
        "script": chosen.script,
        "step": call.step.name,
        "preferences": preference_queries.write_window(window) if window else {},
        "notice": one.notice.write(),
        "state_before_stop": {},
        "dialogue_state": {},
        "state": RecipientState.EXCLUDED if is_out else RecipientState.PLANNED,
        "reason": call.without,
        "due_at": call.due_at,
        "opens_at": call.opens_at,
        "closes_at": call.closes_at,
        "tries": 0,
        "added_at": now,
        "ended_at": now if is_out else None,
    }


def _left_out(session: Session, keyring: Keyring, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return why some must not be called, by the key of their row; give each the person whom the hospital knows.

    Without the patient's number in the file, that is whoever is known by name and telephone.
    """
    names = {row["key"]: identity_index.identity_index(keyring, (row["number"], row["name"])) for row in rows}
    listed = patient_queries.by_identity(session, keyring, [(row["number"], row["name"]) for row in rows])
    patient_of = {index: patient.id for index, patient in listed.items()}
    their_numbers = select(Discharge.patient_id, Discharge.person_index).where(
        Discharge.patient_id.in_(patient_of.values())
    )
    person_of = dict(session.execute(their_numbers).all())
    for row in rows:
        is_numbered = row.pop("is_numbered")
        if not is_numbered:
            row["person_index"] = person_of.get(patient_of.get(names[row["key"]]), row["person_index"])
        row["patient_id"] = patient_of.get(names[row["key"]])
    person_queries.hold(session, {row["person_index"] for row in rows})
    people = stop_reason_queries.known(session, {row["person_index"] for row in rows})
    reasons = {
        row["key"]: stop_reasons.cause(people.get(row["person_index"], stop_reason_queries.NOTHING), None)
        for row in rows
    }
    return _listed(session, rows) | {key: cause.reason for key, cause in reasons.items() if cause is not None}


def _listed(session: Session, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return who has died by the hospital's own list, and whose number wants no calls."""
    refusing = patient_queries.refusing(session, {row["number_index"] for row in rows})
    dead = patient_queries.deceased(session, {row["patient_id"] for row in rows})
    refused = {row["key"]: stop_reasons.DO_NOT_CALL for row in rows if row["number_index"] in refusing}
    return refused | {row["key"]: stop_reasons.DIED for row in rows if row["patient_id"] in dead}


def _without(row: dict[str, Any], left_out: dict[str, str], now: datetime) -> dict[str, Any]:
    reason = left_out.get(row["key"])
    if reason is None:
        return row
    return row | {"state": RecipientState.EXCLUDED, "reason": reason, "due_at": None, "ended_at": now}
