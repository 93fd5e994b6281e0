"""Encryption at rest: AES-GCM with a key id and associated data, and a blind index for look-ups by number."""

import base64
import hmac
import os
import string
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hotline.errors import ConfigError, HotlineError

NONCE_BYTES = 12
MOST_ID_SIGNS = 16
# Set in the first byte (the length of the key's id) of what is bound to its row.
BOUND = 0x80
_ID_SIGNS = frozenset(string.printable) - frozenset(string.whitespace + ",:")


class Undecipherable(HotlineError):
    """The data was altered, belongs to another row, or its key is gone."""

    code = "undecipherable"
    is_permanent = True


class Keyring:
    """Keys by id: all of them decrypt, the current one encrypts; beside them the key of the index.

    Which key is current, and what the key of the index is, stands in the database (`hotline.encryption.known_keys`).
    Until that was read the first key is current, and there is no index.
    """

    def __init__(self, keys: Mapping[str, bytes], index_key: bytes | None = None) -> None:
        """A ring of keys of 32 bytes, at least one."""
        self.keys = dict(keys)
        self.current = next(iter(self.keys))
        self.index_key = index_key
        self._ciphers = {key_id: AESGCM(key) for key_id, key in self.keys.items()}

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read `id:base64,id:base64`. Raises `ConfigError`: a key is not 32 bytes, an id unfit or there twice."""
        keys: dict[str, bytes] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            key_id, _, encoded = part.partition(":")
            try:
                key = base64.urlsafe_b64decode(encoded)
            except ValueError:
                key = b""
            if len(key) != 32 or not 0 < len(key_id) <= MOST_ID_SIGNS or not _ID_SIGNS.issuperset(key_id):
                raise ConfigError("HOTLINE_KEYS: each part is id:key, the key 32 bytes in URL-safe base64")
            if key_id in keys:
                raise ConfigError(f"HOTLINE_KEYS: two keys have the id {key_id}; each needs an id of its own")
            keys[key_id] = key
        if not keys:
            raise ConfigError("HOTLINE_KEYS: at least one key is needed, id:base64")
        return cls(keys)

    def text(self) -> str:
        """The ring in the form of `HOTLINE_KEYS`, as `parse` reads it: the secrets themselves."""
        pairs = ((key_id, base64.urlsafe_b64encode(key).decode()) for key_id, key in self.keys.items())
        return ",".join(f"{key_id}:{encoded}" for key_id, encoded in pairs)

    def use(self, key_id: str) -> None:
        """Encrypt with this key from now on. Raises `KeyError` when it is not in the ring."""
        if key_id not in self.keys:
            raise KeyError(key_id)
        self.current = key_id

    def encrypt(self, plain: bytes, about: str, key_id: str | None = None) -> bytes:
        """`plain` sealed for `about`, which names a row or a blob, as key id, nonce and ciphertext."""
        chosen = key_id or self.current
        return head(chosen) + self._seal(chosen, plain, about.encode())

    def encrypt_in_row(self, plain: bytes, column: str, row: str) -> bytes:
        """`plain` sealed for one column of one row: copied anywhere else it does not open."""
        chosen = self.current
        return head(chosen, is_bound=True) + self._seal(chosen, plain, _place(column, row))

    def decrypt(self, sealed: bytes, about: str) -> bytes:
        """Return what `encrypt` was given.

        Raises `Undecipherable` when altered, moved or its key is not in the ring.
        """
        return self._open(sealed, about.encode(), about)

    def decrypt_in_row(self, sealed: bytes, column: str, row: str) -> bytes:
        """Return what `encrypt_in_row` was given, or what was sealed for the column alone before rows were bound.

        Raises `Undecipherable` as `decrypt`.
        """
        about = _place(column, row) if is_bound(sealed) else column.encode()
        return self._open(sealed, about, column)

    def index(self, text: str) -> str:
        """Return a keyed digest of `text`, the same for the same text: finds rows without showing what they hold.

        Its key is kept in the database and stays the same whatever becomes of the keys of the ring.
        """
        if self.index_key is None:
            raise Undecipherable("the key of the index was not read from the database yet")
        return digest(self.index_key, text)

    def _seal(self, key_id: str, plain: bytes, about: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[key_id].encrypt(nonce, plain, about)

    def _open(self, sealed: bytes, about: bytes, name: str) -> bytes:
        if not sealed:
            raise Undecipherable("nothing to decrypt")
        cipher = self._ciphers.get(key_id(sealed))
        if cipher is None:
            raise Undecipherable(f"no key {key_id(sealed)!r} in HOTLINE_KEYS")
        start = 1 + (sealed[0] & ~BOUND)
        try:
            return cipher.decrypt(sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :], about)
        except (InvalidTag, ValueError) as error:
            raise Undecipherable(f"data of {name} was altered or moved") from error


def digest(index_key: bytes, text: str) -> str:
    """Return the keyed digest of `text` by a key of the index."""
    return hmac.digest(index_key, b"index:" + text.encode(), "sha256").hex()


def head(key_id: str, *, is_bound: bool = False) -> bytes:
    """Return what everything begins with that this key sealed, bound to its row or not."""
    return bytes([len(key_id) | (BOUND if is_bound else 0)]) + key_id.encode()


def key_id(sealed: bytes) -> str:
    """Return the id of the key that sealed these bytes."""
    return sealed[1 : 1 + (sealed[0] & ~BOUND)].decode("ascii", "replace")


def is_bound(sealed: bytes) -> bool:
    """Return whether these bytes open in their own row only."""
    return bool(sealed) and bool(sealed[0] & BOUND)


def new_key() -> str:
    """Return a new random key in the form that `HOTLINE_KEYS` takes after the colon."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def new_key_id() -> str:
    """Return a new id for a key, by chance, so that no two keys have the same one."""
    return "k" + base64.b32encode(os.urandom(5)).decode().lower()


def _place(column: str, row: str) -> bytes:
    return f"{column}:{row}".encode()
