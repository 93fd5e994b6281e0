"""The audit log: one chain without a gap, kept by the database, checked to its end, never in anybody's way."""

import re
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hotline import clock
from hotline.audit import chain, log
from hotline.context import Ground
from hotline.database import migrate
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring
from hotline.models import Call, Look, LookHead, Row, User
from hotline.models.sealed import InRow
from hotline.values.statuses import LookOutcome, Role
from tests.console_data import a_call
from tests.documents import ROOT

WAIT = 120


def add(ground: Ground, *actions: str) -> None:
    """A transaction that adds these to the log."""
    with ground.database.write() as session:
        for action in actions:
            session.add(Look(at=clock.now(), user_id=None, action=action, subject="call", subject_id="1"))


def rows(ground: Ground) -> list[Look]:
    with ground.database.read() as session:
        return list(session.scalars(sa.select(Look).order_by(Look.number)))


def found(ground: Ground, known: str = "") -> log.Verdict:
    with ground.database.read() as session:
        return log.verify(session, known)


def forge(ground: Ground, statement: str, **values: object) -> None:
    """What somebody does who has the database and switches its protection off."""
    with ground.database.engine.connect() as connection:
        if ground.database.is_sqlite:
            for name in ("update", "delete", "replace"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS looks_no_{name}")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.execute(sa.text(statement), values)
        connection.commit()


def test_rows_are_numbered_without_a_gap_and_each_covers_the_one_before(ground: Ground) -> None:
    add(ground, "one", "two")
    add(ground, "three")
    seen, before = rows(ground), chain.GENESIS
    assert [(row.number, row.action) for row in seen] == [(1, "one"), (2, "two"), (3, "three")]
    for row in seen:
        facts = {name: getattr(row, name) for name in chain.FIELDS}
        assert row.digest == chain.digest(before, facts)
        before = row.digest
    verdict = found(ground)
    assert (verdict.rows, verdict.head, verdict.broken) == (3, f"3:{before}", None)


def test_an_undone_transaction_leaves_no_row_and_no_gap(ground: Ground) -> None:
    def fail(session: Session) -> None:
        session.add(Look(at=clock.now(), action="undone", subject="call", subject_id="1"))
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), ground.database.write() as session:
        fail(session)
    add(ground, "done")
    assert [(row.number, row.action) for row in rows(ground)] == [(1, "done")]


def test_writers_at_once_get_one_order_and_lose_nothing(ground: Ground) -> None:
    faults: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for count in range(10):
                add(ground, f"{name}-{count}")
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert not faults
    assert [row.number for row in rows(ground)] == list(range(1, 61))
    assert found(ground).broken is None


def test_a_transaction_that_lasts_holds_the_log_only_at_its_end(ground: Ground) -> None:
    if ground.database.is_sqlite:
        return  # there one transaction writes at a time, whatever it writes
    with ground.database.write() as slow:
        slow.add(Look(at=clock.now(), action="slow", subject="call", subject_id="1"))
        slow.flush()
        add(ground, "quick")  # would wait for the lock, and fail by its time-out, if the slow one held it
    assert [row.action for row in rows(ground)] == ["quick", "slow"]


def test_who_changes_a_user_and_whose_look_is_written_do_not_wait_for_each_other(ground: Ground) -> None:
    with ground.database.write() as session:
        user = User(login="li", password="-", name="Li", role=Role.AGENT)
        session.add(user)
    if ground.database.is_sqlite:
        return
    with ground.database.write() as editing:
        editing.get_one(User, user.id, with_for_update=True)
        with ground.database.write() as looking:
            looking.add(Look(at=clock.now(), user_id=user.id, action="look", subject="call", subject_id="1"))
    assert [row.user_id for row in rows(ground)] == [user.id]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE looks SET action = 'nothing'",
        "DELETE FROM looks WHERE number = 1",
        "TRUNCATE looks",
        "INSERT OR REPLACE INTO looks SELECT * FROM looks WHERE number = 1",
    ],
)
def test_the_database_refuses_to_change_or_delete_rows(ground: Ground, statement: str) -> None:
    add(ground, "one", "two")
    with ground.database.engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(sa.text(statement))
    assert [row.action for row in rows(ground)] == ["one", "two"]
    assert found(ground).broken is None


@pytest.mark.parametrize(
    ("statement", "number", "why"),
    [
        ("UPDATE looks SET action = 'nothing' WHERE number = 3", 3, "altered"),
        ("UPDATE looks SET subject_id = '2' WHERE number = 1", 1, "altered"),
        ("UPDATE looks SET at = '2020-01-01 00:00:00.000000' WHERE number = 2", 2, "altered"),
        ("DELETE FROM looks WHERE number = 2", 2, "missing"),
        ("DELETE FROM looks WHERE number = 5", 5, "missing"),
        ("UPDATE looks SET number = 9 WHERE number = 4", 4, "missing"),
        ("UPDATE look_heads SET digest = :zero", 5, "end"),
        ("UPDATE look_heads SET sealed = :nothing", 5, "seal"),
        ("DELETE FROM look_heads", 1, "end"),
    ],
)
def test_a_check_names_the_first_row_that_is_not_as_it_was(
    ground: Ground, statement: str, number: int, why: str
) -> None:
    add(ground, *"abcde")
    values = {"zero": chain.GENESIS, "nothing": b"nothing"}
    forge(ground, statement, **{name: value for name, value in values.items() if f":{name}" in statement})
    assert found(ground).broken == log.Broken(number, why)


def test_a_chain_made_anew_by_who_has_the_database_but_no_key_is_found(ground: Ground) -> None:
    add(ground, *"abc")
    last = rows(ground)[-1]
    facts = {name: getattr(last, name) for name in chain.FIELDS} | {"action": "forged"}
    made = chain.digest(rows(ground)[1].digest, facts)
    forge(ground, "UPDATE looks SET action = 'forged', digest = :made WHERE number = 3", made=made)
    forge(ground, "UPDATE look_heads SET digest = :made", made=made)
    assert found(ground).broken == log.Broken(3, "seal")
    add(ground, *"de")  # what follows does not make it good
    assert found(ground).broken == log.Broken(3, "seal")
    add(ground, "f")
    assert found(ground).broken == log.Broken(3, "seal")


def test_a_log_goes_on_where_the_key_of_its_end_is_gone_and_a_check_tells(ground: Ground) -> None:
    add(ground, "a")
    forge(ground, "UPDATE look_heads SET sealed = :nothing", nothing=b"nothing")
    add(ground, "b")
    assert [row.action for row in rows(ground)] == ["a", "b"]
    assert found(ground).broken == log.Broken(1, "seal")


def test_an_end_that_is_cut_off_is_found_by_one_that_was_kept(ground: Ground) -> None:
    add(ground, *"abc")
    with ground.database.read() as session:
        early = session.execute(sa.select(LookHead.number, LookHead.digest, LookHead.sealed)).one()
    kept = found(ground).head
    add(ground, *"de")
    late = found(ground).head
    assert found(ground, kept).broken is None
    with ground.database.engine.connect() as connection:
        sealed = connection.execute(sa.text("SELECT sealed FROM look_heads")).scalar_one()
    assert bytes(sealed)
    forge(ground, "DELETE FROM looks WHERE number > 3")
    with ground.database.write() as session:  # an old end, as a copy of the database would bring it back
        session.execute(
            sa.update(LookHead).values(number=early.number, digest=early.digest, sealed=InRow(log.HEAD, early.sealed))
        )
    assert found(ground).broken is None
    assert found(ground, late).broken == log.Broken(4, "cut_off")
    assert found(ground, f"2:{'f' * 64}").broken == log.Broken(2, "another")


def test_a_check_reads_in_pieces_and_tells_how_far_it_is(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "CHUNK", 2)
    add(ground, *"abcde")
    told: list[tuple[int, int]] = []
    with ground.database.read() as session:
        assert log.verify(session, progress=lambda done, all_: told.append((done, all_))).broken is None
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_rows_from_before_are_numbered_and_chained_by_the_migration(database_url: str) -> None:
    database = Database(database_url, Keyring({"t": b"0" * 32}))
    Row.metadata.drop_all(database.engine)
    command.upgrade(migrate.config(database), "0005")
    old, now = sa.MetaData(), clock.now()
    old.reflect(database.engine, only=["looks"])
    times = [now - timedelta(minutes=minutes) for minutes in (1, 3, 2)]
    with database.engine.begin() as connection:
        for count, at in enumerate(times):
            facts = {"subject": "call", "subject_id": "1", "address": "", "user_id": None}
            connection.execute(old.tables["looks"].insert().values(id=str(count), at=at, action=f"a{count}", **facts))
    migrate.upgrade(database)
    with database.read() as session:
        seen = [(row.number, row.action, row.outcome) for row in session.scalars(sa.select(Look).order_by(Look.number))]
        verdict = log.verify(session)
    done = LookOutcome.DONE
    assert seen == [(1, "a1", done), (2, "a2", done), (3, "a0", done)]
    assert (verdict.rows, verdict.broken) == (3, None)
    with database.write() as session:
        session.add(Look(at=now, action="new", subject="call", subject_id="1"))
    with database.read() as session:
        assert (log.verify(session).rows, log.verify(session).broken) == (4, None)
    for statement in ("UPDATE looks SET action = ''", "DELETE FROM looks"):
        with database.engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(sa.text(statement))
    database.close()


def test_what_answers_callers_adds_no_rows_and_so_waits_for_none() -> None:
    for folder in ("ivr", "routing", "telephony"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            assert not re.search(r"\bLook\(", path.read_text("utf-8")), path


def test_a_caller_s_call_moves_on_while_somebody_holds_the_end_of_the_log(ground: Ground) -> None:
    add(ground, "a")
    with ground.database.write() as session:
        call = a_call("moves", clock.now(), None)
        session.add(call)
    if ground.database.is_sqlite:
        return  # there one transaction writes at a time, whatever it writes
    with ground.database.write() as holding:
        holding.scalars(sa.select(LookHead).with_for_update()).one()
        with ground.database.write() as moving:
            moving.get_one(Call, call.id).turn = 7
    with ground.database.read() as session:
        assert session.get_one(Call, call.id).turn == 7
