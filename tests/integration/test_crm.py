"""Patients from the hospital's list, who a caller is, and cases with their history, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from crm.callers import queries as caller_queries
from crm.callers.profile import CallerProfile
from crm.cases import queries, service
from crm.cases.service import Actor, NewCase
from crm.errors import ClosedCase, UnreadableFile
from crm.patients import service as patients_service
from hotline.clock import new_id
from hotline.context import AppContext
from hotline.errors import IllegalMove
from hotline.models import Call, Case, CaseStep, Patient
from hotline.values.language import Language
from hotline.values.states.case import CaseEvent, CaseKind, CaseState
from tests.support.factories import NOW, load_hospital

NUMBER = "+8613800000001"
HEAD = "number,name,birth_date,flags,discharged_on\n"
LIST = HEAD + (
    "13800000001,王秀英,1948-05-01,cardiac;limited_mobility,2026-02-20\n"
    "13800000002,李强,1990-01-31,,\n"
    "01066880000,张三,,,\n"
)  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A list of three patients."""
    path = tmp_path / "patients.csv"
    path.write_text(LIST, "utf-8")
    return path


def call_of(context: AppContext, number: str | None = NUMBER) -> Call:
    """A call from this number."""
    call = Call(
        id=new_id(),
        provider_sid=f"CA{new_id()}",
        language=Language.MANDARIN,
        dialogue_state={},
        started_at=NOW,
        last_report_at=NOW,
    )
    if number is not None:
        call.caller_number, call.caller_index = number, context.keyring.index(number)
    with context.database.write() as session:
        session.add(call)
    return call


def opened(context: AppContext, new: NewCase) -> Case:
    """A case, as it was opened."""
    with context.database.write() as session:
        return service.open_case(session, context.notifier, context.settings, new, Actor(), NOW)


def history(context: AppContext, case: Case) -> list[CaseStep]:
    with context.database.read() as session:
        return queries.steps(session, case.id)


def known(context: AppContext, number: str | None = NUMBER) -> CallerProfile:
    with context.database.read() as session:
        return caller_queries.caller_profile(session, context.keyring.index(number) if number else None, NOW)


def test_a_list_is_stored_sealed_and_a_caller_of_it_is_known(context: AppContext, file: Path) -> None:
    assert patients_service.import_file(context, file, NOW) == patients_service.ImportOutcome(3, 0, ())
    found = known(context)
    assert (found.age, found.cardiac, found.limited_mobility, found.diabetic) == (77, True, True, False)
    assert found.discharged_on == date(2026, 2, 20)
    assert found.patient_id is not None
    with context.database.read() as session:
        stored = session.execute(text("SELECT number, name, birth_date FROM patients")).all()
    for value in (bytes(cell) for row in stored for cell in row if cell is not None):
        assert b"138" not in value
        assert "王".encode() not in value
        assert b"1948" not in value


def test_the_same_list_again_changes_nothing_and_a_new_fact_one_patient(context: AppContext, file: Path) -> None:
    patients_service.import_file(context, file, NOW)
    assert patients_service.import_file(context, file, NOW) == patients_service.ImportOutcome(0, 0, ())
    file.write_text(HEAD + "13800000001,王秀英,,diabetic,\n", "utf-8")
    assert patients_service.import_file(context, file, NOW) == patients_service.ImportOutcome(0, 1, ())
    found = known(context)
    assert (found.age, found.cardiac, found.diabetic) == (77, False, True)


FAULTY = LIST + (
    "12,Short,,,\n13800000009,,,,\n13800000008,A,1948-13-01,,\n13800000007,B,2030-01-01,,\n"
    "13800000006,C,,sick,\n13800000005,D,,,yesterday\n13800000004,E,,,,,x\n13800000003,F\n"
)


def test_rejected_rows_are_reported_with_line_field_and_reason_and_keep_the_list_out(
    context: AppContext, file: Path
) -> None:
    file.write_text(FAULTY, "utf-8")
    outcome = patients_service.import_file(context, file, NOW)
    assert (outcome.added, outcome.is_stored, outcome.rows, outcome.rejects) == (0, False, 4, 7)
    assert [(rejected.line, rejected.field) for rejected in outcome.rejected] == [
        (5, "number"), (6, "name"), (7, "birth_date"), (8, "birth_date"), (9, "flags"), (10, "discharged_on"),
        (11, "row"),
    ]  # fmt: skip
    assert "1948" not in " ".join(map(str, outcome.rejected))
    assert known(context).patient_id is None


def test_with_skip_the_good_rows_are_stored_and_the_others_reported(context: AppContext, file: Path) -> None:
    file.write_text(FAULTY, "utf-8")
    outcome = patients_service.import_file(context, file, NOW, skips=True)
    assert (outcome.added, outcome.is_stored, outcome.rejects) == (4, True, 7)
    assert patients_service.import_file(context, file, NOW, skips=True).added == 0


def test_who_left_today_is_taken_before_the_day_has_begun_in_greenwich(context: AppContext, file: Path) -> None:
    file.write_text(f"{HEAD}13800000001,A,,,2026-03-03\n13800000002,B,,,2026-03-04\n", "utf-8")
    early = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)  # half past six in Shanghai
    outcome = patients_service.import_file(context, file, early, skips=True)
    assert outcome.added == 1
    assert [(rejected.line, rejected.field) for rejected in outcome.rejected] == [(3, "discharged_on")]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b"",
        b"name,age\nA,3\n",
        HEAD.encode() + b'13800000001,"open quote,,,\n',
        b"number,name,number\n1,2,3\n",
        HEAD.encode(),
        HEAD.encode() + b"13800000001," + b"x" * 70_000 + b",,,\n",
    ],
    ids=["not text", "empty", "other columns", "broken quotes", "a column twice", "no row", "an endless field"],
)
def test_a_broken_file_stores_nothing(context: AppContext, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UnreadableFile):
        patients_service.import_file(context, file, NOW)
    with context.database.read() as session:
        assert session.scalars(select(Patient)).all() == []


def test_a_shared_telephone_names_no_patient_but_keeps_the_facts_that_matter(context: AppContext, file: Path) -> None:
    file.write_text(HEAD + "13800000001,王秀英,1948-05-01,,\n13800000001,王小明,2010-01-01,diabetic,\n", "utf-8")
    patients_service.import_file(context, file, NOW)
    found = known(context)
    assert (found.patient_id, found.age, found.diabetic) == (None, 77, True)


def test_a_list_never_takes_back_that_somebody_wants_no_calls(context: AppContext, file: Path) -> None:
    file.write_text(HEAD + "13800000001,王秀英,,do_not_call,\n", "utf-8")
    patients_service.import_file(context, file, NOW)
    file.write_text(LIST, "utf-8")
    patients_service.import_file(context, file, NOW)
    with context.database.read() as session:
        row = session.scalars(select(Patient).where(Patient.number_index == context.keyring.index(NUMBER))).one()
    assert row.do_not_call


def test_nobody_is_known_by_a_hidden_number(context: AppContext) -> None:
    opened(context, NewCase(CaseKind.ENQUIRY, call_of(context, None)))
    assert known(context, None) == CallerProfile()


def test_a_case_has_the_next_number_and_its_first_step(context: AppContext) -> None:
    call = call_of(context)
    first = opened(context, NewCase(CaseKind.MESSAGE, call, text="要改预约"))
    second = opened(context, NewCase(CaseKind.COMPLAINT, call))
    assert (first.number, second.number) == (1, 2)
    assert first.state is CaseState.OPEN
    assert [step.kind for step in history(context, first)] == ["opened"]
    assert second.due_at == NOW + timedelta(hours=24)


def test_a_call_opens_one_case_of_a_kind_however_often_it_says_so(context: AppContext) -> None:
    call = call_of(context)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: opened(context, NewCase(CaseKind.MESSAGE, call)).number, range(8)))
    assert set(found) == {found[0]}
    with context.database.read() as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_numbers_are_given_once_though_many_ask_at_the_same_time(context: AppContext) -> None:
    calls = [call_of(context) for _ in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda call: opened(context, NewCase(CaseKind.ENQUIRY, call)).number, calls))
    assert sorted(found) == list(range(1, 9))


def test_the_owner_of_an_open_case_is_known_until_it_is_closed(context: AppContext) -> None:
    agents = load_hospital(context)
    owner, other = agents["1001"].id, agents["1002"].id
    case = opened(context, NewCase(CaseKind.ENQUIRY, call_of(context), owner_agent_id=owner))
    opened(context, NewCase(CaseKind.MESSAGE, call_of(context)))  # newer, and nobody's
    found = known(context)
    assert (found.owner_agent_id, found.case_number, found.case_kind) == (owner, 1, CaseKind.ENQUIRY)
    with context.database.write() as session:
        row = queries.locked(session, case.id)
        assert service.hand_over(session, row, other, Actor(agent_id=owner), NOW)
        assert not service.hand_over(session, row, other, Actor(agent_id=owner), NOW)
    assert known(context).owner_agent_id == other
    with context.database.write() as session:
        assert service.close(session, context.settings, queries.locked(session, case.id), Actor(agent_id=other), NOW)
    assert known(context).owner_agent_id is None
    steps = history(context, case)
    assert [step.kind for step in steps] == ["opened", "handed_over", "moved"]
    assert steps[1].data == {"from": owner, "to": other}
    assert steps[1].agent_id == owner


def test_a_closed_case_is_handed_to_nobody_and_may_be_reopened(context: AppContext) -> None:
    agents = load_hospital(context)
    case = opened(context, NewCase(CaseKind.COMPLAINT, call_of(context)))
    with context.database.write() as session:
        row = queries.locked(session, case.id)
        service.close(session, context.settings, row, Actor(), NOW)
        with pytest.raises(ClosedCase):
            service.hand_over(session, row, agents["1001"].id, Actor(), NOW)
        with pytest.raises(IllegalMove):
            service.change_state(session, context.settings, row, CaseEvent.ANSWERED, Actor(), NOW)
        assert service.change_state(session, context.settings, row, CaseEvent.REOPENED, Actor(), NOW)
        assert row.closed_at is None


def test_what_is_said_about_a_case_is_sealed(context: AppContext) -> None:
    case = opened(context, NewCase(CaseKind.ENQUIRY, call_of(context), text="secret words"))
    with context.database.write() as session:
        service.comment(session, queries.locked(session, case.id), "more secret words", Actor(), NOW)
    with context.database.read() as session:
        rows = [
            *session.execute(text("SELECT text FROM cases")),
            *session.execute(text("SELECT text FROM case_steps")),
        ]
    assert all(b"secret" not in bytes(row[0]) for row in rows if row[0] is not None)
    assert history(context, case)[-1].text == "more secret words"
