"""Forms of administrators."""

from wtforms import ValidationError

from console.web.forms import HIDDEN, Form, IdField, PrefixedField, TextField

LEVELS = ("1", "2", "3", "4", "5")


class AgentForm(Form):
    """An agent as they are to be: `level.NAME` for each skill and language; `seen` is a digest of what was shown."""

    name = TextField("roster.name")
    address = TextField("roster.address")
    department = IdField("roster.department")
    levels = PrefixedField("roster.skills", prefix="level.")
    seen = TextField(HIDDEN)

    def validate_levels(self, field: PrefixedField) -> None:
        """Take levels from 1 to 5; an empty one is none."""
        field.data = {name: level for name, level in field.data.items() if level}
        if not set(field.data.values()) <= set(LEVELS):
            raise ValidationError(field.gettext("Not a valid choice."))
