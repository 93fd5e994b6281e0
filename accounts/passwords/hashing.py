"""Digests of passwords (Argon2)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from accounts.passwords import hash_pool
from accounts.passwords.policy import LONGEST_TYPED

_hasher = PasswordHasher()
# Checked when nobody has the login, so that the answer takes as long as for one that exists.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$/LGrMqH6PT0XUmluVujaiA$aP8psPnFM7bBLZCnP7tgal2UprzyzyG+WgTS/yYeMjc"


def hash_password(password: str) -> str:
    """Return the digest that is kept."""
    return hash_pool.run(lambda: _hasher.hash(password))


def matches(stored: str | None, password: str) -> bool:
    """Tell whether it is the password whose digest is `stored`; with `None` it takes as long and is not."""
    return hash_pool.run(lambda: _matches(stored, password[:LONGEST_TYPED]))


def _matches(stored: str | None, password: str) -> bool:
    try:
        return _hasher.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
