"""Rules for users of the staff pages: names, logins, passwords of their own, who may lose rights. Pure."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from accounts.errors import LastAdministrator, LoginUnfit, NameMissing, OwnRights, PasswordSame, PasswordsDiffer
from accounts.passwords import policy
from hotline.values.access import Role
from hotline.values.language import Language

LONGEST_NAME = 80
_LOGIN = re.compile(r"[a-z0-9._-]{2,40}")


class Account(Protocol):
    """What the rules ask of a user."""

    @property
    def id(self) -> str: ...
    @property
    def login(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def language(self) -> Language: ...
    @property
    def agent_id(self) -> str | None: ...
    @property
    def one_time_until(self) -> datetime | None: ...


@dataclass(frozen=True)
class UserDetails:
    """What an administrator edits of a user."""

    name: str
    role: Role
    language: Language
    agent_id: str | None


def clean_login(text: str) -> str:
    """Return the login as it is kept. Raises `LoginUnfit`."""
    login = text.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise LoginUnfit(f"login {login!r}: 2 to 40 of a-z, 0-9, dot, hyphen, underscore")
    return login


def clean_name(text: str) -> str:
    """Return the name as it is kept. Raises `NameMissing`."""
    name = text.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise NameMissing(f"a user needs a name of at most {LONGEST_NAME} characters")
    return name


def check_new_password(user: Account, *, old: str, new: str, again: str) -> None:
    """Raise `UserRefused` unless the owner, whose present password is `old`, may have `new`, written `again`."""
    if new != again:
        raise PasswordsDiffer("the new password is not the same twice")
    if new == old:
        raise PasswordSame("the new password is the present one")
    policy.check(new, user.login)


def is_expired(user: Account, now: datetime) -> bool:
    """Tell whether the user has a one-time password that is no longer good."""
    return user.one_time_until is not None and user.one_time_until <= now


def check_role_change(user: Account, role: Role, administrators: Sequence[Account], by: str | None) -> None:
    """Raise `OwnRights` or `LastAdministrator` where `by` (`None`: a command) may not give the user this role."""
    if user.role.is_administrator and not role.is_administrator:
        if by == user.id:
            raise OwnRights("another administrator takes this role away")
        require_another_administrator(administrators, user)


def require_another_administrator(administrators: Sequence[Account], user: Account) -> None:
    """Raise `LastAdministrator` where the user is the only one of those who can administer."""
    if [other.id for other in administrators] == [user.id]:
        raise LastAdministrator(f"{user.login} is the only administrator who can sign in; make another one first")


def stamp(user: Account) -> str:
    """Return a digest of what can be edited: it shows that a form was opened before somebody else's change."""
    values = (user.name, user.role, user.language, user.agent_id or "")
    return hashlib.sha256("\0".join(values).encode()).hexdigest()[:16]


def audit_actions(user: Account, details: UserDetails, name: str) -> list[str]:
    """Return the actions for the audit log, one per field that changes."""
    changes = {
        "rename_user": user.name != name,
        f"role_{details.role}": user.role != details.role,
        f"language_{details.language}": user.language != details.language,
        "link_agent" if details.agent_id else "unlink_agent": user.agent_id != details.agent_id,
    }
    return [action for action, is_changed in changes.items() if is_changed]
