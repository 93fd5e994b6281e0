"""The sound of recordings at rest: each sealed with a key of its own, in pieces, so that a part of it can be read.

The key lies in the recording's row, sealed with the keyring: destroying it makes every copy of the sound unreadable,
backups of the store included. Recordings without a key of their own were sealed whole by the keyring and stay readable.
"""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hotline.encryption.keyring import NONCE_BYTES, Keyring, Undecipherable
from hotline.errors import NotFound
from hotline.models import Recording
from hotline.object_store.store import ObjectStore
from recordings.errors import DigestMismatch
from recordings.storage.seekable import Seekable

PIECE, TAG = 1 << 18, 16
SEALED_PIECE = NONCE_BYTES + PIECE + TAG


@dataclass(frozen=True)
class Envelope:
    """The columns of a sealed recording: its blob, its own key (sealed), the id of the key that sealed it, and the
    length in bytes and SHA-256 of its sound.
    """

    blob: str
    data_key: bytes
    key_id: str
    size: int
    digest: str

    def write(self, row: Recording) -> Recording:
        """Write all of this into the row, and return it."""
        row.blob, row.data_key, row.key_id = self.blob, self.data_key, self.key_id
        row.size, row.digest = self.size, self.digest
        return row

    def proof(self, recording_id: str) -> Recording:
        """Return a row that is nowhere stored, to read back what was put."""
        return self.write(Recording(id=recording_id))


def put(objects: ObjectStore, keyring: Keyring, name: str, recording_id: str, data: Iterable[bytes]) -> Envelope:
    """Seal the sound of a recording and store it as the blob `name`, piece by piece as it comes."""
    key = AESGCM.generate_key(256)
    cipher, digest, size = AESGCM(key), hashlib.sha256(), 0

    def pieces() -> Iterator[bytes]:
        nonlocal size
        for number, piece in enumerate(_even(data)):
            digest.update(piece)
            size += len(piece)
            nonce = os.urandom(NONCE_BYTES)
            yield nonce + cipher.encrypt(nonce, piece, _about(recording_id, number))

    objects.put_sealed(name, pieces())
    sealed_key = keyring.encrypt(key, _key_about(recording_id))
    return Envelope(name, sealed_key, keyring.current, size, digest.hexdigest())


def verify(objects: ObjectStore, keyring: Keyring, recording: Recording) -> None:
    """Read all of the sound back from the store, piece by piece. Raises `NotFound`,
    `Undecipherable`, `DigestMismatch`.
    """
    source, digest = open_stream(objects, keyring, recording), hashlib.sha256()
    while piece := source.read(PIECE):
        digest.update(piece)
    _compare(recording, digest.hexdigest())


def read_all(objects: ObjectStore, keyring: Keyring, recording: Recording) -> bytes:
    """Return all of the sound, its digest checked. Raises `NotFound`, `Undecipherable`, `DigestMismatch`."""
    if recording.blob is None:
        raise NotFound(f"recording {recording.id} has no sound")
    if recording.data_key is None:
        data = objects.get(recording.blob, f"recording:{recording.id}")
    else:
        data = SealedFile(objects, keyring, recording).read()
    _compare(recording, hashlib.sha256(data).hexdigest())
    return data


def open_stream(objects: ObjectStore, keyring: Keyring, recording: Recording) -> io.RawIOBase | io.BytesIO:
    """Return the sound as a file of which any part can be read without the rest. Raises as `read_all`."""
    if recording.data_key is None:
        return io.BytesIO(read_all(objects, keyring, recording))
    return SealedFile(objects, keyring, recording)


class SealedFile(Seekable):
    """A recording as a file: pieces are fetched and opened as they are read; each is bound to its place."""

    def __init__(self, objects: ObjectStore, keyring: Keyring, recording: Recording) -> None:
        """Open the key of `recording`. Raises `NotFound` when the recording or its key is gone, `Undecipherable`."""
        super().__init__(recording.size or 0)
        if recording.data_key is None or recording.blob is None:
            raise NotFound(f"recording {recording.id} has no sound")
        self._blobs, self._name, self._id = objects, recording.blob, recording.id
        self._cipher = AESGCM(keyring.decrypt(recording.data_key, _key_about(recording.id)))
        self._held: tuple[int, bytes] = (-1, b"")

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes, all of the rest by default. Raises `Undecipherable` where they were altered."""
        end = self.size if size is None or size < 0 else min(self.size, self._at + size)
        out = bytearray()
        while self._at < end:
            number, inside = divmod(self._at, PIECE)
            part = self._piece(number)[inside : inside + end - self._at]
            if not part:
                raise Undecipherable(f"recording {self._id} is shorter than it was")
            out += part
            self._at += len(part)
        return bytes(out)

    def _piece(self, number: int) -> bytes:
        if self._held[0] != number:
            length = min(PIECE, self.size - number * PIECE) + NONCE_BYTES + TAG
            sealed = self._blobs.sealed_part(self._name, number * SEALED_PIECE, length)
            try:
                opened = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _about(self._id, number))
            except (InvalidTag, ValueError) as error:
                raise Undecipherable(f"recording {self._id} was altered or moved") from error
            self._held = (number, opened)
        return self._held[1]


def _even(data: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces of one size, the last one shorter."""
    held = bytearray()
    for some in data:
        held += some
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


def _compare(recording: Recording, digest: str) -> None:
    if digest != recording.digest:
        raise DigestMismatch(f"recording {recording.id} does not have the digest it was stored with")


def _about(recording_id: str, number: int) -> bytes:
    return f"recording:{recording_id}:{number}".encode()


def _key_about(recording_id: str) -> str:
    return f"recording-key:{recording_id}"
