"""Sealing anew what another key sealed, or what is not bound to its row yet, while the house goes on.

Each batch is a short transaction; each value is replaced only if it is still the one that was read. Whatever stops it,
doing it again goes on where it stopped: what is sealed as it ought to be is not touched.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, LargeBinary, func, select, update
from sqlalchemy.orm import Session

from hotline.database.database import Database
from hotline.encryption.keyring import Keyring, Undecipherable
from hotline.encryption.sealed_columns import Place, places

BATCH = 100
# Rows that somebody holds are left for the next round.
MOST_ROUNDS = 60
ROUND_SECONDS = 0.5


@dataclass
class Resealed:
    """How many values were sealed anew, and those that no key opens: `table.column of row`."""

    values: int = 0
    closed: set[str] = field(default_factory=set)


def left(database: Database, keyring: Keyring) -> int:
    """Return how many values are not sealed with the current key, or not bound to their row."""
    with database.read() as session:
        return sum(_left(session, keyring, place) for place in places())


def reseal(database: Database, keyring: Keyring, told: Callable[[int], object]) -> Resealed:
    """Seal every value with the current key, bound to its row; `told` hears how many were done just now."""
    done = Resealed()
    for _ in range(MOST_ROUNDS):
        for place in places():
            _column(database, keyring, place, done, told)
        if left(database, keyring) <= len(done.closed):
            break
        time.sleep(ROUND_SECONDS)
    return done


def _column(database: Database, keyring: Keyring, place: Place, done: Resealed, told: Callable[[int], object]) -> None:
    after: str | None = ""
    for _ in database.in_pieces(itertools.count()):
        if after is None:
            return
        with database.write() as session:
            after, count = _batch(session, keyring, place, after, done)
        done.values += count
        told(count)


def _batch(session: Session, keyring: Keyring, place: Place, after: str, done: Resealed) -> tuple[str | None, int]:
    """The id to go on after, `None` at the end; and how many values were sealed."""
    # Held rows are passed over: this waits for nobody, and so never stands in a circle of those who wait.
    query = select(place.row, place.sealed).where(*_others(keyring, place), place.row > after)
    rows = session.execute(query.order_by(place.row).limit(BATCH).with_for_update(skip_locked=True)).all()
    count = 0
    for row, sealed in rows:
        try:
            values: dict[str, bytes | str] = {place.column: place.again(keyring, row, bytes(sealed))}
        except Undecipherable:
            done.closed.add(f"{place.name} of {row}")
            continue
        if place.beside:
            values[place.beside] = keyring.current
        same = (place.row == row, place.sealed == sealed)
        count += session.execute(update(place.raw).where(*same).values(**values)).rowcount  # type: ignore[attr-defined] # an UPDATE has a row count
    return (rows[-1][0] if len(rows) == BATCH else None), count


def _left(session: Session, keyring: Keyring, place: Place) -> int:
    return session.scalar(select(func.count()).select_from(place.raw).where(*_others(keyring, place))) or 0


def _others(keyring: Keyring, place: Place) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return what is sealed otherwise than it ought to be."""
    ours = place.head(keyring.current)
    return place.sealed.is_not(None), func.substr(place.sealed, 1, len(ours), type_=LargeBinary) != ours
