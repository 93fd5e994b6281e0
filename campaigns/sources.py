"""Any file of discharges by its kind: table, FHIR, HL7. It is read twice, first to be checked and then to be stored."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from campaigns import entry, fhir, hl7v2, intake
from campaigns.entry import Entry
from campaigns.errors import ImportFault
from campaigns.importing.discharge_columns import COLUMNS
from campaigns.intake import Checked, Item, Stored, Told
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
    taken = Taken(file, intake.check(source.items(), told.step))
    if taken.checked.rejected and not options.skips:
        return taken
    told.begin("store", taken.checked.rows + taken.checked.repeated)
    taken.stored = intake.store(ground, _entries(source), file.suffix.lstrip(".")[:20], now, told.step)
    taken.stored.stopped += intake.hear(ground, source.told, now)
    return taken


def _entries(source: Source) -> Iterator[Entry]:
    seen: dict[int, int] = {}
    for line, item in source.items():
        if isinstance(item, Entry) and not intake.second(seen, line, item):
            yield item


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
