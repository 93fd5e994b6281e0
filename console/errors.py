"""Errors of the staff pages.

HotlineError
└── UserRefused     a user cannot be made or changed so; `code` names the message in the catalogue of words
    ├── LoginTaken      someone has this name
    ├── LoginUnfit      letters, digits, dot, hyphen and underscore, 2 to 40
    ├── PasswordWeak    shorter than 10 characters
    └── NameMissing     no name, or too long
"""

from hotline.errors import HotlineError


class UserRefused(HotlineError):
    """A user cannot be made or changed so."""

    code = "user_refused"


class LoginTaken(UserRefused):
    """Someone has this name already."""

    code = "login_taken"


class LoginUnfit(UserRefused):
    """A sign-in name is 2 to 40 letters, digits, dots, hyphens or underscores."""

    code = "login_unfit"


class PasswordWeak(UserRefused):
    """A password has at least ten characters."""

    code = "password_weak"


class NameMissing(UserRefused):
    """A user has a name of at most 80 characters."""

    code = "name_missing"
