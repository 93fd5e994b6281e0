"""Which passwords are good enough. Pure."""

from datetime import timedelta

from zxcvbn import zxcvbn

from accounts.errors import PasswordIsName, PasswordLong, PasswordShort, PasswordUsual

SHORTEST, LONGEST = 10, 128
# More of what is typed is not looked at: nobody's password is as long.
LONGEST_TYPED = 4 * LONGEST
# A password that an administrator gave is good for so long, and only to choose one's own.
ONE_TIME = timedelta(hours=24)
# The least score of the estimate: 10^8 guesses, by somebody who knows the words below as well.
LEAST_SCORE = 3
MEASURED = 72  # the estimate takes no more characters; beyond them nothing is easily guessed
LOCAL_WORDS = ("hotline", "hospital", "rexian", "yiyuan", "yishi", "hushi", "woaini", "zhongguo", "mima")
LEAST_BESIDE_LOGIN = 6


def check(password: str, login: str) -> None:
    """Raise `PasswordWeak`, as its kind says why, unless `login` may have this password."""
    if len(password) < SHORTEST:
        raise PasswordShort(f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise PasswordLong(f"a password has at most {LONGEST} characters")
    if len(password.casefold().replace(login.casefold(), "")) < min(LEAST_BESIDE_LOGIN, len(password)):
        raise PasswordIsName("a password is not the user name with little added")
    if zxcvbn(password[:MEASURED], user_inputs=[login, *LOCAL_WORDS])["score"] < LEAST_SCORE:
        raise PasswordUsual("this password is easy to guess; take several words that do not belong together")
