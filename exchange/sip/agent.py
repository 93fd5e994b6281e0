"""The SIP library's two sides, with what a real network needs besides.

The library sends an INVITE once, takes one that is repeated for a second call, does not acknowledge refusals and does
not follow the Contact of an answer; all of that is done here.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiosipua import (
    IncomingCall,
    OutgoingCall,
    SdpMessage,
    SipDigestAuth,
    SipRequest,
    SipResponse,
    SipUAC,
    SipUAS,
    UdpSipTransport,
    stringify_uri,
)
from aiosipua.dialog import Dialog, DialogState
from aiosipua.utils import generate_tag

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


class Caller(SipUAC):
    """Calls out."""

    def __init__(self, transport: UdpSipTransport, advertised: Address) -> None:
        super().__init__(transport, advertised_addr=advertised)
        self._heard_of: set[str] = set()
        self._given_up: dict[str, OutgoingCall] = {}
        self._repeating: set[asyncio.Task[None]] = set()
        self._next_headers: Mapping[str, str] = {}
        self._headers: dict[str, Mapping[str, str]] = {}
        self._referring: dict[str, asyncio.Future[int]] = {}

    def invite(self, ends: tuple[str, str], way: Destination, sdp: SdpMessage) -> OutgoingCall:
        """Call, and repeat it until something is heard, as UDP needs."""
        self._next_headers = way.headers
        call = self.send_invite(ends[0], ends[1], way.peer, sdp, auth=way.auth)
        task = asyncio.get_running_loop().create_task(self._repeat(call))
        self._repeating.add(task)
        task.add_done_callback(self._repeating.discard)
        return call

    def _build_invite(self, dialog: Dialog, **how: Any) -> SipRequest:
        """With the headers of this call, also when it is sent again with a password."""
        self._headers = {each: kept for each, kept in self._headers.items() if each in self._calls}
        headers = self._headers.setdefault(dialog.call_id, self._next_headers)
        request: SipRequest = super()._build_invite(dialog, **how)
        for name, value in headers.items():
            request.headers.set_single(name, value)
        return request

    async def refer(self, dialog: Dialog, uri: str, to: Address) -> int:
        """Ask the other side to call somebody else; its answer, or 408."""
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
        self._heard_of.add(call_id)
        call = self._calls.get(call_id) or self._given_up.get(call_id)
        if call is None:
            return
        if response.status_code >= 300:
            self.transport.send(_acknowledgement(call, response), call.remote_addr)
        elif response.status_code >= 200:
            self._follow(call, response)
        if call_id not in self._given_up:
            super().handle_response(response, addr)
        elif 200 <= response.status_code < 300:
            self._hang_up_late(call, response, addr)

    def close(self) -> None:
        for task in self._repeating:
            task.cancel()
        super().close()

    def _follow(self, call: OutgoingCall, response: SipResponse) -> None:
        """What is sent later goes to the Contact of the answer, by the way it recorded."""
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
            if call.call_id in self._heard_of or call.call_id not in self._calls:
                break
            self.transport.send(call.invite, call.remote_addr)
        else:
            self.remove_call(call.call_id)
            if call.on_rejected:
                call.on_rejected(call, 408, "Request Timeout")
        self._heard_of.discard(call.call_id)


def _acknowledgement(call: OutgoingCall, response: SipResponse) -> SipRequest:
    """ACK of a refusal: by the way and with the number of the request that was refused."""
    request = SipRequest(method="ACK", uri=call.invite.uri)
    for name in ("Via", "From", "To", "Call-ID"):
        value = response.headers.get_first(name)
        if value:
            request.headers.set_single(name, value)
    cseq = response.cseq
    request.headers.set_single("CSeq", f"{cseq.seq if cseq else 1} ACK")
    request.headers.set_single("Max-Forwards", "70")
    return request


Check = Callable[[SipRequest, Address], bool]
Handler = Callable[[SipRequest, Address], None]


class Agent(SipUAS):
    """Is called. `is_welcome` decides about a new INVITE before it becomes a call, and refuses by itself."""

    def __init__(self, transport: UdpSipTransport, caller: Caller, advertised: Address, is_welcome: Check) -> None:
        super().__init__(transport, user_agent="exchange", uac=caller, advertised_addr=advertised)
        self._is_welcome = is_welcome
        self._rejected: dict[str, int] = {}

    def add(self, method: str, handler: Handler) -> None:
        """Handle a method the library does not know."""
        self._handlers[method] = handler

    def refuse(self, request: SipRequest, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        """Answer without making a call of it."""
        self._send_error(request, status, reason, extra_headers=headers)

    def reject(self, call: IncomingCall, status: int) -> None:
        """Refuse a call; asked again because the answer was lost, it says the same."""
        call.reject(status)
        self._rejected[call.call_id] = status
        asyncio.get_running_loop().call_later(FORGET_SECONDS, self._drop, call)

    def is_in_call(self, request: SipRequest) -> bool:
        """Whether the request belongs to a call that is up; if not, it has been refused."""
        _, dialog = self._find_dialog(request.call_id or "")
        if dialog is None:
            self.refuse(request, 481, "Call/Transaction Does Not Exist")
            return False
        return self._validate_in_dialog(dialog, request)

    def _send_error(
        self, request: SipRequest, status_code: int, reason: str, *, extra_headers: dict[str, str] | None = None
    ) -> None:
        """As the library does, but a request within a call keeps the tag it came with."""
        to = request.headers.get_first("to") or ""
        if not (request.to_addr and request.to_addr.tag):
            to = f"{to};tag={generate_tag()}"
        response = SipResponse(status_code=status_code, reason_phrase=reason)
        for via in request.headers.get("via"):
            response.headers.append("Via", via)
        for name, value in {"From": request.headers.get_first("from"), "To": to, "Call-ID": request.call_id}.items():
            response.headers.set_single(name, value or "")
        response.headers.set_single("CSeq", request.headers.get_first("cseq") or "")
        for name, value in (extra_headers or {}).items():
            response.headers.set_single(name, value)
        self.transport.send_reply(response)

    def _handle_invite(self, request: SipRequest, addr: Address) -> None:
        existing = self._calls.get(request.call_id or "")
        if existing and _branch(existing.invite) == _branch(request):
            if existing.dialog.state is DialogState.EARLY:
                existing.trying()
            elif existing.call_id in self._rejected:
                existing.reject(self._rejected[existing.call_id])
            return
        is_new = self._find_dialog(request.call_id or "")[1] is None or _is_over(existing)
        if is_new and request.to_addr and request.to_addr.tag:
            self.refuse(request, 481, "Call/Transaction Does Not Exist")
        elif not is_new or self._is_welcome(request, addr):
            super()._handle_invite(request, addr)

    def forget(self, call: IncomingCall) -> None:
        """The call is over on our side."""
        call._stop_retransmissions()
        self._calls.pop(call.call_id, None)

    def _drop(self, call: IncomingCall) -> None:
        self._rejected.pop(call.call_id, None)
        if self._calls.get(call.call_id) is call:
            self.forget(call)


def _is_over(call: IncomingCall | None) -> bool:
    return call is not None and call.dialog.state is DialogState.TERMINATED


def _branch(request: SipRequest) -> str | None:
    return request.via[0].branch if request.via else None
