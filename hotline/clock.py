"""The only place that reads the time, makes ids and draws randomness; everything else is given them."""

import secrets
import threading
import time
from datetime import UTC, datetime

_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_making = threading.Lock()
_last = [0]  # the id made last in this process, as a number


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def steady() -> float:
    """Seconds since some moment in the past: they only grow, whatever is done to the clock of the machine."""
    return time.monotonic()


def chance() -> float:
    """Return a random number of 0 to less than 1."""
    return secrets.randbits(32) / 2**32


def new_id() -> str:
    """Return a new id of ours: 32 hexadecimal digits that sort by the time of their making (UUID version 7, RFC 9562).

    Within a process each is greater than the one before, so that the events of one moment keep their order.
    """
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    value = milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (1 << 62) - 1
    with _making:
        _last[0] = max(value, _last[0] + 1)
        return f"{_last[0]:032x}"


def new_password() -> str:
    """Return a new one-time password of 59 bits, to be read out and typed: no sign looks like another."""
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


def new_secret() -> str:
    """Return a new secret of 256 bits, as 43 characters that are safe in a URL."""
    return secrets.token_urlsafe(32)
