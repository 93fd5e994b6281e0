"""Passwords: which are good enough, how they are kept, and the one-time ones that somebody else gives."""

from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from accounts.errors import PasswordIsName, PasswordLong, PasswordShort, PasswordUsual
from accounts.passwords import hashing

SHORTEST, LONGEST = 10, 128
# More of what is typed is not looked at: nobody's password is as long.
LONGEST_TYPED = 4 * LONGEST
# A password that an administrator gave is good for so long, and only to choose one's own.
ONE_TIME = timedelta(hours=24)
# Below 10^8 guesses; whoever tries passwords knows these words as well.
STRENGTH = 3
MEASURED = 72  # the estimate takes no more characters; beyond them nothing is easily guessed
OURS = ("hotline", "hospital", "rexian", "yiyuan", "yishi", "hushi", "woaini", "zhongguo", "mima")
REMAINDER = 6
_hasher = PasswordHasher()
# Checked when nobody has the name, so that the answer takes as long as for a name that exists.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$/LGrMqH6PT0XUmluVujaiA$aP8psPnFM7bBLZCnP7tgal2UprzyzyG+WgTS/yYeMjc"


def check(password: str, login: str) -> None:
    """Raise `PasswordWeak`, as its kind says why, unless `login` may have this password."""
    if len(password) < SHORTEST:
        raise PasswordShort(f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise PasswordLong(f"a password has at most {LONGEST} characters")
    if len(password.casefold().replace(login.casefold(), "")) < min(REMAINDER, len(password)):
        raise PasswordIsName("a password is not the user name with little added")
    if zxcvbn(password[:MEASURED], user_inputs=[login, *OURS])["score"] < STRENGTH:
        raise PasswordUsual("this password is easy to guess; take several words that do not belong together")


def sealed(password: str) -> str:
    """The digest that is kept."""
    return hashing.aside(lambda: _hasher.hash(password))


def fits(stored: str | None, password: str) -> bool:
    """Whether it is the one whose digest is `stored`; with `None` it takes as long and is not."""
    return hashing.aside(lambda: _fits(stored, password[:LONGEST_TYPED]))


def _fits(stored: str | None, password: str) -> bool:
    try:
        return _hasher.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
