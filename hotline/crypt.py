"""Encryption at rest: AES-GCM with a key id and associated data, and a blind index for look-ups by number."""

import base64
import hmac
import os
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hotline.errors import ConfigError, HotlineError

NONCE_BYTES = 12


class Undecipherable(HotlineError):
    """The data was altered, belongs to another row, or its key is gone."""

    code = "undecipherable"
    is_permanent = True


@dataclass(frozen=True)
class Keyring:
    """Keys by id; the first one encrypts, all of them decrypt."""

    keys: dict[str, bytes]

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read `id:base64,id:base64`. Raises `ConfigError` when a key is not 32 bytes or an id is unfit."""
        keys: dict[str, bytes] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            key_id, _, encoded = part.partition(":")
            try:
                key = base64.urlsafe_b64decode(encoded)
            except ValueError:
                key = b""
            if len(key) != 32 or not 0 < len(key_id) < 17 or not key_id.isascii():
                raise ConfigError("HOTLINE_KEYS: each part is id:key, the key 32 bytes in URL-safe base64")
            keys[key_id] = key
        if not keys:
            raise ConfigError("HOTLINE_KEYS: at least one key is needed, id:base64")
        return cls(keys)

    @property
    def current(self) -> str:
        """The id of the key that encrypts."""
        return next(iter(self.keys))

    def encrypt(self, plain: bytes, about: str) -> bytes:
        """`plain` sealed for `about` (its place: a column or a row's id), as key id, nonce and ciphertext."""
        head, cipher = self._sealing
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + cipher.encrypt(nonce, plain, about.encode())

    @cached_property
    def _sealing(self) -> tuple[bytes, AESGCM]:
        """What everything that is sealed begins with, and the cipher of the current key: made once, used for all."""
        return bytes([len(self.current)]) + self.current.encode(), AESGCM(self.keys[self.current])

    def decrypt(self, sealed: bytes, about: str) -> bytes:
        """What `encrypt` was given. Raises `Undecipherable` when altered, moved or its key is not in the ring."""
        if not sealed:
            raise Undecipherable("nothing to decrypt")
        end = 1 + sealed[0]
        key = self.keys.get(key_id(sealed))
        if key is None:
            raise Undecipherable(f"no key {key_id(sealed)!r} in HOTLINE_KEYS")
        try:
            return AESGCM(key).decrypt(sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :], about.encode())
        except (InvalidTag, ValueError) as error:
            raise Undecipherable(f"data of {about} was altered or moved") from error

    def index(self, text: str) -> str:
        """A keyed digest of `text`, the same for the same text: finds rows without showing what they hold.

        It is made with the oldest key, so that adding a key does not lose anyone.
        """
        return hmac.digest(self.keys[next(reversed(self.keys))], b"index:" + text.encode(), "sha256").hex()


def key_id(sealed: bytes) -> str:
    """The id of the key that sealed these bytes."""
    return sealed[1 : 1 + sealed[0]].decode("ascii", "replace")


def new_key() -> str:
    """A new random key in the form that `HOTLINE_KEYS` takes after the colon."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()
