"""Discharges into the database: a whole source is checked first and stored after, so that a broken one changes nothing.

Told twice, a discharge is one; told with other facts, it is corrected. Death and readmission stop all calls at once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from campaigns import following, plan
from campaigns.entry import Entry
from crm import identity
from crm.rejects import Reject
from hotline import clock
from hotline.ground import Ground
from hotline.models import Discharge, Patient

CHUNK = 250
# So many rejected rows are told of; a file with more is broken as a whole.
MOST_REJECTS = 1000
Item = Entry | list[Reject]
Tell = Callable[[int], object]


@dataclass
class Checked:
    """What a source holds: rows that can be taken, rows told twice, and rows that cannot be (the first thousand)."""

    rows: int = 0
    repeated: int = 0
    rejected: int = 0
    rejects: list[Reject] = field(default_factory=list)


@dataclass
class Stored:
    """What became of a source: discharges added, corrected, known before, and recipients whom it stopped."""

    added: int = 0
    corrected: int = 0
    known: int = 0
    stopped: int = 0


def nothing(_count: int) -> None:
    """Tell nobody."""


def check(items: Iterable[tuple[int, Item]], tell: Tell = nothing) -> Checked:
    """Look at a whole source. One stay with two contents is rejected; the same row twice is one.

    Beyond the rows themselves it keeps two numbers a row, to know repeated stays.
    """
    found = Checked()
    seen: dict[int, int] = {}
    for count, (line, item) in enumerate(items, 1):
        if count % CHUNK == 0:
            tell(CHUNK)
        rejects = item if isinstance(item, list) else second(seen, line, item)
        if rejects is None:
            found.repeated += 1
        elif rejects:
            found.rejected += 1
            found.rejects.extend(rejects[: max(0, MOST_REJECTS - len(found.rejects))])
        else:
            found.rows += 1
    return found


def second(seen: dict[int, int], line: int, one: Entry) -> list[Reject] | None:
    """Nothing wrong (`[]`), the same row again (`None`), or another content for a stay that stood there before."""
    key, content = hash((one.patient_number, one.stay)), hash(one)
    before = seen.get(key)
    if before is None:
        seen[key] = content
        return []
    if before == content:
        return None
    return [Reject(line, "patient_number", "this stay stands there before, with other contents")]


def store(ground: Ground, entries: Iterable[Entry], source: str, now: datetime, tell: Tell = nothing) -> Stored:
    """Store discharges, some at a time in a transaction each, so that calls go on meanwhile.

    Killed in the middle and done again, it goes on: whatever is there already stays as it is.
    """
    done = Stored()
    for chunk in _chunks(entries):
        with ground.database.write() as session:
            _chunk(session, ground, (chunk, source), done, now)
        tell(len(chunk))
    return done


def _chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    left = iter(entries)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


def _chunk(session: Session, ground: Ground, what: tuple[list[Entry], str], done: Stored, now: datetime) -> None:
    chunk, source = what
    index = ground.keyring.index
    rows = {key: entry for entry in chunk for key in [index(f"stay {entry.patient_number}|{entry.stay}")]}
    before = {row.key: row for row in session.scalars(select(Discharge).where(Discharge.key.in_(rows)))}
    patients = _patients(session, ground, rows.values(), now)
    fresh, changed = [], []
    for key, entry in rows.items():
        values = _values(ground, entry, patients)
        found = before.get(key)
        if found is None:
            fresh.append(values | {"id": clock.new_id(), "key": key, "source": source, "added_at": now})
        elif found.digest != values["digest"]:
            for name, value in values.items():
                setattr(found, name, value)
            changed.append(values)
        else:
            done.known += 1
    if fresh:
        session.execute(insert(Discharge.__table__), fresh)  # type: ignore[arg-type] # a table, for its speed
    done.added, done.corrected = done.added + len(fresh), done.corrected + len(changed)
    done.stopped += _stop(session, ground, [*fresh, *changed], now)


def _values(ground: Ground, entry: Entry, patients: dict[str, str]) -> dict[str, Any]:
    index = ground.keyring.index
    wishes: dict[str, Any] = {"refused": sorted(entry.refused_days)} if entry.refused_days else {}
    if entry.preferred is not None:
        wishes |= {"from": entry.preferred[0], "to": entry.preferred[1]}
    return {
        "person_index": person_index(ground, entry.patient_number),
        "digest": index(f"facts {entry!r}"),
        "patient_number": entry.patient_number,
        "name": entry.name,
        "birth_date": entry.birth_date.isoformat() if entry.birth_date else "",
        "number": entry.number,
        "number_index": identity.number_index(ground.keyring, entry.number),
        "patient_id": patients[_identity(ground, entry)],
        "language": entry.language,
        "zone": entry.zone,
        "ward": entry.ward,
        "condition": entry.condition,
        "codes": list(entry.codes),
        "discharged_on": entry.discharged_on,
        "has_consent": entry.has_consent,
        "do_not_call": entry.do_not_call,
        "wishes": wishes,
        "died_on": entry.died_on,
        "readmitted_on": entry.readmitted_on,
    }


def person_index(ground: Ground, patient_number: str) -> str:
    """The blind index by which a person is known over all their stays."""
    return ground.keyring.index(f"person {patient_number}")


def _identity(ground: Ground, entry: Entry) -> str:
    return identity.index(ground.keyring, (entry.number, entry.name))


def _patients(session: Session, ground: Ground, entries: Iterable[Entry], now: datetime) -> dict[str, str]:
    """The patients of these discharges, by identity: those who are known, and those who are now."""
    wanted = {_identity(ground, entry): entry for entry in entries}
    known = identity.known(session, ground.keyring, [(one.number, one.name) for one in wanted.values()])
    for key, row in known.items():
        entry = wanted[key]
        row.discharged_on = max(filter(None, (row.discharged_on, entry.discharged_on)), default=None)
        row.do_not_call = row.do_not_call or entry.do_not_call
    fresh = [_patient(ground, pair, now) for pair in wanted.items() if pair[0] not in known]
    if fresh:
        session.execute(insert(Patient.__table__), fresh)  # type: ignore[arg-type] # likewise
    return {key: row.id for key, row in known.items()} | {row["identity_index"]: row["id"] for row in fresh}


def _patient(ground: Ground, pair: tuple[str, Entry], now: datetime) -> dict[str, Any]:
    key, entry = pair
    return {
        "id": clock.new_id(),
        "number": entry.number,
        "number_index": identity.number_index(ground.keyring, entry.number),
        "name": entry.name,
        "identity_index": key,
        "birth_date": entry.birth_date.isoformat() if entry.birth_date else None,
        "language": entry.language,
        "limited_mobility": False,
        "cardiac": entry.condition in {"cardiac", "heart_failure"},
        "diabetic": entry.condition == "diabetes",
        "flagged": False,
        "discharged_on": entry.discharged_on,
        "do_not_call": entry.do_not_call,
        "added_at": now,
        "changed_at": now,
    }


def _stop(session: Session, ground: Ground, told: list[dict[str, Any]], now: datetime) -> int:
    """Stop calls to those who died or came back; an earlier stay of a person is over with a later one."""
    stopped = 0
    last = {values["person_index"]: values for values in sorted(told, key=lambda values: values["discharged_on"])}
    stays = select(Discharge.id, Discharge.person_index, Discharge.discharged_on).where(
        Discharge.person_index.in_(last), Discharge.readmitted_on.is_(None)
    )
    for discharge_id, person, discharged_on in session.execute(stays).all():
        later = last[person]["discharged_on"]
        if discharged_on < later:
            session.get_one(Discharge, discharge_id).readmitted_on = later
            stopped += following.stop(session, ground, person, plan.READMITTED, now)
    for person, values in last.items():
        if values["died_on"] is not None:
            stopped += following.stop(session, ground, person, plan.DIED, now)
        elif (values["readmitted_on"] or date.min) >= values["discharged_on"]:
            stopped += following.stop(session, ground, person, plan.READMITTED, now)
    return stopped


@dataclass(frozen=True)
class Told:
    """What a hospital's system tells of a person beside discharges: they died, or came back."""

    patient_number: str
    died_on: date | None = None
    readmitted_on: date | None = None


def hear(ground: Ground, told: Sequence[Told], now: datetime) -> int:
    """Write down deaths and readmissions; how many recipients that stopped."""
    stopped = 0
    for one in told:
        index = person_index(ground, one.patient_number)
        with ground.database.write() as session:
            for row in session.scalars(select(Discharge).where(Discharge.person_index == index)):
                row.died_on = row.died_on or one.died_on
                if one.readmitted_on is not None and one.readmitted_on >= row.discharged_on:
                    row.readmitted_on = row.readmitted_on or one.readmitted_on
            if one.died_on is not None:
                stopped += following.stop(session, ground, index, plan.DIED, now)
            elif one.readmitted_on is not None:
                stopped += following.stop(session, ground, index, plan.READMITTED, now)
    return stopped
