"""Bringing a database to the tables of this version, for commands that may."""

from hotline.context import AppContext, prove
from hotline.database import migrate, table_check
from hotline.errors import TablesDiffer


def upgrade(context: AppContext) -> None:
    """Add what is missing, and prove tables and keys.

    Raises `TablesDiffer` when the database belongs to a newer version or differs in what no migration adds,
    `ConfigError` when these are not its keys.
    """
    table_check.refuse_newer(context.database)
    migrate.upgrade(context.database)
    found = table_check.found(context.database)
    if found:
        raise TablesDiffer(f"{table_check.in_words(found)}; {table_check.BY_HAND}")
    prove(context)
