"""Whose numbers are one person's: their rows, locked; two numbers become one person. In the caller's transaction."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hotline.ground import Ground
from hotline.models import Person


def person_index(ground: Ground, patient_number: str) -> str:
    """The blind index by which a patient's number is known over all its visits."""
    return ground.keyring.index(f"person {patient_number}")


def hold(session: Session, indexes: Iterable[str], is_new: bool = True) -> dict[str, Person]:
    """These people by the index of each number, all their numbers with them, locked until the transaction ends.

    This lock comes before that of a recipient. With `is_new`, numbers that were never heard of get a row.
    """
    wanted = sorted(set(indexes))
    if is_new:
        add(session, wanted)
    found: dict[str, Person] = {}
    while True:
        roots = select(Person.root).where(Person.person_index.in_(wanted))
        query = select(Person).where(Person.root.in_(roots)).order_by(Person.person_index).with_for_update()
        rows = {row.person_index: row for row in session.scalars(query.execution_options(populate_existing=True))}
        if rows.keys() == found.keys():
            return rows
        # Somebody may have merged two of them while we waited for the lock: look until nobody has.
        found = rows
        if not rows or (len(rows) == len(wanted) and all(row.root == index for index, row in rows.items())):
            return rows


def add(session: Session, indexes: Collection[str]) -> None:
    """Give each number a row of its own, where it has none."""
    there = set(session.scalars(select(Person.person_index).where(Person.person_index.in_(indexes))))
    fresh: list[dict[str, Any]] = [
        {"person_index": index, "root": index, "undone": []} for index in indexes if index not in there
    ]
    if fresh:
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        insert = (sqlite_insert if is_sqlite else postgresql_insert)(Person.__table__)  # type: ignore[arg-type] # a table
        session.execute(insert.on_conflict_do_nothing(index_elements=["person_index"]), fresh)


def merge(rows: dict[str, Person], one: str, other: str) -> bool:
    """The two numbers are one person's from now on, with all that belongs to either; whether that is news."""
    roots = {rows[one].root, rows[other].root}
    if len(roots) == 1:
        return False
    for row in rows.values():
        if row.root in roots:
            row.root = min(roots)
    return True
