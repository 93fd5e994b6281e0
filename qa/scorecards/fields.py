"""Fields that scorecards and phrase lists share: texts, lists of words, numbers within bounds."""

from hotline.configuration.yaml_fields import Field
from hotline.values.language import Language
from qa.scorecards.card import Text


def words(field: Field) -> tuple[str, ...]:
    """A list of texts; one text counts as a list of one."""
    return tuple(entry.text() for entry in field.list())


def texts(field: Field) -> Text:
    """A text in every language."""
    field.only(*Language)
    return {language: field.get(language).text() for language in Language}


def number(field: Field, default: float, least: float, most: float) -> float:
    """A number between `least` and `most`."""
    text = field.text(str(default))
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        field.fault(f"must be a number from {least:g} to {most:g}, not {text!r}")
        return default
    return value
