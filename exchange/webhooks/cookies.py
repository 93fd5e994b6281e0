"""The cookies of one call, as a browser keeps them: by domain and path, until they expire (aiohttp's jar)."""

import re

import structlog
from aiohttp import CookieJar
from yarl import URL

from exchange.core.foreign_text import is_plain

log = structlog.get_logger(__name__)
MOST_COOKIES, LONGEST = 50, 4096
# The usual way to take a cookie back; the jar takes second 0 for no time at all.
_EPOCH = re.compile(r"expires=[^;]*1970 00:00:00[^;]*", re.IGNORECASE)


class CallCookies:
    """The cookie jar of one call; most calls never need it."""

    def __init__(self) -> None:
        self._jar: CookieJar | None = None

    def header(self, url: str) -> str:
        """Return what is sent to this address; empty for nothing."""
        if self._jar is None:
            return ""
        cookies = self._jar.filter_cookies(URL(url, encoded=True))
        return "; ".join(f"{name}={cookie.coded_value}" for name, cookie in cookies.items())

    def keep(self, url: str, headers: tuple[str, ...]) -> None:
        """Keep what an answer has set; more than a call may have, and what is no cookie, is left out."""
        short = [_EPOCH.sub("Max-Age=0", header) for header in headers if len(header) <= LONGEST and is_plain(header)]
        if not short:
            return
        # Addresses without a name have cookies too: an application on the same machine is one.
        self._jar = self._jar or CookieJar(unsafe=True)
        if len(self._jar) >= MOST_COOKIES:
            log.warning("cookies_too_many", most=MOST_COOKIES)
            return
        try:
            self._jar.update_cookies_from_headers(short[:MOST_COOKIES], URL(url, encoded=True))
        except ValueError:
            log.warning("cookie_unreadable")
