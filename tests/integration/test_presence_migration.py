"""Old offers: what never rang anywhere is told from what was missed, on both databases, and nothing else is touched."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from hotline.database import migrate
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring
from hotline.models import Row

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
# name: (state, reason, seconds until ringing, seconds until the end, the line's last status and number, agent)
OLD: dict[str, tuple[str, str, float | None, float, tuple[str, int] | None, str]] = {
    "never-rang": ("missed", "did not pick up", None, 0.3, ("no_answer", 1), "browser"),
    "never-reported": ("missed", "did not pick up", None, 0.3, None, "browser"),
    "not-reachable": ("failed", "phone not reachable", None, 8.1, None, "number"),
    "closed-in-mid-ring": ("missed", "did not pick up", 0.2, 3.0, ("no_answer", 2), "browser"),
    "rang-out": ("missed", "did not pick up", 0.2, 15.2, ("canceled", 2), "browser"),
    "rang-out-short-rings": ("missed", "did not pick up", 0.2, 3.2, ("canceled", 2), "browser"),
    "report-lost": ("missed", "did not pick up", None, 5.0, ("no_answer", 2), "browser"),
    "ended-late": ("missed", "did not pick up", None, 25.0, None, "browser"),
    "mobile-declined": ("missed", "did not pick up", 0.2, 4.0, ("no_answer", 2), "number"),
    "hung-up": ("failed", "hung up at once", 0.2, 2.0, ("completed", 3), "browser"),
    "declined": ("rejected", "declined or busy", 0.2, 2.0, ("busy", 2), "browser"),
}
REPAIRED = {
    "never-rang": "not_reached",
    "never-reported": "not_reached",
    "not-reachable": "not_reached",
    "closed-in-mid-ring": "not_connected",
}


@pytest.fixture
def old(database_url: str) -> Iterator[Database]:
    """A database as it was before, with offers of every kind."""
    database = Database(database_url, Keyring({"t": b"0" * 32}))
    Row.metadata.drop_all(database.engine)
    with database.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
    command.upgrade(migrate.config(database), "0001")
    tables = sa.MetaData()
    tables.reflect(database.engine)
    with database.engine.begin() as connection:
        fill(connection, tables)
    yield database
    Row.metadata.drop_all(database.engine)
    with database.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
    database.close()


def fill(connection: sa.Connection, tables: sa.MetaData) -> None:
    def add(kind: str, /, **values: Any) -> None:
        table = tables.tables[kind]
        for column in table.columns:
            if not column.nullable and column.name not in values:
                values[column.name] = usual(column)
        connection.execute(table.insert().values(**values))

    add("queues", name="booking")
    add("agents", id="browser", staff_number="1", address="client:agent-1", state="idle", status="available")
    add("agents", id="number", staff_number="2", address="+861066880001", state="idle", status="available")
    add("calls", id="call", provider_sid="CA", queue="booking")
    add("waiting", id="place", call_id="call", queue="booking", state="left")
    for name, (state, reason, rang, ended, line, agent) in OLD.items():
        moments = {"ringing_at": None if rang is None else NOW + timedelta(seconds=rang)}
        moments |= {"started_at": NOW, "ended_at": NOW + timedelta(seconds=ended)}
        ids = {"id": name, "waiting_id": "place", "call_id": "call", "agent_id": agent}
        add("offers", state=state, reason=reason, **ids, **moments)
        if line is not None:
            ids = {"id": name, "provider_sid": name, "call_id": "call", "offer_id": name, "agent_id": agent}
            add("legs", kind="agent", status=line[0], sequence=line[1], **ids)
        add("events", id=name, call_id="call", kind=f"offer_{state}", data={"offer_id": name, "reason": reason})


def usual(column: sa.Column[Any]) -> Any:
    kinds: dict[type[Any], Any] = {sa.DateTime: NOW, sa.Integer: 1, sa.BigInteger: 1, sa.Boolean: False}
    if isinstance(column.type, sa.JSON):
        return {}
    found = next((value for kind, value in kinds.items() if isinstance(column.type, kind)), "-")
    return NOW if isinstance(column.type, sa.DATETIME | sa.TIMESTAMP) else found


def rows(database: Database, statement: str) -> list[Any]:
    with database.engine.connect() as connection:
        return list(connection.execute(sa.text(statement)))


def test_old_offers_to_nobody_are_told_from_missed_ones(old: Database) -> None:
    migrate.upgrade(old)
    after = {row[0]: (row[1], row[2]) for row in rows(old, "SELECT id, state, reason FROM offers")}
    expected = {name: (state, reason) for name, (state, reason, *_) in OLD.items()}
    assert after == expected | {name: ("unreachable", reason) for name, reason in REPAIRED.items()}


def test_the_stories_of_their_calls_say_the_same(old: Database) -> None:
    migrate.upgrade(old)
    told = dict(rows(old, "SELECT id, kind FROM events"))
    assert {name for name, kind in told.items() if kind == "offer_unreachable"} == set(REPAIRED)


def test_agents_are_there_until_the_router_has_looked(old: Database) -> None:
    migrate.upgrade(old)
    found = rows(old, "SELECT is_present, dial_failures, signs_in, registered FROM agents")
    assert {(bool(row[0]), *row[1:]) for row in found} == {(True, 0, None, None)}
    migrate.check(old)
