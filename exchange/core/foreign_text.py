"""Texts that come from outside: whether they fit into one line, and whole numbers of any length. Pure."""

import re

MOST_DIGITS = 18
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_plain(text: str) -> bool:
    """Return whether a text has no line break, no other control character, and no half of a letter."""
    return _CONTROL.search(text) is None


def whole(text: str) -> int | None:
    """Return a whole number, None for anything else; more than 18 digits count as 10**18, above any limit here."""
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) <= MOST_DIGITS else 10**MOST_DIGITS
