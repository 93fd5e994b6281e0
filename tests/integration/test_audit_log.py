"""The audit log: one chain without a gap, kept by the database, checked to its end, never in anybody's way."""

import re
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hotline import clock
from hotline.audit import chain, log
from hotline.context import AppContext
from hotline.models import AuditEntry, AuditHead, Call, User
from hotline.models.sealed import InRow
from hotline.values.access import Role
from tests.support.documents import ROOT
from tests.support.morning import a_call

WAIT = 120


def add(context: AppContext, *actions: str) -> None:
    """A transaction that adds these to the log."""
    with context.database.write() as session:
        for action in actions:
            session.add(AuditEntry(at=clock.now(), user_id=None, action=action, subject="call", subject_id="1"))


def rows(context: AppContext) -> list[AuditEntry]:
    with context.database.read() as session:
        return list(session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)))


def found(context: AppContext, known: str = "") -> log.Verdict:
    with context.database.read() as session:
        return log.verify(session, known)


def forge(context: AppContext, statement: str, **values: object) -> None:
    """What somebody does who has the database and switches its protection off."""
    with context.database.engine.connect() as connection:
        if context.database.is_sqlite:
            for name in ("update", "delete", "replace"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS audit_log_no_{name}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.execute(sa.text(statement), values)
        connection.commit()


def test_rows_are_numbered_without_a_gap_and_each_covers_the_one_before(context: AppContext) -> None:
    add(context, "one", "two")
    add(context, "three")
    seen, before = rows(context), chain.GENESIS
    assert [(row.number, row.action) for row in seen] == [(1, "one"), (2, "two"), (3, "three")]
    for row in seen:
        facts = {name: getattr(row, name) for name in chain.FIELDS}
        assert row.digest == chain.digest(before, facts)
        before = row.digest
    verdict = found(context)
    assert (verdict.rows, verdict.head, verdict.broken) == (3, f"3:{before}", None)


def test_an_undone_transaction_leaves_no_row_and_no_gap(context: AppContext) -> None:
    def fail(session: Session) -> None:
        session.add(AuditEntry(at=clock.now(), action="undone", subject="call", subject_id="1"))
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), context.database.write() as session:
        fail(session)
    add(context, "done")
    assert [(row.number, row.action) for row in rows(context)] == [(1, "done")]


def test_writers_at_once_get_one_order_and_lose_nothing(context: AppContext) -> None:
    faults: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for count in range(10):
                add(context, f"{name}-{count}")
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert not faults
    assert [row.number for row in rows(context)] == list(range(1, 61))
    assert found(context).broken is None


def test_a_transaction_that_lasts_holds_the_log_only_at_its_end(context: AppContext) -> None:
    if context.database.is_sqlite:
        return  # there one transaction writes at a time, whatever it writes
    with context.database.write() as slow:
        slow.add(AuditEntry(at=clock.now(), action="slow", subject="call", subject_id="1"))
        slow.flush()
        add(context, "quick")  # would wait for the lock, and fail by its time-out, if the slow one held it
    assert [row.action for row in rows(context)] == ["quick", "slow"]


def test_who_changes_a_user_and_whose_look_is_written_do_not_wait_for_each_other(context: AppContext) -> None:
    with context.database.write() as session:
        user = User(login="li", password="-", name="Li", role=Role.AGENT)
        session.add(user)
    if context.database.is_sqlite:
        return
    with context.database.write() as editing:
        editing.get_one(User, user.id, with_for_update=True)
        with context.database.write() as looking:
            looking.add(AuditEntry(at=clock.now(), user_id=user.id, action="look", subject="call", subject_id="1"))
    assert [row.user_id for row in rows(context)] == [user.id]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET action = 'nothing'",
        "DELETE FROM audit_log WHERE number = 1",
        "TRUNCATE audit_log",
        "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE number = 1",
    ],
)
def test_the_database_refuses_to_change_or_delete_rows(context: AppContext, statement: str) -> None:
    add(context, "one", "two")
    with context.database.engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(sa.text(statement))
    assert [row.action for row in rows(context)] == ["one", "two"]
    assert found(context).broken is None


@pytest.mark.parametrize(
    ("statement", "number", "why"),
    [
        ("UPDATE audit_log SET action = 'nothing' WHERE number = 3", 3, "altered"),
        ("UPDATE audit_log SET subject_id = '2' WHERE number = 1", 1, "altered"),
        ("UPDATE audit_log SET at = '2020-01-01 00:00:00.000000' WHERE number = 2", 2, "altered"),
        ("DELETE FROM audit_log WHERE number = 2", 2, "missing"),
        ("DELETE FROM audit_log WHERE number = 5", 5, "missing"),
        ("UPDATE audit_log SET number = 9 WHERE number = 4", 4, "missing"),
        ("UPDATE audit_heads SET digest = :zero", 5, "end"),
        ("UPDATE audit_heads SET sealed = :nothing", 5, "seal"),
        ("DELETE FROM audit_heads", 1, "end"),
    ],
)
def test_a_check_names_the_first_row_that_is_not_as_it_was(
    context: AppContext, statement: str, number: int, why: str
) -> None:
    add(context, *"abcde")
    values = {"zero": chain.GENESIS, "nothing": b"nothing"}
    forge(context, statement, **{name: value for name, value in values.items() if f":{name}" in statement})
    assert found(context).broken == log.Broken(number, why)


def test_a_chain_made_anew_by_who_has_the_database_but_no_key_is_found(context: AppContext) -> None:
    add(context, *"abc")
    last = rows(context)[-1]
    facts = {name: getattr(last, name) for name in chain.FIELDS} | {"action": "forged"}
    made = chain.digest(rows(context)[1].digest, facts)
    forge(context, "UPDATE audit_log SET action = 'forged', digest = :made WHERE number = 3", made=made)
    forge(context, "UPDATE audit_heads SET digest = :made", made=made)
    assert found(context).broken == log.Broken(3, "seal")
    add(context, *"de")  # what follows does not make it good
    assert found(context).broken == log.Broken(3, "seal")
    add(context, "f")
    assert found(context).broken == log.Broken(3, "seal")


def test_a_log_goes_on_where_the_key_of_its_end_is_gone_and_a_check_tells(context: AppContext) -> None:
    add(context, "a")
    forge(context, "UPDATE audit_heads SET sealed = :nothing", nothing=b"nothing")
    add(context, "b")
    assert [row.action for row in rows(context)] == ["a", "b"]
    assert found(context).broken == log.Broken(1, "seal")


def test_an_end_that_is_cut_off_is_found_by_one_that_was_kept(context: AppContext) -> None:
    add(context, *"abc")
    with context.database.read() as session:
        early = session.execute(sa.select(AuditHead.number, AuditHead.digest, AuditHead.sealed)).one()
    kept = found(context).head
    add(context, *"de")
    late = found(context).head
    assert found(context, kept).broken is None
    with context.database.engine.connect() as connection:
        sealed = connection.execute(sa.text("SELECT sealed FROM audit_heads")).scalar_one()
    assert bytes(sealed)
    forge(context, "DELETE FROM audit_log WHERE number > 3")
    with context.database.write() as session:  # an old end, as a copy of the database would bring it back
        session.execute(
            sa.update(AuditHead).values(number=early.number, digest=early.digest, sealed=InRow(log.HEAD, early.sealed))
        )
    assert found(context).broken is None
    assert found(context, late).broken == log.Broken(4, "cut_off")
    assert found(context, f"2:{'f' * 64}").broken == log.Broken(2, "another")


def test_a_check_reads_in_pieces_and_tells_how_far_it_is(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "CHUNK", 2)
    add(context, *"abcde")
    told: list[tuple[int, int]] = []
    with context.database.read() as session:
        assert log.verify(session, progress=lambda done, all_: told.append((done, all_))).broken is None
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_what_answers_callers_adds_no_rows_and_so_waits_for_none() -> None:
    for folder in ("ivr", "routing", "telephony"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            assert not re.search(r"\bLook\(", path.read_text("utf-8")), path


def test_a_caller_s_call_moves_on_while_somebody_holds_the_end_of_the_log(context: AppContext) -> None:
    add(context, "a")
    with context.database.write() as session:
        call = a_call("moves", clock.now(), None)
        session.add(call)
    if context.database.is_sqlite:
        return  # there one transaction writes at a time, whatever it writes
    with context.database.write() as holding:
        holding.scalars(sa.select(AuditHead).with_for_update()).one()
        with context.database.write() as moving:
            moving.get_one(Call, call.id).turn = 7
    with context.database.read() as session:
        assert session.get_one(Call, call.id).turn == 7
