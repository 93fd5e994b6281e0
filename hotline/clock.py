"""The only place that reads the time, makes ids and draws randomness; everything else is given them."""

import secrets
import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A new id of ours: 32 hexadecimal digits that sort by the time of their making (UUID version 7, RFC 9562)."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    value = milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (1 << 62) - 1
    return f"{value:032x}"


def new_secret() -> str:
    """A new secret of 256 bits, as 43 characters that are safe in a URL."""
    return secrets.token_urlsafe(32)
