"""The smallest other end a phone can have: registers phones, connects two of them, and speaks when a number is dialled.

It is no exchange: it knows no TwiML. It shows that phones work against the protocol alone.
"""

import asyncio
import itertools
import json
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, web

from exchange.media.dtmf import DtmfDetector
from exchange.media.tones import tone

RING_SECONDS = 0.2
PROMPT = "For a booking, press 1."


@dataclass
class Line:
    """One connected phone, the other one it talks to, and the keys it was heard to press."""

    socket: web.WebSocketResponse
    address: str = ""
    peer: "Line | None" = None
    call: str | None = None
    keys: str = ""
    detector: DtmfDetector = field(default_factory=DtmfDetector)
    frames: int = 0
    ringing: "asyncio.Task[None] | None" = None

    async def tell(self, **message: Any) -> None:
        with suppress(ConnectionError):
            await self.socket.send_str(json.dumps(message))


class Switchboard:
    """`async with Switchboard() as board:` listens at `board.url`; `refuses` turns every phone away."""

    def __init__(self, refuses: bool = False) -> None:
        self.lines: dict[str, Line] = {}
        self.pressed: dict[str, str] = {}
        self.frames: dict[str, int] = {}
        self.url = ""
        self._refuses = refuses
        self._calls = itertools.count(1)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/phones", self._phone)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"ws://{host}:{port}/phones"
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.drop_all()
        await self._runner.cleanup()

    async def drop_all(self) -> None:
        """Every connection breaks, as when the exchange is killed."""
        for line in list(self.lines.values()):
            await line.socket.close()

    async def _phone(self, request: web.Request) -> web.WebSocketResponse:
        line = Line(web.WebSocketResponse())
        await line.socket.prepare(request)
        async for message in line.socket:
            if message.type is WSMsgType.BINARY:
                await self._frame(line, message.data)
            else:
                await self._control(line, json.loads(message.data))
        self.lines.pop(line.address, None)
        await self._end(line, "completed")
        return line.socket

    async def _frame(self, line: Line, frame: bytes) -> None:
        line.frames += 1
        self.frames[line.address] = line.frames
        self.pressed[line.address] = self.pressed.get(line.address, "") + (line.detector.feed(frame) or "")
        if line.peer:
            with suppress(ConnectionError):
                await line.peer.socket.send_bytes(frame)

    async def _control(self, line: Line, message: dict[str, Any]) -> None:
        match message["type"]:
            case "register" if self._refuses:
                await line.tell(type="error", code="token", message="the token is wrong")
            case "register":
                line.address = message["address"]
                self.lines[line.address] = line
                await line.tell(type="registered")
            case "dial":
                await self._dial(line, message["to"])
            case "answer" if line.peer:
                for each in (line, line.peer):
                    await each.tell(type="answered", call=each.call)
                self._stop_ringing(line)
            case "reject" | "busy":
                await self._end(line, "rejected" if message["type"] == "reject" else "busy")
            case "hangup":
                await self._end(line, "completed")

    async def _dial(self, line: Line, to: str) -> None:
        line.call = f"CA{next(self._calls)}"
        await line.tell(type="dialing", call=line.call)
        called = self.lines.get(to)
        if called:
            called.call, called.peer, line.peer = f"CA{next(self._calls)}", line, called
            called.ringing = asyncio.create_task(self._ring(called, line.address))
            return
        await line.tell(type="answered", call=line.call)
        await line.tell(type="prompt", verb="Say", text=PROMPT, state="start")
        await line.socket.send_bytes(tone([450], 0.02))
        await line.tell(type="prompt", verb="Say", text=PROMPT, state="end")

    async def _ring(self, line: Line, caller: str) -> None:
        for ring in itertools.count(1):
            await line.tell(type="ring", call=line.call, **{"from": caller}, ring=ring)
            await asyncio.sleep(RING_SECONDS)

    def _stop_ringing(self, line: Line) -> None:
        if line.ringing:
            line.ringing.cancel()
            line.ringing = None

    async def _end(self, line: Line, reason: str) -> None:
        for each in (line, line.peer):
            if each and each.call:
                self._stop_ringing(each)
                await each.tell(type="ended", call=each.call, reason=reason)
                each.call = None
        if line.peer:
            line.peer.peer = None
        line.peer = None
