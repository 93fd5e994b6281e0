"""Addresses on the internet that stand for something near: a file, a folder, or another server."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from exchange.calls.media_stream import WebSocketConnection, WebSocketConnector
from exchange.core.errors import WebhookError
from exchange.webhooks.webhook import RETRIEVAL, Transport, WebhookRequest, WebhookResponse

TYPES = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ulaw": "audio/basic",
    ".xml": "text/xml",
    ".txt": "text/plain",
    ".html": "text/html",
}


class MappedConnector:
    """WebSockets whose addresses lead elsewhere; the signature stays that of the address the application knows."""

    def __init__(self, sockets: WebSocketConnector, table: Mapping[str, str]) -> None:
        self._sockets = sockets
        self._table = sorted(table.items(), key=lambda pair: -len(pair[0]))

    async def open(self, url: str, headers: Mapping[str, str]) -> WebSocketConnection:
        for prefix, to in self._table:
            if url.startswith(prefix) and to.startswith(("ws://", "wss://")):
                return await self._sockets.open(to + url.removeprefix(prefix), headers)
        return await self._sockets.open(url, headers)


class MappedTransport:
    """A transport in front of another: the longest prefix that fits an address decides where it leads.

    The signature stays that of the address as the application knows it.
    """

    def __init__(self, transport: Transport, table: Mapping[str, str]) -> None:
        self._transport = transport
        self._table = sorted(table.items(), key=lambda pair: -len(pair[0]))

    async def send(self, request: WebhookRequest) -> WebhookResponse:
        for prefix, to in self._table:
            if request.url.startswith(prefix):
                rest = request.url.removeprefix(prefix)
                if to.startswith(("http://", "https://")):
                    return await self._transport.send(replace(request, url=to + rest))
                return _read(Path(to), rest, request.url)
        return await self._transport.send(request)


def _read(place: Path, rest: str, url: str) -> WebhookResponse:
    """Return the file, or one within the folder. Raises `WebhookError` when there is none."""
    path = place / unquote(urlsplit(rest).path).lstrip("/") if place.is_dir() else place
    try:
        inside = path.resolve()
        if not inside.is_relative_to(place.resolve()) or not inside.is_file():
            raise WebhookError(RETRIEVAL, f"there is no file {path.name} for this address", url)
        body = inside.read_bytes()
    except (OSError, ValueError) as error:
        # A name that no file can have, or one that may not be read.
        raise WebhookError(RETRIEVAL, f"the file for this address cannot be read: {error}", url) from error
    kind = TYPES.get(path.suffix.lower(), "application/octet-stream")
    return WebhookResponse(200, {"Content-Type": kind}, body, url)
