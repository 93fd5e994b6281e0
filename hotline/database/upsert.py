"""Inserting what may be there already: SQLite and PostgreSQL know it alike, the library by two names."""

from typing import Any

from sqlalchemy import FromClause
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session


def insert(session: Session, rows: type[DeclarativeBase] | FromClause) -> Any:
    """Return an INSERT that takes `on_conflict_do_nothing` and `on_conflict_do_update`, for the session's database.

    On the table itself (`Model.__table__`) many rows go in at once, faster than by the model.
    """
    made: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return made.insert(rows)
