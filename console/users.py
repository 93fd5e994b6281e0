"""The users of the staff pages: make one, recognise one by the password, shut one out."""

import re

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from console.errors import LoginTaken, LoginUnfit, NameMissing, PasswordWeak
from hotline.errors import NotFound
from hotline.ground import Ground
from hotline.models import User
from hotline.values import Language, Role

PASSWORD_LENGTH = 10
_LOGIN = re.compile(r"[a-z0-9._-]{2,40}")
_hasher = PasswordHasher()
# Checked when nobody has the name, so that the answer takes as long as for a name that exists.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$/LGrMqH6PT0XUmluVujaiA$aP8psPnFM7bBLZCnP7tgal2UprzyzyG+WgTS/yYeMjc"


def create(ground: Ground, login: str, password: str, name: str, role: Role, agent_id: str | None = None) -> User:
    """Make a user; the first one comes from here too. Raises `UserRefused` with the reason."""
    with ground.database.write() as session:
        return add(session, login, password, User(name=name, role=role, agent_id=agent_id))


def add(session: Session, login: str, password: str, user: User) -> User:
    """Put `user` (name, role, agent, language) under this login and password. Raises `UserRefused`."""
    user.login = login.strip().lower()
    user.name = user.name.strip()
    if not _LOGIN.fullmatch(user.login):
        raise LoginUnfit(f"login {user.login!r}: 2 to 40 of a-z, 0-9, dot, hyphen, underscore")
    if not 0 < len(user.name) <= 80:
        raise NameMissing("a user needs a name of at most 80 characters")
    if len(password) < PASSWORD_LENGTH:
        raise PasswordWeak(f"a password has at least {PASSWORD_LENGTH} characters")
    user.password = _hasher.hash(password)
    user.language = user.language or Language.MANDARIN
    if session.scalar(select(User.id).where(User.login == user.login)):
        raise LoginTaken(f"login {user.login!r} is taken")
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:  # another process took it between the look and the write
        raise LoginTaken(f"login {user.login!r} is taken") from error
    return user


def recognise(session: Session, login: str, password: str) -> User | None:
    """The active user with this login and password, else `None`; it takes the same time either way."""
    user = session.scalar(select(User).where(User.login == login.strip().lower()[:40]))
    fits = _fits(user.password if user else _NOBODY, password)
    return user if user and fits and user.is_active else None


def shut_out(session: Session, user_id: str) -> User:
    """Take the right to sign in away, and end every session at once. Raises `NotFound`."""
    return _set_active(session, user_id, is_active=False)


def let_in(session: Session, user_id: str) -> User:
    """Give the right to sign in back. Raises `NotFound`."""
    return _set_active(session, user_id, is_active=True)


def everyone(session: Session) -> list[User]:
    """All users, active ones first, by name."""
    return list(session.scalars(select(User).order_by(User.is_active.desc(), User.name)))


def find(session: Session, user_id: str) -> User | None:
    """The user with this id."""
    return session.get(User, user_id)


def _set_active(session: Session, user_id: str, *, is_active: bool) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(f"no user {user_id}")
    user.is_active = is_active
    user.session_version += 1
    return user


def _fits(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
