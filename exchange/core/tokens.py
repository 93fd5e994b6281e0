"""Tokens with which telephones register: the exchange's own, or one that was signed for one address.

A signed token is `EXPIRES.SIGNATURE`: seconds since 1970, and the HMAC-SHA256 of `phone`, the address and EXPIRES, each
on a line of its own, in hexadecimal, with the account's auth token as key. It lets one address in until it expires. In
`EXPIRES.HOLDER.SIGNATURE` the signature has HOLDER as a fourth line: who got the token, and may lose it before.
"""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from aiohttp import web

LONGEST_SECONDS = 24 * 3600  # a token for longer is refused: whoever signs it has mistaken the unit
HOLDER = re.compile(r"[A-Za-z0-9_-]{1,40}")
MOST_REVOKED = 10_000
FORWARDED = ("Forwarded", "X-Forwarded-For")


def sign(address: str, expires: int, key: str, holder: str = "") -> str:
    """Return a token that lets `address` in until `expires` (seconds since 1970), as long as `holder` may have it."""
    text = f"phone\n{address}\n{expires}" + (f"\n{holder}" if holder else "")
    signature = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return ".".join(filter(None, (str(expires), holder, signature)))


def holder_of(token: str) -> str:
    """Return who got this token; empty where it does not say."""
    parts = token.split(".")
    return parts[1] if len(parts) == 3 and HOLDER.fullmatch(parts[1]) else ""


def is_signed(token: str, address: str, key: str, now: datetime) -> bool:
    """Return whether `token` lets `address` in at this moment."""
    expires, _, _signature = token.partition(".")
    if not (expires.isascii() and expires.isdigit() and len(expires) < 12):
        return False
    if not now.timestamp() < int(expires) <= now.timestamp() + LONGEST_SECONDS:
        return False
    return hmac.compare_digest(token.encode(), sign(address, int(expires), key, holder_of(token)).encode())


def is_local(request: web.Request) -> bool:
    """Return whether the request was made on this machine; one that a proxy passed on was not."""
    if any(name in request.headers for name in FORWARDED):
        return False
    return ipaddress.ip_address(request.remote or "0.0.0.0").is_loopback  # noqa: S104 - unknown is not loopback


def is_of_other_page(request: web.Request) -> bool:
    """Return whether a browser asks for a page that is not ours: browsers let every page open every WebSocket."""
    origin = request.headers.get("Origin")
    try:
        return origin is not None and urlsplit(origin).netloc != request.host
    except ValueError:
        # What is no address is no page of ours.
        return True


@dataclass(frozen=True)
class Admission:
    """Admission to one exchange. Without a `phone_token` telephones of this machine need none."""

    phone_token: str
    auth_token: str
    now: Callable[[], datetime]
    # Holders whose tokens are worth nothing any more, the oldest first. Kept in memory: who revokes looks at the list.
    revoked: dict[str, None] = field(default_factory=dict)

    def admits(self, request: web.Request, address: str, token: str) -> bool:
        if is_signed(token, address, self.auth_token, self.now()):
            return holder_of(token) not in self.revoked
        if self.phone_token:
            return hmac.compare_digest(token.encode(), self.phone_token.encode())
        return is_local(request) and not is_of_other_page(request)

    def revoke(self, holder: str) -> None:
        self.revoked[holder] = None
        while len(self.revoked) > MOST_REVOKED:
            del self.revoked[next(iter(self.revoked))]
