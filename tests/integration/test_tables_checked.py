"""A database whose tables are not the program's is told so, with what differs and what mends it; on both databases."""

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from cli.local import upgrade
from cli.main import group
from hotline.configuration.settings import Settings
from hotline.context import open_context, open_unchecked
from hotline.database import table_check
from hotline.database.database import Database
from hotline.errors import TablesDiffer
from hotline.models import Row

CHANGES = {
    "patients.flagged is missing": ["ALTER TABLE patients DROP COLUMN flagged"],
    "patients.shoe_size is too much": ["ALTER TABLE patients ADD COLUMN shoe_size INTEGER"],
    "the index of patients ix_patients_number_index on number_index is missing": [
        "DROP INDEX ix_patients_number_index"
    ],
    "the index of patients ix_mine on language is too much": ["CREATE INDEX ix_mine ON patients (language)"],
    "the index of offers uq_offers_live_agent on agent_id unique partial is missing": [
        "DROP INDEX uq_offers_live_agent",
        "CREATE UNIQUE INDEX uq_offers_live_agent ON offers (agent_id)",
    ],
    "search_terms is missing": ["DROP TABLE search_terms"],
    "leases.holder is INTEGER instead of VARCHAR(80)": [
        "DROP TABLE leases",
        "CREATE TABLE leases (name VARCHAR(20) PRIMARY KEY, holder INTEGER NOT NULL, until TIMESTAMP NOT NULL)",
    ],
    "leases.holder may be empty": [
        "DROP TABLE leases",
        "CREATE TABLE leases (name VARCHAR(20) NOT NULL PRIMARY KEY, holder VARCHAR(80), until TIMESTAMP NOT NULL)",
    ],
    "the unique constraint of partial_transcripts on number, recording_id is missing": [
        "DROP TABLE partial_transcripts",
        "CREATE TABLE partial_transcripts (id VARCHAR(32) NOT NULL PRIMARY KEY, recording_id VARCHAR(32) NOT NULL, "
        "number INTEGER NOT NULL, next_at FLOAT NOT NULL, lines BYTEA NOT NULL)",
    ],
    "the foreign key of partial_transcripts on recording_id to recordings is missing": [
        "DROP TABLE partial_transcripts",
        "CREATE TABLE partial_transcripts (id VARCHAR(32) NOT NULL PRIMARY KEY, recording_id VARCHAR(32) NOT NULL, "
        "number INTEGER NOT NULL, next_at FLOAT NOT NULL, lines BYTEA NOT NULL, UNIQUE (recording_id, number))",
    ],
}


def change(settings: Settings, statements: list[str]) -> None:
    with open_unchecked(settings) as context, context.database.engine.begin() as connection:
        for statement in statements:
            is_sqlite = connection.dialect.name == "sqlite"
            connection.exec_driver_sql(statement.replace("BYTEA", "BLOB") if is_sqlite else statement)


@pytest.fixture
def migrated(settings: Settings) -> Settings:
    """A house whose tables were made by the migrations."""
    with open_unchecked(settings) as context:
        Row.metadata.drop_all(context.database.engine)
        upgrade.upgrade(context.database, context.keyring)
    return settings


def test_tables_made_by_the_migrations_are_the_models(migrated: Settings) -> None:
    with open_unchecked(migrated) as context, context.database.engine.connect() as connection:
        assert list(table_check.differences(connection)) == []
    open_context(migrated).close()


@pytest.mark.parametrize("told", CHANGES)
def test_no_process_starts_on_tables_that_differ(migrated: Settings, told: str) -> None:
    open_context(migrated).close()
    change(migrated, CHANGES[told])
    with pytest.raises(TablesDiffer) as refused:
        open_context(migrated)
    with open_unchecked(migrated) as context:
        assert told in table_check.found(context.database)
    assert "hotline db upgrade" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_table_of_somebody_else_is_none_of_ours(migrated: Settings) -> None:
    change(migrated, ["CREATE TABLE of_the_hospital (id INTEGER)"])
    open_context(migrated).close()


def test_an_empty_database_is_refused_until_it_is_upgraded(settings: Settings) -> None:
    with open_unchecked(settings) as context:
        Row.metadata.drop_all(context.database.engine)
    with pytest.raises(TablesDiffer, match="campaigns is missing"):
        open_context(settings)
    assert told_by_upgrade(settings) == (0, "The database is up to date.\n")
    open_context(settings).close()


def test_an_upgrade_that_finds_nothing_to_add_says_what_differs(migrated: Settings) -> None:
    change(migrated, CHANGES["patients.flagged is missing"])
    code, said = told_by_upgrade(migrated)
    assert code == 1
    assert "patients.flagged is missing" in said
    assert "up to date" not in said


def test_a_database_from_before_the_first_release_is_refused(migrated: Settings) -> None:
    change(migrated, ["UPDATE alembic_version SET version_num = '0014'"])
    with pytest.raises(TablesDiffer, match=r"made before 0\.1\.0"):
        open_context(migrated)


def test_a_newer_database_is_refused_by_start_and_upgrade(migrated: Settings) -> None:
    change(migrated, ["UPDATE alembic_version SET version_num = '9999'"])
    with pytest.raises(TablesDiffer, match="newer version of the hotline has upgraded"):
        open_context(migrated)
    code, said = told_by_upgrade(migrated)
    assert (code, "9999" in said, "up to date" in said) == (1, True, False)


def told_by_upgrade(settings: Settings) -> tuple[int, str]:
    environment = {name.upper(): value for name, value in as_environment(settings).items()}
    done = CliRunner().invoke(group, ["db", "upgrade"], env=environment)
    return done.exit_code, done.output + str(done.exception or "")


def as_environment(settings: Settings) -> dict[str, str]:
    secrets = {
        name: getattr(settings, name).get_secret_value() for name in ("hotline_keys", "secret_key", "twilio_auth_token")
    }
    plain = ("hotline_home", "database_url", "redis_url", "twilio_account_sid", "voice_url", "hotline_number")
    return secrets | {name: str(getattr(settings, name)) for name in plain}


def test_the_tables_are_looked_at_whole_once_per_process(database_url: str) -> None:
    from hotline.encryption.keyring import Keyring

    database = Database(database_url, Keyring({"t": b"0" * 32}))
    table_check.check(database)
    seen: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *found: seen.append(found[2]))
    table_check.check(database)
    assert len(seen) < 6
    database.close()
