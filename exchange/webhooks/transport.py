"""The one place where the exchange opens outgoing HTTP connections."""

import asyncio
import zlib
from collections.abc import Mapping
from types import TracebackType

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from exchange.core.config import WebhookLimits
from exchange.core.errors import WebhookError
from exchange.webhooks.webhook import CONNECTION, DOCUMENT_BYTES, MOST_SHOWN, RETRIEVAL, WebhookRequest, WebhookResponse

KEEPALIVE_SECONDS = 1.0
HEARTBEAT_SECONDS = 20.0
HANDSHAKE = 31920
LATE = "no answer in time; answer sooner, or raise the limits of webhook in the settings"
CHUNK_BYTES = 256 * 1024
# What is asked for and unpacked here: a library's own unpacking knows no limit.
PACKED = {"gzip": 47, "x-gzip": 47, "deflate": 47}
ASKED = {"Accept-Encoding": "gzip, deflate"}


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
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=connector, auto_decompress=False, headers=ASKED
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def open(self, url: str, headers: Mapping[str, str]) -> AiohttpSocket:
        """Open a WebSocket to the application."""
        if not self._session:
            raise RuntimeError("the transport is not open")
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                return AiohttpSocket(await self._session.ws_connect(url, headers=headers, heartbeat=HEARTBEAT_SECONDS))
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise WebhookError(HANDSHAKE, f"{type(error).__name__}: {error}", url) from error

    async def send(self, request: WebhookRequest) -> WebhookResponse:
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
                return await _read(answer, request.most_bytes)
        except (aiohttp.ServerTimeoutError, TimeoutError) as error:
            code = CONNECTION if isinstance(error, aiohttp.ConnectionTimeoutError) else RETRIEVAL
            raise WebhookError(code, LATE, request.url) from error
        except (aiohttp.ClientPayloadError, EOFError) as error:
            raise WebhookError(CONNECTION, f"the answer broke off: {_named(error)}", request.url) from error
        except WebhookError:
            raise
        except Exception as error:
            # Whatever a server can do to the library is a fault of that connection.
            raise WebhookError(
                CONNECTION, f"{_named(error)}; is the application running there?", request.url
            ) from error


def _timeout(limits: WebhookLimits) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=limits.total_seconds, sock_connect=limits.connect_seconds, sock_read=limits.read_seconds
    )


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:MOST_SHOWN]}"


async def _read(answer: aiohttp.ClientResponse, most_bytes: int) -> WebhookResponse:
    """Return the answer, and no more of it than is wanted: sound for a document, and the page of an error, are not
    read.
    """
    headers = CIMultiDict(answer.headers)
    cookies = tuple(headers.getall("Set-Cookie", ()))
    is_sound = headers.get("Content-Type", "").lower().startswith("audio/")
    body, is_cut = b"", False
    if 200 <= answer.status < 300 and not (is_sound and most_bytes <= DOCUMENT_BYTES):
        body, is_cut = await _body(answer, most_bytes)
        packing = headers.get("Content-Encoding", "identity").strip().lower()
        if packing not in ("", "identity") and not is_cut:
            body, is_cut = await asyncio.to_thread(_unpacked, body, packing, most_bytes, str(answer.url))
    return WebhookResponse(answer.status, headers, body, str(answer.url), cookies, is_cut)


async def _body(answer: aiohttp.ClientResponse, most_bytes: int) -> tuple[bytes, bool]:
    """Return as much as is wanted, and whether there is more."""
    chunks: list[bytes] = []
    left = most_bytes
    while left >= 0:
        chunk = await answer.content.read(min(CHUNK_BYTES, left + 1))
        if not chunk:
            return b"".join(chunks), False
        chunks.append(chunk)
        left -= len(chunk)
    return b"", True


def _unpacked(body: bytes, packing: str, most_bytes: int, url: str) -> tuple[bytes, bool]:
    """Return what was packed, and whether it is more than is wanted. Raises `WebhookError` when it
    cannot be unpacked.
    """
    if packing not in PACKED:
        raise WebhookError(RETRIEVAL, f"content encoding {packing[:MOST_SHOWN]!r} was not asked for", url)
    # Some servers send deflate bare, without its head.
    for bits in (PACKED[packing], -15):
        unpacker = zlib.decompressobj(bits)
        try:
            unpacked = unpacker.decompress(body, most_bytes + 1)
        except zlib.error:
            continue
        if len(unpacked) > most_bytes:
            return b"", True
        if not unpacker.eof:
            raise EOFError("the packed answer is not whole")
        return unpacked, False
    raise WebhookError(RETRIEVAL, f"the answer says {packing} and is not", url)
