"""Import of the hospital's list of patients: the file is checked to its end, then stored in chunks."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from crm.errors import UnreadableFile
from crm.feeds import file_limits, table_file
from crm.feeds.progress import ImportProgress
from crm.feeds.rejected_field import RejectedField
from crm.patients import identity_index, patient_row, queries
from crm.patients.patient_row import DECEASED, DO_NOT_CALL, FLAGS, ListedPatient
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.encryption.keyring import Keyring
from hotline.models import Patient

# What a list never takes back: the wish not to be called, and a death.
STICKY_FLAGS = (DO_NOT_CALL, DECEASED)
CHUNK = 250
# The most rejected fields that are reported; a file with more is broken as a whole.
MOST_REJECTED = 1000


@dataclass(frozen=True)
class ImportOutcome:
    """The result of an import. `rejected` holds the first thousand fields; `is_stored`: the accepted rows were kept."""

    added: int
    changed: int
    rejected: tuple[RejectedField, ...] = ()
    rows: int = field(default=0, compare=False)
    rejects: int = field(default=0, compare=False)
    is_stored: bool = True


@dataclass
class _CheckedFile:
    rows: int = 0
    rejected: list[RejectedField] = field(default_factory=list)
    rejected_rows: int = 0


def import_file(
    context: AppContext,
    file: Path,
    now: datetime,
    *,
    skips: bool | None = None,
    progress: ImportProgress | None = None,
) -> ImportOutcome:
    """Check the file and store it.

    Rows that are rejected keep the whole file out, or are left out with `skips`; `None` does as the settings say.
    Raises `UnreadableFile`; then nothing is stored.
    """
    progress = progress or ImportProgress()
    progress.begin("check", table_file.about(file))
    checked = _check(_read(context.settings, file, now), progress)
    if not checked.rows and not checked.rejected_rows:
        raise UnreadableFile(f"{file.name}: holds no patient below its first line")
    rejected = (tuple(checked.rejected), checked.rows, checked.rejected_rows)
    skips = context.settings.import_skips_rejected if skips is None else skips
    if checked.rejected_rows and not (skips and checked.rows):
        return ImportOutcome(0, 0, *rejected, is_stored=False)
    progress.begin("store", checked.rows)
    added = changed = 0
    rows = (row for _, row in _read(context.settings, file, now) if isinstance(row, ListedPatient))
    for chunk in context.database.in_pieces(iter(lambda: list(islice(rows, CHUNK)), [])):
        with context.database.write() as session:
            stored = store(session, context.keyring, chunk, now)
        added, changed = added + stored[0], changed + stored[1]
        progress.step(len(chunk))
    return ImportOutcome(added, changed, *rejected)


def store(session: Session, keyring: Keyring, rows: Collection[ListedPatient], now: datetime) -> tuple[int, int]:
    """Add the patients, and change those who are known by number and name, however these are spelled.

    Return how many were added and how many changed.
    """
    patients = queries.by_identity(session, keyring, [(row.number, row.name) for row in rows])
    added = changed = 0
    for row in rows:
        index = identity_index.identity_index(keyring, (row.number, row.name))
        patient = patients.get(index)
        is_new = patient is None
        if patient is None:
            patients[index] = patient = _new(keyring, row, index, now)
            session.add(patient)
        if _update(patient, row) or is_new:
            patient.changed_at = now
            added, changed = added + is_new, changed + (not is_new)
    return added, changed


def _read(settings: Settings, file: Path, now: datetime) -> Iterator[tuple[int, ListedPatient | list[RejectedField]]]:
    today, area_code = settings.day(now), settings.phone_area_code
    for row in table_file.rows(file, patient_row.COLUMNS, file_limits.of(settings)):
        yield row.line, patient_row.read(row, today, area_code)


def _check(rows: Iterator[tuple[int, ListedPatient | list[RejectedField]]], progress: ImportProgress) -> _CheckedFile:
    checked = _CheckedFile()
    for _, row in rows:
        progress.step(1)
        if isinstance(row, ListedPatient):
            checked.rows += 1
            continue
        checked.rejected_rows += 1
        checked.rejected.extend(row[: MOST_REJECTED - len(checked.rejected)])
    return checked


def _new(keyring: Keyring, row: ListedPatient, index: str, now: datetime) -> Patient:
    return Patient(
        number=row.number,
        number_index=identity_index.number_index(keyring, row.number),
        name=row.name,
        identity_index=index,
        added_at=now,
        changed_at=now,
        **dict.fromkeys(FLAGS, False),
    )


def _update(patient: Patient, row: ListedPatient) -> bool:
    """Write the row's facts; return whether any is new. An empty cell says nothing, but flags are the whole list."""
    values: dict[str, str | bool | date] = {}
    if row.flags is not None:
        values |= {flag: flag in row.flags for flag in FLAGS}
    values |= dict.fromkeys(row.adds, True)
    for flag in STICKY_FLAGS:
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
