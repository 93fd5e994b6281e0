"""One scripted phone: a client of the exchange's `/phones` WebSocket with real audio at its own pace.

It keeps itself registered (reconnecting with back-off) and carries at most one call. `script_runner.py` decides what it
does with a call.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import aiohttp

from exchange.media.audio import FRAME_BYTES, FRAME_SECONDS, SILENCE, frames
from exchange.phone.errors import CallOver, PhoneRefused
from exchange.phone.phone_call import CallStage, PhoneCall

FIRST_RETRY_SECONDS = 0.25
LONGEST_RETRY_SECONDS = 5.0
LATE_SECONDS = 0.1
MESSAGES_KEPT = 500
HEARTBEAT_SECONDS = 20
LARGEST_MESSAGE = 1 << 20
Listener = Callable[[dict[str, Any]], None]


class PhoneClient:
    """`async with Phone(url, address) as phone:` registers and keeps registered until the block ends."""

    def __init__(
        self,
        exchange: str,
        address: str,
        *,
        token: str = "",
        listener: Listener | None = None,
        keeps_sound: bool = False,
        trace: bool = False,
    ) -> None:
        self.address = address
        self.call = PhoneCall()
        self.messages: deque[dict[str, Any]] = deque(maxlen=MESSAGES_KEPT)
        self.is_registered = False
        self._exchange = exchange
        self._token = token
        self._trace = {"trace": True} if trace else {}
        self._listener = listener or (lambda _event: None)
        self._keeps_sound = keeps_sound
        self._refusal: str | None = None
        self._changed = asyncio.Event()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._connection: asyncio.Task[None] | None = None
        self._voice: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        return self.call.stage not in (CallStage.IDLE, CallStage.OVER)

    async def __aenter__(self) -> Self:
        self._connection = asyncio.create_task(self._stay_connected())
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.is_busy:
            with suppress(CallOver, TimeoutError):
                async with asyncio.timeout(1):
                    await self.hang_up(self.call)
        for job in (self._connection, self._voice):
            if job:
                job.cancel()
                await asyncio.gather(job, return_exceptions=True)

    async def until(self, is_true: Callable[[], bool], seconds: float | None) -> bool:
        """Wait for a condition on this phone, checked after every message and frame; return whether it came in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not is_true():
                    self._changed.clear()
                    await self._changed.wait()
        return is_true()

    async def registered(self, seconds: float = 30.0) -> None:
        """Wait until calls can be made. Raises `PhoneRefused` if the exchange refuses the phone."""
        if not await self.until(lambda: self.is_registered or self._refusal is not None, seconds):
            raise PhoneRefused(f"{self.address}: no exchange answers at {self._exchange}")
        if not self.is_registered:
            raise PhoneRefused(f"{self.address}: {self._refusal}")

    async def dial(self, to: str, parameters: Mapping[str, str] | None = None) -> PhoneCall:
        """Call; the application behind the number is told the parameters too."""
        self.call = PhoneCall(CallStage.DIALLING)
        await self._send(type="dial", to=to, **({"parameters": dict(parameters)} if parameters else {}))
        return self.call

    async def answer(self) -> None:
        await self._send(type="answer", call=self.call.sid)

    async def reject(self) -> None:
        await self._send(type="reject", call=self.call.sid)

    async def busy(self) -> None:
        await self._send(type="busy", call=self.call.sid)

    async def hang_up(self, call: PhoneCall) -> None:
        await self._send(type="hangup", **({"call": call.sid} if call.sid else {}))

    async def say(self, pcm: bytes, call: PhoneCall) -> None:
        """Speak into the call and return when the last frame is sent. Raises `CallOver` if the call ends before."""
        call.to_say[:0] = reversed(list(frames(pcm)))
        seconds = len(pcm) / FRAME_BYTES * FRAME_SECONDS
        await self.until(lambda: not call.to_say or call.stage is CallStage.OVER, 3 * seconds + 30)
        if call.to_say:
            raise CallOver(f"the call was over ({call.reason}) before everything was said")
        call.monitor.start_turn()

    async def _send(self, **message: Any) -> None:
        if self._socket is None or self._socket.closed:
            raise CallOver("there is no connection to the exchange")
        with suppress(ConnectionError):
            await self._socket.send_str(json.dumps(message))

    async def _stay_connected(self) -> None:
        delay = FIRST_RETRY_SECONDS
        while self._refusal is None:
            try:
                await self._connect_once()
                delay = FIRST_RETRY_SECONDS
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                self._tell({"type": "unreachable", "message": str(error), "retry_seconds": delay})
            self._lost()
            if self._refusal is None:
                await asyncio.sleep(delay)
                delay = min(LONGEST_RETRY_SECONDS, delay * 2)

    async def _connect_once(self) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(self._exchange, heartbeat=HEARTBEAT_SECONDS, max_msg_size=LARGEST_MESSAGE) as socket,
        ):
            self._socket = socket
            await self._send(type="register", address=self.address, token=self._token, **self._trace)
            async for message in socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    self._hear(message.data)
                elif message.type is aiohttp.WSMsgType.TEXT:
                    await self._take(json.loads(message.data))

    def _lost(self) -> None:
        was_registered, self.is_registered, self._socket = self.is_registered, False, None
        if self.is_busy:
            self._end("failed")
        if was_registered:
            self._tell({"type": "disconnected"})

    def _hear(self, frame: bytes) -> None:
        self.call.monitor.feed(frame, is_prompt=self.call.is_prompted)
        if self._keeps_sound:
            self.call.heard += frame
        self._changed.set()

    async def _take(self, message: dict[str, Any]) -> None:
        """Handle one control message: remember what it means, tell the listener, wake whoever waits."""
        _EFFECTS.get(str(message.get("type")), _nothing)(self, message)
        self.messages.append(message)
        self._tell(message)
        if message.get("type") == "error" and self._refusal is not None and self._socket:
            await self._socket.close()

    def _tell(self, message: dict[str, Any]) -> None:
        self._listener(message)
        self._changed.set()

    def _end(self, reason: str) -> None:
        self.call.stage, self.call.reason = CallStage.OVER, reason
        if self._voice:
            self._voice.cancel()

    def _on_registered(self, _message: dict[str, Any]) -> None:
        self.is_registered = True

    def _on_error(self, message: dict[str, Any]) -> None:
        reason = str(message.get("message") or message.get("code"))
        if not self.is_registered:
            self._refusal = reason
        elif self.call.stage is CallStage.DIALLING and self.call.sid is None:
            self._end("failed")

    def _on_dialing(self, message: dict[str, Any]) -> None:
        self.call.sid = message.get("call")

    def _on_ring(self, message: dict[str, Any]) -> None:
        if message.get("call") != self.call.sid or self.call.stage is CallStage.OVER:
            self.call = PhoneCall(CallStage.RINGING, message.get("call"), message.get("from"))
        self.call.rings = int(message.get("ring", self.call.rings + 1))

    def _on_answered(self, message: dict[str, Any]) -> None:
        self.call.sid = message.get("call", self.call.sid)
        if self.call.stage in (CallStage.UP, CallStage.OVER):
            return
        self.call.stage = CallStage.UP
        self._voice = asyncio.create_task(self._speak(self.call))

    def _on_prompt(self, message: dict[str, Any]) -> None:
        state = str(message.get("state"))
        self.call.is_prompted = state == "start"
        self.call.prompts.append((state, str(message.get("text") or message.get("url") or "")))

    def _on_ended(self, message: dict[str, Any]) -> None:
        if message.get("call") in (None, self.call.sid) or (
            self.call.sid is None and self.call.stage is CallStage.DIALLING
        ):
            self._end(str(message.get("reason")))

    async def _speak(self, call: PhoneCall) -> None:
        """Send a frame every 20 ms, words or silence; after a stall go on from now instead of sending a burst."""
        clock = asyncio.get_running_loop().time
        due = clock()
        while call.stage is CallStage.UP and self._socket and not self._socket.closed:
            frame = call.to_say.pop() if call.to_say else SILENCE
            with suppress(ConnectionError):
                await self._socket.send_bytes(frame)
            if not call.to_say:
                self._changed.set()
            due = max(due + FRAME_SECONDS, clock() - LATE_SECONDS)
            await asyncio.sleep(max(0.0, due - clock()))


Effect = Callable[[PhoneClient, dict[str, Any]], None]


def _nothing(_phone: PhoneClient, _message: dict[str, Any]) -> None:
    """Ignore the message: `ringback`, `message` and later kinds change nothing here; scripts see them among the
    messages.
    """


_EFFECTS: dict[str, Effect] = {
    "registered": PhoneClient._on_registered,
    "error": PhoneClient._on_error,
    "dialing": PhoneClient._on_dialing,
    "ring": PhoneClient._on_ring,
    "answered": PhoneClient._on_answered,
    "prompt": PhoneClient._on_prompt,
    "ended": PhoneClient._on_ended,
}
