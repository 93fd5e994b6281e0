"""Forms of accounts: signing in, one's password, users."""

from console.web.forms import HIDDEN, EnumField, Form, IdField, TextField, VerbatimField, YesField
from hotline.values.access import Role
from hotline.values.language import Language


class SignInForm(Form):
    """User name and password."""

    login = VerbatimField("sign_in.login")
    password = VerbatimField("sign_in.password")


class LanguageForm(Form):
    """The language of the pages."""

    language = TextField("nav.language")


class PasswordForm(Form):
    """A new password of one's own, twice, and the present one."""

    old = VerbatimField("account.old")
    password = VerbatimField("account.new")
    again = VerbatimField("account.again")


class UserForm(Form):
    """A user as they are to be; `seen` is a digest of what the page had shown."""

    name = VerbatimField("users.name")
    role = EnumField("users.role", Role)
    language = EnumField("users.language", Language)
    agent_id = IdField("users.agent")
    seen = TextField(HIDDEN)


class NewUserForm(UserForm):
    """A new user; without a password one is made."""

    login = VerbatimField("users.login")
    password = VerbatimField("users.password")


class ActiveForm(Form):
    """Whether a user may sign in."""

    active = YesField("users.status")
