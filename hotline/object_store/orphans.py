"""Blobs get a name of their own each time they are written; one that no row comes to name is deleted in the end.

The name is written down before the blob, and struck off by the commit that names it in its row. So two who write the
same thing never touch each other's, and what a crash leaves in the store is known without looking through it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from hotline import clock, log
from hotline.database import server_clock
from hotline.database.database import Database
from hotline.errors import HotlineError, Retry
from hotline.models import UnreferencedObject
from hotline.object_store.store import ObjectStore

# Far longer than any job may take from the first byte of a blob to the commit that names it.
SAFE = timedelta(days=1)
BATCH = 200


class Swept(Retry):
    """The blob is being deleted, because it was taken for one that nobody comes back for."""

    code = "blob_swept"


@contextmanager
def fresh(database: Database, objects: ObjectStore, start: str) -> Iterator[str]:
    """A new name that begins with `start` for a blob that is written and named (`keep`) in the block.

    Where the block does not name it, or ends with an error of ours, it is deleted at once. After any other error the
    commit may have come through all the same, and the sweep decides.
    """
    # Not inside of it: before, a blob had the name of its row alone, and a file is no folder.
    name = f"{start}.{clock.new_id()}"
    with database.write() as session:
        session.add(UnreferencedObject(name=name, made_at=server_clock.now(session)))
    try:
        yield name
    except HotlineError:
        _drop(database, objects, name)
        raise
    _drop(database, objects, name)


def keep(session: Session, name: str) -> None:
    """Within the transaction that names it in a row: the blob is not loose any more. Raises `Swept`."""
    mine = delete(UnreferencedObject).where(UnreferencedObject.name == name, ~UnreferencedObject.is_being_deleted)
    if session.execute(mine).rowcount != 1:  # type: ignore[attr-defined] # a DELETE has a row count
        raise Swept(f"{name} was given up before it was named")


def _drop(database: Database, objects: ObjectStore, name: str) -> None:
    """Delete a blob that lost; one that was named stays. What fails is left to the sweep."""
    try:
        with database.read() as session:
            is_loose = session.get(UnreferencedObject, name) is not None
        if is_loose:
            objects.delete(name)
    except Exception as error:
        log.get().warning("orphan_not_deleted", blob=name, error=type(error).__name__)


def sweep(database: Database, objects: ObjectStore) -> int:
    """Delete blobs that nothing came to name within a day; how many."""
    with database.read() as session:
        old = UnreferencedObject.made_at < server_clock.now(session) - SAFE
        names = list(
            session.scalars(
                select(UnreferencedObject.name).where(old | UnreferencedObject.is_being_deleted).limit(BATCH)
            )
        )
    for name in names:
        # From here on nothing can name it; a run that is cut off is taken up by the next.
        with database.write() as session:
            going = update(UnreferencedObject).where(UnreferencedObject.name == name).values(is_being_deleted=True)
            is_loose = session.execute(going).rowcount == 1  # type: ignore[attr-defined] # an UPDATE has a row count
        if not is_loose:
            continue  # it was named a moment ago
        objects.delete(name)
        with database.write() as session:
            session.execute(delete(UnreferencedObject).where(UnreferencedObject.name == name))
        log.get().info("orphan_deleted", blob=name)
    return len(names)
