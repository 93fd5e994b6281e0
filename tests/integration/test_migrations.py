"""The migrations make exactly the tables of the models, on both databases, and run twice without harm."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from alembic import command

from campaigns.importing.visits import stop_reasons
from campaigns.stopping import stop_causes
from hotline import clock
from hotline.database import migrate
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring
from hotline.models import Person, Recipient, Row, Visit
from hotline.values.statuses import RecipientState, VisitState


@pytest.fixture
def empty(database_url: str) -> Database:
    """A database without tables."""
    database = Database(database_url, Keyring({"t": b"0" * 32}))
    Row.metadata.drop_all(database.engine)
    return database


def test_migrations_and_models_agree(empty: Database) -> None:
    migrate.upgrade(empty)
    migrate.upgrade(empty)
    migrate.check(empty)
    empty.close()


def before_visits(database: Database) -> None:
    """Three discharges as they were kept by days: one went well, one has died, one came back; one stopped in error."""
    command.upgrade(migrate.config(database), "0001")
    old = sa.MetaData()
    old.reflect(database.engine)
    now = clock.now().replace(microsecond=0)
    ids: dict[str, object] = {
        "id": "s",
        "name": "spring",
        "kind": "follow_up",
        "state": "running",
        "reason": "",
        "made_at": now,
    }
    campaign = ids | {"scope": {}, "pace": {}}
    with database.engine.begin() as connection:
        connection.execute(old.tables["campaigns"].insert().values(**campaign))
        for name, days in DAYS.items():
            facts: dict[str, object] = {
                "id": name,
                "key": name,
                "person_index": name,
                "digest": name * 24,
                "language": "zh-CN",
            }
            facts |= dict.fromkeys(("patient_number", "name", "birth_date", "number"), b"sealed")
            facts |= {"number_index": name, "zone": "Asia/Shanghai", "ward": "", "condition": "general"}
            more: dict[str, object] = {
                "codes": [],
                "discharged_on": HOME,
                "has_consent": True,
                "do_not_call": False,
                "wishes": {},
            }
            row = facts | more | {"source": "csv", "added_at": now} | dict(days)
            connection.execute(old.tables["discharges"].insert().values(**row))
            copied = {key: facts[key] for key in facts if key not in {"digest", "patient_number"}}
            recipient: dict[str, object] = copied | {
                "campaign_id": "s",
                "discharge_id": name,
                "script": "general",
                "step": "week_1",
            }
            recipient |= {"wishes": {}, "about": {}, "place": {}, "tries": 0, "added_at": now}
            recipient |= {"state": "stopped", "reason": "readmitted", "ended_at": now}
            recipient |= {"opens_at": now - timedelta(days=1), "closes_at": now + timedelta(days=5)}
            connection.execute(old.tables["recipients"].insert().values(**recipient))


HOME = date(2026, 2, 20)
DAYS = {
    "w": (("died_on", None),),
    "d": (("died_on", date(2026, 2, 23)),),
    "r": (("readmitted_on", date(2026, 2, 24)),),
}


def test_discharges_that_were_kept_by_days_become_visits_and_who_was_stopped_in_error_goes_on(empty: Database) -> None:
    before_visits(empty)
    migrate.upgrade(empty)
    with empty.read() as session:
        assert {row.state for row in session.scalars(sa.select(Visit))} == {VisitState.DISCHARGED}
        assert {row.person_index for row in session.scalars(sa.select(Person)) if row.death} == {"d"}
        known = stop_causes.known(session, list(DAYS))
        found = {name: stop_reasons.cause(person, name) for name, person in known.items()}
        columns = (Recipient.id, Recipient.state, Recipient.due_at.is_not(None))
        states = {name: (state, due) for name, state, due in session.execute(sa.select(*columns))}
    assert {name: cause.reason if cause else "" for name, cause in found.items()} == {
        "w": "",
        "d": stop_reasons.DIED,
        "r": stop_reasons.READMITTED,
    }
    stopped = (RecipientState.STOPPED, False)
    assert states == {"w": (RecipientState.PLANNED, True), "d": stopped, "r": stopped}
    empty.close()
