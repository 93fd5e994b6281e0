"""Sealed bytes by name: a local folder or S3, always encrypted before they leave the process."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlparse

import obstore
from obstore.exceptions import GenericError
from obstore.store import LocalStore, from_url
from obstore.store import ObjectStore as RawStore

from hotline.encryption.keyring import Keyring, key_id
from hotline.errors import NotFound

# An upload that comes piece by piece is sent in parts of this size, so many at a time (S3 wants 5 MB at least).
UPLOAD_BYTES, UPLOADS = 5 << 20, 2


class ObjectStore:
    """A store whose content is sealed with the keyring for `about` (the row it belongs to)."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        """Use the store at `url` (`file:///folder`, `s3://bucket/prefix`); a local folder is made when missing."""
        self._keyring = keyring
        self._store = _open(url)

    def put(self, name: str, plain: bytes, about: str) -> str:
        """Seal and store; the id of the key that was used."""
        sealed = self._keyring.encrypt(plain, about)
        obstore.put(self._store, name, sealed)
        return key_id(sealed)

    def get(self, name: str, about: str) -> bytes:
        """Fetch and open. Raises `NotFound`, or `Undecipherable` when it was altered or belongs to another row."""
        return self._keyring.decrypt(self.sealed(name), about)

    def sealed(self, name: str) -> bytes:
        """Return the bytes as they lie in the store. Raises `NotFound`."""
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError as error:
            raise NotFound(f"no blob {name}") from error

    def put_sealed(self, name: str, pieces: Iterable[bytes]) -> None:
        """Store, as they come, pieces that the caller has sealed with a key of their own.

        What fails half-way leaves no blob. At most a few megabytes are held.
        """
        writer = obstore.open_writer(self._store, name, buffer_size=UPLOAD_BYTES, max_concurrency=UPLOADS)
        for piece in pieces:
            writer.write(piece)
        writer.close()  # the blob is there from now on; a writer that is not closed is thrown away

    def sealed_part(self, name: str, start: int, length: int) -> bytes:
        """Return some of the bytes as they lie in the store, fewer at their end. Raises `NotFound`."""
        try:
            return bytes(obstore.get_range(self._store, name, start=start, length=length))
        except FileNotFoundError as error:
            raise NotFound(f"no blob {name}") from error
        except GenericError:
            if start < obstore.head(self._store, name)["size"]:
                raise
            return b""  # it ends before that

    def has(self, name: str) -> bool:
        """Return whether anything lies there."""
        try:
            obstore.head(self._store, name)
        except FileNotFoundError:
            return False
        return True

    def delete(self, name: str) -> None:
        """Remove; nothing happens when it is not there."""
        try:
            obstore.delete(self._store, name)
        except FileNotFoundError:
            return


def _open(url: str) -> RawStore:
    parts = urlparse(url)
    if parts.scheme != "file":
        return from_url(url)
    folder = Path(parts.path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(prefix=folder)
