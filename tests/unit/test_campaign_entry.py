"""A discharge's fields: what is taken, what is refused and how that is said, without repeating what stood there."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import entry
from campaigns.entry import Entry
from crm.rejects import Reject
from hotline.values import Language

TODAY = date(2026, 3, 10)
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


def rejects(**cells: str) -> list[Reject]:
    """What is wrong with the good row after these changes."""
    made = entry.read(GOOD | cells, 7, TODAY, "Asia/Shanghai")
    assert isinstance(made, list), made
    return made


def test_a_row_as_hospitals_write_it_is_taken() -> None:
    made = entry.read(GOOD, 7, TODAY, "Asia/Shanghai")
    assert made == Entry(
        patient_number="P001",
        stay="2026-03-01",
        name="王芳",
        birth_date=date(1950, 1, 2),
        number="+8613800000001",
        discharged_on=date(2026, 3, 1),
        language=Language.MANDARIN,
        zone="Asia/Shanghai",
        ward="外科三病区",
        condition="heart_failure",
        codes=("I50.9", "E11"),
        has_consent=True,
        refused_days=frozenset({5, 6}),
        preferred=("14:00", "17:00"),
    )


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ({"name": "13800000001"}, "name", "are the columns swapped"),
        ({"phone": "王芳"}, "phone", "are the columns swapped"),
        ({"name": "王芳😀"}, "name", "emoji"),
        ({"name": "=A1&B1"}, "name", "formula"),
        ({"name": ""}, "name", "is empty"),
        ({"phone": "1.38E+10"}, "phone", "rounded"),
        ({"phone": "12"}, "phone", "no telephone number"),
        ({"patient_number": ""}, "patient_number", "is empty"),
        ({"patient_number": "1.2e+15"}, "patient_number", "rounded"),
        ({"discharged_on": "03/04/2026"}, "discharged_on", "cannot be told apart"),
        ({"discharged_on": "2026-02-30"}, "discharged_on", "no such day"),
        ({"discharged_on": "2027-01-01"}, "discharged_on", "after today"),
        ({"discharged_on": ""}, "discharged_on", "is needed"),
        ({"birth_date": "2026-03-05"}, "birth_date", "swapped"),
        ({"consent": "maybe"}, "consent", "neither yes nor no"),
        ({"diagnosis": "heart"}, "diagnosis", "no ICD-10 code"),
        ({"refused_days": "someday"}, "refused_days", "no day"),
        ({"preferred": "17:00-14:00"}, "preferred", "ends before it begins"),
        ({"preferred": "afternoon"}, "preferred", "no span of time"),
        ({"language": "fr"}, "language", "is none of"),
        ({"zone": "Mars/Base"}, "zone", "no time zone"),
        ({"condition": "头疼！"}, "condition", "no condition"),
        ({"ward": "x" * 100}, "ward", "longer than"),
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


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), st.text(max_size=30)))
def test_no_cell_however_strange_is_a_fault_of_ours(cells: dict[str, str]) -> None:
    made = entry.read(GOOD | cells, 1, TODAY, "Asia/Shanghai")
    assert isinstance(made, Entry) or made
