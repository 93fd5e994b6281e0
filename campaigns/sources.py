"""Any file of discharges by its kind: table, FHIR, HL7. It is read twice, first to be checked and then to be stored."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from campaigns import entry, fhir, hl7v2
from campaigns.entry import Entry, Item, Told
from campaigns.errors import ImportFault
from campaigns.importing import intake
from campaigns.importing.discharge_columns import COLUMNS
from campaigns.importing.intake import Checked, Stored
from campaigns.importing.record import Facts, VisitEvent, VisitRecord
from crm import tables
from crm.errors import UnreadableFile
from crm.rejects import Reject
from hotline.ground import Ground

TABLES = {".csv", ".txt", ".tsv", ".xlsx", ".xlsm"}
FHIR = {".json", ".ndjson", ".jsonl"}
HL7 = {".hl7", ".adt", ".er7"}
KINDS = TABLES | FHIR | HL7


@dataclass(frozen=True)
class Options:
    """How a file is read. `has_consent` is for FHIR and HL7, which do not tell; tables have a column for it.

    `skips`: rows that cannot be taken are left out, and the others stored; else one such row keeps all out.
    """

    has_consent: bool = False
    skips: bool = False


@dataclass
class Taken:
    """What became of a file. `stored` is `None` when the database is unchanged."""

    file: Path
    checked: Checked
    stored: Stored | None = None
    encoding: str = ""


@dataclass(frozen=True)
class Source:
    """A file opened for reading, as often as wanted."""

    items: Callable[[], Iterable[tuple[int, Item]]]
    told: list[Told] = field(default_factory=list)
    size: int | None = None


@dataclass(frozen=True)
class Progress:
    """Whom to tell how far it is: `begin(what, total)`, then `step(count)` again and again."""

    begin: Callable[[str, int | None], object] = lambda _what, _total: None
    step: Callable[[int], object] = lambda _count: None


def take(ground: Ground, file: Path, options: Options, now: datetime, progress: Progress | None = None) -> Taken:
    """Check a file, then store it. Raises `ImportFault` when it cannot be read at all; then nothing is changed."""
    told = progress or Progress()
    source = open_file(file, ground.settings.day(now), ground.settings.timezone, options)
    told.begin("check", source.size)
    taken = Taken(file, intake.check(_records(source), told.step))
    if taken.checked.rejected and not options.skips:
        return taken
    told.begin("store", taken.checked.rows + taken.checked.repeated)
    taken.stored = intake.store(ground, _kept(source), file.suffix.lstrip(".")[:20], now, told.step)
    return taken


def _kept(source: Source) -> Iterator[VisitRecord]:
    seen: dict[int, int] = {}
    for line, item in _records(source):
        if isinstance(item, VisitRecord) and not intake.second(seen, line, item):
            yield item


def _records(source: Source) -> Iterator[tuple[int, intake.Item]]:
    for line, item in source.items():
        yield line, record_of(item) if isinstance(item, Entry) else item
    for number, one in enumerate(source.told, 1):
        yield number, told_of(one)


def record_of(one: Entry) -> VisitRecord:
    """A discharge as the canonical record."""
    facts = Facts(
        name=one.name,
        birth_date=one.birth_date,
        number=one.number,
        language=one.language,
        zone=one.zone,
        ward=one.ward,
        condition=one.condition,
        codes=one.codes,
        has_consent=one.has_consent,
        do_not_call=one.do_not_call,
        refused_days=one.refused_days,
        preferred=one.preferred,
    )
    return VisitRecord(
        event=VisitEvent.DISCHARGED,
        patient_number=one.patient_number,
        visit="" if one.stay == one.discharged_on.isoformat() else one.stay,
        happened_on=one.discharged_on,
        facts=facts,
        is_dead=one.died_on is not None,
        died_on=one.died_on,
        readmitted_on=one.readmitted_on,
    )


def told_of(one: Told) -> VisitRecord:
    """A death or an admission as the canonical record."""
    if one.died_on is not None:
        return VisitRecord(event=VisitEvent.DIED, patient_number=one.patient_number, is_dead=True, died_on=one.died_on)
    return VisitRecord(event=VisitEvent.ADMITTED, patient_number=one.patient_number, happened_on=one.readmitted_on)


def open_file(file: Path, today: date, zone: str, options: Options) -> Source:
    """The file by its kind. Raises `ImportFault`."""
    kind = file.suffix.lower()
    if kind in TABLES:
        return Source(lambda: _table(file, today, zone), size=tables.about(file))
    given = (today, zone, options.has_consent)
    if kind in FHIR:
        items, told = fhir.read(file, *given)
        return Source(lambda: items, told, len(items))
    if kind in HL7:
        heard = [(line, hl7v2.read(text, line, given)) for line, text in hl7v2.messages(file)]
        items = [(line, one.item) for line, one in heard if one.item is not None]
        return Source(lambda: items, [one.told for _, one in heard if one.told is not None], len(items))
    raise ImportFault(f"{file}: is of no kind that is read; these are: {', '.join(sorted(KINDS))}")


def _table(file: Path, today: date, zone: str) -> Iterator[tuple[int, Item]]:
    try:
        for row in tables.rows(file, COLUMNS):
            if row.is_longer:
                yield row.line, [Reject(row.line, "row", "has more cells than the first line has columns")]
            else:
                yield row.line, entry.read(row.cells, row.line, today, zone)
    except UnreadableFile as fault:
        raise ImportFault(str(fault)) from fault
