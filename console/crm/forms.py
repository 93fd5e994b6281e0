"""Forms of cases and of patients' identities."""

from wtforms.validators import DataRequired, Length

from console.web.forms import EnumField, Form, TextField, YesField
from hotline.values.states.case import CaseState

LONGEST_TEXT = 2000


class CommentForm(Form):
    """A line of the history."""

    text = TextField("cases.comment", validators=[DataRequired(), Length(max=LONGEST_TEXT)])


class OwnerForm(Form):
    """The agent who is to own the case."""

    agent = TextField("cases.hand_over_to", validators=[DataRequired()])


class StateForm(Form):
    """The state that the case is to be in."""

    state = EnumField("cases.state", CaseState)


class IdentityForm(Form):
    """Whether the new name, number or birth date counts."""

    accept = YesField("identities.accept")
