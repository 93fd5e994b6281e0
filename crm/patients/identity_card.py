"""Numbers of Chinese identity cards (GB 11643): 17 digits with a birthday in them, and a check digit. Pure."""

import re
from datetime import date

FORM = re.compile(r"[1-9]\d{5}(?P<year>(?:18|19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})\d{3}[\dXx]\Z", re.ASCII)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"


def looks_like_one(text: str) -> bool:
    """Return whether it has the form of one, with a day that exists."""
    found = FORM.match(text)
    if found is None:
        return False
    try:
        date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return False
    return True


def is_one(text: str) -> bool:
    """Return whether it has that form, and the check digit that its other digits ask for."""
    if not looks_like_one(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=False))
    return CHECK[total % 11] == text[-1].upper()
