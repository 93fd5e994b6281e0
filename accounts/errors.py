"""Errors of users and their passwords.

HotlineError
├── TooManyGuesses  no password is checked before `until`
├── HashingBusy     too many passwords wait to be checked
└── UserRefused     a user cannot be made or changed so; `code` names the message, `field` the field
    ├── LoginTaken          someone has this name
    ├── LoginUnfit          letters, digits, dot, hyphen and underscore, 2 to 40
    ├── NameMissing         no name, or too long
    ├── AgentTaken          the agent has an account already
    ├── AgentUnknown        there is no such agent
    ├── LastAdministrator   nobody else could administer
    ├── OwnRights           administrators leave their own role and access to another administrator
    ├── ChangedMeanwhile    somebody else has changed it since the form was opened
    ├── PasswordWrong       the present password is another
    ├── PasswordExpired     the one-time password was good for a day
    └── PasswordWeak        the new password is not good enough
        ├── PasswordShort       fewer than 10 characters
        ├── PasswordLong        more than 128
        ├── PasswordIsName      the user name with little added
        ├── PasswordUsual       easy to guess
        ├── PasswordSame        the one they have
        └── PasswordsDiffer     not the same twice
"""

from datetime import datetime
from typing import ClassVar

from hotline.errors import HotlineError


class TooManyGuesses(HotlineError):
    """No password is checked before `until`."""

    code = "too_many_guesses"

    def __init__(self, until: datetime) -> None:
        """Keep when the allowance is there again."""
        super().__init__("too many wrong passwords")
        self.until = until


class HashingBusy(HotlineError):
    """Too many passwords wait to be checked; it can be tried again in a few seconds."""

    code = "busy"


class UserRefused(HotlineError):
    """A user cannot be made or changed so."""

    code = "user_refused"
    field: ClassVar[str] = ""


class LoginTaken(UserRefused):
    """Someone has this name already."""

    code, field = "login_taken", "login"


class LoginUnfit(UserRefused):
    """A sign-in name is 2 to 40 letters, digits, dots, hyphens or underscores."""

    code, field = "login_unfit", "login"


class NameMissing(UserRefused):
    """A user has a name of at most 80 characters."""

    code, field = "name_missing", "name"


class AgentTaken(UserRefused):
    """The agent signs in with another account already."""

    code, field = "agent_taken", "agent_id"


class AgentUnknown(UserRefused):
    """There is no such agent."""

    code, field = "agent_unknown", "agent_id"


class LastAdministrator(UserRefused):
    """Nobody else could administer: there is no other active administrator with a password of their own."""

    code, field = "last_administrator", "role"


class OwnRights(UserRefused):
    """Nobody takes away their own role of administrator or their own access: another administrator does."""

    code, field = "own_rights", "role"


class ChangedMeanwhile(UserRefused):
    """Somebody else has changed it since the form was opened."""

    code = "changed_meanwhile"


class PasswordWrong(UserRefused):
    """The present password is another."""

    code, field = "password_wrong", "old"


class PasswordExpired(UserRefused):
    """A one-time password was good for a day."""

    code, field = "password_expired", "password"


class PasswordWeak(UserRefused):
    """A new password is not good enough."""

    code, field = "password_weak", "password"


class PasswordShort(PasswordWeak):
    """A password has at least ten characters."""

    code = "password_short"


class PasswordLong(PasswordWeak):
    """A password has at most 128 characters."""

    code = "password_long"


class PasswordIsName(PasswordWeak):
    """A password is not the user name with little added."""

    code = "password_is_name"


class PasswordUsual(PasswordWeak):
    """A password is not one of those that are tried first."""

    code = "password_usual"


class PasswordSame(PasswordWeak):
    """A new password is another than the present one."""

    code = "password_same"


class PasswordsDiffer(PasswordWeak):
    """The new password was not written the same twice."""

    code, field = "passwords_differ", "again"
