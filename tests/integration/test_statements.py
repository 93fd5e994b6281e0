"""Statements that are compiled once: the same values as through the mapper, and a connection that was lost."""

import sqlite3
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from hotline import clock
from hotline.context import AppContext
from hotline.database import time_limits
from hotline.database.outage import is_away
from hotline.database.statements import Prepared, Statements
from hotline.models import Call, CallHistoryEvent
from hotline.values.language import Language
from hotline.values.states.call import CallStatus

WORDS = {"node": "menu", "trail": ["语言"]}
ADD = Prepared(
    insert(CallHistoryEvent).values({name: bindparam(name) for name in ("id", "call_id", "at", "kind", "data")})
)
READ = Prepared(select(Call.language, Call.status, Call.dialogue_state, Call.started_at, Call.consent_at))
TAKE_TURN = Prepared(
    update(Call).where(Call.id == bindparam("key"), Call.turn == bindparam("expected")).values(turn=Call.turn + 1)
)


def add(context: AppContext) -> datetime:
    now = clock.now()
    with context.database.write() as session:
        session.add(
            Call(
                id="c", provider_sid="CA1", language=Language.MANDARIN, dialogue_state=WORDS, turn=1, started_at=now,
                last_report_at=now,
            )
        )  # fmt: skip
    return now


def event(key: str, at: datetime) -> dict[str, Any]:
    return {"id": key, "call_id": "c", "at": at, "kind": "menu_shown", "data": WORDS}


def test_values_are_read_as_the_mapper_wrote_them_and_the_other_way_round(context: AppContext) -> None:
    now = add(context)
    with context.database.statements() as connection:
        assert connection.one(READ, {}) == (Language.MANDARIN, CallStatus.IN_MENU, WORDS, now, None)
        with connection.transaction():
            assert connection.change(ADD, event("e", now)) == 1
    with context.database.read() as session:
        row = session.get_one(CallHistoryEvent, "e")
        assert (row.call_id, row.at, row.data) == ("c", now, WORDS)


def test_what_a_transaction_wrote_before_it_failed_is_undone(context: AppContext) -> None:
    now = add(context)
    with context.database.statements() as connection:
        with pytest.raises(IntegrityError):
            write_twice(connection, now)
        with connection.transaction():
            assert connection.change(TAKE_TURN, {"key": "c", "expected": 2}) == 0
            assert connection.change(TAKE_TURN, {"key": "c", "expected": 1}) == 1


def write_twice(connection: Statements, now: datetime) -> None:
    with connection.transaction():
        assert connection.change(TAKE_TURN, {"key": "c", "expected": 1}) == 1
        connection.change(ADD, event("e", now))
        connection.change(ADD, event("e", now))


def test_a_column_with_a_default_is_not_left_out(context: AppContext) -> None:
    statement = Prepared(insert(Call).values(id=bindparam("key")))
    with (
        context.database.statements() as connection,
        connection.transaction(),
        pytest.raises(TypeError, match="default"),
    ):
        connection.change(statement, {"key": "c"})


def test_a_connection_that_the_server_closed_is_told_as_lost_and_not_used_again(context: AppContext) -> None:
    if context.database.is_sqlite:
        pytest.skip("SQLite has no connection to lose")
    now = add(context)
    with context.database.statements() as connection:
        asked = connection.one(Prepared(select(func.pg_backend_pid())), {})
        assert asked is not None
        with context.database.read() as session:
            session.execute(select(func.pg_terminate_backend(asked[0])))
        with pytest.raises(DBAPIError) as fault:
            connection.change_alone(ADD, event("e", now))
    assert fault.value.connection_invalidated
    assert "语言" not in str(fault.value)
    with context.database.statements() as connection:
        assert connection.change_alone(ADD, event("e", now)) == 1


def test_whoever_waits_too_long_for_the_lock_of_sqlite_knows_that_the_database_is_away(context: AppContext) -> None:
    if not context.database.is_sqlite:
        pytest.skip("PostgreSQL has no lock of the whole database")
    now = add(context)
    writer = sqlite3.connect(str(context.database.engine.url.database), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    faults = []
    for write in (write_by_statements, write_by_session):
        with time_limits.within(0.2), pytest.raises(OperationalError) as fault:
            write(context, now)
        faults.append(fault.value)
    writer.execute("ROLLBACK")
    writer.close()
    assert all(is_away(fault) for fault in faults)


def write_by_statements(context: AppContext, now: datetime) -> None:
    with context.database.statements() as connection, connection.transaction():
        connection.change(ADD, event("e", now))


def write_by_session(context: AppContext, now: datetime) -> None:
    with context.database.write() as session:
        session.add(CallHistoryEvent(**event("e", now)))
