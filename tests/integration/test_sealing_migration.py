"""Rows that lay plain are sealed by the upgrade: they read as before, and nothing of them is left in the database."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from hotline.database import migrate
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring
from hotline.models import (
    Answer,
    Attempt,
    Call,
    Callback,
    Discharge,
    Event,
    Offer,
    Patient,
    Person,
    Recipient,
    Row,
    Visit,
    Waiting,
)

NOW = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
MARK = "zinnober"
PLAN = {"mark": f"{MARK} json"}
# Whatever a row must have besides, by the type of the column.
FILLINGS: tuple[tuple[type[Any], Any], ...] = (
    (sa.Boolean, False),
    (sa.Integer, 1),
    (sa.DateTime, NOW),
    (sa.Date, date(2026, 3, 1)),
    (sa.JSON, {}),
    (sa.String, ""),
)
# More rows than the migration takes at once.
MANY = 1100


@pytest.fixture
def before(database_url: str) -> Database:
    """A database with the tables as they were before, each with a marked row."""
    database = Database(database_url, Keyring({"t": b"0" * 32}))
    Row.metadata.drop_all(database.engine)
    with database.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
    command.upgrade(migrate.config(database), "0005")
    old = sa.MetaData()
    old.reflect(database.engine)
    with database.engine.begin() as connection:
        for table, values in rows():
            connection.execute(old.tables[table].insert().values(filled(database, old.tables[table], values)))
    return database


def rows() -> list[tuple[str, dict[str, Any]]]:
    """A little of everything that lay plain."""
    words = {"ward": f"{MARK} ward", "condition": f"{MARK}_condition"}
    reasons = [f"green channel: {MARK}"]
    over = {"id": "over", "provider_sid": "2", "status": "ended", "language": "zh-CN", "last_answer": f"<{MARK}/>"}
    told = {"at": NOW.isoformat(), "timed": True, "digest": MARK, "event": "discharged", "source": "hl7"}
    visit = {"key": "v", "person_index": "p", "state": "discharged", "tellings": {"discharged": told}}
    return [
        ("queues", {"name": "booking"}),
        ("agents", {"id": "a", "status": "available", "state": "idle"}),
        ("calls", {"id": "live", "language": "zh-CN", "status": "in_menu", "last_answer": f"<{MARK}/>"}),
        ("calls", over),
        ("events", {"id": "e", "call_id": "live", "kind": "warning_sign", "data": {"sign": MARK}}),
        ("waiting", {"id": "w", "call_id": "live", "queue": "booking", "state": "waiting", "reasons": reasons}),
        ("offers", {"id": "o", "waiting_id": "w", "call_id": "live", "agent_id": "a", "reasons": reasons}),
        ("callbacks", {"id": "c", "call_id": "live", "queue": "booking", "language": "zh-CN", "reasons": reasons}),
        ("patients", {"id": "t", "language": "zh-CN", "cardiac": True, "flagged": True}),
        ("persons", {"person_index": "p", "death": told, "refusal": None, "undone": [MARK]}),
        ("visits", {"id": "v", **visit}),
        ("discharges", {"id": "d", "language": "zh-CN", "codes": [MARK], "wishes": PLAN, **words}),
        ("campaigns", {"id": "s", "kind": "follow_up", "state": "running"}),
        *(("recipients", recipient(number, words)) for number in range(MANY)),
        ("attempts", {"id": "x", "campaign_id": "s", "recipient_id": "0000", "warning": MARK, "place": PLAN}),
        ("answers", {"id": "n", "recipient_id": "0000", "attempt_id": "x", "figure": 8.5, "question": "pain"}),
        ("answers", {"id": "m", "recipient_id": "0000", "attempt_id": "x", "figure": None, "question": "worse"}),
    ]


def recipient(number: int, words: dict[str, str]) -> dict[str, Any]:
    """One of many recipients."""
    more = {"campaign_id": "s", "language": "zh-CN", "state": "planned", "script": f"{MARK}_script"}
    return {"id": f"{number:04}", "key": str(number), "wishes": PLAN, "about": PLAN, "place": PLAN} | words | more


def filled(database: Database, table: sa.Table, values: dict[str, Any]) -> dict[str, Any]:
    """The row with whatever else the table wants, sealed where it was sealed before."""
    keyring: Keyring = database.engine.dialect.hotline_keyring  # type: ignore[attr-defined]
    row = dict(values)
    for column in table.columns:
        if column.name not in row and not column.nullable and not column.foreign_keys:
            sealed = keyring.encrypt(b"yes", f"{table.name}.{column.name}")
            row[column.name] = next((made for kind, made in FILLINGS if isinstance(column.type, kind)), sealed)
    return row


def everything(database: Database, file: str) -> bytes:
    """What somebody finds who has the database and no key: its file, or all that its tables hold."""
    if database.is_sqlite:
        path = Path(file)
        return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    with database.read() as session:
        tables = session.scalars(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        found = [session.execute(sa.text(f'SELECT t::text FROM "{name}" AS t')).scalars().all() for name in tables]  # noqa: S608 (names of our own tables)
    return "\n".join(line for lines in found for line in lines).encode()


def test_what_lay_plain_is_sealed_and_reads_as_before(before: Database, database_url: str) -> None:
    file = database_url.removeprefix("sqlite:///")
    assert MARK.encode() in everything(before, file)
    migrate.upgrade(before)
    migrate.check(before)
    with before.read() as session:
        calls = dict(session.execute(sa.select(Call.id, Call.last_answer)).all())
        assert calls == {"live": f"<{MARK}/>", "over": None}
        for kind in (Waiting, Offer, Callback):
            assert session.scalars(sa.select(kind.reasons)).one() == [f"green channel: {MARK}"]
        flags = (Patient.cardiac, Patient.flagged, Patient.diabetic, Patient.limited_mobility)
        assert session.execute(sa.select(*flags)).one() == (True, True, False, False)
        tellings = session.scalars(sa.select(Visit.tellings)).one()
        person = session.execute(sa.select(Person.death, Person.refusal, Person.undone)).one()
        assert person == (tellings["discharged"], None, [MARK])
        facts = (Discharge.ward, Discharge.condition, Discharge.codes, Discharge.wishes)
        assert session.execute(sa.select(*facts)).one() == (f"{MARK} ward", f"{MARK}_condition", [MARK], PLAN)
        copied = (Recipient.ward, Recipient.condition, Recipient.script)
        kept = (Recipient.wishes, Recipient.about, Recipient.place)
        recipients = session.execute(sa.select(*copied, *kept)).all()
        assert recipients == [(f"{MARK} ward", f"{MARK}_condition", f"{MARK}_script", PLAN, PLAN, PLAN)] * MANY
        assert session.execute(sa.select(Attempt.warning, Attempt.place)).one() == (MARK, PLAN)
        answers = session.execute(sa.select(Answer.question, Answer.figure, Answer.value)).all()
        assert sorted(answers) == [("pain", 8.5, "yes"), ("worse", None, "yes")]
        assert session.scalars(sa.select(Event.data)).one() == {}
    before.close()
    assert MARK.encode() not in everything(before, file)
    before.close()


def test_the_length_of_what_is_sealed_tells_no_answer(before: Database) -> None:
    migrate.upgrade(before)
    with before.write() as session:
        session.scalars(sa.select(Patient)).one().diabetic = True
    with before.read() as session:
        lengths = {
            session.scalar(sa.text(f"SELECT length({name}) FROM patients"))  # noqa: S608 (names of our own columns)
            for name in ("cardiac", "diabetic", "flagged", "limited_mobility")
        }
    assert len(lengths) == 1
    before.close()
