"""The users of the staff pages: make one, recognise one by the password, change one, shut one out.

Everything happens inside the caller's transaction. What may cost the hospital an administrator locks all of them
first, so that two at once cannot take each other away.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.errors import (
    AgentTaken,
    AgentUnknown,
    ChangedMeanwhile,
    LastAdministrator,
    LoginTaken,
    LoginUnfit,
    NameMissing,
    OwnRights,
    PasswordExpired,
    PasswordSame,
    PasswordsDiffer,
    PasswordWrong,
)
from accounts.passwords import strength
from hotline import clock
from hotline.context import AppContext
from hotline.errors import NotFound
from hotline.models import Agent, User
from hotline.values.access import Role
from hotline.values.language import Language

LONGEST_NAME = 80
_LOGIN = re.compile(r"[a-z0-9._-]{2,40}")


@dataclass(frozen=True)
class Wanted:
    """A user as they are to be."""

    name: str
    role: Role
    language: Language
    agent_id: str | None


def create(context: AppContext, login: str, password: str, name: str, role: Role, agent_id: str | None = None) -> User:
    """Make a user with a password of their own; the first one comes from here too. Raises `UserRefused`."""
    with context.database.write() as session:
        return add(session, login, password, User(name=name, role=role, agent_id=agent_id))


def add(session: Session, login: str, password: str, user: User) -> User:
    """Put `user` (name, role, agent, language) under this login and password. Raises `UserRefused`.

    With `one_time_until` the password is one that somebody else chose: it must be changed before anything else.
    """
    user.login = login.strip().lower()
    user.name = _name(user.name)
    if not _LOGIN.fullmatch(user.login):
        raise LoginUnfit(f"login {user.login!r}: 2 to 40 of a-z, 0-9, dot, hyphen, underscore")
    if session.scalar(select(User.id).where(User.login == user.login)):
        raise LoginTaken(f"login {user.login!r} is taken")
    strength.check(password, user.login)
    user.password = strength.sealed(password)
    user.language = user.language or Language.MANDARIN
    _check_agent(session, user.agent_id, None)
    session.add(user)
    _flush(session)
    return user


def invite(session: Session, login: str, password: str, wanted: Wanted, now: datetime) -> User:
    """Make a user whose password is a one-time one. Raises `UserRefused`."""
    user = User(name=wanted.name, role=wanted.role, language=wanted.language, agent_id=wanted.agent_id)
    user.one_time_until = now + strength.ONE_TIME
    return add(session, login, password, user)


def under(session: Session, login: str) -> User | None:
    """The user with this login, as it was typed."""
    return session.scalar(select(User).where(User.login == login.strip().lower()[:40]))


def admit(session: Session, seen: User, now: datetime) -> User | None:
    """The user whose password was found right when they were as `seen`; `None` where they may not sign in (any more).

    Raises `PasswordExpired` for a one-time password that is too old.
    """
    user = _locked(session, seen.id)
    if not user.is_active or user.password != seen.password:
        return None
    if is_expired(user, now):
        raise PasswordExpired("the one-time password was good for a day")
    return user


def is_expired(user: User, now: datetime) -> bool:
    """Whether the user has a one-time password that is no longer good."""
    return user.one_time_until is not None and user.one_time_until <= now


def check_own(user: User, *, old: str, new: str, again: str) -> None:
    """Raise `UserRefused` unless the owner, whose present password is `old`, may have `new`, written `again`."""
    if new != again:
        raise PasswordsDiffer("the new password is not the same twice")
    if new == old:
        raise PasswordSame("the new password is the present one")
    strength.check(new, user.login)


def change_password(session: Session, seen: User, digest: str) -> User:
    """Set the owner's new password; all their sessions end. Raises `PasswordWrong` if it is not as `seen`."""
    user = _locked(session, seen.id)
    if user.password != seen.password:
        raise PasswordWrong("the present password is another")
    _set_password(user, digest, None)
    return user


def reset_password(session: Session, user_id: str, now: datetime, *, is_rescue: bool = False) -> str:
    """Give the user a one-time password, which is returned and kept nowhere; all their sessions end.

    Raises `NotFound`, and `LastAdministrator` unless `is_rescue`: a command may, as it can do it again.
    """
    administrators = _administrators(session)
    user = _locked(session, user_id)
    if not is_rescue:
        _spare_the_last(administrators, user)
    password = clock.new_password()
    _set_password(user, strength.sealed(password), now + strength.ONE_TIME)
    return password


def edit(session: Session, user_id: str, wanted: Wanted, by: str | None = None, seen: str | None = None) -> list[str]:
    """Make the user as `wanted`; the actions for the audit log, one per field that changed.

    `by` is the administrator who does it, `None` for a command; `seen` the `stamp` of the user whom they saw.
    Raises `NotFound` and `UserRefused`.
    """
    administrators = _administrators(session)
    user = _locked(session, user_id)
    if seen is not None and seen != stamp(user):
        raise ChangedMeanwhile("somebody else has changed this user")
    name = _name(wanted.name)
    if user.role is Role.ADMINISTRATOR and wanted.role is not Role.ADMINISTRATOR:
        if by == user.id:
            raise OwnRights("another administrator takes this role away")
        _spare_the_last(administrators, user)
    _check_agent(session, wanted.agent_id, user.id)
    actions = _actions(user, wanted, name)
    user.name, user.role, user.language, user.agent_id = name, wanted.role, wanted.language, wanted.agent_id
    _flush(session)
    return actions


def stamp(user: User) -> str:
    """A digest of what can be edited: a form that was opened before somebody else's change is known by it."""
    values = (user.name, user.role, user.language, user.agent_id or "")
    return hashlib.sha256("\0".join(values).encode()).hexdigest()[:16]


def choose_language(session: Session, user_id: str, language: Language) -> None:
    """Show the user the pages in another language from now on."""
    existing(session, user_id).language = language


def shut_out(session: Session, user_id: str) -> User:
    """Take the right to sign in away, and end every session at once. Raises `NotFound`, `LastAdministrator`."""
    administrators = _administrators(session)
    user = _locked(session, user_id)
    _spare_the_last(administrators, user)
    return _set_active(user, is_active=False)


def let_in(session: Session, user_id: str) -> User:
    """Give the right to sign in back. Raises `NotFound`."""
    return _set_active(_locked(session, user_id), is_active=True)


def everyone(session: Session) -> list[User]:
    """All users, active ones first, by name."""
    return list(session.scalars(select(User).order_by(User.is_active.desc(), User.name, User.login)))


def find(session: Session, user_id: str) -> User | None:
    """The user with this id."""
    return session.get(User, user_id)


def existing(session: Session, user_id: str) -> User:
    """Return the user, who is known to be there."""
    return session.get_one(User, user_id)


def named(session: Session, login: str) -> User:
    """The user with this login. Raises `NotFound`."""
    user = session.scalar(select(User).where(User.login == login.strip().lower()))
    if user is None:
        raise NotFound(f"nobody has the login {login!r}; `hotline users list` shows everyone")
    return user


def _administrators(session: Session) -> list[User]:
    """Whoever can administer now and needs nobody's help for it, locked: whoever asks next sees what became of them."""
    able = (User.role == Role.ADMINISTRATOR, User.is_active, User.one_time_until.is_(None))
    locked = select(User).where(*able).order_by(User.id).with_for_update()
    return list(session.scalars(locked.execution_options(populate_existing=True)))


def _spare_the_last(administrators: list[User], user: User) -> None:
    if [other.id for other in administrators] == [user.id]:
        raise LastAdministrator(f"{user.login} is the only administrator who can sign in; make another one first")


def _locked(session: Session, user_id: str) -> User:
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound(f"no user {user_id}")
    return user


def _set_active(user: User, *, is_active: bool) -> User:
    user.is_active = is_active
    user.session_version += 1
    return user


def _set_password(user: User, digest: str, one_time_until: datetime | None) -> None:
    user.password = digest
    user.one_time_until = one_time_until
    user.session_version += 1


def _name(text: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise NameMissing(f"a user needs a name of at most {LONGEST_NAME} characters")
    return name


def _check_agent(session: Session, agent_id: str | None, user_id: str | None) -> None:
    if agent_id is None:
        return
    if session.get(Agent, agent_id) is None:
        raise AgentUnknown(f"no agent {agent_id}")
    holder = session.scalar(select(User.login).where(User.agent_id == agent_id, User.id != (user_id or "")))
    if holder is not None:
        raise AgentTaken(f"this agent signs in as {holder!r} already; take the link away there first")


def _actions(user: User, wanted: Wanted, name: str) -> list[str]:
    changes = {
        "rename_user": user.name != name,
        f"role_{wanted.role}": user.role != wanted.role,
        f"language_{wanted.language}": user.language != wanted.language,
        "link_agent" if wanted.agent_id else "unlink_agent": user.agent_id != wanted.agent_id,
    }
    return [action for action, is_changed in changes.items() if is_changed]


def _flush(session: Session) -> None:
    """Write; what another process took between the look and the write is refused as if it had been seen."""
    try:
        session.flush()
    except IntegrityError as error:
        if "agent_id" in str(error.orig):
            raise AgentTaken("this agent has an account already") from error
        raise LoginTaken("this login is taken") from error
