"""What is sealed in a column opens in its own row and in no other, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import aliased

from hotline.context import AppContext
from hotline.encryption.keyring import Undecipherable, is_bound
from hotline.models import Case, Patient, Visit
from hotline.models.sealed import InRow, in_row
from hotline.values.language import Language
from hotline.values.states.case import CaseKind

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def a_patient(key: str, **other: Any) -> Patient:
    values = {
        "id": key, "name": f"name of {key}", "number": f"+86138000000{key}", "number_index": key, "identity_index": key,
        "language": Language.ENGLISH, "added_at": NOW, "changed_at": NOW,
    }  # fmt: skip
    return Patient(**values | other)


def raw(context: AppContext, column: str, key: str) -> bytes:
    with context.database.read() as session:
        return bytes(session.execute(text(f"SELECT {column} FROM patients WHERE id = :id"), {"id": key}).scalar_one())  # noqa: S608 (a name of this file)


def put(context: AppContext, column: str, key: str, sealed: bytes) -> None:
    with context.database.write() as session:
        session.execute(text(f"UPDATE patients SET {column} = :new WHERE id = :id"), {"new": sealed, "id": key})  # noqa: S608 (as above)


@pytest.fixture
def two(context: AppContext) -> AppContext:
    """A house with two patients, 01 and 02."""
    with context.database.write() as session:
        session.add_all([a_patient("01"), a_patient("02", birth_date="1950-01-02")])
    return context


def test_a_value_copied_to_another_row_does_not_open(two: AppContext) -> None:
    put(two, "name", "02", raw(two, "name", "01"))
    with two.database.read() as session:
        assert session.get_one(Patient, "01").name == "name of 01"
        with pytest.raises(Undecipherable):
            session.get_one(Patient, "02")
        with pytest.raises(Undecipherable):
            session.scalars(select(Patient.name).where(Patient.id == "02")).all()


def test_a_value_copied_to_another_column_does_not_open(two: AppContext) -> None:
    put(two, "name", "01", raw(two, "number", "01"))
    with two.database.read() as session, pytest.raises(Undecipherable):
        session.get_one(Patient, "01")


def test_values_are_read_by_entity_column_alias_and_join(two: AppContext) -> None:
    other = aliased(Patient)
    with two.database.read() as session:
        assert session.scalars(select(Patient.name).order_by(Patient.id)).all() == ["name of 01", "name of 02"]
        pairs = session.execute(
            select(Patient.name, other.name, other.birth_date).join(other, other.id > Patient.id)
        ).all()
        assert [tuple(pair) for pair in pairs] == [("name of 01", "name of 02", "1950-01-02")]
        joined = session.execute(select(Patient, other).join(other, other.id > Patient.id)).one()
        assert (joined[0].name, joined[1].name, joined[0].birth_date) == ("name of 01", "name of 02", None)
        union = select(Patient.name).where(Patient.id == "01").union_all(select(other.name))
        assert sorted(session.scalars(union)) == ["name of 01", "name of 01", "name of 02"]
        assert session.execute(select(Patient.__table__.c.name).order_by(Patient.id)).scalars().first() == "name of 01"


def test_a_changed_value_is_bound_and_the_object_keeps_it_plain(two: AppContext) -> None:
    with two.database.write() as session:
        patient = session.get_one(Patient, "01")
        patient.name, patient.flagged = "王芳", True
        session.flush()
        assert patient.name == "王芳"
        patient.birth_date = "1960-02-03"
        session.flush()
        patient.birth_date = None
    assert (patient.name, patient.birth_date) == ("王芳", None)
    with two.database.read() as session:
        assert (session.get_one(Patient, "01").name, session.get_one(Patient, "01").birth_date) == ("王芳", None)
    assert is_bound(raw(two, "name", "01"))


def test_a_row_without_an_id_gets_one_before_it_is_sealed(context: AppContext) -> None:
    with context.database.write() as session:
        case = Case(number=1, kind=CaseKind.COMPLAINT, text="words", opened_at=NOW, due_at=NOW)
        session.add(case)
    with context.database.read() as session:
        assert session.scalars(select(Case.text).where(Case.id == case.id)).one() == "words"


def test_lists_and_dicts_are_bound_too(context: AppContext) -> None:
    with context.database.write() as session:
        columns = "(person_index, root, undone_stops)"
        session.execute(text(f"INSERT INTO patient_identifiers {columns} VALUES ('p', 'p', '[]')"))  # noqa: S608 (ours)
        row = {
            "id": "v", "key": "v", "person_index": "p", "event_reports": {}, "facts": {"name": "王芳"},
            "state": "discharged", "changed_at": NOW,
        }  # fmt: skip
        rows = [in_row(Visit, one) for one in (row, row | {"id": "w", "key": "w", "facts": None})]
        session.execute(insert(Visit.__table__), rows)  # type: ignore[arg-type] # a table
    with context.database.write() as session:
        visit = session.get_one(Visit, "v")
        assert visit.facts == {"name": "王芳"}
        assert session.get_one(Visit, "w").facts is None
        visit.facts = {"name": "李强"}
        session.flush()
        assert visit.facts == {"name": "李强"}
    with context.database.read() as session:
        assert session.get_one(Visit, "v").facts == {"name": "李强"}


def test_what_would_be_sealed_without_its_row_is_refused(two: AppContext) -> None:
    row = {"id": "03", "name": "x", "number": "y", "number_index": "3", "identity_index": "3", "added_at": NOW}
    with pytest.raises(StatementError, match="without its row"), two.database.write() as session:
        session.execute(insert(Patient.__table__), [row | {"changed_at": NOW}])  # type: ignore[arg-type] # a table
    with pytest.raises(StatementError, match="without its row"), two.database.write() as session:
        session.execute(update(Patient).values(name="everybody"))
    assert "secret" not in repr(InRow("01", "secret"))


def test_what_was_sealed_before_rows_were_bound_is_read_and_bound_when_it_is_written(two: AppContext) -> None:
    put(two, "name", "01", two.keyring.encrypt(b"from before", "patients.name"))
    with two.database.write() as session:
        patient = session.get_one(Patient, "01")
        assert patient.name == "from before"
        patient.name = "from now"
    assert is_bound(raw(two, "name", "01"))


def test_no_column_that_holds_seals_is_left_out() -> None:
    """Every table with a sealed column has ids of ours: there is no sealed value that is not bound to its row."""
    for model in Patient.registry.mappers:
        sealed = [column for column in model.local_table.c if type(column.type).__name__.startswith("Encrypted")]
        assert not sealed or [column.name for column in model.local_table.primary_key] == ["id"]
