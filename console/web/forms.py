"""The one way in which a posted form is read: a class names its fields, and what does not fit is told by field.

Labels are keys of the catalogue; WTForms says what is wrong in the reader's language. What a form may not know — that a
login is taken, that a review was saved elsewhere — the service of the owner refuses.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flask import request
from flask_wtf import FlaskForm
from werkzeug.exceptions import BadRequest
from wtforms import Field, StringField

if TYPE_CHECKING:
    from collections.abc import Sequence

Value = TypeVar("Value", bound=StrEnum)
# The label of fields that no page shows.
HIDDEN = "form.hidden"


class Form(FlaskForm):  # type: ignore[misc] # WTForms is not typed
    """A form of the staff pages; its token is checked before any view is called."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc] # as above
        """How it is read."""

        csrf = False


Filled = TypeVar("Filled", bound=Form)


class InvalidForm(BadRequest):
    """A form that cannot be read; `errors` are pairs of a field's label and what is wrong with it."""

    def __init__(self, form: Form) -> None:
        """Keep what the form found wrong."""
        super().__init__("the form has fields that do not fit")
        self.errors = [(field.label.text, str(error)) for field in form for error in field.errors]


class TextField(StringField):  # type: ignore[misc] # as above
    """A line or more of text, without the spaces around it; empty when it was not sent."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the text."""
        self.data = valuelist[0].strip() if valuelist else ""


class VerbatimField(StringField):  # type: ignore[misc] # as above
    """Text of which each character counts, as in a password; empty when it was not sent."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the text as it is."""
        self.data = valuelist[0] if valuelist else ""


class IdField(Field):  # type: ignore[misc] # as above
    """The id of something that was chosen; `None` where nothing was."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the id."""
        self.data = (valuelist[0] or None) if valuelist else None


class IdsField(Field):  # type: ignore[misc] # as above
    """The ids of all that was ticked."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the ids."""
        self.data = list(valuelist)


class YesField(Field):  # type: ignore[misc] # as above
    """`yes` or `1`; anything else, or nothing, is no."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the answer."""
        self.data = bool(valuelist) and valuelist[0] in {"yes", "1"}


class EnumField(Field, Generic[Value]):  # type: ignore[misc] # as above
    """One value of an enumeration; it has to be there."""

    data: Value

    def __init__(self, label: str, values: type[Value], **more: Any) -> None:
        """Take one of `values`."""
        super().__init__(label, **more)
        self.values = values

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the value. Raises `ValueError`, which becomes the field's error."""
        try:
            self.data = self.values(valuelist[0] if valuelist else "")
        except ValueError as error:
            raise ValueError(self.gettext("Not a valid choice.")) from error


class PrefixedField(Field):  # type: ignore[misc] # as above
    """All fields whose names begin with `prefix`, by the rest of their name."""

    def __init__(self, label: str, prefix: str, **more: Any) -> None:
        """Collect the fields that begin with `prefix`."""
        super().__init__(label, **more)
        self.prefix = prefix

    def process(self, formdata: Any, *_data: Any, **_filters: Any) -> None:
        """Collect them."""
        self.process_errors: list[str] = []
        self.data = {
            name.removeprefix(self.prefix): value
            for name, value in (formdata or {}).items()
            if name.startswith(self.prefix)
        }


def submitted(kind: type[Filled], values: Any = None) -> Filled:
    """Return the form that was posted, or that `values` hold. Raises `InvalidForm`, which is answered with 400."""
    form = kind(formdata=request.form if values is None else values)
    if not form.validate():
        raise InvalidForm(form)
    return form
