"""Bringing a database to the tables of this version, for commands that may."""

from hotline import migrate, tables
from hotline.errors import TablesDiffer
from hotline.ground import Ground, prove


def upgrade(ground: Ground) -> None:
    """Add what is missing, and prove tables and keys.

    Raises `TablesDiffer` when the database belongs to a newer version or differs in what no migration adds,
    `ConfigError` when these are not its keys.
    """
    tables.refuse_newer(ground.database)
    migrate.upgrade(ground.database)
    found = tables.found(ground.database)
    if found:
        raise TablesDiffer(f"{tables.in_words(found)}; {tables.BY_HAND}")
    prove(ground)
