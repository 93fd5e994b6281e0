"""Statements that are compiled once: the same values as through the mapper, and a connection that was lost."""

import contextlib

import pytest
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from hotline import clock
from hotline.context import AppContext
from hotline.database.statements import Prepared
from hotline.models import Call
from hotline.values.language import Language
from hotline.values.states.call import CallStatus

WORDS = {"node": "menu", "trail": ["语言"]}
ADD = Prepared(
    insert(Call).values(
        id=bindparam("key"), provider_sid=bindparam("sid"), language=bindparam("spoken"), direction="inbound",
        status=CallStatus.IN_MENU, turn=1, place=bindparam("state"), is_held=False,
        started_at=bindparam("at"), heard_at=bindparam("at"),
    )
)  # fmt: skip
READ = Prepared(select(Call.language, Call.status, Call.place, Call.started_at, Call.consent_at))
TAKE_TURN = Prepared(
    update(Call).where(Call.id == bindparam("key"), Call.turn == bindparam("expected")).values(turn=Call.turn + 1)
)


def add(context: AppContext, key: str) -> None:
    values = {"key": key, "sid": f"CA{key}", "spoken": Language.MANDARIN, "state": WORDS, "at": clock.now()}
    with context.database.statements() as connection, connection.transaction():
        assert connection.change(ADD, values) == 1


def test_values_are_read_as_the_mapper_wrote_them_and_the_other_way_round(context: AppContext) -> None:
    add(context, "c")
    with context.database.read() as session:
        call = session.get_one(Call, "c")
        assert (call.language, call.status, call.place) == (Language.MANDARIN, CallStatus.IN_MENU, WORDS)
        began = call.started_at
    with context.database.statements() as connection:
        assert connection.one(READ, {}) == (Language.MANDARIN, CallStatus.IN_MENU, WORDS, began, None)


def test_what_a_transaction_wrote_before_it_failed_is_undone(context: AppContext) -> None:
    add(context, "c")
    with context.database.statements() as connection:
        with pytest.raises(IntegrityError), connection.transaction():
            assert connection.change(TAKE_TURN, {"key": "c", "expected": 1}) == 1
            connection.change(
                ADD, {"key": "d", "sid": "CAc", "spoken": Language.ENGLISH, "state": {}, "at": clock.now()}
            )
        with connection.transaction():
            assert connection.change(TAKE_TURN, {"key": "c", "expected": 2}) == 0
            assert connection.change(TAKE_TURN, {"key": "c", "expected": 1}) == 1


def test_a_connection_that_the_server_closed_is_told_as_lost_and_not_used_again(context: AppContext) -> None:
    if context.database.is_sqlite:
        pytest.skip("SQLite has no connection to lose")
    add(context, "c")
    with context.database.read() as session, contextlib.suppress(DBAPIError):
        session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"))
    with context.database.statements() as connection, pytest.raises(DBAPIError) as fault:
        connection.one(READ, {})
    assert fault.value.connection_invalidated
    assert "语言" not in str(fault.value)
    with context.database.statements() as connection:
        found = connection.one(READ, {})
    assert found is not None
