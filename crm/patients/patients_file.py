"""A list of patients from a table: checked to its end, then stored some hundreds at a time."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from crm.errors import UnreadableFile
from crm.feeds import limits, tables
from crm.feeds.progress import Progress
from crm.feeds.rejects import Reject
from crm.patients import patient_row, same_person
from crm.patients.patient_row import DECEASED, DO_NOT_CALL, FLAGS, ListedPatient
from hotline.context import AppContext
from hotline.models import Patient

# What a list never takes back: who asks for no calls, and a death.
KEPT = (DO_NOT_CALL, DECEASED)
CHUNK = 250
# So many rejected rows are told of; a file with more is broken as a whole.
MOST_REJECTS = 1000


@dataclass(frozen=True)
class Outcome:
    """What became of a file; `rejected` are the first thousand fields. `is_stored`: the database took the others."""

    added: int
    changed: int
    rejected: tuple[Reject, ...] = ()
    rows: int = field(default=0, compare=False)
    rejects: int = field(default=0, compare=False)
    is_stored: bool = True


@dataclass
class _Checked:
    rows: int = 0
    rejects: list[Reject] = field(default_factory=list)
    rejected: int = 0


def load(
    context: AppContext,
    file: Path,
    now: datetime,
    *,
    skips: bool | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Check the file and store it. Rows that cannot be used keep all of it out, or with `skips` are left out.

    `None` does as the settings say. Raises `UnreadableFile`; then nothing is stored.
    """
    told = progress or Progress()
    told.begin("check", tables.about(file))
    checked = _check(_read(context, file, now), told)
    if not checked.rows and not checked.rejected:
        raise UnreadableFile(f"{file.name}: holds no patient below its first line")
    rejected = (tuple(checked.rejects), checked.rows, checked.rejected)
    skips = context.settings.import_skips_rejected if skips is None else skips
    if checked.rejected and not (skips and checked.rows):
        return Outcome(0, 0, *rejected, is_stored=False)
    told.begin("store", checked.rows)
    added = changed = 0
    rows = (one for _, one in _read(context, file, now) if isinstance(one, ListedPatient))
    for chunk in context.database.in_pieces(iter(lambda: list(islice(rows, CHUNK)), [])):
        with context.database.write() as session:
            stored = store(session, context, chunk, now)
        added, changed = added + stored[0], changed + stored[1]
        told.step(len(chunk))
    return Outcome(added, changed, *rejected)


def _read(context: AppContext, file: Path, now: datetime) -> Iterator[tuple[int, ListedPatient | list[Reject]]]:
    today, area_code = context.settings.day(now), context.settings.phone_area_code
    for row in tables.rows(file, patient_row.COLUMNS, limits.of(context.settings)):
        yield row.line, patient_row.read(row, today, area_code)


def _check(found: Iterator[tuple[int, ListedPatient | list[Reject]]], told: Progress) -> _Checked:
    checked = _Checked()
    for _, one in found:
        told.step(1)
        if isinstance(one, ListedPatient):
            checked.rows += 1
            continue
        checked.rejected += 1
        checked.rejects.extend(one[: MOST_REJECTS - len(checked.rejects)])
    return checked


def store(session: Session, context: AppContext, rows: Collection[ListedPatient], now: datetime) -> tuple[int, int]:
    """Add the patients, and change those who are known by number and name, however these are spelled.

    Returns how many were added and how many changed.
    """
    known = same_person.known(session, context.keyring, [(row.number, row.name) for row in rows])
    added = changed = 0
    for row in rows:
        index = same_person.index(context.keyring, (row.number, row.name))
        patient = known.get(index)
        is_new = patient is None
        if patient is None:
            known[index] = patient = _new(context, row, index, now)
            session.add(patient)
        if _fill(patient, row) or is_new:
            patient.changed_at = now
            added, changed = added + is_new, changed + (not is_new)
    return added, changed


def _new(context: AppContext, row: ListedPatient, index: str, now: datetime) -> Patient:
    return Patient(
        number=row.number,
        number_index=same_person.number_index(context.keyring, row.number),
        name=row.name,
        identity_index=index,
        added_at=now,
        changed_at=now,
        **dict.fromkeys(FLAGS, False),
    )


def _fill(patient: Patient, row: ListedPatient) -> bool:
    """Write the row's facts; whether any is new. An empty cell says nothing, but flags are the whole list.

    Only who asks for it is called again: a list never takes back what is `KEPT`.
    """
    values: dict[str, str | bool | date] = {}
    if row.flags is not None:
        values |= {flag: flag in row.flags for flag in FLAGS}
    values |= dict.fromkeys(row.adds, True)
    for flag in KEPT:
        if getattr(patient, flag):
            values.pop(flag, None)
    if row.birth_date is not None:
        values["birth_date"] = row.birth_date.isoformat()
    if row.discharged_on is not None:
        values["discharged_on"] = row.discharged_on
    if row.language is not None:
        values["language"] = row.language
    changes = {name: value for name, value in values.items() if getattr(patient, name) != value}
    for name, value in changes.items():
        setattr(patient, name, value)
    return bool(changes)
