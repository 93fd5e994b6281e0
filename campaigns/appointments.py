"""Appointments of a doctor who is away, from a table: whoever is affected becomes a recipient (requirement B4).

Told twice, an appointment is called for once. A row that cannot be taken keeps the whole file out.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns import away, caps_file, fields, laying, plan, plans_file, service, stop_causes, wishes
from campaigns.entry import Reading
from campaigns.errors import CampaignRefused, ImportFault
from campaigns.importing import causes, persons
from campaigns.plan import Facts, Plan, Scope
from crm import identity, tables
from crm.rejects import Reject
from hotline import clock
from hotline.ground import Ground
from hotline.models import Discharge, Patient
from hotline.values import CampaignKind, Language, RecipientState

COLUMNS = ("patient_number", "name", "birth_date", "phone", "language", "doctor", "appointment", "alternatives")
NEEDED = ("name", "phone", "doctor", "appointment", "alternatives")
FORMAT = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Affected:
    """A patient whose appointment cannot take place."""

    patient_number: str
    name: str
    birth_date: date | None
    number: str
    language: Language
    notice: away.Notice


def take(ground: Ground, name: str, file: Path, now: datetime) -> tuple[laying.Planned, list[Reject]]:
    """Plan calls to everyone in the file; nothing is stored where there are rejects. Raises `ImportFault`."""
    zone = ZoneInfo(ground.settings.timezone)
    found, rejects = [], []
    for line, cells in _rows(file):
        one = read(cells, line, now.astimezone(zone))
        if isinstance(one, list):
            rejects.extend(one)
        else:
            found.append(one)
    if rejects:
        return laying.Planned(0, {}, 0), rejects
    campaign_id = service.make(ground, name, Scope(), now, CampaignKind.DOCTOR_AWAY)
    rows = [_row(ground, campaign_id, one, now) for one in found]
    with ground.database.write() as session:
        left_out = _left_out(session, ground, rows)
        fresh = laying.store(session, [_without(row, left_out, now) for row in rows])
    added = sum(row["state"] is RecipientState.PLANNED for row in fresh)
    without = Counter(row["reason"] for row in fresh if row["state"] is RecipientState.EXCLUDED)
    return laying.Planned(added, without, len(rows) - len(fresh)), []


def read(cells: dict[str, str], line: int, today: datetime) -> Affected | list[Reject]:
    """The patient in this row, or everything that is wrong with it."""
    row = Reading(cells, line, today.date(), str(today.tzinfo))
    at = row.take("appointment", lambda text: _time(text, today), today)
    others = row.take("alternatives", lambda text: _times(text, today), tuple[datetime, ...]())
    doctor = row.take("doctor", fields.name, "")
    found = Affected(
        patient_number=row.take("patient_number", str, ""),
        name=row.take("name", fields.name, ""),
        birth_date=row.take("birth_date", lambda text: fields.day(text) if text else None, None),
        number=row.take("phone", fields.phone, ""),
        language=row.take("language", fields.language, Language.MANDARIN),
        notice=away.Notice(doctor, at, others),
    )
    if found.birth_date is None and not row.rejects:
        row.fault("birth_date", "is empty; it is asked for before the appointment is named")
    return row.rejects or found


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with file.open(encoding=tables.encoding(file), newline="") as text:
        table = csv.DictReader(text)
        heads = [head.strip().lower() for head in table.fieldnames or ()]
        missing = [name for name in NEEDED if name not in heads]
        if missing:
            raise ImportFault(f"{file}: no column {', '.join(missing)}; the first line names {', '.join(COLUMNS)}")
        for cells in table:
            named = {str(key).strip().lower(): value or "" for key, value in cells.items() if isinstance(value, str)}
            if any(named.values()):
                yield table.line_num, named


def _time(text: str, today: datetime) -> datetime:
    try:
        found = datetime.strptime(text, FORMAT).replace(tzinfo=today.tzinfo)
    except ValueError:
        raise ValueError("is no time; write YYYY-MM-DD HH:MM") from None
    if found < today:
        raise ValueError("is over already")
    return found


def _times(text: str, today: datetime) -> tuple[datetime, ...]:
    found = tuple(_time(part.strip(), today) for part in text.replace("；", ";").split(";") if part.strip())
    if not 1 <= len(found) <= away.MOST:
        raise ValueError(f"holds {len(found)} times; one to {away.MOST} can be chosen from, with ; between them")
    return found


def _plan(ground: Ground) -> Plan:
    for one in plans_file.of(ground.settings).values():
        if one.kind is CampaignKind.DOCTOR_AWAY:
            return one
    raise CampaignRefused("no plan of the kind doctor_away; copy campaigns/plans/doctor_away.yaml to CAMPAIGN_PLANS")


def _row(ground: Ground, campaign_id: str, one: Affected, now: datetime) -> dict[str, Any]:
    chosen, legal, zone = _plan(ground), caps_file.of(ground.settings).hours, ground.settings.timezone
    today = now.astimezone(ZoneInfo(zone)).date()
    facts = Facts("general", "", one.birth_date, today, ZoneInfo(zone))
    wanted = plan.steps(chosen, facts, legal, now)[0]
    window = plan.window(chosen, facts, legal)
    index, is_out = ground.keyring.index, bool(wanted.without)
    return {
        "id": clock.new_id(),
        "campaign_id": campaign_id,
        "discharge_id": None,
        "key": f"away:{index(f'{one.number} {one.notice.doctor} {one.notice.at.isoformat()}')}"[:80],
        "person_index": persons.person_index(ground, one.patient_number or one.number),
        "is_numbered": bool(one.patient_number),
        "name": one.name,
        "birth_date": one.birth_date.isoformat() if one.birth_date else "",
        "number": one.number,
        "number_index": identity.number_index(ground.keyring, one.number),
        "patient_id": None,
        "language": one.language,
        "zone": zone,
        "ward": "",
        "condition": "general",
        "script": chosen.script,
        "step": wanted.step.name,
        "wishes": wishes.write_window(window) if window else {},
        "about": one.notice.write(),
        "before": {},
        "place": {},
        "state": RecipientState.EXCLUDED if is_out else RecipientState.PLANNED,
        "reason": wanted.without,
        "due_at": wanted.due_at,
        "opens_at": wanted.opens_at,
        "closes_at": wanted.closes_at,
        "tries": 0,
        "added_at": now,
        "ended_at": now if is_out else None,
    }


def _left_out(session: Session, ground: Ground, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Why some of these must not be called, by the key of their row; each gets the person whom the hospital knows.

    Without the patient's number in the file, that is whoever is known by name and telephone.
    """
    names = {row["key"]: identity.index(ground.keyring, (row["number"], row["name"])) for row in rows}
    known = select(Patient.identity_index, Discharge.person_index).join(Discharge, Discharge.patient_id == Patient.id)
    person_of = dict(session.execute(known.where(Patient.identity_index.in_(names.values()))).all())
    listed = select(Patient.identity_index, Patient.id).where(Patient.identity_index.in_(names.values()))
    patient_of = dict(session.execute(listed).all())
    for row in rows:
        is_numbered = row.pop("is_numbered")
        if not is_numbered:
            row["person_index"] = person_of.get(names[row["key"]], row["person_index"])
        row["patient_id"] = patient_of.get(names[row["key"]])
    persons.hold(session, {row["person_index"] for row in rows})
    people = stop_causes.known(session, {row["person_index"] for row in rows})
    found = {row["key"]: causes.cause(people.get(row["person_index"], stop_causes.NOTHING), None) for row in rows}
    return _listed(session, rows) | {key: cause.reason for key, cause in found.items() if cause is not None}


def _listed(session: Session, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Who has died by the hospital's own list, and whose number wants no calls."""
    numbers = {row["number_index"] for row in rows}
    query = select(Patient.number_index).where(Patient.number_index.in_(numbers), Patient.do_not_call)
    refusing = set(session.scalars(query))
    ids = {row["patient_id"] for row in rows}
    dead = set(session.scalars(select(Patient.id).where(Patient.id.in_(ids), Patient.deceased)))
    refused = {row["key"]: causes.DO_NOT_CALL for row in rows if row["number_index"] in refusing}
    return refused | {row["key"]: causes.DIED for row in rows if row["patient_id"] in dead}


def _without(row: dict[str, Any], left_out: dict[str, str], now: datetime) -> dict[str, Any]:
    reason = left_out.get(row["key"])
    if reason is None:
        return row
    return row | {"state": RecipientState.EXCLUDED, "reason": reason, "due_at": None, "ended_at": now}
