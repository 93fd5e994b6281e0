"""Everything that the keyring sealed, columns and files together: counted by key, and sealed anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotline.context import AppContext
from hotline.database.database import Database
from hotline.encryption import resealing, sealed_columns, sealed_objects
from hotline.encryption.sealed_columns import Count
from hotline.encryption.sealed_objects import Blob
from hotline.object_store.store import ObjectStore
from ivr.prompts import service as prompt_service
from qa.reports import service
from recordings.storage import reseal_service as recordings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# What names the blobs that the keyring itself sealed; recordings have keys of their own.
SOURCES: tuple[Callable[[Session], list[Blob]], ...] = (prompt_service.sealed_blobs, service.sealed_blobs)


@dataclass(frozen=True)
class Counts:
    """By key: values in columns, and files. `strange` are values sealed with a key that was not asked for."""

    values: dict[str, Count]
    files: Counter[str]
    strange: int

    def of(self, key: str) -> int:
        """Return everything that this key sealed."""
        return self.values[key].values + self.files[key]


@dataclass
class Resealed:
    """What was sealed anew, and what no key opens."""

    values: int
    files: int
    closed: set[str]


def counted(database: Database, objects: ObjectStore, keys: list[str]) -> Counts:
    """Return how much each of these keys sealed."""
    with database.read() as session:
        values = sealed_columns.counts(session, keys)
        files = recordings.by_key(session)
        found = [blob for source in SOURCES for blob in source(session)]
    files.update(key for blob in found if (key := sealed_objects.key_of(objects, blob)) is not None)
    return Counts(values, files, values[""].values)


def reseal(context: AppContext, told: Callable[[int], object]) -> Resealed:
    """Seal everything with the current key; `told` hears how many values were done just now."""
    done = resealing.reseal(context.database, context.keyring, told)
    count, closed = recordings.reseal(context)
    found = Resealed(done.values, count, done.closed | closed)
    for source in SOURCES:
        with context.database.read() as session:
            objects = source(session)
        count, closed = sealed_objects.reseal(
            context.objects, context.keyring, objects, lambda blob: _is_there(context.database, blob)
        )
        found.files, found.closed = found.files + count, found.closed | closed
    return found


def _is_there(database: Database, blob: Blob) -> bool:
    with database.read() as session:
        return any(blob in source(session) for source in SOURCES)
