"""Bringing a database to the tables of this version, for commands that may."""

from hotline.context import prove
from hotline.database import migrate, table_check
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring
from hotline.errors import TablesDiffer


def upgrade(database: Database, keyring: Keyring) -> None:
    """Add what is missing, and prove tables and keys.

    Raises `TablesDiffer` when the database belongs to a newer version or differs in what no migration adds,
    `ConfigError` when these are not its keys.
    """
    table_check.refuse_newer(database)
    migrate.upgrade(database)
    found = table_check.found(database)
    if found:
        raise TablesDiffer(f"{table_check.in_words(found)}; {table_check.BY_HAND}")
    prove(database, keyring)
