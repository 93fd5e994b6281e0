"""Everything that the keyring sealed, columns and files together: counted by key, and sealed anew."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from hotline.context import Ground
from hotline.encryption import resealing, sealed_columns, sealed_objects
from hotline.encryption.sealed_columns import Count
from hotline.encryption.sealed_objects import Blob
from ivr.prompts import catalogue
from qa.reports import service
from recordings.storage import resealing as recordings

# What names the blobs that the keyring itself sealed; recordings have keys of their own.
SOURCES: tuple[Callable[[Session], list[Blob]], ...] = (catalogue.sealed_blobs, service.sealed_blobs)


@dataclass(frozen=True)
class Counts:
    """By key: values in columns, and files. `strange` are values sealed with a key that was not asked for."""

    values: dict[str, Count]
    files: Counter[str]
    strange: int

    def of(self, key: str) -> int:
        """Everything that this key sealed."""
        return self.values[key].values + self.files[key]


@dataclass
class Resealed:
    """What was sealed anew, and what no key opens."""

    values: int
    files: int
    closed: set[str]


def counted(ground: Ground, keys: list[str]) -> Counts:
    """How much each of these keys sealed."""
    with ground.database.read() as session:
        values = sealed_columns.counts(session, keys)
        files = recordings.by_key(session)
        found = [blob for source in SOURCES for blob in source(session)]
    files.update(key for blob in found if (key := sealed_objects.key_of(ground.blobs, blob)) is not None)
    return Counts(values, files, values[""].values)


def reseal(ground: Ground, told: Callable[[int], object]) -> Resealed:
    """Seal everything with the current key; `told` hears how many values were done just now."""
    done = resealing.reseal(ground.database, ground.keyring, told)
    count, closed = recordings.reseal(ground)
    found = Resealed(done.values, count, done.closed | closed)
    for source in SOURCES:
        with ground.database.read() as session:
            blobs = source(session)
        count, closed = sealed_objects.reseal(ground.blobs, ground.keyring, blobs, lambda blob: _is_there(ground, blob))
        found.files, found.closed = found.files + count, found.closed | closed
    return found


def _is_there(ground: Ground, blob: Blob) -> bool:
    with ground.database.read() as session:
        return any(blob in source(session) for source in SOURCES)
