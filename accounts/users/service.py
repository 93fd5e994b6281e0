"""Users of the staff pages: created, edited, given passwords, deactivated.

Each function runs inside its caller's transaction, which adds the entry of the audit log; `create` opens its own. What
may cost the hospital an administrator locks all of them first.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.errors import AgentTaken, ChangedMeanwhile, LoginTaken, PasswordExpired, PasswordWrong
from accounts.passwords import hashing, policy
from accounts.users import queries, rules
from accounts.users.rules import UserDetails
from hotline import clock
from hotline.database.database import Database
from hotline.models import User
from hotline.values.access import Role
from hotline.values.language import Language


def create(database: Database, login: str, password: str, name: str, role: Role, agent_id: str | None = None) -> User:
    """Create a user with a password of their own, in a transaction of its own. Raises `UserRefused`."""
    with database.write() as session:
        return add(session, login, password, User(name=name, role=role, agent_id=agent_id))


def add(session: Session, login: str, password: str, user: User) -> User:
    """Put `user` (name, role, agent, language) under this login and password. Raises `UserRefused`.

    With `one_time_until` the password is one that somebody else chose: it must be changed before anything else.
    """
    user.name = rules.clean_name(user.name)
    user.login = rules.clean_login(login)
    if session.scalar(select(User.id).where(User.login == user.login)):
        raise LoginTaken(f"login {user.login!r} is taken")
    policy.check(password, user.login)
    user.password = hashing.hash_password(password)
    user.language = user.language or Language.MANDARIN
    queries.check_agent_is_free(session, user.agent_id, None)
    session.add(user)
    _flush(session)
    return user


def invite(session: Session, login: str, password: str, details: UserDetails, now: datetime) -> User:
    """Create a user whose password is a one-time one. Raises `UserRefused`."""
    user = User(name=details.name, role=details.role, language=details.language, agent_id=details.agent_id)
    user.one_time_until = now + policy.ONE_TIME
    return add(session, login, password, user)


def confirm_sign_in(session: Session, seen: User, now: datetime) -> User | None:
    """Return the user whose password matched as they were `seen`; `None` where they may not sign in (any more).

    Raises `PasswordExpired` for a one-time password that is too old.
    """
    user = queries.locked(session, seen.id)
    if not user.is_active or user.password != seen.password:
        return None
    if rules.is_expired(user, now):
        raise PasswordExpired("the one-time password was good for a day")
    return user


def change_password(session: Session, seen: User, digest: str) -> User:
    """Set the owner's new password; all their sessions end. Raises `PasswordWrong` if it is not as `seen`."""
    user = queries.locked(session, seen.id)
    if user.password != seen.password:
        raise PasswordWrong("the present password is another")
    _set_password(user, digest, None)
    return user


def reset_password(session: Session, user_id: str, now: datetime, *, is_rescue: bool = False) -> str:
    """Give the user a one-time password, which is returned and kept nowhere; all their sessions end.

    Raises `NotFound`, and `LastAdministrator` unless `is_rescue`: a command may, as it can do it again.
    """
    administrators = queries.locked_administrators(session)
    user = queries.locked(session, user_id)
    if not is_rescue:
        rules.require_another_administrator(administrators, user)
    password = clock.new_password()
    _set_password(user, hashing.hash_password(password), now + policy.ONE_TIME)
    return password


def edit(
    session: Session, user_id: str, details: UserDetails, by: str | None = None, seen: str | None = None
) -> list[str]:
    """Give the user these details; return the actions for the audit log, one per field that changed.

    `by` is the administrator who does it, `None` for a command; `seen` the `stamp` of the user whom they saw.
    Raises `NotFound` and `UserRefused`.
    """
    administrators = queries.locked_administrators(session)
    user = queries.locked(session, user_id)
    if seen is not None and seen != rules.stamp(user):
        raise ChangedMeanwhile("somebody else has changed this user")
    name = rules.clean_name(details.name)
    rules.check_role_change(user, details.role, administrators, by)
    queries.check_agent_is_free(session, details.agent_id, user.id)
    actions = rules.audit_actions(user, details, name)
    user.name, user.role, user.language, user.agent_id = name, details.role, details.language, details.agent_id
    _flush(session)
    return actions


def choose_language(session: Session, user_id: str, language: Language) -> None:
    """Show the user the pages in another language from now on."""
    queries.existing(session, user_id).language = language


def deactivate(session: Session, user_id: str) -> User:
    """Take the right to sign in away, and end every session at once. Raises `NotFound`, `LastAdministrator`."""
    administrators = queries.locked_administrators(session)
    user = queries.locked(session, user_id)
    rules.require_another_administrator(administrators, user)
    return _set_active(user, is_active=False)


def activate(session: Session, user_id: str) -> User:
    """Give the right to sign in back. Raises `NotFound`."""
    return _set_active(queries.locked(session, user_id), is_active=True)


def _set_active(user: User, *, is_active: bool) -> User:
    user.is_active = is_active
    user.session_version += 1
    return user


def _set_password(user: User, digest: str, one_time_until: datetime | None) -> None:
    user.password = digest
    user.one_time_until = one_time_until
    user.session_version += 1


def _flush(session: Session) -> None:
    """Write; what another process took between the look and the write is refused as if it had been seen."""
    try:
        session.flush()
    except IntegrityError as error:
        if "agent_id" in str(error.orig):
            raise AgentTaken("this agent has an account already") from error
        raise LoginTaken("this login is taken") from error
