"""Requests to the application: signed, with time limits, one retry, redirects, cookies, and callbacks in their order.

What comes back is bytes and a type; `document.py` reads it as TwiML.
"""

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import structlog

from exchange.core.config import WebhookLimits
from exchange.core.errors import WebhookError
from exchange.core.ids import new_token
from exchange.webhooks import overrides, urls
from exchange.webhooks.cookies import CallCookies

log = structlog.get_logger(__name__)
RETRIEVAL, CONNECTION, TOO_MANY_REDIRECTS, BAD_URL = 11200, 11205, 11215, 11100
MOST_REDIRECTS = 10
DOCUMENT_BYTES = 64 * 1024
MOST_SHOWN = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)


@dataclass(frozen=True)
class WebhookTarget:
    """An address of the application and how to ask it."""

    url: str
    method: str = "POST"

    def join(self, url: str, method: str = "POST") -> "WebhookTarget":
        """Return an address found in the document that came from here; an empty one is this document again."""
        try:
            return WebhookTarget(urljoin(self.url, url), method)
        except ValueError:
            # Not an address at all; whoever asks it is told so.
            return WebhookTarget(url, method)


@dataclass(frozen=True)
class WebhookRequest:
    """One HTTP request, ready to be sent; no more of its answer is read than `most_bytes`."""

    method: str
    url: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    limits: WebhookLimits = field(default_factory=WebhookLimits)
    most_bytes: int = DOCUMENT_BYTES


@dataclass(frozen=True)
class WebhookResponse:
    """One HTTP answer. `is_cut`: there was more of it than is read."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    url: str = ""
    cookies: tuple[str, ...] = ()
    is_cut: bool = False

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """Return the encoding that its type names; empty for none."""
        named = _CHARSET.search(self.headers.get("Content-Type", ""))
        return named[1] if named else ""


class Transport(Protocol):
    """Sends one request; no redirects, no cookies, no retries. Raises `WebhookError` when no answer came."""

    async def send(self, request: WebhookRequest) -> WebhookResponse: ...


def signature(token: str, url: str, params: Mapping[str, str]) -> str:
    """Return Twilio's `X-Twilio-Signature`: the URL and the sorted parameters, HMAC-SHA1, base64."""
    text = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class WebhookClient:
    """Everything that is asked of, or reported to, an application."""

    def __init__(self, transport: Transport, limits: WebhookLimits, auth_token: str) -> None:
        self._transport = transport
        self._limits = limits
        self._auth_token = auth_token
        self._last: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(
        self,
        target: WebhookTarget,
        params: Mapping[str, str],
        cookies: CallCookies | None = None,
        most_bytes: int = DOCUMENT_BYTES,
    ) -> WebhookResponse:
        """Fetch an address, following redirects. Raises `WebhookError` with Twilio's code when that fails for good."""
        jar = cookies if cookies is not None else CallCookies()
        method, sent = target.method, dict(params)
        url, limits = overrides.split(target.url, self._limits)
        for _ in range(MOST_REDIRECTS + 1):
            request = self._request(method, url, sent, jar)
            response = await self._attempt(replace(request, limits=limits, most_bytes=most_bytes))
            jar.keep(url, response.cookies)
            if response.status not in _REDIRECTS or "Location" not in response.headers:
                return self._checked(response, url)
            url = WebhookTarget(url).join(response.headers["Location"]).url
            if response.status not in (307, 308):
                method, sent = "GET", {}
        raise WebhookError(TOO_MANY_REDIRECTS, f"more than {MOST_REDIRECTS} redirects", target.url)

    def report(self, order: str, target: WebhookTarget, params: Mapping[str, str]) -> None:
        """Send a callback later; those with the same `order` (a call's id) go one after the other."""
        before = self._last.get(order)
        task = self.later(self._deliver(before, target, params))
        self._last[order] = task
        task.add_done_callback(lambda done: self._last.pop(order) if self._last.get(order) is done else None)

    def later(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run in the background what no call waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("work_failed", exc_info=task.exception())

    async def drain(self, seconds: float) -> None:
        """Wait until what is under way is sent, but not longer than that."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)

    async def _deliver(
        self, before: asyncio.Task[None] | None, target: WebhookTarget, params: Mapping[str, str]
    ) -> None:
        if before:
            await asyncio.wait({before})
        try:
            await self.ask(target, params)
        except WebhookError as error:
            # The application's own sweep is what notices: a callback is not repeated for ever.
            log.warning("callback_failed", code=error.code, url=target.url, reason=error.message)

    def _request(self, method: str, url: str, params: Mapping[str, str], jar: CallCookies) -> WebhookRequest:
        try:
            url = urls.written(url)
        except ValueError as error:
            raise WebhookError(BAD_URL, f"not an http address: {url[:MOST_SHOWN]!r}: {error}", url) from error
        if method == "GET" and params:
            url, params = _with_query(url, params), {}
        headers = {
            "X-Twilio-Signature": signature(self._auth_token, url, params),
            "I-Twilio-Idempotency-Token": new_token(),
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        cookie = jar.header(url)
        return WebhookRequest(method, url, params, headers | ({"Cookie": cookie} if cookie else {}))

    async def _attempt(self, request: WebhookRequest) -> WebhookResponse:
        """Send it, and again when it failed in a way that is tried again: the same token tells it is the same."""
        limits = request.limits
        try:
            async with asyncio.timeout(limits.total_seconds):
                for left in range(limits.retries, -1, -1):
                    try:
                        response = await self._transport.send(request)
                    except WebhookError as error:
                        failure = "ct" if error.code == CONNECTION else "rt"
                        if not left or not overrides.repeats(limits, failure):
                            raise
                        log.debug("webhook_retried", code=error.code, url=request.url)
                        continue
                    if not left or not overrides.repeats(limits, f"{response.status // 100}xx"):
                        return response
                    log.debug("webhook_retried", status=response.status, url=request.url)
        except TimeoutError as error:
            raise WebhookError(RETRIEVAL, f"no answer within {limits.total_seconds:g} s", request.url) from error
        raise AssertionError("unreachable")

    def _checked(self, response: WebhookResponse, url: str) -> WebhookResponse:
        if not 200 <= response.status < 300 and response.status != 304:
            raise WebhookError(RETRIEVAL, f"the application answered {response.status}; its own log says why", url)
        return replace(response, url=url, cookies=())


def _with_query(url: str, params: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(params)) if part)
    return urlunsplit(parts._replace(query=query))
