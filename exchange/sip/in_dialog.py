"""Requests within a SIP call that is up: hold and other changes, keys by INFO, REFER, and a late answer in the ACK."""

from collections.abc import Callable

from aiosipua import IncomingCall, SipRequest, parse_sdp
from aiosipua.dialog import dialog_matches
from aiosipua.refer import notify_refer

from exchange.core.log_limit import LimitedLog, place_of
from exchange.sip import sdp
from exchange.sip.key_presses import relayed_keys
from exchange.sip.sip_line import SipLine
from exchange.sip.uac import Address, UserAgentClient
from exchange.sip.uas import UserAgentServer


class InDialogRequests:
    """Handlers of in-dialog requests; `line_of` finds the line of a Call-ID."""

    def __init__(
        self,
        line_of: Callable[[str], SipLine | None],
        host: str,
        agent: UserAgentServer,
        caller: UserAgentClient,
    ) -> None:
        self._line_of = line_of
        self._log_limit = LimitedLog()
        self.host, self.agent, self.caller = host, agent, caller

    def reinvite(self, call: IncomingCall) -> None:
        """Answer hold, its end, or another address as it was asked."""
        line = self._line_of(call.call_id)
        if line is None or line.rtp is None:
            call.reject(481)
            return
        offered = parse_sdp(call.invite.text) if call.invite.body else None
        if offered is None:
            call.accept(sdp.offer(self.host, line.rtp.port, line.rtp.port))
            return
        try:
            answered, agreed = sdp.answer(
                offered, self.host, line.rtp.port, line.rtp.agreed.codec if line.rtp.agreed else None
            )
        except ValueError:
            self.agent.refuse(call.invite, 488, "Not Acceptable Here")
            return
        line.rtp.agree(agreed)
        call.accept(answered)

    def late_answer(self, request: SipRequest) -> None:
        """Take the answer to our offer in the ACK; hang up where nothing can be agreed."""
        line, call = self._line_of(request.call_id or ""), self.agent.get_call(request.call_id or "")
        if call is None or not dialog_matches(call.dialog, request):
            return
        if line is None or line.is_over or line.rtp is None or line.rtp.agreed is not None:
            return
        try:
            line.rtp.agree(sdp.agree(parse_sdp(request.text)))
        except (ValueError, IndexError) as error:
            self._log_limit.warn("sip_offer_unusable", reason=place_of(error))
            line.hang_up(tells=True)

    def info(self, request: SipRequest, _addr: Address) -> None:
        """Take a key by signalling, as some telephones send it."""
        if not self.agent.is_in_call(request):
            return
        line = self._line_of(request.call_id or "")
        for key in relayed_keys(request.content_type or "", request.text):
            if line and line.rtp:
                line.rtp.press(key)
        self.agent.refuse(request, 200, "OK")

    def refer(self, call: IncomingCall, target: str) -> None:
        """Connect whom a telephone talks with to somebody else, on its request."""
        line = self._line_of(call.call_id)
        is_followed = line is not None and line.answerer is not None and line.answerer.on_refer(target)
        ours = self.caller.get_call(call.call_id)
        if ours:
            # The library counts from the beginning for a call that we made; what comes next must have higher numbers.
            call.dialog.local_cseq = ours.dialog.local_cseq = max(ours.dialog.local_cseq, call.dialog.local_cseq) + 1
        notify_refer(call, 200 if is_followed else 603)
        if ours:
            ours.dialog.local_cseq = call.dialog.local_cseq

    def transfer_progress(self, call_id: str, status: int, _reason: str) -> None:
        line = self._line_of(call_id)
        if line and not line.notified.full():
            line.notified.put_nowait(status)
