"""Whether a text can stand in one line of a message between machines. Pure."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_plain(text: str) -> bool:
    """No line break, no other control character, and no half of a letter."""
    return _CONTROL.search(text) is None
