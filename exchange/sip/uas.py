"""Incoming SIP calls, with what a real network needs besides the library, which takes a repeated INVITE for a second
call.
"""

import asyncio
from collections.abc import Callable

from aiosipua import IncomingCall, SipRequest, SipResponse, SipUAS, UdpSipTransport
from aiosipua.dialog import DialogState
from aiosipua.utils import generate_tag

from exchange.sip.uac import FORGET_SECONDS, Address, UserAgentClient

SUPPORTED = frozenset({"100rel"})
# What else there is, and is understood to be refused.
METHODS = frozenset({"MESSAGE", "SUBSCRIBE", "PUBLISH"})
Check = Callable[[SipRequest, Address], bool]
Handler = Callable[[SipRequest, Address], None]


class UserAgentServer(SipUAS):
    """Takes calls. `is_welcome` decides about a new INVITE before it becomes a call, and refuses by itself."""

    def __init__(
        self, transport: UdpSipTransport, caller: UserAgentClient, advertised: Address, is_welcome: Check
    ) -> None:
        super().__init__(transport, user_agent="exchange", uac=caller, advertised_addr=advertised)
        self._is_welcome = is_welcome
        self._rejected: dict[str, int] = {}

    def add(self, method: str, handler: Handler) -> None:
        """Handle a method the library does not know."""
        self._handlers[method] = handler

    def refuse(self, request: SipRequest, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        """Answer a request without making a call of it."""
        self._send_error(request, status, reason, extra_headers=headers)

    def reject(self, call: IncomingCall, status: int) -> None:
        """Refuse a call; say the same again when the answer was lost."""
        call.reject(status)
        self._rejected[call.call_id] = status
        asyncio.get_running_loop().call_later(FORGET_SECONDS, self._drop, call)

    def is_in_call(self, request: SipRequest) -> bool:
        """Return whether the request belongs to a call that is up; if not, it has been refused."""
        _, dialog = self._find_dialog(request.call_id or "")
        if dialog is None:
            self.refuse(request, 481, "Call/Transaction Does Not Exist")
            return False
        return self._validate_in_dialog(dialog, request)

    def _send_error(
        self, request: SipRequest, status_code: int, reason: str, *, extra_headers: dict[str, str] | None = None
    ) -> None:
        """Answer as the library does, but keep the tag of a request within a call."""
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

    def _handle_request(self, request: SipRequest, addr: Address) -> None:
        """Handle as the library does, but refuse what we cannot do as RFC 3261 wants it (8.2.1, 8.2.2.3)."""
        method = request.method.upper()
        unknown = [each for each in needs(request) if each not in SUPPORTED]
        if not request.headers.get("via"):
            return  # there is nobody to be answered
        if method not in self._handlers:
            allowed = {"Allow": ", ".join(self._handlers)}
            status, reason = (405, "Method Not Allowed") if method in METHODS else (501, "Not Implemented")
            self._send_error(request, status, reason, extra_headers=allowed)
        elif unknown and method not in ("ACK", "CANCEL"):
            self._send_error(request, 420, "Bad Extension", extra_headers={"Unsupported": ", ".join(unknown)})
        else:
            super()._handle_request(request, addr)

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
        elif not is_new:
            super()._handle_invite(request, addr)
        elif self._is_welcome(request, addr):
            self._begin(request, addr)

    def _begin(self, request: SipRequest, addr: Address) -> None:
        """Begin a new call; one that cannot be begun leaves nothing behind."""
        try:
            super()._handle_invite(request, addr)
        except Exception:
            begun = self._calls.get(request.call_id or "")
            if begun and begun.invite is request:
                self.forget(begun)
            self._remove_invite_transaction(request)
            raise

    def forget(self, call: IncomingCall) -> None:
        """Forget a call that is over on our side."""
        call._stop_retransmissions()
        self._calls.pop(call.call_id, None)
        self._remove_invite_transaction(call.invite)

    def _drop(self, call: IncomingCall) -> None:
        self._rejected.pop(call.call_id, None)
        if self._calls.get(call.call_id) is call:
            self.forget(call)


def needs(request: SipRequest) -> list[str]:
    """Return the extensions without which the other side does not want to talk."""
    return [each.strip().lower() for line in request.headers.get("require") for each in line.split(",") if each.strip()]


def _is_over(call: IncomingCall | None) -> bool:
    return call is not None and call.dialog.state is DialogState.TERMINATED


def _branch(request: SipRequest) -> str | None:
    return request.via[0].branch if request.via else None
