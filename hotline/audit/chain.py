"""The chain of the audit log: each row's digest covers the digest before it and everything that the row says. Pure.

Whoever changes, removes or inserts a row has to make every later one anew, and the sealed end does not fit any more.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

# What the first row follows.
GENESIS = "0" * 64
# Everything that a row says, in this order. A change of it would break every chain there is.
FIELDS = (
    *("number", "id", "at", "user_id", "action", "subject", "subject_id"),
    *("address", "outcome", "count", "filter"),
)


def digest(before: str, facts: Mapping[str, object]) -> str:
    """Return the digest, 64 hexadecimal digits, of the row with these `facts` (all of `FIELDS`) that follows
    `before`.
    """
    told = json.dumps([_plain(facts[name]) for name in FIELDS], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{told}".encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, int) else str(value)
