"""The watched folder goes on whatever lies in it: files are taken or refused with a report, exports are waited for."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from campaigns.importing import watched_report_file
from campaigns.importing.watched_folder_service import PATIENCE, WatchedFolder
from console.web.app import create
from hotline.context import AppContext, open_context
from hotline.models import Discharge, User
from hotline.values.access import Role
from tests.conftest import make_settings
from tests.integration.campaign_house import NOW
from tests.support.morning import hashed
from tests.support.staff import signed_in

CASES = Path(__file__).resolve().parents[2] / ".." / "shared" / "cases"
HEAD = "patient_number,name,phone,discharged_on,consent\n"
# When the files of these tests were written, and a look long after.
WRITTEN, LATER = NOW - timedelta(hours=1), NOW


class Folder:
    """A watched folder with its files."""

    def __init__(self, context: AppContext, path: Path) -> None:
        """Watch `path`."""
        self.context, self.path, self._watched = context, path, WatchedFolder(context)

    def put(self, name: str, content: str | bytes, at: datetime = WRITTEN) -> Path:
        """Leave a file there."""
        file = self.path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(file, (at.timestamp(), at.timestamp()))
        return file

    def sweep(self, now: datetime = LATER) -> int:
        """Look once."""
        return self._watched.sweep(now)

    def names(self, where: str = "") -> list[str]:
        """The files here, or in `done` or `refused`."""
        folder = self.path / where
        return sorted(file.name for file in folder.iterdir() if file.is_file()) if folder.is_dir() else []

    def report(self, name: str) -> str:
        """The report on a file that was refused."""
        return (self.path / "refused" / f"{name}.report.txt").read_text("utf-8")

    def count(self) -> int:
        """The discharges that are stored."""
        with self.context.database.read() as session:
            return session.scalar(select(func.count()).select_from(Discharge)) or 0


@pytest.fixture
def folder(tmp_path: Path, sqlite_url: str, redis_server: str) -> Iterator[Folder]:
    """An empty watched folder."""
    path = tmp_path / "in"
    path.mkdir()
    context = open_context(
        make_settings(tmp_path, sqlite_url, redis_server, campaign_inbox=path, campaign_consent=True)
    )
    yield Folder(context, path)
    context.close()


def row(number: int) -> str:
    """A discharge."""
    return f"P{number},林晓,1380000{number:04},2026-02-25,yes\n"


BROKEN: dict[str, str | bytes] = {
    "quote.csv": HEAD + 'M1,"x,1\n',
    "longfield.csv": HEAD + "M1," + "x" * 70_000,
    "nul.csv": HEAD + "M1,林\0晓,13800000001,2026-02-25,yes\n",
    "noise.xlsx": b"PK\x03\x04" + b"\xff" * 100,
    "old.xls": b"\xd0\xcf\x11\xe0",
    "empty.json": "",
    "cut.json": '{"resourceType": "Bundle", "entry": [',
    "deep.json": "[" * 200_000,
    "number.json": "7",
    "junk.hl7": "hello",
    "empty.hl7": "\r\n",
    "latin.csv": (HEAD + "M1,Ren\xe9e,13800000001,2026-02-25,yes\n").encode("cp1252"),
    "heads.csv": "a,b\n1,2\n",
}


def test_no_file_however_broken_keeps_the_next_one_out(folder: Folder) -> None:
    for name, content in BROKEN.items():
        folder.put(name, content)
    folder.put("zz-good.csv", HEAD + row(1))
    folder.sweep()
    folder.sweep(LATER + PATIENCE + timedelta(minutes=1))
    assert folder.names() == []
    assert folder.names("done") == ["zz-good.csv", "zz-good.csv.report.txt"]
    assert [name for name in folder.names("refused") if not name.endswith(".report.txt")] == sorted(BROKEN)
    for name in BROKEN:
        text = folder.report(name)
        assert text.strip()
        assert "晓" not in text
        assert "13800000001" not in text
    assert "line 2" in folder.report("quote.csv")
    assert "line 2, name" in folder.report("nul.csv")
    assert folder.count() == 1


@pytest.mark.parametrize(
    "name", ["xlsx/60-cut-sheet.xlsx", "fhir/62-bundle-nulls.json", "csv/enc-cp1252b.csv", "other/away-longfield.csv"]
)
def test_files_of_the_field_that_are_refused_leave_a_clear_line(folder: Folder, name: str) -> None:
    file = CASES / name
    folder.put(file.name, file.read_bytes())
    folder.sweep()
    folder.sweep(LATER + PATIENCE + timedelta(minutes=1))
    assert file.name in folder.names("refused")
    assert file.name in folder.report(file.name)


def test_what_was_refused_is_told_to_staff_until_it_is_taken_away(folder: Folder) -> None:
    assert watched_report_file.refused(folder.context.settings) == []
    folder.put("bad.csv", "a\n")
    folder.put("good.csv", HEAD + row(1))
    folder.sweep()
    assert [one.name for one in watched_report_file.refused(folder.context.settings)] == ["bad.csv"]
    (folder.path / "refused" / "bad.csv").unlink()
    assert watched_report_file.refused(folder.context.settings) == []


def test_files_of_one_name_are_all_kept(folder: Folder) -> None:
    for number in range(1, 4):
        folder.put("d.csv", HEAD + row(number))
        folder.sweep()
        folder.put("e.csv", "a\n")
        folder.sweep()
    assert [name for name in folder.names("done") if name.endswith(".csv")] == ["d-2.csv", "d-3.csv", "d.csv"]
    assert [name for name in folder.names("refused") if name.endswith(".csv")] == ["e-2.csv", "e-3.csv", "e.csv"]
    assert folder.count() == 3


def test_a_file_that_is_still_being_written_is_not_taken(folder: Folder) -> None:
    folder.put("d.csv", HEAD, at=LATER - timedelta(seconds=2))
    folder.put("~$d.xlsx", b"lock")
    folder.put(".d.csv", HEAD + row(9))
    assert folder.sweep() == 0
    folder.put("d.csv", HEAD + row(1), at=LATER)
    assert folder.sweep(LATER + timedelta(seconds=4)) == 0
    assert folder.sweep(LATER + timedelta(seconds=6)) == 1
    assert folder.count() == 1


def test_a_file_from_a_machine_whose_clock_is_ahead_is_taken_once_it_does_not_grow(folder: Folder) -> None:
    folder.put("d.csv", HEAD + row(1), at=LATER + timedelta(days=2))
    assert folder.sweep(LATER) == 0
    assert folder.sweep(LATER + timedelta(seconds=6)) == 1


def test_a_name_that_is_no_text_is_no_hindrance(folder: Folder) -> None:
    name = os.fsdecode(b"\xff\xfe\xc3.csv")
    folder.put(name, "a\n")
    folder.put("good.csv", HEAD + row(1))
    assert folder.sweep() == 2
    assert len(watched_report_file.refused(folder.context.settings)) == 1
    assert folder.count() == 1


def test_the_files_of_an_export_are_waited_for(folder: Folder) -> None:
    folder.put(
        "60-Encounter.ndjson", (CASES / "fhir" / "60-Encounter.ndjson").read_bytes().replace(b"2026-11", b"2026-01")
    )
    folder.put("good.csv", HEAD + row(1))
    assert folder.sweep() == 1
    assert folder.sweep(LATER + timedelta(minutes=1)) == 0
    assert folder.names() == ["60-Encounter.ndjson"]
    folder.put("60-Patient.ndjson", (CASES / "fhir" / "60-Patient.ndjson").read_bytes())
    assert folder.sweep(LATER + timedelta(minutes=2)) == 2
    assert folder.count() == 2
    assert folder.names("refused") == []


def test_an_export_that_stays_incomplete_is_refused_with_what_is_missing(folder: Folder) -> None:
    folder.put("60-Patient.ndjson", (CASES / "fhir" / "60-Patient.ndjson").read_bytes())
    assert folder.sweep() == 0
    assert folder.sweep(LATER + PATIENCE + timedelta(seconds=1)) == 1
    assert "give the Encounter and Patient files" in folder.report("60-Patient.ndjson")


def test_one_unreadable_file_of_an_export_does_not_refuse_the_others(folder: Folder) -> None:
    encounters = (CASES / "fhir" / "60-Encounter.ndjson").read_bytes().replace(b"2026-11", b"2026-01")
    folder.put("Encounter.ndjson", encounters)
    folder.put("Patient.ndjson", (CASES / "fhir" / "60-Patient.ndjson").read_bytes())
    folder.put("Observation.ndjson", b"\xff\xfe\xfa not text")
    folder.sweep()
    folder.sweep(LATER + timedelta(seconds=5))
    assert [name for name in folder.names("refused") if name.endswith(".ndjson")] == ["Observation.ndjson"]
    assert folder.count() == 1


def test_a_file_that_cannot_be_moved_is_not_taken_again_and_again(folder: Folder) -> None:
    folder.put("a.csv", HEAD + row(1))
    folder.put("b.csv", HEAD + row(2))
    (folder.path / "done").write_text("no folder", "utf-8")
    assert folder.sweep() == 2
    assert folder.sweep(LATER + timedelta(minutes=1)) == 0
    assert folder.count() == 2


def test_while_the_database_is_away_files_stay_where_they_are(folder: Folder) -> None:
    folder.put("a.csv", HEAD + row(1))
    database = Path(folder.context.settings.database.removeprefix("sqlite:///"))
    folder.context.database.engine.dispose()
    database.rename(database.with_suffix(".away"))
    database.mkdir()
    folder.sweep()
    assert folder.names() == ["a.csv"]
    database.rmdir()
    database.with_suffix(".away").rename(database)
    assert folder.sweep() == 1
    assert folder.count() == 1


def test_in_the_hospitals_own_zone_the_day_is_the_hospitals(folder: Folder) -> None:
    early = datetime(2026, 3, 1, 17, tzinfo=UTC)  # the second of March in Shanghai
    folder.put("a.csv", HEAD + row(1).replace("2026-02-25", "2026-03-02"), at=early - timedelta(hours=1))
    folder.sweep(early)
    assert folder.count() == 1


def test_staff_see_which_files_were_refused(folder: Folder) -> None:
    folder.put("出院名单.csv", "a\n")
    folder.sweep()
    with folder.context.database.write() as session:
        user = User(login=Role.SUPERVISOR.value, name="主管", role=Role.SUPERVISOR, password=hashed())
        session.add(user)
    app = create(folder.context)
    staff = signed_in(app, Role.SUPERVISOR)
    assert "出院名单.csv" in staff.open("/campaigns").text
    (folder.path / "refused" / "出院名单.csv").unlink()
    assert "出院名单.csv" not in staff.open("/campaigns").text
    app.extensions["live_campaigns"].close()
