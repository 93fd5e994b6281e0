"""Files of any kind into the database: by their kind to a reader, checked to their end, then stored.

They are read twice, so that one that is broken anywhere changes nothing and none is held in memory.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from campaigns.errors import ImportFault, IncompleteExport
from campaigns.importing import service
from campaigns.importing.fhir import file as fhir_file
from campaigns.importing.hl7 import file as hl7_file
from campaigns.importing.import_result import ImportResult
from campaigns.importing.record import VisitRecord
from campaigns.importing.service import Item, SourceCheck
from campaigns.importing.tables import file as tables_file
from campaigns.importing.validation import SourceDefaults
from crm.errors import UnreadableFile
from crm.feeds import file_limits, table_file
from crm.feeds.progress import ImportProgress
from hotline.configuration.settings import Settings
from hotline.context import AppContext

TABLES = {".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls"}
FHIR = {".json", ".ndjson", ".jsonl"}
HL7 = {".hl7", ".adt", ".er7"}
INCOMPLETE = "tells of no visit, or not whose it is; give the Encounter and Patient files of an export together"
KINDS = TABLES | FHIR | HL7


@dataclass(frozen=True)
class ImportOptions:
    """How a file is read. `has_consent` is for FHIR and HL7, which do not tell; tables have a column for it.

    `skips`: rows that cannot be taken are left out, and the others stored; else one such row keeps all out. `waits`: a
    FHIR export of which files are missing is not taken yet. `confirms`: whoever gives it answers for the names, numbers
    and birth dates in it; else those that are known stay, and others wait for staff.
    """

    has_consent: bool = False
    skips: bool = False
    waits: bool = False
    confirms: bool = False


@dataclass
class FileImport:
    """What became of a file, or of several that are one source. `stored` is `None` when the database is unchanged."""

    files: Sequence[Path]
    checked: SourceCheck
    stored: ImportResult | None = None


@dataclass(frozen=True)
class ImportSource:
    """Something to read, as often as wanted, and about how many rows it has."""

    items: Callable[[], Iterable[tuple[int, Item]]]
    size: int | None = None


def given(settings: Settings, now: datetime, *, has_consent: bool) -> SourceDefaults:
    """Return what holds for a source that is read now."""
    house = settings
    return SourceDefaults(
        today=house.day(now),
        zone=house.timezone,
        language=house.default_language,
        area_code=house.phone_area_code,
        has_consent=has_consent,
    )


def sources(files: Sequence[Path]) -> list[Sequence[Path]]:
    """Group files into sources: FHIR files together, since an export has one per type of resource.

    Of a folder, every file of a kind that is read. Raises `ImportFault` for one that holds none.
    """
    members = list(chain.from_iterable(_within(file) for file in files))
    together = [file for file in members if file.suffix.lower() in FHIR]
    single: list[Sequence[Path]] = [[file] for file in members if file.suffix.lower() not in FHIR]
    return [*single, together] if together else single


def take(
    context: AppContext,
    files: Path | Sequence[Path],
    options: ImportOptions,
    now: datetime,
    progress: ImportProgress | None = None,
) -> FileImport:
    """Check a source, then store it. Raises `ImportFault` when it cannot be read; then nothing is changed.

    Raises `IncompleteExport` when the options say to wait for the other files.
    """
    files, told = [files] if isinstance(files, Path) else files, progress or ImportProgress()
    try:
        source = open_source(context.settings, files, options, now)
        told.begin("check", source.size)
        taken = FileImport(files, service.check(source.items(), told.step))
        if taken.checked.rejected and (not options.skips or not taken.checked.rows):
            return taken
        told.begin("store", taken.checked.rows + taken.checked.repeated)
        kind = files[0].suffix.lower().lstrip(".")
        taken.stored = service.store(context, _records(source), kind, now, told.step, confirms=options.confirms)
    except UnreadableFile as fault:
        raise ImportFault(str(fault)) from fault
    return taken


def open_source(settings: Settings, files: Sequence[Path], options: ImportOptions, now: datetime) -> ImportSource:
    """Open the files by their kind. Raises `UnreadableFile`, also while its items are read."""
    file, kind, most = files[0], files[0].suffix.lower(), file_limits.of(settings)
    if kind in TABLES:
        by_row = given(settings, now, has_consent=False)
        return ImportSource(lambda: tables_file.read(file, by_row, most), table_file.about(file))
    feed = given(settings, now, has_consent=options.has_consent)
    if kind in HL7:
        return ImportSource(lambda: hl7_file.read(file, feed, most))
    if kind in FHIR:
        return _export(fhir_file.read(files, feed, most), files, options)
    raise UnreadableFile(f"{file.name}: is of no kind that is read; these are: {', '.join(sorted(KINDS))}")


def _export(events: fhir_file.Events, files: Sequence[Path], options: ImportOptions) -> ImportSource:
    if events.is_incomplete and (options.waits or not events.items):
        names = ", ".join(file.name for file in files)
        raise IncompleteExport(f"{names}: {INCOMPLETE}")
    return ImportSource(lambda: events.items, len(events.items))


def report(taken: FileImport) -> list[str]:
    """Report on a source in lines: each rejected row with line, field and reason, nothing of a patient."""
    checked, stored = taken.checked, taken.stored
    lines = [str(reject) for reject in checked.rejects]
    if checked.rejected:
        lines.append(f"{checked.rejected} rows cannot be taken.")
    if stored is None:
        return [*lines, "The database is unchanged."]
    before = stored.known + checked.repeated
    summary = f"{stored.added} discharges added, {stored.corrected} corrected, {before} known before"
    if stored.noted:
        summary += f", {stored.noted} other events"
    if stored.proposed:
        summary += f", {stored.proposed} names, numbers or birth dates wait for staff"
    resumed = f", {stored.resumed} go on" if stored.resumed else ""
    return [*lines, f"{summary}; {stored.stopped} planned calls stopped{resumed}."]


def _within(file: Path) -> list[Path]:
    if not file.is_dir():
        return [file]
    members = [one for one in sorted(file.iterdir()) if one.suffix.lower() in KINDS and one.is_file()]
    if not members:
        raise ImportFault(f"{file}: holds no file of a kind that is read; these are: {', '.join(sorted(KINDS))}")
    return members


def _records(source: ImportSource) -> Iterator[VisitRecord]:
    seen: dict[int, int] = {}
    for line, item in source.items():
        if isinstance(item, VisitRecord) and not service.second(seen, line, item):
            yield item
