"""The form of a report."""

from wtforms import DateField, SelectField
from wtforms.validators import Optional

from console.web.forms import Form, IdField, TextField
from qa.reports.values import KINDS, QUALITY, UNITS

PERIODS = ("last_7", "last_30", "this_month", "last_month", "this_quarter", "last_quarter", "this_year", "own")


class ReportForm(Form):
    """Which report, of which days, of whom; `format` where it is to be a file."""

    kind = SelectField("reporting.kind", choices=KINDS, default=QUALITY)
    unit = SelectField("reporting.unit", choices=UNITS, default="week")
    period = SelectField("reporting.period", choices=PERIODS, default="last_30")
    since = DateField("reporting.since", validators=[Optional()])
    until = DateField("reporting.until", validators=[Optional()])
    agent = IdField("reporting.agent")
    department = IdField("reporting.department")
    queue = IdField("reporting.queue")
    format = TextField("reporting.files")
