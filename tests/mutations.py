"""Mutated files: what the field and chance do to a good one. `python -m tests.mutations --count 10000` runs them all.

Each is read as an import reads it. Nothing may come of it but records and refusals; the command also stores what one in
twenty tells, twice, and tells how much memory and time the dearest file took. Of workbooks one in fifty is read in a
process of its own, as an import does; the others in one that lives longer, or 10,000 would take hours to start.
"""

import argparse
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import openpyxl

from campaigns.importing import service
from campaigns.importing.fhir import file as fhir_file
from campaigns.importing.hl7 import file as hl7_file
from campaigns.importing.import_result import ImportResult
from campaigns.importing.record import VisitRecord
from campaigns.importing.tables import file as tables_file
from campaigns.importing.validation import Item, SourceDefaults
from crm.errors import UnreadableFile
from crm.feeds.engines import xlsx_worker
from crm.feeds.file_limits import FileLimits
from hotline.context import AppContext, open_unchecked, prove
from hotline.models import Row
from tests.conftest import make_settings
from tests.support import servers

HEAD = ["病案号", "姓名", "出生日期", "联系电话", "病区", "出院诊断编码", "出院日期", "同意随访", "语言"]
HEAD += ["住院次数", "离院方式"]
PEOPLE = [
    f"P{number:03},{name},1960-01-02,1380000{number:04},外科,I50.900x018,2026-11-20,是,zh,V{number},1".split(",")
    for number, name in enumerate(["林晓", "王芳", "李敏", "张伟", "赵磊", "阿依古丽·买买提"])
]
# What the field puts where something else belongs.
PIECES = (
    *(
        sign.encode()
        for sign in ('"', "'", ",", ";", "\t", "\r", "\n", "\r\n", "\0", "\x0b", "\x1c", "\u200b", "\ufeff")
    ),
    *(
        sign.encode()
        for sign in ("|", "^", "~", "\\", "&", "\\X41\\", '""', "{", "}", "[", "]", ":", "<", ">", "&amp;")
    ),
    *(
        word.encode()
        for word in ("null", "true", "1e400", "-1", "9" * 30, "\\ud800", "MSH", "PID|", "BTS|9", "<!ENTITY")
    ),
    *(word.encode() for word in ("=1+1", "#N/A", "NULL", "0000-00-00", "20261301", "x" * 9000, "林")),
    *(b"\xff", b"\xfe\xff", b"\xe9", b"\x80", b"\xed\xa0\x80", "林".encode("gb18030")),
)


@cache
def csv() -> bytes:
    """A good CSV file."""
    return "".join(",".join(cells) + "\r\n" for cells in [HEAD, *PEOPLE]).encode()


@cache
def csv_in_gb18030() -> bytes:
    """A good CSV file in GB 18030."""
    return csv().decode().encode("gb18030")


@cache
def xlsx() -> bytes:
    """A good workbook."""
    book = openpyxl.Workbook()
    for cells in [HEAD, *PEOPLE]:
        book.active.append(cells)
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def resources() -> list[dict[str, object]]:
    """Good FHIR resources."""
    found: list[dict[str, object]] = []
    for number, cells in enumerate(PEOPLE):
        subject = {"reference": f"Patient/p{number}"}
        period = {"start": "2026-11-10T09:00:00+08:00", "end": "2026-11-20T10:00:00+08:00"}
        found += [
            {
                "resourceType": "Patient",
                "id": f"p{number}",
                "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": cells[0]}],
                "name": [{"use": "official", "text": cells[1]}],
                "birthDate": cells[2],
                "telecom": [{"system": "phone", "value": cells[3], "use": "mobile"}],
                "communication": [{"language": {"coding": [{"code": "zh"}]}}],
            },
            {
                "resourceType": "Encounter",
                "id": f"e{number}",
                "meta": {"lastUpdated": "2026-11-20T10:00:00Z"},
                "status": "finished",
                "class": {"code": "IMP"},
                "subject": subject,
                "period": period,
                "location": [{"location": {"display": "外科"}, "status": "completed"}],
            },
            {
                "resourceType": "Condition",
                "subject": subject,
                "encounter": {"reference": f"Encounter/e{number}"},
                "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I50.9"}]},
            },
        ]
    return found


@cache
def bundle() -> bytes:
    """A good Bundle."""
    entries = [{"resource": one} for one in resources()]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, ensure_ascii=False).encode()


@cache
def ndjson() -> bytes:
    """Good resources, one a line."""
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in resources()).encode()


@cache
def hl7() -> bytes:
    """Good messages."""
    messages = [
        f"MSH|^~\\&|HIS|H|HOTLINE|H|20261121080000||ADT^A03|{number}|P|2.5\rEVN|A03|20261121080000\r"
        f"PID|1||{cells[0]}^^^H^MR||{cells[1]}^||19600102|F|||||{cells[3]}~^PRN^PH^^86^10^66880000\r"
        f"PV1|1|I|外科^12{'|' * 16}{cells[9]}{'|' * 25}20261110|20261120\rDG1|1||I50.9^心衰^I10\r"
        for number, cells in enumerate(PEOPLE)
    ]
    return "".join(messages).encode()


FORMATS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "csv": (".csv", csv),
    "csv-gb18030": (".csv", csv_in_gb18030),
    "xlsx": (".xlsx", xlsx),
    "fhir-bundle": (".json", bundle),
    "fhir-ndjson": (".ndjson", ndjson),
    "hl7": (".hl7", hl7),
}


@dataclass(frozen=True)
class Mutant:
    """A file of this format with something broken in it, always the same for the same number."""

    name: str
    number: int

    def write(self, folder: Path) -> Path:
        """Write it into this folder."""
        suffix, make = FORMATS[self.name]
        draw = random.Random(f"{self.name} {self.number}")  # noqa: S311 # the same every time
        file = folder / f"mutant{suffix}"
        # Half of the workbooks are broken within a part, or else most were no ZIP any more.
        is_within = suffix == ".xlsx" and draw.random() < 0.5
        file.write_bytes(_within(make(), draw) if is_within else _mutated(make(), draw))
        return file


def _mutated(content: bytes, draw: random.Random) -> bytes:
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        at, size = draw.randrange(len(content) + 1), draw.choice((1, 1, 2, 5, 40))
        there = content[at : at + size]
        content = content[:at] + draw.choice(
            (
                content[at + size :],
                draw.choice(PIECES) + content[at:],
                draw.choice(PIECES) + content[at + size :],
                there * draw.choice((2, 50)) + content[at:],
                bytes(draw.randrange(256) for _ in there) + content[at + size :],
                b"",
                there[::-1] + content[at + size :],
                content[draw.randrange(len(content) + 1) :],
            )
        )
    return content


def _within(content: bytes, draw: random.Random) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = draw.choice(["xl/worksheets/sheet1.xml", *old.namelist()])
        for part in old.namelist():
            new.writestr(part, _mutated(old.read(part), draw) if part == chosen else old.read(part))
    return made.getvalue()


def read(file: Path, today: date) -> list[tuple[int, Item]]:
    """What a file tells; nothing when it is refused as a whole. Any other fault goes on up."""
    given, limits = SourceDefaults(today, has_consent=True), FileLimits()
    try:
        if file.suffix in {".json", ".ndjson"}:
            found = fhir_file.read([file], given, limits).items
        elif file.suffix == ".hl7":
            found = list(hl7_file.read(file, given, limits))
        else:
            found = list(tables_file.read(file, given, limits))
    except UnreadableFile:
        return []
    assert all(item if isinstance(item, list) else isinstance(item, VisitRecord) for _, item in found)
    return found


@dataclass
class Tally:
    """What came of all mutants of a format."""

    files: int = 0
    taken: int = 0
    refused: int = 0
    stored: int = 0
    told_twice: int = 0
    slowest_seconds: float = 0.0
    most_megabytes: int = 0


def read_sheet(file: Path) -> tuple[bool, float]:
    """Whether a workbook has rows, and the seconds that it took; whatever the library raises refuses it."""
    began = time.process_time()
    try:
        has_rows = bool(list(xlsx_worker.rows(str(file), FileLimits())))
    except Exception:  # as `crm.feeds.engines.xlsx_worker.main` has it
        has_rows = False
    return has_rows, round(time.process_time() - began, 2)


def run_sheets(count: int, folder: Path) -> Tally:
    """Read workbooks without a process of their own for each."""
    tally = Tally()
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=500) as pool:
        for number in range(count):
            file = Mutant("xlsx", number).write(folder)
            has_rows, seconds = pool.apply(read_sheet, (file,))
            tally.slowest_seconds = max(tally.slowest_seconds, seconds)
            tally.files += 1
            tally.taken, tally.refused = tally.taken + has_rows, tally.refused + (not has_rows)
    tally.most_megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    return tally


def run(name: str, count: int, store_every: int, context: AppContext, folder: Path) -> Tally:
    """Read every mutant of a format; of some store what they tell, and store it again: then nothing changes."""
    tally, now = Tally(), datetime(2026, 11, 21, 2, tzinfo=UTC)
    for number in range(count):
        file = Mutant(name, number).write(folder)
        began = time.monotonic()
        found = read(file, date(2026, 11, 21))
        tally.slowest_seconds = max(tally.slowest_seconds, round(time.monotonic() - began, 2))
        tally.files += 1
        if service.check(found).rows:
            tally.taken += 1
            if number % store_every == 0:
                tally.stored += 1
                _store(found, context, now)
                again = _store(found, context, now)
                tally.told_twice += again.added + again.corrected + again.stopped
        else:
            tally.refused += 1
    own, children = (
        resource.getrusage(who).ru_maxrss >> 10 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    tally.most_megabytes = max(own, children)
    return tally


def _store(found: list[tuple[int, Item]], context: AppContext, now: datetime) -> ImportResult:
    seen: dict[int, int] = {}
    records = [one for line, one in found if isinstance(one, VisitRecord) and not service.second(seen, line, one)]
    return service.store(context, records, "mutant", now)


def main() -> None:
    """Run the mutants of the formats that are named, all of them else, and tell what came of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("formats", nargs="*", default=sorted(FORMATS))
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--store-every", type=int, default=20)
    given = parser.parse_args()
    failed = False
    for name in given.formats:
        with tempfile.TemporaryDirectory() as there, servers.valkey(Path(there)) as redis:
            folder = Path(there)
            settings = make_settings(folder, f"sqlite:///{folder}/mutants.db", redis)
            context = open_unchecked(settings)
            Row.metadata.create_all(context.database.engine)
            prove(context.database, context.keyring)
            count = given.count if name != "xlsx" else given.count // 50
            tallies = [run(name, count, given.store_every if name != "xlsx" else 1, context, folder)]
            context.close()
            if name == "xlsx":
                tallies.append(run_sheets(given.count, folder))
        for tally in tallies:
            failed |= bool(tally.told_twice) or tally.most_megabytes > 200 or tally.slowest_seconds > 30
            sys.stdout.write(json.dumps({"format": name, **asdict(tally)}) + "\n")
            sys.stdout.flush()
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
