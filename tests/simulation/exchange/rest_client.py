"""The product's requests to the exchange, as they leave the libraries that it uses, into the exchange's own server.

The connection is memory: bytes of HTTP go in at one end and come out at the other, without any time passing.
"""

import asyncio
from collections.abc import Callable, Mapping
from io import BytesIO
from random import Random

import requests
from aiohttp import web
from requests.adapters import BaseAdapter

from telephony.provider import Provider
from tests.simulation.exchange.loop import SimulatedLoop
from tests.simulation.exchange.network import Faults

# As an exchange of this machine: no proxy is asked for.
ADDRESS = "http://localhost"
# What is asked for all the time and changes nothing: no fault of its own.
PHONES = "/Phones.json"
DAMAGED = 422


class Wire(asyncio.Transport):
    """The server's end of a connection."""

    def __init__(self) -> None:
        """Nothing is sent yet."""
        super().__init__()
        self.sent = bytearray()
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send."""
        self.sent += data

    def is_closing(self) -> bool:
        """Whether no more is sent."""
        return self.is_closed

    def close(self) -> None:
        """Send no more."""
        self.is_closed = True


class InMemory(BaseAdapter):
    """Carries requests to the server of an exchange; it may fail before they arrive, or when they are answered."""

    def __init__(self, loop: SimulatedLoop, app: web.Application, random: Random) -> None:
        """Serve `app` in `loop`."""
        super().__init__()
        self._loop = loop
        self._runner = web.AppRunner(app, access_log=None)
        loop.ask(self._runner.setup())
        self._wire = Wire()
        self._wire.close()
        self._protocol: asyncio.Protocol = asyncio.Protocol()
        self._random = random
        self.faults: Callable[[], Faults] = Faults
        # Called before each request arrives, and when it is answered.
        self.between: Callable[[], None] = lambda: None
        self.failures = 0
        # Whether the exchange tells which telephones it knows; Twilio does not.
        self.tells_of_phones: Callable[[], bool] = lambda: False

    def send(  # type: ignore[override] # what else a request may ask for means nothing here
        self, request: requests.PreparedRequest, **_options: object
    ) -> requests.Response:
        """See `BaseAdapter.send`. Raises `requests.ConnectionError`, before or after it was done."""
        path = request.path_url
        if PHONES in path:
            return self._answer(request) if self.tells_of_phones() else _response(request, 404, {}, b"{}")
        self._may_fail("nothing was done")
        if path.partition("?")[0].endswith(".wav"):
            # The sound of every message is damaged: it becomes a case unheard.
            return _response(request, DAMAGED, {}, b"")
        answer = self._answer(request)
        if request.method != "GET":
            self._may_fail("it was done, but the answer is lost")
        return answer

    def _may_fail(self, message: str) -> None:
        self.between()
        if self._random.random() < self.faults().down:
            self.failures += 1
            raise requests.ConnectionError(message)

    def _answer(self, request: requests.PreparedRequest) -> requests.Response:
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else bytes(body)
        headers = {**request.headers, "Host": "localhost", "Content-Length": str(len(body))}
        lines = [f"{request.method} {request.path_url} HTTP/1.1", *(f"{name}: {headers[name]}" for name in headers)]
        self._loop.do(lambda: self._exchange("\r\n".join([*lines, "", ""]).encode() + body))
        head, _, content = bytes(self._wire.sent).partition(b"\r\n\r\n")
        self._wire.sent.clear()
        first, *rest = head.decode().split("\r\n")
        return _response(request, int(first.split(" ")[1]), dict(line.split(": ", 1) for line in rest), content)

    def _exchange(self, data: bytes) -> None:
        if self._wire.is_closing():
            self._wire, self._protocol = Wire(), self._runner.server()  # type: ignore[misc] # it is set up
            self._protocol.connection_made(self._wire)
        self._protocol.data_received(data)

    def close(self) -> None:
        """Do nothing: the exchange ends its server."""


def connected(provider: Provider, adapter: InMemory) -> Provider:
    """Return this provider, its requests carried by the adapter."""
    provider._client.http_client.session.mount(ADDRESS, adapter)
    provider._media.mount(ADDRESS, adapter)
    return provider


def _response(
    request: requests.PreparedRequest, status: int, headers: Mapping[str, str], content: bytes
) -> requests.Response:
    response = requests.Response()
    response.status_code, response.raw = status, BytesIO(content)
    response.headers.update(headers)
    response.encoding, response.request, response.url = "utf-8", request, request.url or ""
    return response
