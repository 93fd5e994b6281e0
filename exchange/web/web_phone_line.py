"""One telephone over WebSocket as its leg sees it: frames both ways, events to it, control messages from it."""

import asyncio
import json
import struct
from functools import cache

import structlog
from aiohttp import web

from exchange.calls.line import LineListener
from exchange.core.ids import new_sid
from exchange.media.audio import FRAME_BYTES, FRAME_SECONDS
from exchange.media.jitter_buffer import JitterBuffer

log = structlog.get_logger(__name__)
MOST_WAITING_BYTES = 250 * FRAME_BYTES
# A telephone that has taken nothing for so many frames of a call never will: its connection is given up.
MOST_UNSENT_FRAMES = 500
_TEXT, _BINARY = 0x81, 0x82


class WebPhoneLine:
    """One connected telephone."""

    shows_texts = True
    rings_late = False

    def __init__(self, address: str, silent_seconds: float = 10.0, label: str = "", *, is_traced: bool = False) -> None:
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
        self._jitter = JitterBuffer()
        self._answerer: LineListener | None = None
        self._silent_frames = 0
        self._unsent_frames = 0
        self._has_garbled = False

    def seize(self, answerer: LineListener) -> bool:
        if self._answerer:
            return False
        self._answerer = answerer
        self._silent_frames = self._unsent_frames = 0
        self._jitter.clear()
        return True

    def release(self) -> None:
        self._answerer = None

    @property
    def is_busy(self) -> bool:
        return self._answerer is not None

    def take(self) -> bytes:
        self._silent_frames += 1
        if self._silent_frames == self._most_silent_frames:
            log.info("phone_silent", seconds=self._silent_frames * FRAME_SECONDS)
            self.control("hangup")
        return self._jitter.take()

    def give(self, frame: bytes) -> None:
        # Straight onto the connection: a queue and a task between cost more than all else that is done to a frame.
        if self._write(_BINARY, frame, MOST_WAITING_BYTES):
            self._unsent_frames = 0
            return
        self._unsent_frames += 1
        if self._unsent_frames == MOST_UNSENT_FRAMES:
            log.info("phone_reads_nothing", seconds=MOST_UNSENT_FRAMES * FRAME_SECONDS)
            self.drop()

    def drop(self) -> None:
        """Close the connection at once; whoever reads it sees that and hangs up."""
        if self.wire:
            self.wire.abort()

    def tell(self, event: str, **fields: object) -> None:
        if event == "trace" and not self.is_traced:
            return
        text = json.dumps({"type": event, **fields}, ensure_ascii=False)
        if not self._write(_TEXT, text.encode(errors="backslashreplace"), 2 * MOST_WAITING_BYTES):
            self.drop()

    def _write(self, kind: int, payload: bytes, most_waiting: int) -> bool:
        """Send it if it can go: a telephone that does not read loses sound first, then the connection."""
        wire = self.wire
        if wire is None or wire.is_closing() or wire.get_write_buffer_size() > most_waiting:
            return False
        wire.write(_head(kind, len(payload)) + payload)
        return True

    def hear(self, frame: bytes) -> None:
        """Take a frame that has come in; one of a wrong size is dropped."""
        if len(frame) == FRAME_BYTES:
            self._silent_frames = 0
            self._jitter.put(frame)
        elif not self._has_garbled:
            self._has_garbled = True
            log.warning("telephone_frames_unreadable", bytes=len(frame))

    def control(self, kind: str) -> None:
        """Handle a control message about the present call; without a call it means nothing."""
        answerer = self._answerer
        if answerer is None:
            return
        if kind == "answer":
            answerer.on_answer()
        elif kind in ("reject", "busy"):
            answerer.on_refuse(is_busy=kind == "busy")
        elif kind == "hangup":
            answerer.on_hang_up()


@cache
def _head(kind: int, length: int) -> bytes:
    """Return the header of a WebSocket message that is whole, unmasked and not compressed (RFC 6455, 5.2)."""
    if length < 126:
        return bytes((kind, length))
    if length < 1 << 16:
        return struct.pack("!BBH", kind, 126, length)
    return struct.pack("!BBQ", kind, 127, length)
