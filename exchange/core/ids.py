"""Twilio's identifiers: two letters and 32 hexadecimal digits. The only place that draws random numbers."""

import re
import secrets

SID = re.compile(r"^[A-Z]{2}[0-9a-fA-F]{32}$")


def new_sid(prefix: str) -> str:
    """Return a fresh identifier, e.g. `new_sid("CA")` for a call."""
    return prefix + secrets.token_hex(16)


def new_token() -> str:
    """Return a fresh value for `I-Twilio-Idempotency-Token`."""
    return secrets.token_hex(16)


def is_sid(text: str, prefix: str = "") -> bool:
    """Return whether the text has the form of an identifier (of that kind)."""
    return bool(SID.match(text)) and text.startswith(prefix)
