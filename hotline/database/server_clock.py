"""The clock of the database: what several machines store and compare is timed by it, and by none of theirs."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from hotline import clock

_NOW = text("SELECT clock_timestamp()")


def now(session: Session) -> datetime:
    """Return the present moment by the database's clock, aware, in UTC.

    SQLite's is that of the one machine it is on.
    """
    if session.get_bind().dialect.name == "sqlite":
        return clock.now()
    moment: datetime = session.scalars(_NOW).one()
    return moment.astimezone(UTC)
