"""An application's server that misbehaves in every way a server can, by bytes on a socket: no library would do it."""

import asyncio
import contextlib
import gzip
import random
import socket
import struct
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

XML = b"Content-Type: text/xml\r\n"
GOOD = b"<Response><Hangup/></Response>"
Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes = GOOD, head: bytes = XML, status: bytes = b"200 OK", length: int | None = None) -> bytes:
    """A whole answer; `length` is what it says of its body, if that is not true."""
    size = len(body) if length is None else length
    return b"HTTP/1.1 " + status + b"\r\n" + head + b"Content-Length: " + str(size).encode() + b"\r\n\r\n" + body


def sends(*pieces: bytes) -> Behaviour:
    """These bytes, and then the end of the connection."""

    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return behave


def endless(head: bytes, piece: bytes, pause: float = 0.0) -> Behaviour:
    """The same again and again, until nobody listens any more."""

    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return behave


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Never a word."""
    while await reader.read(1024):
        pass


async def resets(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A connection that is reset in the midst of its body."""
    writer.write(answer(GOOD[:9], length=len(GOOD)))
    await writer.drain()
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


OK_HEAD = b"HTTP/1.1 200 OK\r\n" + XML
CHUNKED = OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PACKED = XML + b"Content-Encoding: gzip\r\n"
IN_GBK = "<Response><!--号--><Hangup/></Response>".encode("gbk")
BOMB = gzip.compress(bytes(80 << 20), 9)
# Behaviour and the codes with which the exchange may answer for it; 0 where it goes on without one.
BEHAVIOURS: dict[str, tuple[Behaviour, set[int]]] = {
    "silent": (silent, {11200}),
    "drips": (endless(OK_HEAD + b"Content-Length: 60000\r\n\r\n", b" ", 0.05), {11200}),
    "drips-head": (endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.02), {11200, 11205}),
    "endless-body": (endless(OK_HEAD + b"\r\n", b"<a/>" * 4096), {11750}),
    "endless-chunks": (endless(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"), {11750}),
    "endless-head": (endless(b"HTTP/1.1 200 OK\r\n", b"X-Y: " + b"z" * 1000 + b"\r\n"), {11205}),
    "endless-line": (endless(b"HTTP/1.1 200 ", b"O" * 4096), {11205}),
    "endless-1xx": (endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), {11200, 11205}),
    "endless-chunk-size": (endless(CHUNKED, b"0" * 4096), {11200, 11205, 11750}),
    "cut-short": (sends(answer(GOOD[:9], length=len(GOOD))), {11205}),
    "cut-chunk": (sends(CHUNKED + b"ff\r\n<Resp"), {11205}),
    "cut-head": (sends(b"HTTP/1.1 200 OK\r\nContent-Ty"), {11205}),
    "closes": (sends(b""), {11205}),
    "resets": (resets, {11205}),
    "longer-than-said": (sends(answer(GOOD + b"<Response/>", length=len(GOOD))), {0, 11205}),
    "negative-length": (sends(answer(length=-1)), {11205}),
    "two-lengths": (sends(answer(head=XML + b"Content-Length: 7\r\n")), {11205, 12100}),
    "length-in-words": (sends(OK_HEAD + b"Content-Length: ten\r\n\r\n" + GOOD), {11205}),
    "no-http": (sends(b"SSH-2.0-OpenSSH_9.2\r\n"), {11205}),
    "tls": (sends(b"\x15\x03\x01\x00\x02\x02\x28" + bytes(range(256))), {11205}),
    "status-0": (sends(answer(status=b"000 No")), {11200, 11205}),
    "status-600": (sends(answer(status=b"600 What")), {11200, 11205}),
    "status-500": (sends(answer(status=b"500 Oh", body=b"<pre>" * 9999)), {11200}),
    "101": (sends(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), {11200, 11205}),
    "100-then-good": (sends(b"HTTP/1.1 100 Continue\r\n\r\n", answer()), {0}),
    "204": (sends(b"HTTP/1.1 204 No Content\r\n\r\n"), {0}),
    "304": (sends(b"HTTP/1.1 304 Not Modified\r\n\r\n"), {12100}),
    "empty": (sends(answer(b"")), {12100}),
    "empty-chunked": (sends(CHUNKED + b"0\r\n\r\n"), {11770}),
    "loops": (sends(answer(b"", b"Location: /loops\r\n", b"302 Found")), {11215}),
    "leads-nowhere": (sends(answer(b"", b"Location: http://[\r\n", b"302 Found")), {11100}),
    "leads-to-a-file": (sends(answer(b"", b"Location: file:///etc/passwd\r\n", b"302 Found")), {11100}),
    "leads-to-port-0": (sends(answer(b"", b"Location: http://127.0.0.1:0/\r\n", b"302 Found")), {11100}),
    "leads-to-port-70000": (sends(answer(b"", b"Location: http://127.0.0.1:70000/\r\n", b"302 Found")), {11100}),
    "leads-to-noise": (sends(answer(b"", b"Location: http://h/\xff\xfe\r\n", b"302 Found")), {11100, 11205}),
    "gzip": (sends(answer(gzip.compress(GOOD), PACKED)), {0}),
    "gzip-bomb": (sends(answer(BOMB, PACKED)), {11750}),
    "gzip-of-nothing": (sends(answer(GOOD, PACKED)), {11200}),
    "gzip-cut": (sends(answer(gzip.compress(GOOD)[:-9], PACKED)), {11205}),
    "brotli": (sends(answer(GOOD, XML + b"Content-Encoding: br\r\n")), {11200}),
    "charset-wrong": (sends(answer("<Response>é</Response>".encode("latin-1"))), {12100}),
    "charset-nonsense": (sends(answer(head=b"Content-Type: text/xml; charset=klingon\r\n")), {12100}),
    "charset-gbk": (sends(answer(IN_GBK, b"Content-Type: text/xml; charset=gbk\r\n")), {0}),
    "charset-zip": (sends(answer(head=b"Content-Type: text/xml; charset=zip\r\n")), {12100}),
    "type-json": (sends(answer(head=b"Content-Type: application/json\r\n")), {12300}),
    "type-noise": (sends(answer(head=b"Content-Type: \xff\xfe/\xfd\r\n")), {11205, 12300}),
    "type-none": (sends(answer(head=b"")), {0}),
    "cookies": (sends(answer(head=XML + b"Set-Cookie: \xff=\xfe; Expires=x; Path=;;;\r\n" * 90)), {0}),
    "large-plain": (sends(answer(b"<a/>" * 1_000_000, b"Content-Type: text/plain\r\n")), {11750}),
    "elements": (sends(answer(b"<Response>" + b"<a/>" * 16_000 + b"</Response>")), {12100}),
    "depth": (sends(answer(b"<Response>" + b"<a>" * 3000 + b"</a>" * 3000 + b"</Response>")), {12100}),
    "sound-without-end": (endless(b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n\r\n", bytes(65536)), {0}),
}  # fmt: skip


class RudeServer:
    """`async with RudeServer() as rude:` listens at `rude.url`; the path of a request chooses how it is treated."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        # The end of the test cancels what still sends; a task that says so would be a fault to Python 3.11's streams.
        over = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError)
        with contextlib.suppress(*over):
            line = await reader.readuntil(b"\r\n\r\n")
            name = line.split(b" ", 2)[1].decode("latin-1").strip("/").partition("?")[0]
            self.asked.append(name)
            behave = BEHAVIOURS[name][0] if name in BEHAVIOURS else sends(self.made(name))
            await behave(reader, writer)
        with contextlib.suppress(ConnectionError):
            writer.close()
        self._tasks.discard(task)

    def made(self, name: str) -> bytes:
        """An answer that is damaged by chance, the same each time for one name."""
        chance = random.Random(name)  # noqa: S311 - the same answers each time
        data = bytearray(answer(head=XML + b"Set-Cookie: a=b; Path=/; Max-Age=9\r\nContent-Encoding: identity\r\n"))
        for _ in range(chance.choice((1, 1, 2, 5))):
            at, size = chance.randrange(len(data)), chance.choice((1, 2, 8))
            new = chance.choice((b"", b"\r\n", b"\0", b"\xff", b": ", b"9" * 40, chance.randbytes(size)))
            data[at : at + chance.choice((0, size))] = new
        return bytes(data)
