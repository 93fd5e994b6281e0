"""The database of the tests on PostgreSQL: a copy of a template, emptied by a connection that stays open."""

from contextlib import closing

import psycopg
from psycopg import sql

from hotline.models import Row

# More connections than this are no pool that is kept: somebody forgot to give theirs back.
MOST_CONNECTIONS = 30
_STRANGERS = "FROM pg_stat_activity WHERE datname = 'work' AND pid <> pg_backend_pid()"


class PostgresTables:
    """The database `work`, a copy of `filled` with the models' tables."""

    def __init__(self, server: str) -> None:
        """Use this server (a URL without a database)."""
        self._server = server
        self._inside: psycopg.Connection[tuple[object, ...]] | None = None

    def url(self) -> str:
        """Its address; it is made where it is missing."""
        if self._inside is None:
            with closing(psycopg.connect(f"{self._server}/postgres", autocommit=True)) as connection:
                connection.execute("CREATE DATABASE work TEMPLATE filled")
            self._inside = psycopg.connect(f"{self._server}/work", autocommit=True)
            # Without this, the order of the tables would count.
            self._inside.execute("SET session_replication_role = replica")
        return f"{self._server}/work"

    def empty(self) -> bool:
        """End what still works on it and delete every row; `False` when the tables are not the models' any more."""
        assert self._inside is not None
        [(many,)] = self._inside.execute(f"SELECT count(*) > {MOST_CONNECTIONS} {_STRANGERS}")
        busy = "" if many else " AND state <> 'idle'"
        self._inside.execute(f"SELECT pg_terminate_backend(pid, 5000) {_STRANGERS}{busy}")
        there = {row[0] for row in self._inside.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        if there != set(Row.metadata.tables):
            return False
        deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in Row.metadata.tables]
        self._inside.execute(sql.SQL("; ").join(deletes))
        return True

    def drop(self) -> None:
        """Remove it."""
        self.close()
        with closing(psycopg.connect(f"{self._server}/postgres", autocommit=True)) as connection:
            connection.execute("DROP DATABASE work WITH (FORCE)")

    def close(self) -> None:
        """Give the connection back."""
        if self._inside is not None:
            self._inside.close()
            self._inside = None
