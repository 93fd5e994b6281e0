"""A discharge's fields: what is taken, what is refused and how that is said, without repeating what stood there."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.importing import validation
from campaigns.importing.record import DischargeFacts, VisitClass, VisitEvent, VisitRecord
from campaigns.importing.validation import SourceDefaults, UncheckedEvent
from crm.feeds.rejected_field import RejectedField
from hotline.values.language import Language

TODAY = date(2026, 3, 10)
GIVEN = SourceDefaults(TODAY)
GOOD = {
    "patient_number": "P001",
    "name": "王芳",
    "birth_date": "1950/1/2",
    "phone": "138 0000 0001",
    "discharged_on": "2026年3月1日",
    "consent": "是",
    "ward": "外科三病区",
    "diagnosis": "I50.9; E11",
    "refused_days": "周六、周日",
    "preferred": "14:00-17:00",
    "language": "中文",
}


def read(**cells: str) -> VisitRecord | list[RejectedField]:
    """The good row after these changes."""
    return validation.read(UncheckedEvent(line=7, cells=GOOD | cells), GIVEN)


def record(**cells: str) -> VisitRecord:
    """What the good row is after these changes; it must be taken."""
    made = read(**cells)
    assert isinstance(made, VisitRecord), made
    return made


def rejects(**cells: str) -> list[RejectedField]:
    """What is wrong with the good row after these changes."""
    made = read(**cells)
    assert isinstance(made, list), made
    return made


def facts(**cells: str) -> DischargeFacts:
    """The facts of the good row after these changes."""
    found = record(**cells).facts
    assert found is not None
    return found


def test_a_row_as_hospitals_write_it_is_taken() -> None:
    assert record() == VisitRecord(
        event=VisitEvent.DISCHARGED,
        patient_number="P001",
        happened_on=date(2026, 3, 1),
        facts=DischargeFacts(
            name="王芳",
            birth_date=date(1950, 1, 2),
            number="+8613800000001",
            language=Language.MANDARIN,
            zone="Asia/Shanghai",
            ward="外科三病区",
            condition="heart_failure",
            codes=("I50.9", "E11"),
            has_consent=True,
            refused_days=frozenset({5, 6}),
            preferred=("14:00", "17:00"),
        ),
    )


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ({"name": "13800000001"}, "name", "are the columns swapped"),
        ({"phone": "王芳"}, "phone", "are the columns swapped"),
        ({"name": "王芳😀"}, "name", "emoji"),
        ({"name": "=A1&B1"}, "name", "formula"),
        ({"name": ""}, "name", "is empty"),
        ({"name": "王\0芳"}, "name", "cannot be printed"),
        ({"phone": "1.38E+10"}, "phone", "rounded"),
        ({"phone": "12"}, "phone", "number"),
        ({"patient_number": ""}, "patient_number", "is empty"),
        ({"patient_number": "NULL"}, "patient_number", "stands for no number"),
        ({"patient_number": "1.2e+15"}, "patient_number", "rounded"),
        ({"discharged_on": "03/04/2026"}, "discharged_on", "cannot be told apart"),
        ({"discharged_on": "2026-02-30"}, "discharged_on", "no such day"),
        ({"discharged_on": "2027-01-01"}, "discharged_on", "after today"),
        ({"discharged_on": "2026-02"}, "discharged_on", "the day is needed"),
        ({"discharged_on": ""}, "discharged_on", "is needed"),
        ({"discharged_on": "-"}, "discharged_on", "is needed"),
        ({"birth_date": "2026-03-05"}, "birth_date", "swapped"),
        ({"birth_date": "long ago"}, "birth_date", "no date"),
        ({"consent": "maybe"}, "consent", "neither yes nor no"),
        ({"refused_days": "someday"}, "refused_days", "no day"),
        ({"preferred": "17:00-14:00"}, "preferred", "ends before it begins"),
        ({"preferred": "afternoon"}, "preferred", "no span of time"),
        ({"zone": "Mars/Base"}, "zone", "no time zone"),
        ({"ward": "x" * 100}, "ward", "longer than"),
        ({"visit": "x" * 100}, "visit", "longer than"),
    ],
)
def test_what_cannot_be_taken_is_named_with_line_field_and_reason(
    cells: dict[str, str], field: str, reason: str
) -> None:
    (found,) = rejects(**cells)
    assert (found.line, found.field) == (7, field)
    assert reason in found.reason
    stood = next(iter(cells.values()))
    assert not stood or len(stood) < 3 or stood not in str(found)


def test_everything_wrong_with_a_row_is_told_at_once() -> None:
    assert {reject.field for reject in rejects(name="", phone="x", consent="?")} == {"name", "phone", "consent"}


@pytest.mark.parametrize("text", ["fr", "yue", "yue-CN", "客家话", "日本語", ""])
def test_a_language_that_we_do_not_speak_keeps_the_discharge(text: str) -> None:
    assert facts(language=text).language is Language.MANDARIN
    told = UncheckedEvent(line=1, cells=GOOD | {"language": text})
    made = validation.read(told, SourceDefaults(TODAY, language=Language.ENGLISH))
    assert isinstance(made, VisitRecord)
    assert made.facts is not None
    assert made.facts.language is Language.ENGLISH


@pytest.mark.parametrize("text", ["en", "eng", "en-GB", "en_US", "English", "英语"])
def test_english_is_known_however_it_is_written(text: str) -> None:
    assert facts(language=text).language is Language.ENGLISH


@pytest.mark.parametrize("text", ["chi", "zho", "zh", "cmn", "zh-Hans-CN", "Chinese", "国语", "ＺＨ"])
def test_chinese_is_mandarin_however_it_is_written(text: str) -> None:
    assert preferences_language(text) is Language.MANDARIN


def preferences_language(text: str) -> Language:
    """The language of this text where English is what is spoken else."""
    made = validation.read(
        UncheckedEvent(line=1, cells=GOOD | {"language": text}), SourceDefaults(TODAY, language=Language.ENGLISH)
    )
    assert isinstance(made, VisitRecord)
    assert made.facts is not None
    return made.facts.language


@pytest.mark.parametrize("text", ["-", "NULL", "#N/A", "无", ""])
def test_what_stands_for_nothing_is_empty_where_nothing_is_needed(text: str) -> None:
    found = facts(ward=text, diagnosis=text, condition=text, zone=text)
    assert (found.ward, found.codes, found.condition, found.zone) == ("", (), "general", GIVEN.zone)


@pytest.mark.parametrize("text", ["1950", "1950-01", "195001", "1950年1月"])
def test_a_birth_date_that_is_only_a_part_is_left_out_and_the_discharge_kept(text: str) -> None:
    assert facts(birth_date=text).birth_date is None


def test_a_condition_that_no_plan_knows_is_general_and_refuses_nothing() -> None:
    assert facts(condition="头疼！", diagnosis="").condition == "general"
    assert facts(condition="hip_fracture").condition == "hip_fracture"


@pytest.mark.parametrize(
    "cells",
    [
        {"died_on": "2026-03-02"},
        {"died_on": "2026"},
        {"died_on": "3月2日"},
        {"died_on": "是"},
        {"is_dead": "Y"},
        {"disposition": "5"},
        {"disposition": "死亡"},
        {"disposition": "exp"},
        {"disposition": "20"},
        {"disposition": "Expired"},
        {"disposition": "01\n病人死亡"},
        {"diagnosis": "I46.1"},
        {"diagnosis": "I50.9 心力衰竭 院内死亡"},
    ],
)
def test_the_dead_are_known_however_it_is_told_also_where_the_rest_cannot_be_taken(cells: dict[str, str]) -> None:
    assert record(**cells).is_dead
    found = record(**cells, phone="", name="")
    assert (found.is_dead, found.facts) == (True, None)


@pytest.mark.parametrize(
    "cells",
    [
        {"died_on": "0000-00-00"},
        {"died_on": "99991231"},
        {"died_on": "1900-01-01"},
        {"died_on": "-"},
        {"died_on": "否"},
        {"is_dead": "N"},
        {"disposition": "05"},
        {"disposition": "01"},
        {"disposition": "医嘱离院"},
        {"diagnosis": "O36.4 胎死宫内"},
        {"diagnosis": "心肌坏死"},
    ],
)
def test_the_living_are_not_taken_for_dead(cells: dict[str, str]) -> None:
    assert not record(**cells).is_dead


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("2026-03-02", date(2026, 3, 2)),
        ("2026-02", date(2026, 2, 28)),
        ("2025", date(2025, 12, 31)),
        ("unknown day", None),
    ],
)
def test_a_date_of_death_may_be_a_part_of_one(text: str, last: date | None) -> None:
    assert record(died_on=text).died_on == last


def test_of_a_visit_that_nobody_is_called_for_only_the_number_must_be_right() -> None:
    told = UncheckedEvent(
        line=1, cells={"patient_number": "P1"}, event=VisitEvent.DISCHARGED, visit_class=VisitClass.OUTPATIENT
    )
    made = validation.read(told, GIVEN)
    assert isinstance(made, VisitRecord)
    assert made.facts is None
    cancelled = validation.read(UncheckedEvent(line=1, cells={}, event=VisitEvent.DISCHARGE_CANCELLED), GIVEN)
    assert isinstance(cancelled, list)
    assert [reject.field for reject in cancelled] == ["patient_number"]


def test_two_numbers_that_are_merged_must_both_be_right() -> None:
    told = UncheckedEvent(line=1, cells={"patient_number": "P1", "merged_from": "NULL"}, event=VisitEvent.MERGED)
    made = validation.read(told, GIVEN)
    assert isinstance(made, list)
    assert [reject.field for reject in made] == ["merged_from"]


@given(st.dictionaries(st.sampled_from(sorted({*GOOD, "died_on", "disposition"})), st.text(max_size=30)))
def test_no_cell_however_strange_is_a_fault_of_ours(cells: dict[str, str]) -> None:
    made = validation.read(UncheckedEvent(line=1, cells=GOOD | cells), GIVEN)
    assert isinstance(made, VisitRecord) or made
