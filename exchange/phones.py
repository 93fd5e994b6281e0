"""Telephones over WebSocket: registration, control messages, frames both ways. `docs/exchange.md` has the protocol."""

import asyncio
import contextlib
import json
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

import structlog
from aiohttp import WSMsgType, web

from exchange.audio import FRAME_BYTES, FRAME_SECONDS
from exchange.flood import FRAME_COST, MESSAGE_COST, Allowance
from exchange.ids import new_sid
from exchange.line import Answerer, Jitter
from exchange.tokens import Admission, holder_of

log = structlog.get_logger(__name__)
MOST_WAITING_BYTES = 250 * FRAME_BYTES
_TEXT, _BINARY = 0x81, 0x82
FLOOD = 31009
REGISTER_SECONDS = 10.0
# A telephone whose network is gone says nothing: it is asked after so many quiet seconds, with half as many to answer.
HEARTBEAT_SECONDS = 5.0
# How a call ends whose telephone vanished while it rang: SIP's "gone".
GONE = 410
MOST_LABEL = 40
LARGEST_MESSAGE_BYTES = 16 * 1024
MOST_PARAMETERS = 50
Dial = Callable[["PhoneLine", str, dict[str, str]], None]


class PhoneLine:
    """One connected telephone."""

    shows_texts = True
    rings_late = False

    def __init__(self, address: str, is_traced: bool = False, silent_seconds: float = 10.0, label: str = "") -> None:
        self.address = address
        self.sid = new_sid("PH")
        self.label = label
        # Who got the token that it came with; empty where the token does not say.
        self.holder = ""
        self.socket: web.WebSocketResponse | None = None
        self.closing: asyncio.Future[bool] | None = None
        # How a call ends that this telephone did not take, as SIP counts; 0: in the usual way.
        self.response_code = 0
        self._most_silent_frames = round(silent_seconds / FRAME_SECONDS)
        self.is_traced = is_traced
        self.wire: asyncio.WriteTransport | None = None
        self._jitter = Jitter()
        self._answerer: Answerer | None = None
        self._silent_frames = 0
        self._has_garbled = False

    def seize(self, answerer: Answerer) -> bool:
        if self._answerer:
            return False
        self._answerer = answerer
        self._silent_frames = 0
        self._jitter.clear()
        return True

    def release(self) -> None:
        self._answerer = None

    def take(self) -> bytes:
        self._silent_frames += 1
        if self._silent_frames == self._most_silent_frames:
            log.info("phone_silent", seconds=self._silent_frames * FRAME_SECONDS)
            self.control("hangup")
        return self._jitter.take()

    def give(self, frame: bytes) -> None:
        # Straight onto the connection: a queue and a task between cost more than all else that is done to a frame.
        self._write(_BINARY, frame, MOST_WAITING_BYTES)

    def tell(self, event: str, **fields: object) -> None:
        if event == "trace" and not self.is_traced:
            return
        text = json.dumps({"type": event, **fields}, ensure_ascii=False)
        self._write(_TEXT, text.encode(errors="replace"), 2 * MOST_WAITING_BYTES)

    def _write(self, kind: int, payload: bytes, most_waiting: int) -> None:
        """A telephone that does not read loses sound first, and control messages only when it never reads again."""
        wire = self.wire
        if wire is None or wire.is_closing() or wire.get_write_buffer_size() > most_waiting:
            return
        wire.write(_head(kind, len(payload)) + payload)

    def hear(self, frame: bytes) -> None:
        """A frame has come in; one of a wrong size is dropped."""
        if len(frame) == FRAME_BYTES:
            self._silent_frames = 0
            self._jitter.put(frame)
        elif not self._has_garbled:
            self._has_garbled = True
            log.warning("telephone_frames_unreadable", bytes=len(frame))

    def control(self, kind: str) -> None:
        """A control message about the present call; without a call it means nothing."""
        answerer = self._answerer
        if answerer is None:
            return
        if kind == "answer":
            answerer.on_answer()
        elif kind in ("reject", "busy"):
            answerer.on_refuse(kind == "busy")
        elif kind == "hangup":
            answerer.on_hang_up()


class Phones:
    """All connected telephones. Of several with one address the newest that is connected is rung."""

    def __init__(self, admission: Admission, dial: Dial, silent_seconds: float = 10.0) -> None:
        self._admission = admission
        self._silent_seconds = silent_seconds
        self._dial = dial
        self._lines: dict[str, list[PhoneLine]] = {}
        self.on_register: Callable[[PhoneLine], None] = lambda _line: None

    def find(self, address: str) -> PhoneLine | None:
        lines = self._lines.get(address)
        return lines[-1] if lines else None

    def addresses(self) -> list[str]:
        return sorted(self._lines)

    def listed(self) -> list[tuple[str, str | None, str]]:
        """Each address with the registration that is rung, and the label it gave itself."""
        return [(address, lines[-1].sid, lines[-1].label) for address, lines in sorted(self._lines.items())]

    def holders(self, address: str) -> list[str]:
        """Who got the tokens with which telephones are registered there, also those that are not rung."""
        return sorted({line.holder for line in self._lines.get(address, ()) if line.holder})

    async def revoke(self, holder: str) -> int:
        """Let in nobody with a token of this holder any more, and close what is registered with one; how many were."""
        self._admission.revoke(holder)
        theirs = [line for lines in self._lines.values() for line in lines if line.holder == holder]
        for line in theirs:
            self._forget(line)
            line.tell("error", code=20101, message="the token is not accepted any more")
            line.response_code = GONE
            line.control("hangup")
            if line.socket is not None:
                # Not waited for: a telephone that never answers is not connected any more either.
                line.closing = asyncio.ensure_future(line.socket.close())
        return len(theirs)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One telephone's connection, from registration until it drops; then its call is hung up."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=LARGEST_MESSAGE_BYTES, compress=False)
        await socket.prepare(request)
        line = await self._register(request, socket)
        if line is None:
            await socket.close()
            return socket
        try:
            await self._read(socket, line)
        finally:
            self._forget(line)
            line.wire = None
            line.response_code = GONE
            line.control("hangup")
        return socket

    async def _register(self, request: web.Request, socket: web.WebSocketResponse) -> PhoneLine | None:
        with contextlib.suppress(ValueError, TypeError, asyncio.TimeoutError):
            message = json.loads(await socket.receive_str(timeout=REGISTER_SECONDS))
            address = message.get("address", "")
            if message.get("type") != "register" or not isinstance(address, str) or not address:
                await _error(socket, 31002, "the first message must be register, with an address")
                return None
            token = str(message.get("token") or "")
            if not self._admission.admits(request, address, token):
                await _error(socket, 20101, "the token is not accepted")
                return None
            label = str(message.get("label") or "")[:MOST_LABEL]
            line = PhoneLine(address, message.get("trace") is True, self._silent_seconds, label)
            line.wire, line.socket = request.transport, socket
            line.holder = holder_of(token)
            self._lines.setdefault(address, []).append(line)
            line.tell("registered", address=address)
            self.on_register(line)
            return line
        return None

    async def _read(self, socket: web.WebSocketResponse, line: PhoneLine) -> None:
        clock = asyncio.get_running_loop().time
        allowance = Allowance(clock())
        async for message in socket:
            if allowance.is_spent(FRAME_COST if message.type is WSMsgType.BINARY else MESSAGE_COST, clock()):
                log.warning("telephone_floods", code=FLOOD)
                await _error(socket, FLOOD, "too many messages; the connection is closed")
                await socket.close()
                return
            if message.type is WSMsgType.BINARY:
                line.hear(message.data)
            elif message.type is WSMsgType.TEXT:
                self._control(line, message.data)

    def _control(self, line: PhoneLine, text: str) -> None:
        try:
            message: Any = json.loads(text)
            kind = str(message["type"])
        except (ValueError, KeyError, TypeError):
            line.tell("error", code=31002, message="not a control message")
            return
        if kind == "dial":
            self._dial(line, str(message.get("to", "")), _parameters(message.get("parameters")))
        else:
            line.control(kind)

    def _forget(self, line: PhoneLine) -> None:
        rest = [each for each in self._lines.get(line.address, []) if each is not line]
        if rest:
            self._lines[line.address] = rest
        else:
            self._lines.pop(line.address, None)


@cache
def _head(kind: int, length: int) -> bytes:
    """The head of a WebSocket message that is whole, unmasked and not compressed (RFC 6455, 5.2)."""
    if length < 126:
        return bytes((kind, length))
    if length < 1 << 16:
        return struct.pack("!BBH", kind, 126, length)
    return struct.pack("!BBQ", kind, 127, length)


def _parameters(given: object) -> dict[str, str]:
    """What a telephone wants its application to be told, as text; what is no name and value is left out."""
    pairs = list(given.items())[:MOST_PARAMETERS] if isinstance(given, dict) else []
    return {name: str(value) for name, value in pairs if name and isinstance(value, str | int | float)}


async def _error(socket: web.WebSocketResponse, code: int, message: str) -> None:
    await socket.send_json({"type": "error", "code": code, "message": message})
