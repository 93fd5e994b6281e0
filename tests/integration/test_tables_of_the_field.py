"""Lists of patients and tables of appointments as hospitals send them: each row is right or refused with a reason."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from campaigns.errors import ImportFault
from campaigns.planning import absence_service
from campaigns.stopping import patient_list_service
from crm.errors import UnreadableFile
from crm.patients import identity_index, service
from hotline.context import AppContext
from hotline.models import Patient, Recipient
from hotline.values.states.recipient import RecipientState

CASES = Path(__file__).resolve().parents[2] / ".." / "shared" / "cases" / "other"
NOW = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
HEAD = "patient_number,name,birth_date,phone,language,doctor,appointment,alternatives\n"
ROW = "M1,林晓,1960-01-02,13800000011,zh-CN,王医生,2026-12-10 09:00,2026-12-11 09:00\n"


def patients(context: AppContext) -> list[Patient]:
    """Everyone whom the hospital knows."""
    with context.database.read() as session:
        return list(session.scalars(select(Patient).order_by(Patient.id)))


def recipients(context: AppContext) -> list[Recipient]:
    """Everyone who is to be called."""
    with context.database.read() as session:
        return list(session.scalars(select(Recipient).order_by(Recipient.id)))


@pytest.mark.parametrize("case", ["good", "phone0", "longrow", "seconds", "semicolon", "slash", "zhheads"])
def test_an_appointment_is_the_same_however_the_table_is_written(context: AppContext, case: str) -> None:
    done, rejects = absence_service.take(context, case, CASES / f"away-{case}.csv", NOW)
    assert (done.added, rejects) == (1, [])
    (only,) = recipients(context)
    assert (only.name, only.birth_date, only.number) == ("林晓", "1960-01-02", "+8613800000011")
    assert only.notice == {
        "doctor": "王医生", "at": "2026-12-10T09:00:00+08:00", "others": ["2026-12-11T09:00:00+08:00"],
    }  # fmt: skip
    assert absence_service.take(context, case, CASES / "away-good.csv", NOW)[0].known == 1


@pytest.mark.parametrize(("case", "reason"), [("longfield", "line 2"), ("quote", "line 2")])
def test_a_broken_table_is_one_clear_line(context: AppContext, case: str, reason: str) -> None:
    with pytest.raises(ImportFault, match=reason) as fault:
        absence_service.take(context, case, CASES / f"away-{case}.csv", NOW)
    assert len(str(fault.value)) < 200
    assert recipients(context) == []


def test_a_sign_that_cannot_be_printed_is_refused_in_its_row(context: AppContext) -> None:
    _, rejects = absence_service.take(context, "nul", CASES / "away-nul.csv", NOW)
    assert [(reject.line, reject.field) for reject in rejects] == [(2, "name")]


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ("#N/A,林晓,1960-01-02,13800000011,,王医生,2026-12-10 09:00,2026-12-11 09:00", "patient_number", "no number"),
        ("M1,NULL,1960-01-02,13800000011,,王医生,2026-12-10 09:00,2026-12-11 09:00", "name", "no name"),
        ("M1,林晓,1960-01-02,66880000,,王医生,2026-12-10 09:00,2026-12-11 09:00", "phone", "area code"),
        ("M1,林晓,1960,13800000011,,王医生,2026-12-10 09:00,2026-12-11 09:00", "birth_date", "not a whole day"),
        ("M1,林晓,,13800000011,,王医生,2026-12-10 09:00,2026-12-11 09:00", "birth_date", "empty"),
        ("M1,林晓,1960-01-02,13800000011,,王医生,2026-12-10,2026-12-11 09:00", "appointment", "is no time"),
        ("M1,林晓,1960-01-02,13800000011,,王医生,2026-11-20 09:00,2026-12-11 09:00", "appointment", "over already"),
        ("M1,林晓,1960-01-02,13800000011,,,2026-12-10 09:00,2026-12-11 09:00", "doctor", "empty"),
        ("M1,=A1,1960-01-02,13800000011,,王医生,2026-12-10 09:00,2026-12-11 09:00", "name", "formula"),
        ("M1,林晓,1960-01-02,13800000011,,王医生,2026-12-10 09:00,2026-12-11 09:00,x", "row", "more cells"),
    ],
)
def test_an_appointment_is_checked_as_a_discharge_is(
    context: AppContext, tmp_path: Path, cells: str, field: str, reason: str
) -> None:
    file = tmp_path / "away.csv"
    file.write_text(HEAD + cells + "\n", "utf-8")
    _, rejects = absence_service.take(context, "away", file, NOW)
    assert [reject.field for reject in rejects] == [field]
    assert reason in rejects[0].reason
    assert recipients(context) == []


def test_good_appointments_are_planned_where_the_others_may_be_left_out(context: AppContext, tmp_path: Path) -> None:
    file = tmp_path / "away.csv"
    file.write_text(HEAD + ROW + ROW.replace("M1", "NULL").replace("11,zh", "12,zh"), "utf-8")
    done, rejects = absence_service.take(context, "away", file, NOW)
    assert (done.added, len(rejects)) == (0, 1)
    assert recipients(context) == []
    done, rejects = absence_service.take(context, "away", file, NOW, skips=True)
    assert (done.added, len(rejects)) == (1, 1)


def test_appointments_come_as_a_workbook_too(context: AppContext, tmp_path: Path) -> None:
    file = tmp_path / "away.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["姓名", "出生日期", "手机号", "医生", "就诊时间", "可选时间"])
    born = date(1960, 1, 2)
    at = datetime.combine(date(2026, 12, 10), time(9))  # a cell has no zone
    others = "2026年12月11日 9:00、2026/12/12 14:30"
    book.active.append(["林晓", born, 13800000011, "王医生", at, others])
    book.save(file)
    done, rejects = absence_service.take(context, "away", file, NOW)
    assert (done.added, rejects) == (1, [])
    assert recipients(context)[0].notice["others"] == ["2026-12-11T09:00:00+08:00", "2026-12-12T14:30:00+08:00"]


def test_a_table_without_an_appointment_is_no_success(context: AppContext, tmp_path: Path) -> None:
    file = tmp_path / "away.csv"
    file.write_text(HEAD, "utf-8")
    with pytest.raises(ImportFault, match="no appointment"):
        absence_service.take(context, "away", file, NOW)


def test_the_list_of_the_field_keeps_strangers_out(context: AppContext) -> None:
    outcome = service.import_file(context, CASES / "patients.csv", NOW)
    assert [(reject.line, reject.field) for reject in outcome.rejected] == [
        (3, "number"), (5, "number"), (8, "name"),
    ]  # fmt: skip
    assert patients(context) == []
    service.import_file(context, CASES / "patients.csv", NOW, skips=True)
    assert {(one.name, one.number) for one in patients(context)} == {
        ("林晓", "+8613800138000"),
        ("李敏", "+861066880000;ext=8"),
        ("周周", "+8613800000011"),
        ("吴吴", "+8619147005807"),
    }


def test_with_an_area_code_of_the_house_local_numbers_are_theirs(context: AppContext, tmp_path: Path) -> None:
    object.__setattr__(context, "settings", context.settings.model_copy(update={"phone_area_code": "010"}))
    file = tmp_path / "list.csv"
    file.write_text("number,name\n66880000,王芳\n", "utf-8")
    service.import_file(context, file, NOW)
    assert [one.number for one in patients(context)] == ["+861066880000"]


@pytest.mark.parametrize("case", ["patients-gbk", "patients-xlsxhead"])
def test_a_list_in_gbk_or_with_columns_of_others_is_read(context: AppContext, case: str) -> None:
    assert service.import_file(context, CASES / f"{case}.csv", NOW).added == 1
    (only,) = patients(context)
    assert (only.name, only.number) == ("林晓", "+8613800000011")


def test_another_spelling_of_name_or_number_is_no_other_patient(context: AppContext, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    spellings = [
        "13800000011,林晓",
        "+86 138-0000-0011,林 晓",
        "'13800000011.0,\u200b林晓*",
        "０１３８00000011,林\u3000晓",
    ]
    for number, spelling in enumerate(spellings):
        file.write_text(f"手机号,姓名\n{spelling}\n", "utf-8")
        assert service.import_file(context, file, NOW).added == (number == 0), spelling
    assert len(patients(context)) == 1


def test_who_was_stored_under_another_spelling_before_is_found_again(context: AppContext, tmp_path: Path) -> None:
    facts = {"number": "+8613800000011", "number_index": context.keyring.index("+8613800000011"), "name": "Mary Lin"}
    before = context.keyring.index("+8613800000011 Mary Lin")
    with context.database.write() as session:
        session.add(Patient(**facts, identity_index=before, added_at=NOW, changed_at=NOW))
    file = tmp_path / "list.csv"
    file.write_text("number,name,flags\n13800000011,Mary Lin,cardiac\n", "utf-8")
    outcome = service.import_file(context, file, NOW)
    assert (outcome.added, outcome.changed) == (0, 1)
    file.write_text("number,name,flags\n13800000011,MARY LIN,cardiac\n", "utf-8")
    assert service.import_file(context, file, NOW) == service.ImportOutcome(0, 0)


def test_a_caller_at_an_extension_is_known_by_the_line(context: AppContext, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("number,name\n010-62345678转801,王芳\n", "utf-8")
    service.import_file(context, file, NOW)
    (only,) = patients(context)
    assert only.number == "+861062345678;ext=801"
    assert only.number_index == context.keyring.index("+861062345678")
    assert only.number_index == identity_index.number_index(context.keyring, "+861062345678")


@pytest.mark.parametrize(
    "told", ["died_on\n13800000011,林 晓,2026-11", "死亡\n13800000011,林晓,是", "flags\n13800000011,林晓,已故"]
)
def test_whom_the_list_calls_dead_is_not_called_any_more(context: AppContext, tmp_path: Path, told: str) -> None:
    absence_service.take(context, "away", CASES / "away-good.csv", NOW)
    file = tmp_path / "list.csv"
    file.write_text(f"number,name,{told}\n", "utf-8")
    service.import_file(context, file, NOW)
    assert patient_list_service.follow(context, NOW).stopped == 1
    assert patient_list_service.follow(context, NOW).stopped == 0
    (only,) = recipients(context)
    assert (only.state, only.reason) == (RecipientState.STOPPED, "died")
    assert patients(context)[0].deceased
    file.write_text("number,name,flags\n13800000011,林晓,\n", "utf-8")
    service.import_file(context, file, NOW)
    assert patients(context)[0].deceased


def test_a_list_that_cannot_be_read_stores_nothing(context: AppContext, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    for content in (b"", b"number,name\n", b"number,name\n\xff\xff\xff,x\n", b"PK\x03\x04nonsense"):
        file.write_bytes(content)
        with pytest.raises(UnreadableFile):
            service.import_file(context, file, NOW)
    assert patients(context) == []
