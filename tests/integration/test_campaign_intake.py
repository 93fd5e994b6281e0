"""Discharges in: every kind of file and message on both databases; broken ones change nothing and say why."""

import asyncio
import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from campaigns.errors import ImportFault
from campaigns.importing import file_service
from campaigns.importing.file_service import FileImport, ImportOptions
from campaigns.importing.hl7 import mllp_service
from campaigns.importing.import_result import ImportResult
from campaigns.importing.watched_folder_service import WatchedFolder
from campaigns.planning import enrolment_service, plan, service
from hotline.context import AppContext, open_context
from hotline.models import Discharge, Patient, Recipient
from hotline.values.states.recipient import RecipientState
from tests.conftest import make_settings
from tests.integration.campaign_house import NOW

HEAD = ["病案号", "姓名", "出生日期", "联系电话", "病区", "病种", "出院日期", "同意随访"]
ROWS = [
    ["P1", "王芳", "1950-01-02", "13800000001", "外科", "手术", "2026-02-25", "是"],
    ["P2", "李敏", "1985-03-04", "13800000002", "内科", "", "2026-02-24", "是"],
    ["P3", "张伟", "1960-05-06", "13800000003", "内科", "糖尿病", "2026-02-24", "否"],
]
ADT = (
    "MSH|^~\\&|HIS|H|HOTLINE|H|20260301||ADT^{trigger}|{id}|P|2.5\rPID|1||{number}^^^H^MR||王^芳||19500102|F|||||13800000001\r"
    "PV1|1|I|外科^12||||||||||||||||V1|||||||||||||||||||||||||{admitted}|{discharged}\rDG1|1||I50.9^心衰^I10\r"
)


def csv_of(path: Path, rows: list[list[str]], encoding: str = "utf-8", head: list[str] = HEAD) -> Path:
    path.write_text("".join(",".join(row) + "\r\n" for row in [head, *rows]), encoding, newline="")
    return path


def taken(context: AppContext, file: Path, **options: bool) -> FileImport:
    return file_service.take(context, file, ImportOptions(**options), NOW)


def count(context: AppContext, row: type = Discharge) -> int:
    with context.database.read() as session:
        return session.scalar(select(func.count()).select_from(row)) or 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
def test_tables_are_taken_in_every_encoding_that_hospitals_use(
    context: AppContext, tmp_path: Path, encoding: str
) -> None:
    file = csv_of(tmp_path / "d.csv", ROWS, encoding)
    assert taken(context, file).stored == ImportResult(added=3)
    with context.database.read() as session:
        names = {row.name for row in session.scalars(select(Discharge))}
        patients = {row.name for row in session.scalars(select(Patient))}
    assert names == patients == {"王芳", "李敏", "张伟"}


def test_the_same_discharge_twice_is_one_and_another_content_corrects_it(context: AppContext, tmp_path: Path) -> None:
    file = csv_of(tmp_path / "d.csv", [*ROWS, ROWS[0]])
    assert taken(context, file).stored == ImportResult(added=3)
    again = taken(context, file)
    assert (again.stored, again.checked.repeated) == (ImportResult(known=3), 1)
    moved = csv_of(tmp_path / "e.csv", [[*ROWS[0][:3], "13900000009", *ROWS[0][4:]]])
    assert taken(context, moved, confirms=True).stored == ImportResult(corrected=1)
    assert count(context) == 3


def sheet(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for row in [HEAD, *rows]:
        book.active.append(row)
    book.save(path)
    return path


def test_a_workbook_is_taken_and_its_formulas_are_not(context: AppContext, tmp_path: Path) -> None:
    good = sheet(tmp_path / "d.xlsx", [[*row[:3], int(row[3]), *row[4:]] for row in ROWS])
    assert taken(context, good).stored == ImportResult(added=3)
    bad = sheet(tmp_path / "e.xlsx", [["P9", '=CONCATENATE("王","芳")', *ROWS[0][2:]]])
    found = taken(context, bad)
    assert found.stored is None
    assert [str(one) for one in found.checked.rejects] == ["line 2, name: is a formula; paste it as a value"]


SWAPPED = [[row[0], row[3], row[2], row[1], *row[4:]] for row in ROWS]


@pytest.mark.parametrize(
    ("rows", "fields"),
    [
        (SWAPPED, {"name", "phone"}),
        ([*ROWS, ["P4", "赵磊😀", *ROWS[0][2:]]], {"name"}),
        ([*ROWS, [*ROWS[0][:6], "02/03/2026", "是"]], {"discharged_on"}),
        ([*ROWS, ["P1", "别人", *ROWS[0][2:]]], {"patient_number"}),
        ([*ROWS, [*ROWS[0], "more"]], {"row"}),
    ],
    ids=["swapped", "emoji", "dates", "duplicate ids", "longer"],
)
def test_a_broken_table_leaves_the_database_unchanged_and_says_why(
    context: AppContext, tmp_path: Path, rows: list[list[str]], fields: set[str]
) -> None:
    found = taken(context, csv_of(tmp_path / "d.csv", rows))
    assert found.stored is None
    assert {reject.field for reject in found.checked.rejects} == fields
    assert count(context) == count(context, Patient) == 0
    if len(rows) > len(ROWS):
        assert taken(context, tmp_path / "d.csv", skips=True).stored == ImportResult(added=3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xff\xfe\xfa" * 20, "neither UTF-8"),
        ("姓名,电话\n".encode("utf-16-le") * 9, "UTF-16 without its mark"),
        (b"a,b,c\n1,2,3\n", "columns are missing"),
        (b"PK\x03\x04 no workbook", "no workbook"),
        (b"\xd0\xcf\x11\xe0 old", "old or password-protected"),
        (",".join([*HEAD, "姓名"]).encode(), "more than once"),
        (b"", "columns are missing"),
    ],
)
def test_a_file_that_is_no_table_says_so(context: AppContext, tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "d.csv"
    file.write_bytes(content)
    with pytest.raises(ImportFault, match=reason):
        taken(context, file)
    assert count(context) == 0


def resources(status: str = "finished", **patient: Any) -> list[dict[str, Any]]:
    person: dict[str, Any] = {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [{"value": "x"}, {"type": {"coding": [{"code": "MR"}]}, "value": "P1"}],
        "name": [{"family": "王", "given": ["芳"]}],
        "birthDate": "1950-01-02",
        "telecom": [{"system": "phone", "value": "13800000001", "use": "mobile"}],
    }
    return [
        person | patient,
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": status,
            "class": {"code": "IMP"},
            "subject": {"reference": "Patient/p1"},
            "period": {"start": "2026-02-20", "end": "2026-02-25T10:00:00+08:00"},
        },
        {
            "resourceType": "Condition",
            "id": "c1",
            "subject": {"reference": "Patient/p1"},
            "encounter": {"reference": "Encounter/e1"},
            "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I50.0"}]},
        },
    ]


@pytest.mark.parametrize("is_bundle", [True, False])
def test_fhir_is_taken_as_a_bundle_and_line_by_line(context: AppContext, tmp_path: Path, is_bundle: bool) -> None:
    file = tmp_path / ("b.json" if is_bundle else "b.ndjson")
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources()]}
    file.write_text(json.dumps(bundle) if is_bundle else "\n".join(map(json.dumps, resources())), "utf-8")
    assert taken(context, file, has_consent=True).stored == ImportResult(added=1)
    with context.database.read() as session:
        (row,) = session.scalars(select(Discharge))
    assert (row.patient_number, row.name, row.condition) == ("P1", "王芳", "heart_failure")
    assert (row.number, row.has_consent) == ("+8613800000001", True)


def test_fhir_with_a_field_that_cannot_be_read_is_refused_with_its_place(context: AppContext, tmp_path: Path) -> None:
    file = tmp_path / "b.ndjson"
    file.write_text("\n".join(map(json.dumps, resources(birthDate="long ago"))), "utf-8")
    found = taken(context, file)
    assert found.stored is None
    assert (found.checked.rejects[0].line, found.checked.rejects[0].field) == (2, "birth_date")


def planned(context: AppContext, tmp_path: Path) -> str:
    taken(context, csv_of(tmp_path / "first.csv", ROWS[:1]))
    service.make(context.database, "spring", plan.Scope(), NOW)
    assert enrolment_service.enrol(context, "spring", NOW).added == 2
    with context.database.read() as session:
        return session.scalars(select(Recipient.id).order_by(Recipient.opens_at)).all()[0]


@pytest.mark.parametrize(
    ("change", "reason"), [({"deceasedBoolean": True}, plan.DIED), ({"status": "in-progress"}, plan.READMITTED)]
)
def test_a_death_or_readmission_in_fhir_stops_all_calls(
    context: AppContext, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    first = planned(context, tmp_path)
    file = tmp_path / "b.ndjson"
    raw = resources(**change)
    if reason == plan.READMITTED:
        raw[1]["period"] = {"start": "2026-03-01"}
    file.write_text("\n".join(map(json.dumps, raw)), "utf-8")
    assert taken(context, file, skips=True).stored is not None
    with context.database.read() as session:
        row = session.get_one(Recipient, first)
    assert (row.state, row.reason) == (RecipientState.STOPPED, reason)


def adt(trigger: str = "A03", number: str = "P1", discharged: str = "20260225", message: str = "1") -> str:
    return ADT.format(trigger=trigger, number=number, id=message, admitted="20260301", discharged=discharged)


def test_hl7_messages_in_a_file_are_taken(context: AppContext, tmp_path: Path) -> None:
    file = tmp_path / "m.hl7"
    file.write_bytes(f"\x0b{adt()}\x1c\r\x0b{adt(number='P2', message='2')}\x1c\r".encode())
    assert taken(context, file, has_consent=True).stored == ImportResult(added=2)
    assert taken(context, file, has_consent=True).stored == ImportResult(known=2)


def test_messages_over_mllp_are_acknowledged_once_they_are_stored(context: AppContext, tmp_path: Path) -> None:
    first = planned(context, tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stop, listener = threading.Event(), mllp_service.Listener(context, has_consent=True)
    thread = threading.Thread(target=lambda: asyncio.run(listener.serve("127.0.0.1", port, stop)))
    thread.start()

    async def send(*texts: str) -> list[str]:
        for _ in range(200):
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except ConnectionError:
                await asyncio.sleep(0.02)
        answers = []
        for text in texts:
            writer.write(b"\x0b" + text.encode() + b"\x1c\r")
            answers.append((await reader.readuntil(b"\x1c\r")).decode())
        writer.close()
        return answers

    try:
        bad = adt(discharged="", message="2")
        answers = asyncio.run(send(adt(number="P7"), bad, "nonsense", adt("A01", message="4")))
    finally:
        stop.set()
        thread.join()
    expected = ("MSA|AA|1", "MSA|AE|2", "MSA|AR|", "MSA|AA|4")
    assert all(part in answer for part, answer in zip(expected, answers, strict=True)), answers
    assert count(context) == 2
    with context.database.read() as session:
        assert session.get_one(Recipient, first).reason == plan.READMITTED  # A01: in hospital again


def test_the_watched_folder_takes_each_file_once_and_puts_it_away_with_a_report(
    tmp_path: Path, sqlite_url: str, redis_server: str
) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    context = open_context(make_settings(tmp_path, sqlite_url, redis_server, campaign_inbox=folder))
    csv_of(folder / "good.csv", ROWS)
    csv_of(folder / "bad.csv", SWAPPED)
    (folder / "note.pdf").write_bytes(b"not ours")
    written = datetime.fromtimestamp((folder / "note.pdf").stat().st_mtime, UTC)
    now = written + timedelta(minutes=1)
    watched = WatchedFolder(context)
    assert watched.sweep(written - timedelta(minutes=1)) == 0  # still being written
    assert watched.sweep(now) == 2
    assert watched.sweep(now) == 0
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [
        "bad.csv",
        "bad.csv.report.txt",
        "good.csv",
        "good.csv.report.txt",
        "note.pdf",
    ]
    text = (folder / "refused" / "bad.csv.report.txt").read_text("utf-8")
    assert "line 2, name: is a number" in text
    assert "The database is unchanged." in text
    assert count(context) == 3
    context.close()
