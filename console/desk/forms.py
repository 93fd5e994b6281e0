"""Forms that an agent's page sends."""

from wtforms import ValidationError
from wtforms.validators import Optional, Regexp

from console.web.forms import HIDDEN, EnumField, Form, TextField, YesField
from hotline.values.states.agent import AgentStatus, PagePhone
from hotline.values.states.transfer import TransferKind

TARGETS = ("agent", "queue")


class StatusForm(Form):
    """The status that the agent chose."""

    status = EnumField("desk.status", AgentStatus)


class PageForm(Form):
    """Which page it is."""

    page = TextField(HIDDEN, validators=[Regexp(r"[0-9a-f]{32}\Z")])


class TokenForm(Form):
    """The page that asks for its telephone's token, where it says which it is."""

    page = TextField(HIDDEN, validators=[Optional(), Regexp(r"[0-9a-f]{32}\Z")])


class BeatForm(PageForm):
    """The page is there, and how its telephone is."""

    phone = EnumField(HIDDEN, PagePhone)


class HoldForm(Form):
    """Whether the caller is to be on hold."""

    held = YesField("transfer.hold")


class TransferForm(Form):
    """To whom, `agent:ID` or `queue:NAME`, how, and a note for whoever answers."""

    to = TextField("transfer.to")
    how = EnumField("transfer.title", TransferKind)
    note = TextField("transfer.note")

    def validate_to(self, field: TextField) -> None:
        """Take an agent or a queue."""
        if field.data.partition(":")[0] not in TARGETS:
            raise ValidationError(field.gettext("Not a valid choice."))

    def target(self, kind: str) -> str | None:
        """Return the name of the target where it is of this kind."""
        sort, _, name = self.to.data.partition(":")
        return name if sort == kind else None
