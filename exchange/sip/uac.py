"""Outgoing SIP calls, with what a real network needs besides the library.

The library sends an INVITE once, does not acknowledge refusals, does not follow the Contact of an answer, and minds no
answer that crosses its CANCEL; all of that is done here.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiosipua import (
    OutgoingCall,
    SdpMessage,
    SipDigestAuth,
    SipRequest,
    SipResponse,
    SipUAC,
    UdpSipTransport,
    parse_sdp,
    stringify_uri,
)
from aiosipua.dialog import Dialog, DialogState

REPEAT_SECONDS = (0.5, 1.0, 2.0, 4.0, 4.0, 4.0)
FORGET_SECONDS = 32.0
Address = tuple[str, int]


@dataclass(frozen=True)
class Destination:
    """Where a call goes: the address in the request, the host that gets it, who we are there, and further headers."""

    uri: str
    peer: Address
    auth: SipDigestAuth | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class UserAgentClient(SipUAC):
    """Makes calls."""

    def __init__(self, transport: UdpSipTransport, advertised: Address) -> None:
        super().__init__(transport, advertised_addr=advertised)
        self._unheard: set[str] = set()
        self._given_up: dict[str, OutgoingCall] = {}
        self._repeating: set[asyncio.Task[None]] = set()
        self._next_headers: Mapping[str, str] = {}
        self._headers: dict[str, Mapping[str, str]] = {}
        self._referring: dict[str, asyncio.Future[int]] = {}
        self._on_early: dict[str, Callable[[SdpMessage], None]] = {}

    def invite(self, sender_uri: str, way: Destination, sdp: SdpMessage) -> OutgoingCall:
        """Call, and repeat the INVITE until something is heard, as UDP needs."""
        self._next_headers = way.headers
        call = self.send_invite(sender_uri, way.uri, way.peer, sdp, auth=way.auth)
        self._unheard.add(call.call_id)
        task = asyncio.get_running_loop().create_task(self._repeat(call))
        self._repeating.add(task)
        task.add_done_callback(self._repeating.discard)
        return call

    def tell_early(self, call: OutgoingCall, listener: Callable[[SdpMessage], None]) -> None:
        """Set whom to tell of sound that may be heard before the call is answered."""
        self._on_early = {each: kept for each, kept in self._on_early.items() if each in self._calls}
        self._on_early[call.call_id] = listener

    def _build_invite(self, dialog: Dialog, **how: Any) -> SipRequest:
        """Build it with the headers of this call, also when it is sent again with a password."""
        self._headers = {each: kept for each, kept in self._headers.items() if each in self._calls}
        headers = self._headers.setdefault(dialog.call_id, self._next_headers)
        request: SipRequest = super()._build_invite(dialog, **how)
        for name, value in headers.items():
            request.headers.set_single(name, value)
        return request

    async def refer(self, dialog: Dialog, uri: str, to: Address) -> int:
        """Ask the other side to call somebody else; return its answer, or 408."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._referring[dialog.call_id] = answer
        try:
            request = self.send_refer(dialog, uri, to)
            for seconds in REPEAT_SECONDS[:4]:
                with contextlib.suppress(TimeoutError):
                    return await asyncio.wait_for(asyncio.shield(answer), seconds)
                self.transport.send(request, to)
        except ValueError:
            return 481
        else:
            return 408
        finally:
            del self._referring[dialog.call_id]

    def give_up(self, call: OutgoingCall) -> None:
        """Cancel a call that nobody answered; an answer that crosses it is taken and hung up."""
        self._given_up[call.call_id] = call
        asyncio.get_running_loop().call_later(FORGET_SECONDS, self._given_up.pop, call.call_id, None)
        self.send_cancel(call)

    def handle_response(self, response: SipResponse, addr: Address) -> None:
        cseq = response.cseq
        if cseq is not None and cseq.method == "REFER":
            answer = self._referring.get(response.call_id or "")
            if answer and not answer.done() and response.status_code >= 200:
                answer.set_result(response.status_code)
            return
        if cseq is None or cseq.method != "INVITE":
            super().handle_response(response, addr)
            return
        call_id = response.call_id or ""
        self._unheard.discard(call_id)
        call = self._calls.get(call_id) or self._given_up.get(call_id)
        if call is None:
            return
        _check_body(response)
        if response.status_code >= 300:
            self.transport.send(_acknowledgement(call, response), call.remote_addr)
        elif response.status_code >= 200:
            self._follow(call, response)
        elif response.body and call_id in self._on_early:
            self._on_early[call_id](parse_sdp(response.text))
        if call_id not in self._given_up:
            super().handle_response(response, addr)
        elif 200 <= response.status_code < 300:
            self._hang_up_late(call, response, addr)

    def close(self) -> None:
        for task in self._repeating:
            task.cancel()
        super().close()

    def _follow(self, call: OutgoingCall, response: SipResponse) -> None:
        """Send later requests to the Contact of the answer, by the route it recorded."""
        if response.contact:
            call.dialog.remote_target = stringify_uri(response.contact[0].uri)
        call.dialog.route_set = list(reversed(response.headers.get("record-route")))

    def _hang_up_late(self, call: OutgoingCall, response: SipResponse, addr: Address) -> None:
        del self._given_up[call.call_id]
        call.dialog.state = DialogState.EARLY
        self._calls[call.call_id] = call
        call.on_answer = None
        super().handle_response(response, addr)
        call.hangup(self)

    async def _repeat(self, call: OutgoingCall) -> None:
        for seconds in REPEAT_SECONDS:
            await asyncio.sleep(seconds)
            if call.call_id not in self._unheard or call.call_id not in self._calls:
                break
            self.transport.send(call.invite, call.remote_addr)
        else:
            self.remove_call(call.call_id)
            if call.on_rejected:
                call.on_rejected(call, 408, "Request Timeout")
        self._unheard.discard(call.call_id)


def _check_body(response: SipResponse) -> None:
    """Treat an unreadable offer of sound in an answer as none; it is acknowledged and hung up like any such."""
    try:
        parse_sdp(response.text)
    except (ValueError, IndexError):
        response.body = b""


def _acknowledgement(call: OutgoingCall, response: SipResponse) -> SipRequest:
    """Return the ACK of a refusal: by the route and with the number of the request that was refused."""
    request = SipRequest(method="ACK", uri=call.invite.uri)
    for name in ("Via", "From", "To", "Call-ID"):
        value = response.headers.get_first(name)
        if value:
            request.headers.set_single(name, value)
    cseq = response.cseq
    request.headers.set_single("CSeq", f"{cseq.seq if cseq else 1} ACK")
    request.headers.set_single("Max-Forwards", "70")
    return request
