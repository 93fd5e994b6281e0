"""Forms of calls: the search in what was said, and corrections of it."""

from wtforms import DateField
from wtforms.validators import Optional

from console.web.forms import Form, IdField, TextField, VerbatimField


class SearchForm(Form):
    """What is sought, and in which calls."""

    q = VerbatimField("search.words")
    since = DateField("search.since", validators=[Optional()])
    until = DateField("search.until", validators=[Optional()])
    queue = IdField("calls.queue")
    agent = IdField("calls.agent")


class CorrectionForm(Form):
    """What was really said."""

    text = TextField("call.correct_label")
