"""A list of patients from a CSV file: checked row by row, stored in one transaction. Rejected rows are reported."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.errors import UnreadableFile
from crm.rejects import Reject
from hotline.ground import Ground
from hotline.models import Patient
from hotline.values import Language, PhoneNumber

NEEDED = ("number", "name")
FLAGS = ("limited_mobility", "cardiac", "diabetic", "flagged", "do_not_call", "deceased")
# What a list never takes back: who asks for no calls, and a death.
KEPT = ("do_not_call", "deceased")
OTHER = ("birth_date", "flags", "discharged_on", "language")
OLDEST_YEAR = 1890
LONGEST_NAME = 80
SEPARATORS = ";|"


@dataclass(frozen=True)
class Row:
    """One patient of the file."""

    number: str
    name: str
    birth_date: date | None
    # `None` where the file has no such column.
    flags: frozenset[str] | None
    discharged_on: date | None
    language: Language | None


@dataclass(frozen=True)
class Outcome:
    """What became of a file."""

    added: int
    changed: int
    rejected: tuple[Reject, ...]


def read(file: Path, today: date) -> tuple[list[Row], list[Reject]]:
    """The rows that can be used, and those that cannot. Raises `UnreadableFile` when it is no such table."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{file}: cannot be read: {error}. Save it as CSV in UTF-8.") from error
    table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        _check_head(file, table.fieldnames or ())
        return _sorted(_read(table, today))
    except csv.Error as error:
        raise UnreadableFile(f"{file}: line {table.line_num}: {error}") from error


def store(session: Session, ground: Ground, rows: list[Row], now: datetime) -> tuple[int, int]:
    """Add the patients and change those who are known by number and name; how many were added and how many changed."""
    added = changed = 0
    for row in rows:
        identity = ground.keyring.index(f"{row.number} {row.name}")
        patient = session.scalar(select(Patient).where(Patient.identity_index == identity))
        is_new = patient is None
        if patient is None:
            patient = Patient(
                number=row.number,
                number_index=ground.keyring.index(row.number),
                name=row.name,
                identity_index=identity,
                added_at=now,
                changed_at=now,
                **dict.fromkeys(FLAGS, False),
            )
            session.add(patient)
        if _fill(patient, row) or is_new:
            patient.changed_at = now
            added, changed = added + is_new, changed + (not is_new)
        session.flush()
    return added, changed


def load(ground: Ground, file: Path, now: datetime) -> Outcome:
    """Read and store in one transaction. Raises `UnreadableFile`; then nothing is stored."""
    rows, rejected = read(file, ground.settings.day(now))
    with ground.database.write() as session:
        added, changed = store(session, ground, rows, now)
    return Outcome(added, changed, tuple(rejected))


def _check_head(file: Path, names: object) -> None:
    found = [str(name).strip() for name in names] if isinstance(names, list | tuple) else []
    missing = [name for name in NEEDED if name not in found]
    strange = [name for name in found if name not in (*NEEDED, *OTHER)]
    if missing or strange or len(set(found)) < len(found):
        known = ", ".join((*NEEDED, *OTHER))
        raise UnreadableFile(f"{file}: line 1: the columns are {known}; number and name are needed, each once")


def _sorted(found: Iterator[Row | Reject]) -> tuple[list[Row], list[Reject]]:
    rows: list[Row] = []
    rejected: list[Reject] = []
    for each in found:
        (rows if isinstance(each, Row) else rejected).append(each)  # type: ignore[arg-type] # each list its kind
    return rows, rejected


def _read(table: "csv.DictReader[str]", today: date) -> Iterator[Row | Reject]:
    for entry in table:
        cells = {str(name).strip(): (text or "").strip() for name, text in entry.items() if name is not None}
        if None in entry or any(text is None for text in entry.values()):
            yield Reject(table.line_num, "row", f"has not as many cells as the first line ({len(cells)})")
        else:
            yield _row(cells, table.line_num, today)


def _row(cells: dict[str, str], line: int, today: date) -> Row | Reject:
    number = PhoneNumber.parse(cells["number"])
    if number is None:
        return Reject(line, "number", "is no telephone number")
    if not 0 < len(cells["name"]) <= LONGEST_NAME:
        return Reject(line, "name", f"must have 1 to {LONGEST_NAME} characters")
    flags = frozenset(_words(cells["flags"])) if "flags" in cells else None
    if strange := (flags or frozenset()) - set(FLAGS):
        return Reject(line, "flags", f"{len(strange)} unknown; known are {', '.join(FLAGS)}, separated by ;")
    days: dict[str, date | None] = {}
    for name in ("birth_date", "discharged_on"):
        day = _day(cells.get(name, ""))
        if isinstance(day, str) or (day is not None and not date(OLDEST_YEAR, 1, 1) <= day <= today):
            return Reject(line, name, day if isinstance(day, str) else f"lies before {OLDEST_YEAR} or after today")
        days[name] = day
    language = cells.get("language", "")
    if language and language not in list(Language):
        return Reject(line, "language", f"is none of {', '.join(Language)}")
    chosen = Language(language) if language else None
    return Row(number.e164, cells["name"], days["birth_date"], flags, days["discharged_on"], chosen)


def _words(text: str) -> list[str]:
    for separator in SEPARATORS:
        text = text.replace(separator, " ")
    return text.split()


def _day(text: str) -> date | str | None:
    """A day, nothing, or why it is none."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return "is no date; write YYYY-MM-DD"


def _fill(patient: Patient, row: Row) -> bool:
    """Write the row's facts; whether any is new. An empty cell says nothing, but flags are the whole list.

    Only who asks for it is called again: a list never takes back what is `KEPT`.
    """
    values: dict[str, object] = {flag: flag in row.flags for flag in FLAGS} if row.flags is not None else {}
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
