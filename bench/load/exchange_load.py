"""The load of `bench.exchange`: telephones that cost next to nothing, and the application that lets them talk.

A telephone here is a bare WebSocket on an asyncio protocol: what is measured is the exchange, not its callers.
"""

import asyncio
import contextlib
import itertools
import json
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from exchange.media.audio import FRAME_SECONDS, SILENCE, frames
from exchange.media.dtmf import key_tones
from exchange.media.tones import tone
from exchange.media.wav_file import wav_header

NUMBER = "+861012345"
KEY = "5"
TEXT, BINARY, PING, PONG = 1, 2, 9, 10
HANDSHAKE = (
    b"GET /phones HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PROMPT = tone([350], 4.0)
# The exchange holds 40 ms at least: a frame that comes later than this after the one before may find it empty.
PAUSE_SECONDS = 0.05


def packed(kind: int, payload: bytes) -> bytes:
    """Return one masked message; a mask of zeros leaves the payload as it is, and costs nothing."""
    size = len(payload)
    length = struct.pack("!B", 0x80 | size) if size < 126 else struct.pack("!BH", 0x80 | 126, size)
    return bytes([0x80 | kind]) + length + bytes(4) + payload


QUIET = packed(BINARY, SILENCE)
KEY_FRAMES = [packed(BINARY, frame) for frame in frames(key_tones(KEY, 0.12, 0.1))]


def melody(place: int) -> list[bytes]:
    """Return a second of a tone of one's own; its phase moves from frame to frame, so that a lost frame is seen."""
    return list(frames(tone([313 + 50 * (place % 60)], 1.0)))


class LoadTelephone(asyncio.Protocol):
    """One connected telephone: says a tone when told to, and notes when each frame arrived."""

    def __init__(self, place: int, address: str, on_message: Callable[["LoadTelephone", dict[str, Any]], None]) -> None:
        self.address = address
        self.call = ""
        self.is_up = False
        self.is_talking = False
        self.told = 0
        self.arrivals: list[float] = []
        self.tune = melody(place)
        self._tune = [packed(BINARY, frame) for frame in self.tune]
        self._on_message = on_message
        self._keys: list[bytes] = []
        self._buffer = bytearray()
        self._is_open = False
        self._clock = asyncio.get_running_loop().time

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment] # it is one for TCP
        self.transport.write(HANDSHAKE)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            del self._buffer[: end + 4]
            self._is_open = True
            self.send(type="register", address=self.address)
        self._read()

    def _read(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            size, head = buffer[at + 1], 2
            if size == 126:
                if len(buffer) - at < 4:
                    break
                size, head = int.from_bytes(buffer[at + 2 : at + 4], "big"), 4
            if len(buffer) - at < head + size:
                break
            self._take(buffer[at] & 15, buffer[at + head : at + head + size])
            at += head + size
        del buffer[:at]

    def _take(self, kind: int, payload: bytearray) -> None:
        if kind == BINARY:
            self.arrivals.append(self._clock())
        elif kind == PING:
            self.transport.write(packed(PONG, bytes(payload)))
        elif kind == TEXT:
            self._on_message(self, json.loads(payload))

    def send(self, **message: object) -> None:
        self.transport.write(packed(TEXT, json.dumps(message).encode()))

    def press(self) -> None:
        self._keys = list(reversed(KEY_FRAMES))

    def speak(self) -> None:
        """Send one frame of what it says now."""
        if self._keys:
            self.transport.write(self._keys.pop())
        elif self.is_talking:
            self.transport.write(self._tune[self.told % len(self._tune)])
            self.told += 1
        else:
            self.transport.write(QUIET)

    def said(self) -> bytes:
        """Return the whole tone it has sent."""
        whole, rest = divmod(self.told, len(self.tune))
        return b"".join(self.tune) * whole + b"".join(self.tune[:rest])


@dataclass
class LoadCall:
    """One call of the load: somebody who dials, and who answers in the end."""

    caller: LoadTelephone
    agent: LoadTelephone
    is_bridged: asyncio.Event = field(default_factory=asyncio.Event)
    # How often the load itself fell silent while they talked: so many gaps are not the exchange's.
    pauses: int = 0
    reasons: list[str] = field(default_factory=list)


class CallLoad:
    """All calls of one run against the exchange at `port`."""

    def __init__(self, port: int, app_url: str) -> None:
        self._port = port
        self.app_url = app_url
        self.talks: list[LoadCall] = []
        self._places = itertools.count()
        self.lateness: list[float] = []
        self._talk_of: dict[str, LoadCall] = {}
        self._pacing = asyncio.create_task(self._pace())

    async def add(self) -> LoadCall:
        """Add one more call, from dialling to talking."""
        place = next(self._places)
        names = (f"+8613{place:09d}", f"client:agent-{place}")
        caller, agent = [await self._connect(2 * place + at, name) for at, name in enumerate(names)]
        talk = LoadCall(caller, agent)
        self.talks.append(talk)
        self._talk_of |= {caller.address: talk, agent.address: talk}
        await asyncio.wait_for(talk.is_bridged.wait(), 30)
        return talk

    async def close(self) -> None:
        """End all calls: everybody falls silent and hangs up."""
        for talk in self.talks:
            talk.caller.is_talking = talk.agent.is_talking = False
        await asyncio.sleep(1.0)
        for talk in self.talks:
            talk.caller.send(type="hangup")
        await asyncio.sleep(1.0)
        self._pacing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._pacing
        for talk in self.talks:
            talk.caller.transport.close()
            talk.agent.transport.close()

    async def _connect(self, place: int, address: str) -> LoadTelephone:
        loop = asyncio.get_running_loop()
        _, telephone = await loop.create_connection(
            lambda: LoadTelephone(place, address, self._message), "127.0.0.1", self._port
        )
        return telephone

    def _message(self, telephone: LoadTelephone, message: dict[str, Any]) -> None:
        kind = message["type"]
        talk = self._talk_of.get(telephone.address)
        if kind == "registered" and telephone.address.startswith("+"):
            telephone.send(type="dial", to=NUMBER)
        elif kind == "dialing":
            telephone.call = message["call"]
        elif kind == "answered":
            telephone.is_up = True
            if talk and telephone is talk.agent:
                talk.caller.is_talking = talk.agent.is_talking = True
                talk.is_bridged.set()
        elif kind == "prompt" and message["state"] == "start":
            asyncio.get_running_loop().call_later(0.5, telephone.press)
        elif kind == "ring":
            telephone.send(type="answer")
        elif kind == "ended" and talk:
            telephone.is_up = False
            talk.reasons.append(message["reason"])

    def _fell_silent(self) -> None:
        for talk in self.talks:
            talk.pauses += talk.caller.is_talking

    async def _pace(self) -> None:
        """Send a frame of every telephone every 20 ms; a stall is caught up, as a telephone's own clock would."""
        loop = asyncio.get_running_loop()
        due = before = loop.time()
        while True:
            if loop.time() - before > PAUSE_SECONDS:
                self._fell_silent()
            before = loop.time()
            for talk in self.talks:
                for telephone in (talk.caller, talk.agent):
                    if telephone.is_up:
                        telephone.speak()
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))
            self.lateness.append(loop.time() - due)


@contextlib.asynccontextmanager
async def application() -> AsyncIterator[str]:
    """Serve the TwiML behind the number: a Gather, and then whoever belongs to the caller."""

    async def voice(_request: web.Request) -> web.Response:
        prompt = '<Gather numDigits="1" timeout="30" action="/bridge"><Play>/prompt.wav</Play></Gather>'
        return web.Response(text=f"<Response>{prompt}</Response>", content_type="text/xml")

    async def bridge(request: web.Request) -> web.Response:
        place = int(str((await request.post())["From"])[-9:])
        dial = f'<Dial record="record-from-answer-dual"><Client>agent-{place}</Client></Dial>'
        return web.Response(text=f"<Response>{dial}</Response>", content_type="text/xml")

    async def prompt(_request: web.Request) -> web.Response:
        return web.Response(body=wav_header(1, len(PROMPT)) + PROMPT, content_type="audio/wav")

    app = web.Application()
    app.add_routes([web.post("/voice", voice), web.post("/bridge", bridge), web.get("/prompt.wav", prompt)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
