"""Telephones over WebSocket: registration, control messages, frames both ways. `docs/exchange.md` has the protocol."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import WSCloseCode, WSMsgType, web

from exchange.core.errors import MessageError
from exchange.core.log_limit import LimitedLog, place_of
from exchange.core.token_bucket import FRAME_COST, MESSAGE_COST, TokenBucket
from exchange.core.tokens import Admission, holder_of
from exchange.web.registration import dialled, parameters, parse, registration
from exchange.web.web_phone_line import WebPhoneLine

FLOOD, UNREADABLE, REFUSED, FULL, FAILED = 31009, 31002, 20101, 31005, 31000
REGISTER_SECONDS = 10.0
# A telephone whose network is gone says nothing: it is asked after so many quiet seconds, with half as many to answer.
HEARTBEAT_SECONDS = 5.0
# How a call ends whose telephone vanished while it rang: SIP's "gone".
GONE = 410
LARGEST_MESSAGE_BYTES = 16 * 1024
# Connections that have not said who they are, telephones in all, and registrations of one address.
MOST_UNREGISTERED, MOST_PHONES, MOST_OF_ADDRESS = 200, 2_000, 10
FAREWELL_SECONDS = 5.0
LONGEST_REASON_BYTES = 123
Dial = Callable[["WebPhoneLine", str, dict[str, str]], None]


@dataclass
class RegistrationRefused(Exception):
    """A connection that is closed: the error it is told, and the code it is closed with (RFC 6455, 7.4.1)."""

    code: int
    message: str
    closing: int = WSCloseCode.POLICY_VIOLATION


class WebPhones:
    """All connected telephones. Of several with one address the newest that is connected is rung."""

    def __init__(self, admission: Admission, dial: Dial, silent_seconds: float = 10.0) -> None:
        self._admission = admission
        self._silent_seconds = silent_seconds
        self._dial = dial
        self._lines: dict[str, list[WebPhoneLine]] = {}
        self._unregistered = 0
        self._noise = LimitedLog()
        self.on_register: Callable[[WebPhoneLine], None] = lambda _line: None

    def find(self, address: str) -> WebPhoneLine | None:
        lines = self._lines.get(address)
        return lines[-1] if lines else None

    def addresses(self) -> list[str]:
        return sorted(self._lines)

    def listed(self) -> list[tuple[str, str | None, str]]:
        """Return each address with the registration that is rung, and the label it gave itself."""
        return [(address, lines[-1].sid, lines[-1].label) for address, lines in sorted(self._lines.items())]

    def holders(self, address: str) -> list[str]:
        """Return who got the tokens with which telephones are registered there, also those that are not rung."""
        return sorted({line.holder for line in self._lines.get(address, ()) if line.holder})

    async def revoke(self, holder: str) -> int:
        """Let in nobody with a token of this holder any more, and close what is registered with one; return how many
        were.
        """
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
        """Serve one telephone's connection, from registration until it drops; then hang up its call."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=LARGEST_MESSAGE_BYTES, compress=False)
        await socket.prepare(request)
        try:
            line = await self._registered(request, socket)
            if line:
                await self._attend(socket, line)
        except RegistrationRefused as refusal:
            await _refuse(request, socket, refusal)
        return socket

    async def _registered(self, request: web.Request, socket: web.WebSocketResponse) -> WebPhoneLine | None:
        """Return the line of a telephone that has registered; None when it has gone. Raises `RegistrationRefused`."""
        if self._unregistered >= MOST_UNREGISTERED or sum(map(len, self._lines.values())) >= MOST_PHONES:
            raise RegistrationRefused(FULL, "too many telephones; try again later", WSCloseCode.TRY_AGAIN_LATER)
        self._unregistered += 1
        try:
            message = await socket.receive(REGISTER_SECONDS)
            if message.type is WSMsgType.BINARY:
                raise RegistrationRefused(
                    UNREADABLE, "the first message must be text: register", WSCloseCode.UNSUPPORTED_DATA
                )
            if message.type is not WSMsgType.TEXT:
                return None
            asked = registration(message.data)
        except TimeoutError:
            raise RegistrationRefused(UNREADABLE, f"no register within {REGISTER_SECONDS:.0f} seconds") from None
        except MessageError as error:
            raise RegistrationRefused(UNREADABLE, str(error)) from error
        finally:
            self._unregistered -= 1
        if not self._admission.admits(request, asked.address, asked.token):
            raise RegistrationRefused(REFUSED, "the token is not accepted")
        line = WebPhoneLine(asked.address, self._silent_seconds, asked.label, is_traced=asked.is_traced)
        line.holder = holder_of(asked.token)
        line.wire, line.socket = request.transport, socket
        return line

    async def _attend(self, socket: web.WebSocketResponse, line: WebPhoneLine) -> None:
        lines = self._lines.setdefault(line.address, [])
        lines.append(line)
        if len(lines) > MOST_OF_ADDRESS:
            next((each for each in lines if not each.is_busy), lines[0]).drop()
        try:
            line.tell("registered", address=line.address)
            self.on_register(line)
            await self._read(socket, line)
        finally:
            self._forget(line)
            line.wire = None
            line.response_code = GONE
            line.control("hangup")

    async def _read(self, socket: web.WebSocketResponse, line: WebPhoneLine) -> None:
        clock = asyncio.get_running_loop().time
        allowance = TokenBucket(clock())
        async for message in socket:
            if allowance.is_spent(FRAME_COST if message.type is WSMsgType.BINARY else MESSAGE_COST, clock()):
                self._noise.warn("telephone_floods", code=FLOOD)
                raise RegistrationRefused(FLOOD, "too many messages; the connection is closed")
            if message.type is WSMsgType.BINARY:
                line.hear(message.data)
            elif message.type is WSMsgType.TEXT:
                self._control(line, message.data)

    def _control(self, line: WebPhoneLine, text: str) -> None:
        """Handle one control message; whatever it makes go wrong is said to its telephone and nobody else."""
        try:
            message = parse(text)
            if message["type"] == "dial":
                self._dial(line, dialled(message), parameters(message))
            else:
                line.control(message["type"])
        except MessageError as error:
            line.tell("error", code=UNREADABLE, message=str(error))
        except Exception as error:
            self._noise.warn("telephone_message_failed", reason=place_of(error))
            line.tell("error", code=FAILED, message="the exchange cannot do that now")

    def _forget(self, line: WebPhoneLine) -> None:
        rest = [each for each in self._lines.get(line.address, []) if each is not line]
        if rest:
            self._lines[line.address] = rest
        else:
            self._lines.pop(line.address, None)


async def _refuse(request: web.Request, socket: web.WebSocketResponse, refusal: RegistrationRefused) -> None:
    """Say why and close; who does not even read that is cut off."""
    try:
        async with asyncio.timeout(FAREWELL_SECONDS):
            await socket.send_json({"type": "error", "code": refusal.code, "message": refusal.message})
            reason = refusal.message.encode()[:LONGEST_REASON_BYTES].decode(errors="ignore").encode()
            await socket.close(code=refusal.closing, message=reason)
    except (TimeoutError, OSError, RuntimeError):
        if request.transport:
            request.transport.abort()
