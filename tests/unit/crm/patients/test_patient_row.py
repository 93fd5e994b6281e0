"""One row of a list of patients, whatever stands in it: a patient, or what is wrong with the row."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.feeds.table_row import TableRow
from crm.patients import patient_row
from crm.patients.patient_row import HEADS, ListedPatient
from hotline.values.language import Language

TODAY = date(2026, 11, 29)
GOOD = {"number": "13800000011", "name": "林晓"}


def read(**cells: str) -> object:
    """What becomes of the good row with these cells."""
    return patient_row.read(TableRow(2, GOOD | cells), TODAY, "")


def test_a_row_as_hospitals_write_it_is_taken() -> None:
    told = {
        "birth_date": "1960/1/2",
        "flags": "心脏病、糖尿病",
        "language": "英语",
        "do_not_call": "是",
        "died_on": "2026-11",
    }
    assert read(**told) == ListedPatient(
        number="+8613800000011",
        name="林晓",
        birth_date=date(1960, 1, 2),
        flags=frozenset({"cardiac", "diabetic"}),
        adds=frozenset({"do_not_call", "deceased"}),
        language=Language.ENGLISH,
    )


@pytest.mark.parametrize("text", ["", "否", "不详", "-", "NULL", "0000-00-00", "#N/A"])
def test_nobody_is_dead_for_want_of_a_date(text: str) -> None:
    assert read(died_on=text) == ListedPatient("+8613800000011", "林晓")


@given(st.dictionaries(st.sampled_from(sorted(HEADS)), st.text(max_size=30)), st.sampled_from(("", "010")))
def test_no_cell_however_strange_is_a_fault_of_ours(cells: dict[str, str], area_code: str) -> None:
    made = patient_row.read(TableRow(2, GOOD | cells), TODAY, area_code)
    assert isinstance(made, ListedPatient) or made
    if not isinstance(made, ListedPatient):
        assert {reject.field for reject in made} <= set(HEADS)
