"""One set of people, good and bad, told through every door: the same records, the same refusals, the same rows."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from campaigns.importing import file_service
from campaigns.importing.file_service import ImportOptions
from campaigns.importing.hl7 import file as hl7_file
from campaigns.importing.hl7 import mllp_service
from campaigns.importing.record import VisitRecord
from campaigns.importing.watched_folder_service import WatchedFolder
from campaigns.planning import absence_service
from crm.feeds.file_limits import FileLimits
from crm.feeds.rejected_field import RejectedField
from crm.patients import service
from hotline import clock
from hotline.context import AppContext, open_context
from hotline.models import Discharge, Patient, Recipient
from tests.conftest import make_settings
from tests.integration.campaign_house import NOW

HEAD = [
    "病案号",
    "姓名",
    "出生日期",
    "联系电话",
    "病区",
    "出院诊断编码",
    "出院日期",
    "同意随访",
    "语言",
    "住院次数",
    "离院方式",
]


@dataclass(frozen=True)
class Person:
    """Somebody who was discharged, as they are written down; `refused` are the fields for which they are not taken."""

    number: str
    name: str
    phone: str
    born: str = "1950-01-02"
    ward: str = "外科"
    diagnosis: str = "I50.900x018"
    language: str = "zh"
    discharged: str = "2026-02-25"
    disposition: str = ""
    refused: frozenset[str] = field(default=frozenset())


GOOD = (
    Person("P1", "王芳", "13800000001"),
    Person("‭00042‬", "李\u200b敏", "+86 138-0000-0002"),
    Person("P3", "王𱖎", "010-66880000", born="1960"),
    Person("P4", "O´Brien", "0571-88880000", language="yue"),
    Person("P5", "张伟", "１３８００００００１１", diagnosis="心力衰竭", language="en"),
    Person("42.0", "赵磊", "13800138000.0", diagnosis="E11.2† N08.3*"),
    Person("P7", "阿依古丽·买买提", "8613800000007", born=""),
    Person("P8", "林晓", "", disposition="死亡"),
    Person("P9", "周杰", "13800000009", discharged="20260225"),
)
BAD = (
    Person("NULL", "林晓", "13800000001", refused=frozenset({"patient_number"})),
    Person("B2", "#N/A", "13800000001", refused=frozenset({"name"})),
    Person("B3", "林晓", "12345678901", refused=frozenset({"phone"})),
    Person("B4", "林晓", "66880000", refused=frozenset({"phone"})),
    Person("B5", "13800000001", "林晓", refused=frozenset({"name", "phone"})),
    Person("B6", "林晓", "13800000001", born="2026-02-30", refused=frozenset({"birth_date"})),
    Person("B7", "林晓", "13800000001", discharged="", refused=frozenset({"discharged_on"})),
    Person("4.2E+17", "林晓", "13800000001", refused=frozenset({"patient_number"})),
    Person("B9", "林晓😀", "95588", refused=frozenset({"name", "phone"})),
    Person("C1", "林晓", "13800000001", discharged="2031-01-01", refused=frozenset({"discharged_on"})),
)
PEOPLE = GOOD + BAD


def row(person: Person) -> list[str]:
    """The person as a row of a table."""
    visit = person.number[-2:].strip("\u202c") + "-1"
    who = [person.number, person.name, person.born, person.phone]
    return [*who, person.ward, person.diagnosis, person.discharged, "是", person.language, visit, person.disposition]


def csv(folder: Path, people: tuple[Person, ...]) -> Path:
    """A CSV file of these people."""
    file = folder / "people.csv"
    file.write_text("".join(",".join(cells) + "\r\n" for cells in [HEAD, *map(row, people)]), "gb18030", newline="")
    return file


def xlsx(folder: Path, people: tuple[Person, ...]) -> Path:
    """A workbook of these people."""
    book = openpyxl.Workbook()
    for cells in [HEAD, *map(row, people)]:
        book.active.append(cells)
        for cell in book.active[book.active.max_row]:
            cell.data_type = "s" if cell.value else "n"  # an error's name is typed as text here
    file = folder / "people.xlsx"
    book.save(file)
    return file


def fhir(folder: Path, people: tuple[Person, ...], by_line: bool = False) -> Path:
    """A FHIR file of these people."""
    resources: list[dict[str, object]] = []
    for number, one in enumerate(people):
        subject = {"reference": f"Patient/p{number}"}
        stay = {"dischargeDisposition": {"text": one.disposition}} if one.disposition else None
        resources += [
            {
                "resourceType": "Patient",
                "id": f"p{number}",
                "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": one.number}],
                "name": [{"text": one.name}],
                "birthDate": one.born,
                "telecom": [{"system": "phone", "value": one.phone}],
                "communication": [{"language": {"coding": [{"code": one.language}]}}],
            },
            {
                "resourceType": "Encounter",
                "id": f"e{number}",
                "identifier": [{"value": row(one)[9]}],
                "status": "finished",
                "class": {"code": "IMP"},
                "subject": subject,
                "period": {"end": one.discharged},
                "location": [{"location": {"display": one.ward}}],
                "hospitalization": stay,
            },
            {
                "resourceType": "Condition",
                "id": f"c{number}",
                "subject": subject,
                "encounter": {"reference": f"Encounter/e{number}"},
                "code": {"text": one.diagnosis},
            },
        ]
    file = folder / ("people.ndjson" if by_line else "people.json")
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}
    file.write_text("\n".join(map(json.dumps, resources)) if by_line else json.dumps(bundle), "utf-8")
    return file


def ndjson(folder: Path, people: tuple[Person, ...]) -> Path:
    """A FHIR file of these people, one resource a line."""
    return fhir(folder, people, by_line=True)


def message(one: Person, number: int) -> bytes:
    """The person's discharge as an HL7 message."""
    born, ended = one.born.replace("-", ""), one.discharged.replace("-", "")
    return "\r".join(
        (
            f"MSH|^~\\&|HIS|H|HOTLINE|H|||ADT^A03|{number}|P|2.5||||||GB 18030-2000",
            "EVN|A03|",
            f"PID|1||{one.number}^^^H^MR||{one.name}||{born}|F|||||{one.phone}||{one.language}",
            f"PV1|1|I|{one.ward}^12{'|' * 16}{row(one)[9]}{'|' * 17}{one.disposition}{'|' * 9}{ended}",
            f"DG1|1||^{one.diagnosis}",
        )
    ).encode("gb18030")


def hl7(folder: Path, people: tuple[Person, ...]) -> Path:
    """A file of HL7 messages about these people."""
    file = folder / "people.hl7"
    file.write_bytes(b"\r\r".join(message(one, number) for number, one in enumerate(people)))
    return file


WRITERS = [csv, xlsx, fhir, ndjson, hl7]
Writer = Callable[[Path, tuple[Person, ...]], Path]


def told(context: AppContext, file: Path) -> tuple[list[VisitRecord], list[set[tuple[str, str]]]]:
    """The records of a file, and the refusals of each row that is not taken: fields and reasons."""
    source = file_service.open_source(context.settings, [file], ImportOptions(has_consent=True), NOW)
    records, refusals = [], []
    for _, item in source.items():
        if isinstance(item, VisitRecord):
            records.append(item)
        else:
            refusals.append({(reject.field, reject.reason) for reject in item})
    return records, refusals


@pytest.mark.parametrize("write", WRITERS)
def test_every_format_gives_the_same_records_and_the_same_refusals(
    context: AppContext, tmp_path: Path, write: Writer
) -> None:
    expected, reasons = told(context, csv(tmp_path, PEOPLE))
    records, refusals = told(context, write(tmp_path, PEOPLE))
    assert records == expected
    assert refusals == reasons
    assert [{name for name, _ in each} for each in refusals] == [set(one.refused) for one in BAD]
    assert len(records) == len(GOOD)


def rows(context: AppContext) -> set[tuple[str, ...]]:
    """What is stored of each discharge that somebody may be called for."""
    with context.database.read() as session:
        return {
            (one.patient_number, one.name, one.birth_date, one.number, one.language, one.ward, one.condition)
            for one in session.scalars(select(Discharge))
        }


@pytest.fixture
def expected(context: AppContext, tmp_path: Path) -> set[tuple[str, ...]]:
    """The rows that CSV leads to, in a database that is empty again."""
    file_service.take(context, csv(tmp_path, PEOPLE), ImportOptions(skips=True), NOW)
    found = rows(context)
    assert len(found) == len(GOOD) - 1  # nobody calls for the dead
    with context.database.write() as session:
        for table in reversed(Discharge.metadata.sorted_tables):
            if table.name not in ("audit_log", "audit_heads"):  # rows of the audit log stay
                session.execute(table.delete())
    return found


@pytest.mark.parametrize("write", WRITERS)
def test_every_format_leads_to_the_same_rows(
    context: AppContext, tmp_path: Path, expected: set[tuple[str, ...]], write: Writer
) -> None:
    assert file_service.take(context, write(tmp_path, PEOPLE), ImportOptions(has_consent=True), NOW).stored is None
    assert rows(context) == set()
    taken = file_service.take(context, write(tmp_path, PEOPLE), ImportOptions(has_consent=True, skips=True), NOW)
    assert taken.stored is not None
    assert taken.checked.rejected == len(BAD)
    assert rows(context) == expected
    again = file_service.take(context, write(tmp_path, PEOPLE), ImportOptions(has_consent=True, skips=True), NOW)
    assert again.stored is not None
    assert (again.stored.added, again.stored.corrected) == (0, 0)


def test_mllp_leads_to_the_same_rows_and_acknowledges_each_message(
    context: AppContext, tmp_path: Path, expected: set[tuple[str, ...]]
) -> None:
    listener = mllp_service.Listener(context, has_consent=True)
    packet = hl7(tmp_path, PEOPLE).read_bytes()
    answers = [answer.decode("gb18030") for answer in listener.take(packet, NOW)]
    codes = [answer.split("MSA|")[1].split("|")[0:2] for answer in answers]
    numbers = [[str(number)] for number in range(len(PEOPLE))]
    assert [[code, number.strip()] for code, number in codes] == [
        ["AE" if one.refused else "AA", *number] for one, number in zip(PEOPLE, numbers, strict=True)
    ]
    assert rows(context) == expected
    assert all(one.name not in answer for one in PEOPLE for answer in answers if one.name.isalpha())


@pytest.mark.parametrize("write", WRITERS)
def test_the_watched_folder_leads_to_the_same_rows(
    tmp_path: Path, sqlite_url: str, redis_server: str, write: Writer
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    settings = make_settings(
        tmp_path, sqlite_url, redis_server, campaign_inbox=folder, campaign_consent=True, import_skips_rejected=True
    )
    context = open_context(settings)
    write(folder, PEOPLE)
    # What was written a moment ago may still grow: the folder is looked at as if a minute had passed.
    assert WatchedFolder(context).sweep(clock.now() + timedelta(minutes=1)) == 1
    assert {one[0] for one in rows(context)} == {"P1", "00042", "P3", "P4", "P5", "42", "P7", "P9"}
    (report,) = (folder / "done").glob("*.report.txt")
    text = report.read_text("utf-8")
    assert f"{len(BAD)} rows cannot be taken." in text
    assert all(one.number not in text and one.name not in text for one in PEOPLE if len(one.name) > 1 < len(one.number))
    context.close()


def test_a_record_told_as_a_batch_in_mllp_is_that_of_the_file(context: AppContext, tmp_path: Path) -> None:
    given = file_service.given(context.settings, NOW, has_consent=True)
    packet = b"FHS|^~\\&\rBHS|^~\\&\r" + message(GOOD[0], 1) + b"\r" + message(GOOD[1], 2) + b"\rBTS|2\rFTS|1\r"
    file = tmp_path / "batch.hl7"
    file.write_bytes(packet)
    assert len(list(hl7_file.read(file, given, FileLimits()))) == 2
    listener = mllp_service.Listener(context, has_consent=True)
    assert [b"MSA|AA|" in answer for answer in listener.take(packet, NOW)] == [True, True]


# What each door calls the fields that tell who somebody is.
WHO = {
    "name": "name",
    "phone": "phone",
    "number": "phone",
    "birth_date": "birth_date",
    "patient_number": "patient_number",
}
LISTED = tuple(replace(one, born=one.born if one.born != "1960" else "1960-05-06") for one in PEOPLE if one.phone)
TOMORROW = f"{NOW + timedelta(days=1):%Y-%m-%d 10:00}"


def who(rejects: Iterable[RejectedField]) -> dict[int, set[tuple[str, str]]]:
    """Of these refusals those of the person: field and reason, by line."""
    found: dict[int, set[tuple[str, str]]] = {}
    for reject in rejects:
        if reject.field in WHO:
            found.setdefault(reject.line, set()).add((WHO[reject.field], reject.reason))
    return found


def table(folder: Path, heads: str, cells: Callable[[Person], tuple[str, ...]]) -> Path:
    """A table of people under these heads."""
    file = folder / "table.csv"
    file.write_text("\n".join([heads, *(",".join(cells(one)) for one in LISTED)]) + "\n", "utf-8")
    return file


@pytest.fixture
def expected_refusals(context: AppContext, tmp_path: Path) -> dict[int, set[tuple[str, str]]]:
    """Who is refused as a discharge, and why."""
    source = file_service.open_source(context.settings, [csv(tmp_path, LISTED)], ImportOptions(), NOW)
    return who(reject for _, item in source.items() if isinstance(item, list) for reject in item)


def test_the_list_of_patients_refuses_the_same_people_for_the_same_reasons(
    context: AppContext, tmp_path: Path, expected_refusals: dict[int, set[tuple[str, str]]]
) -> None:
    file = table(tmp_path, "手机号,姓名,出生日期", lambda one: (one.phone, one.name, one.born))
    outcome = service.import_file(context, file, NOW, skips=True)
    others = {line: {one for one in each if one[0] != "patient_number"} for line, each in expected_refusals.items()}
    assert who(outcome.rejected) == {line: each for line, each in others.items() if each}
    discharges = file_service.take(context, csv(tmp_path, LISTED), ImportOptions(skips=True), NOW)
    assert discharges.stored is not None
    with context.database.read() as session:
        stored = {(one.number, one.name) for one in session.scalars(select(Patient))}
    assert {(number, name) for _, name, _, number, *_ in rows(context)} <= stored
    assert len(stored) == outcome.added  # the discharges of listed patients are theirs


def test_the_appointments_of_an_absent_doctor_refuse_the_same_people_for_the_same_reasons(
    context: AppContext, tmp_path: Path, expected_refusals: dict[int, set[tuple[str, str]]]
) -> None:
    def cells(one: Person) -> tuple[str, ...]:
        return one.number, one.name, one.born or "1950-01-02", one.phone, one.language, "王医生", TOMORROW, TOMORROW

    file = table(tmp_path, "病案号,姓名,出生日期,联系电话,语言,医生,预约时间,可选时间", cells)
    _, rejects = absence_service.take(context, "away", file, NOW, skips=True)
    assert who(rejects) == expected_refusals
    with context.database.read() as session:
        planned = {(one.name, one.number) for one in session.scalars(select(Recipient))}
    file_service.take(context, csv(tmp_path, LISTED), ImportOptions(skips=True), NOW)
    assert {(name, number) for _, name, _, number, *_ in rows(context)} <= planned
