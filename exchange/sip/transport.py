"""The UDP port that SIP messages come and go by: whatever arrives or is to be sent, it stays open.

asyncio closes a socket for good when an address cannot be sent to at all (a port of 99999), and looks up a name while
everything else waits; so addresses are looked at before. What a message makes go wrong is that message's.
"""

import asyncio
import contextlib
from collections import OrderedDict
from typing import Any

import structlog
from aiosipua import SipRequest, SipResponse, UdpSipTransport

from exchange.core.log_limit import LimitedLog, place_of
from exchange.core.numbering.addresses import is_reachable
from exchange.core.token_bucket import MESSAGE_COST, TokenBucket
from exchange.sip.message_reading import Address, MessageFault, read

log = structlog.get_logger(__name__)
REOPEN_SECONDS = (0.05, 0.2, 1.0, 5.0)
# A switchboard with many calls sends a hundred messages a second; a flood is more, and is left unread.
MOST_AT_ONCE, PER_SECOND = 2_000 * MESSAGE_COST, 400 * MESSAGE_COST
MOST_SOURCES = 500
MALFORMED = (ValueError, KeyError, IndexError, TypeError)


class SipTransport(UdpSipTransport):
    """The library's transport on a protocol of our own; after `start`, `local_addr` is what was really opened."""

    def __init__(self, local_addr: Address) -> None:
        super().__init__(local_addr=local_addr)
        self._noise = LimitedLog()
        self._sources: OrderedDict[str, TokenBucket] = OrderedDict()
        self._finals = 0
        self._is_wanted = False
        self._reopening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the port. Raises `OSError` when it cannot be had."""
        self._is_wanted = True
        await self._open()

    async def stop(self) -> None:
        self._is_wanted = False
        if self._reopening:
            self._reopening.cancel()
        await super().stop()

    def send(self, message: SipRequest | SipResponse, addr: Address) -> None:
        """Send a message if that can be done; what cannot be sent is lost, as on any network, and costs a line in the
        log.
        """
        if isinstance(message, SipResponse) and message.status_code >= 200:
            self._finals += 1
        if not is_reachable(*addr):
            self._noise.warn("sip_address_unreachable", host=str(addr[0]), port=addr[1])
            return
        if self._udp_transport is None or self._udp_transport.is_closing():
            self._noise.warn("sip_port_closed")
            return
        try:
            self._udp_transport.sendto(bytes(message), addr)
        except (ValueError, OSError) as error:
            self._noise.warn("sip_not_sent", reason=place_of(error))

    def send_reply(self, response: SipResponse) -> None:
        try:
            super().send_reply(response)
        except ValueError as error:
            self._noise.warn("sip_not_answered", reason=place_of(error))

    def _dispatch(self, data: bytes, addr: Address) -> None:
        """Handle one packet; nothing that it causes goes any further than its answer."""
        if self._is_flood(addr[0]):
            self._noise.warn("sip_flood", host=addr[0])
            return
        finals, request = self._finals, None
        try:
            message = read(data, addr)
            if isinstance(message, MessageFault):
                self._noise.warn("sip_packet_refused", reason=message.reason, bytes=len(data), host=addr[0])
                self._answer(message.request, 400, message.reason)
                return
            request = message if isinstance(message, SipRequest) and message.method != "ACK" else None
            if self.on_message:
                self.on_message(message, addr)
        except Exception as error:
            self._noise.warn("sip_message_unusable", reason=place_of(error), host=addr[0])
            if self._finals == finals:
                is_theirs = isinstance(error, MALFORMED)
                self._answer(request, 400 if is_theirs else 500, "Bad Request" if is_theirs else "Server Error")

    def _answer(self, request: SipRequest | None, status: int, reason: str) -> None:
        if request is None:
            return
        response = SipResponse(status_code=status, reason_phrase=reason)
        for name in ("via", "from", "to", "call-id", "cseq"):
            for value in request.headers.get(name):
                response.headers.append(name, value)
        self.send_reply(response)

    def _is_flood(self, host: str) -> bool:
        now = asyncio.get_running_loop().time()
        bucket = self._sources.pop(host, None) or TokenBucket(now, MOST_AT_ONCE, PER_SECOND)
        self._sources[host] = bucket
        if len(self._sources) > MOST_SOURCES:
            self._sources.popitem(last=False)
        return bucket.is_spent(MESSAGE_COST, now)

    async def _open(self) -> None:
        opened, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=self.local_addr
        )
        self._udp_transport = opened
        self.local_addr = opened.get_extra_info("sockname")[:2]

    def _lost(self, error: Exception | None) -> None:
        """Open the same port again when the socket is gone, for as long as it takes."""
        if not self._is_wanted:
            return
        log.error("sip_port_lost", port=self.local_addr[1], reason=repr(error))
        self._udp_transport = None
        self._reopening = asyncio.get_running_loop().create_task(self._reopen())

    async def _reopen(self) -> None:
        tries = 0
        while self._is_wanted:
            await asyncio.sleep(REOPEN_SECONDS[min(tries, len(REOPEN_SECONDS) - 1)])
            tries += 1
            with contextlib.suppress(OSError):
                await self._open()
                log.info("sip_up", port=self.local_addr[1])
                return


class _Datagrams(asyncio.DatagramProtocol):
    """Hands on what arrives; an ICMP error is noticed by the time-out of who asked."""

    def __init__(self, wire: SipTransport) -> None:
        self._wire = wire

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._wire._dispatch(data, (str(addr[0]), int(addr[1])))

    def connection_lost(self, exc: Exception | None) -> None:
        self._wire._lost(exc)
