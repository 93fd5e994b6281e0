"""Forms of calls to patients."""

from console.web.forms import HIDDEN, Form, TextField, VerbatimField, YesField


class UndoForm(Form):
    """Undo what stopped calls: why, whether the patient is known to live, what the page had shown, where to go back."""

    why = VerbatimField("stops.why")
    sure = YesField("stops.sure")
    seen = TextField(HIDDEN)
    back = TextField(HIDDEN)
