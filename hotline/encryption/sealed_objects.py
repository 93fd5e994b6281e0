"""Blobs that the keyring itself sealed: counting them by key, and sealing them anew with the current one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hotline.encryption.keyring import MOST_ID_SIGNS, Keyring, Undecipherable, key_id
from hotline.errors import NotFound
from hotline.object_store.store import ObjectStore


@dataclass(frozen=True)
class Blob:
    """A blob by its name, and what it is sealed for."""

    name: str
    about: str


def key_of(objects: ObjectStore, blob: Blob) -> str | None:
    """Return the id of the key that sealed it; `None` when it is not there."""
    try:
        start = objects.sealed_part(blob.name, 0, 1 + MOST_ID_SIGNS)
    except NotFound:
        return None
    return key_id(start) if start else ""


def reseal(
    objects: ObjectStore, keyring: Keyring, found: Sequence[Blob], is_there: Callable[[Blob], bool]
) -> tuple[int, set[str]]:
    """Seal these with the current key; how many were, and the names of those that no key opens.

    One whose row was deleted meanwhile (`is_there`) is deleted again.
    """
    count, closed = 0, set()
    for blob in found:
        if key_of(objects, blob) in (None, keyring.current):
            continue
        try:
            objects.put(blob.name, objects.get(blob.name, blob.about), blob.about)
        except NotFound:
            continue
        except Undecipherable:
            closed.add(blob.name)
            continue
        count += 1
        if not is_there(blob):
            objects.delete(blob.name)
    return count, closed
