"""Addresses as documents and requests give them, written so that they can be asked. Pure."""

import string
from urllib.parse import quote, urlsplit, urlunsplit

from exchange.core.foreign_text import is_plain

_AS_IT_IS = "".join(set(string.printable) - set(string.whitespace))


def written(url: str, schemes: tuple[str, ...] = ("http", "https")) -> str:
    """Return the address with what may not stand in one (spaces, letters beyond ASCII) encoded. Raises `ValueError`."""
    if not is_plain(url):
        raise ValueError("it holds a control character")
    parts = urlsplit(url)
    if parts.scheme.lower() not in schemes or not parts.hostname:
        raise ValueError(f"write {' or '.join(schemes)}, and a host")
    if parts.port == 0:  # a port that is no number, or too large, is refused by asking for it
        raise ValueError("there is no port 0")
    if url.isascii() and " " not in url:
        return url
    if " " in parts.netloc:
        raise ValueError("a host holds no space")
    user, at, host = parts.netloc.rpartition("@")
    encoded = [quote(part, safe=_AS_IT_IS) for part in (parts.path, parts.query, parts.fragment)]
    return urlunsplit((parts.scheme, quote(user, safe=_AS_IT_IS) + at + _ascii(host), *encoded))


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode("ascii")
