"""A database that 0.1.0 made is upgraded to the tables of today, and nothing in it is lost."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command

from hotline.audit import log
from hotline.context import open_context
from hotline.database import migrate, table_check
from hotline.database.database import Database
from hotline.models import Row
from tests.release import data as release_data


def released(database_url: str) -> dict[str, int]:
    """Make the database as the release left it; how many rows each table has."""
    database = Database(database_url, release_data.sealing_keys())
    Row.metadata.drop_all(database.engine)
    command.upgrade(migrate.config(database), release_data.REVISION)
    rows = release_data.read()
    release_data.load(database, rows)
    database.close()
    return {name: len(found) for name, found in rows.items()}


def test_a_database_of_the_first_release_is_upgraded_and_every_row_is_read(
    database_url: str, tmp_path: Path, redis_server: str
) -> None:
    counts = released(database_url)
    database = Database(database_url, release_data.sealing_keys())
    migrate.upgrade(database)
    table_check.check(database)
    database.close()
    settings = release_data.release_settings(tmp_path, database_url, redis_server)
    with open_context(settings) as context, context.database.read() as session:
        for mapper in Row.registry.mappers:
            read = session.scalars(sa.select(mapper.class_).options(sa.orm.undefer("*"))).all()
            assert len(read) >= counts.get(str(mapper.persist_selectable), 0), mapper
        assert log.verify(session).broken is None


def test_the_data_of_the_release_fill_every_table_that_it_had() -> None:
    assert [name for name, rows in release_data.read().items() if not rows] == []
