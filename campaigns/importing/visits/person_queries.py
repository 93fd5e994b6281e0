"""Whose numbers are one person's: their rows, locked; two numbers become one person. In the caller's transaction."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.database import upsert
from hotline.encryption.keyring import Keyring
from hotline.models import PatientIdentifier
from hotline.models.sealed import in_row


def person_index(keyring: Keyring, patient_number: str) -> str:
    """Return the blind index by which a patient's number is known over all its visits."""
    return keyring.index(f"person {patient_number}")


def hold(session: Session, indexes: Iterable[str], *, is_new: bool = True) -> dict[str, str]:
    """Lock these people until the transaction ends; the root of each number, all numbers of each person with them.

    This lock comes before that of a recipient. With `is_new`, numbers that were never heard of get a row.
    """
    numbers = sorted(set(indexes))
    if is_new:
        add(session, numbers)
    before: dict[str, str] = {}
    while True:
        roots = select(PatientIdentifier.root).where(PatientIdentifier.person_index.in_(numbers))
        query = select(PatientIdentifier.person_index, PatientIdentifier.root).where(PatientIdentifier.root.in_(roots))
        rows = session.execute(query.order_by(PatientIdentifier.person_index).with_for_update()).all()
        there: dict[str, str] = dict(rows)
        is_plain = len(there) == len(numbers) and all(root == index for index, root in there.items())
        if is_plain or there == before:
            return there
        before = there  # somebody may have merged two of them while we waited for the lock: until nobody has


def row(session: Session, index: str) -> PatientIdentifier:
    """Return the row of a number that is held."""
    return session.get_one(PatientIdentifier, index, populate_existing=True)


def add(session: Session, indexes: Collection[str]) -> None:
    """Give each number a row of its own, where it has none."""
    there = set(
        session.scalars(select(PatientIdentifier.person_index).where(PatientIdentifier.person_index.in_(indexes)))
    )
    fresh: list[dict[str, Any]] = [
        in_row(PatientIdentifier, {"person_index": index, "root": index, "undone_stops": []})
        for index in indexes
        if index not in there
    ]
    if fresh:
        insert = upsert.insert(session, PatientIdentifier)
        session.execute(insert.on_conflict_do_nothing(index_elements=["person_index"]), fresh)


def merge(session: Session, held: dict[str, str], one: str, other: str) -> bool:
    """Make the two numbers one person's, with all that belongs to either; return whether that is news."""
    roots = {held[one], held[other]}
    if len(roots) == 1:
        return False
    root = min(roots)
    session.execute(update(PatientIdentifier).where(PatientIdentifier.root.in_(roots)).values(root=root))
    held |= {index: root for index, its in held.items() if its in roots}
    return True
