"""The migrations make exactly the tables of the models, on both databases, and run twice without harm."""

import pytest

from hotline import migrate
from hotline.crypt import Keyring
from hotline.database import Database
from hotline.models import Row


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
