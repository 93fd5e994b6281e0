"""Whole numbers as other people write them: of any length, and never an error. Pure."""

MOST_DIGITS = 18


def whole(text: str) -> int | None:
    """The number, None when it is none; one of more than 18 digits counts as 10**18, more than any limit here."""
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) <= MOST_DIGITS else 10**MOST_DIGITS
