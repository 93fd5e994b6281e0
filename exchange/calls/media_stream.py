"""Media Streams: a call's sound to an application over a WebSocket, and the application's sound back into the call.

The messages are those of docs/voice/media-streams/websocket-messages; sound is mu-law in base64, a frame a message.
"""

import asyncio
import base64
import binascii
import json
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from exchange.calls.leg import CallLeg
from exchange.core.errors import WebhookError
from exchange.media import g711
from exchange.media.audio import FRAME_BYTES, SILENCE
from exchange.media.clock import Signal

log = structlog.get_logger(__name__)
MOST_WAITING = 500
MOST_BUFFERED = 10 * 60 * 16_000
NO_SOCKETS, BAD_MESSAGE = 31920, 31951


class WebSocketConnection(Protocol):
    """One WebSocket, however it is made."""

    async def send(self, text: str) -> None:
        """Send a text. Raises `ConnectionError` when the connection is gone."""
        ...

    async def receive(self) -> str | None:
        """Return the next text; None when the other side has closed."""
        ...

    async def close(self) -> None: ...


class WebSocketConnector(Protocol):
    """Opens WebSockets. Raises `WebhookError` with Twilio's code when that fails."""

    async def open(self, url: str, headers: Mapping[str, str]) -> WebSocketConnection: ...


class NoWebSockets:
    """A connector for where nothing can be reached."""

    async def open(self, url: str, headers: Mapping[str, str]) -> WebSocketConnection:  # noqa: ARG002
        raise WebhookError(NO_SOCKETS, "no WebSocket can be opened here", url)


@dataclass(frozen=True)
class StreamRequest:
    """The stream that is asked for. `tracks` are `inbound` (what the leg says) and `outbound` (what it hears)."""

    sid: str
    url: str
    tracks: tuple[str, ...] = ("inbound",)
    is_both_ways: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    name: str = ""


class MediaStream:
    """One stream. It is a tap of its leg; when it goes both ways, it is also what the leg hears."""

    def __init__(self, order: StreamRequest, leg: CallLeg) -> None:
        self.order = order
        self.over = Signal()
        self.status = "in-progress"
        self._leg = leg
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._sequence = 0
        self._chunk = 0
        self._frames = 0
        self._sound = bytearray()
        self._marks: deque[tuple[int, str]] = deque()
        self._played = 0

    async def run(self, socket: WebSocketConnection) -> None:
        """Carry sound until either side closes, or it is stopped."""
        self._leg.taps = [*self._leg.taps, self]
        self._tell({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        self._send("start", start=self._about())
        with self._leg.keys.listen() as box:
            work = [self._write(socket), self._read(socket), *([self._keys(box)] if self.order.is_both_ways else [])]
            tasks = [asyncio.ensure_future(each) for each in work]
            stopped = self.over.wait()
            try:
                await asyncio.wait({*tasks[:2], stopped}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._leg.taps = [tap for tap in self._leg.taps if tap is not self]
                stopped.cancel()
                for task in tasks:
                    task.cancel()
                await asyncio.wait(set(tasks))
                await self._farewell(socket)

    def stop(self) -> None:
        """End the stream; idempotent."""
        self.over.set()

    # What the leg says and hears

    def frame(self, inbound: bytes, outbound: bytes) -> None:
        for track, pcm in (("inbound", inbound), ("outbound", outbound)):
            if track in self.order.tracks:
                self._chunk += 1
                payload = base64.b64encode(g711.encode(pcm, g711.ULAW)).decode()
                media = {"track": track, "chunk": str(self._chunk), "timestamp": str(self._frames * 20)}
                self._send("media", media=media | {"payload": payload})
        self._frames += 1

    def next_frame(self) -> bytes | None:
        """Return what the application sent, else silence; send a mark back when everything before it was heard."""
        frame = bytes(self._sound[:FRAME_BYTES])
        del self._sound[:FRAME_BYTES]
        self._played += len(frame)
        while self._marks and self._marks[0][0] <= self._played:
            self._send("mark", mark={"name": self._marks.popleft()[1]})
        return frame.ljust(FRAME_BYTES, b"\0") if frame else SILENCE

    # Messages

    def _about(self) -> dict[str, Any]:
        facts = self._leg.facts
        return {
            "accountSid": facts.account_sid,
            "streamSid": self.order.sid,
            "callSid": facts.sid,
            "tracks": list(self.order.tracks),
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(self.order.parameters),
        }

    def _send(self, event: str, **fields: object) -> None:
        self._sequence += 1
        numbered = {"event": event, "sequenceNumber": str(self._sequence), "streamSid": self.order.sid}
        self._tell(numbered | fields)

    def _tell(self, message: dict[str, Any]) -> None:
        # An application that does not read loses sound; the call does not wait for it.
        with suppress(asyncio.QueueFull):
            self._outgoing.put_nowait(json.dumps(message))

    async def _write(self, socket: WebSocketConnection) -> None:
        with suppress(ConnectionError):
            while True:
                await socket.send(await self._outgoing.get())

    async def _read(self, socket: WebSocketConnection) -> None:
        with suppress(ConnectionError):
            while (text := await socket.receive()) is not None:
                self._take(text)

    async def _keys(self, box: Any) -> None:
        while True:
            await box.wait()
            self._send("dtmf", dtmf={"track": "inbound_track", "digit": box.pop()})

    def _take(self, text: str) -> None:
        """Handle a message of the application; one that makes no sense is logged and costs nothing else."""
        try:
            message = json.loads(text)
            _TAKERS.get(message["event"], _unknown)(self, message)
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
            log.warning("stream_message_unreadable", call_id=self._leg.sid, code=BAD_MESSAGE, reason=repr(error))

    def _take_media(self, message: dict[str, Any]) -> None:
        sound = g711.decode(base64.b64decode(message["media"]["payload"], validate=True), g711.ULAW)
        if self.order.is_both_ways and len(self._sound) + len(sound) <= MOST_BUFFERED:
            self._sound += sound

    def _take_mark(self, message: dict[str, Any]) -> None:
        self._marks.append((self._played + len(self._sound), str(message["mark"]["name"])))

    def _take_clear(self, _message: dict[str, Any]) -> None:
        self._sound.clear()
        while self._marks:
            self._send("mark", mark={"name": self._marks.popleft()[1]})

    async def _farewell(self, socket: WebSocketConnection) -> None:
        self.status = "stopped"
        self.over.set()
        facts = self._leg.facts
        self._send("stop", stop={"accountSid": facts.account_sid, "callSid": facts.sid})
        with suppress(ConnectionError, asyncio.TimeoutError):
            async with asyncio.timeout(2):
                while not self._outgoing.empty():
                    await socket.send(self._outgoing.get_nowait())
                await socket.close()


def _unknown(_stream: MediaStream, message: dict[str, Any]) -> None:
    raise ValueError(f"unknown event {message['event']!r}")


_TAKERS: dict[str, Callable[[MediaStream, dict[str, Any]], None]] = {
    "media": MediaStream._take_media,
    "mark": MediaStream._take_mark,
    "clear": MediaStream._take_clear,
}
