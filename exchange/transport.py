"""The one place where the exchange opens outgoing HTTP connections."""

import asyncio
from collections.abc import Mapping
from types import TracebackType

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from exchange.config import WebhookLimits
from exchange.errors import WebhookError
from exchange.webhook import CONNECTION, RETRIEVAL, Request, Response

KEEPALIVE_SECONDS = 1.0
HEARTBEAT_SECONDS = 20.0
HANDSHAKE = 31920
LATE = "no answer in time; answer sooner, or raise the limits of webhook in the settings"
LARGEST_BYTES = 64 * 1024 * 1024


class AiohttpSocket:
    """A WebSocket of aiohttp in the form that streams use."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        await self._socket.send_str(text)

    async def receive(self) -> str | None:
        async for message in self._socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                return str(message.data)
        return None

    async def close(self) -> None:
        await self._socket.close()


class HttpTransport:
    """Sends requests by aiohttp; every failure becomes a WebhookError with Twilio's code."""

    def __init__(self, limits: WebhookLimits) -> None:
        self._limits = limits
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "HttpTransport":
        # Many servers close a quiet connection after two seconds; a request on its way at that moment would fail.
        connector = aiohttp.TCPConnector(keepalive_timeout=KEEPALIVE_SECONDS)
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), connector=connector)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def open(self, url: str, headers: Mapping[str, str]) -> AiohttpSocket:
        """A WebSocket to the application."""
        if not self._session:
            raise RuntimeError("the transport is not open")
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                return AiohttpSocket(await self._session.ws_connect(url, headers=headers, heartbeat=HEARTBEAT_SECONDS))
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise WebhookError(HANDSHAKE, f"{type(error).__name__}: {error}", url) from error

    async def send(self, request: Request) -> Response:
        if not self._session:
            raise RuntimeError("the transport is not open")
        data = None if request.method == "GET" else dict(request.params)
        try:
            # The signature covers the address letter by letter, so it must not be written in another way.
            url = URL(request.url, encoded=True)
            async with self._session.request(
                request.method,
                url,
                data=data,
                headers=request.headers,
                allow_redirects=False,
                timeout=_timeout(request.limits),
            ) as answer:
                return await _read(answer)
        except (aiohttp.ServerTimeoutError, TimeoutError, asyncio.IncompleteReadError) as error:
            code = CONNECTION if isinstance(error, aiohttp.ConnectionTimeoutError) else RETRIEVAL
            raise WebhookError(code, LATE, request.url) from error
        except (aiohttp.ClientError, ValueError, OSError) as error:
            message = f"{type(error).__name__}: {error}; is the application running there?"
            raise WebhookError(CONNECTION, message, request.url) from error


def _timeout(limits: WebhookLimits) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=limits.total_seconds, sock_connect=limits.connect_seconds, sock_read=limits.read_seconds
    )


async def _read(answer: aiohttp.ClientResponse) -> Response:
    body = await answer.content.read(LARGEST_BYTES + 1)
    chunks = [body]
    size = len(body)
    while body and size <= LARGEST_BYTES:
        body = await answer.content.read(LARGEST_BYTES)
        chunks.append(body)
        size += len(body)
    if size > LARGEST_BYTES:
        raise WebhookError(RETRIEVAL, "the answer is too large", str(answer.url))
    headers = CIMultiDict(answer.headers)
    return Response(answer.status, headers, b"".join(chunks), str(answer.url), tuple(headers.getall("Set-Cookie", ())))
