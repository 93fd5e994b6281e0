"""The migrations make exactly the tables of the models, on both databases, and run twice without harm."""

import pytest

from hotline.database import migrate
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring
from hotline.models import Row
from tests.release import first_migration


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


def test_the_first_migration_is_the_one_that_the_command_makes() -> None:
    assert first_migration.TARGET.read_text("utf-8") == first_migration.text()
