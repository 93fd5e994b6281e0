"""The port of SIP: it outlives whatever arrives, whatever is to be sent, and its own socket."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")

from aiosipua import SipRequest, SipResponse
from structlog.testing import capture_logs

from exchange.sip.message_reading import LARGEST_BYTES, MOST_HEADERS, MessageFault, read
from exchange.sip.transport import MOST_SOURCES, SipTransport

HOST = "127.0.0.1"
SOURCE = (HOST, 5999)
HEAD = (
    "OPTIONS sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
    "To: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
)
WHOLE = HEAD.format(port=5999) + "Content-Length: 0\r\n\r\n"
PATIENCE_SECONDS = 60


class Peer(asyncio.DatagramProtocol):
    """Somebody who asks, and what they are told."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.port: int = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002 - there is one other side
        self.told.put_nowait(data.decode())

    async def ask(self, wire: SipTransport) -> str:
        """The first line of the answer; a packet that comes while the port is shut is lost, as UDP loses some."""
        while True:
            self.transport.sendto(WHOLE.replace(":5999", f":{self.port}").encode(), wire.local_addr)
            try:
                return (await asyncio.wait_for(self.told.get(), 0.3)).splitlines()[0]
            except TimeoutError:
                continue


def played(story: Callable[[SipTransport, Peer], Awaitable[None]]) -> None:
    async def whole() -> None:
        wire = SipTransport((HOST, 0))
        await wire.start()
        transport, peer = await asyncio.get_running_loop().create_datagram_endpoint(Peer, local_addr=(HOST, 0))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await story(wire, peer)
        finally:
            transport.close()
            await wire.stop()

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("fault", "status"),
    [(ZeroDivisionError("a bug"), 500), (ValueError("bad"), 400), (RecursionError(), 500), (OverflowError(), 500)],
)
def test_what_a_message_makes_go_wrong_is_its_own_answer(fault: Exception, status: int) -> None:
    # RFC 3261, 21.5.1 (500): "The server encountered an unexpected condition that prevented it from fulfilling the
    # request"
    async def story(wire: SipTransport, peer: Peer) -> None:
        def fail(_message: object, _addr: object) -> None:
            raise fault

        wire.on_message = fail
        with capture_logs() as lines:
            for _ in range(30):
                assert (await peer.ask(wire)).startswith(f"SIP/2.0 {status} ")
        assert 0 < len(lines) <= 10

    played(story)


def test_a_socket_that_dies_is_opened_again_at_the_same_port() -> None:
    async def story(wire: SipTransport, peer: Peer) -> None:
        def answer(message: SipRequest | SipResponse, _addr: object) -> None:
            assert isinstance(message, SipRequest)
            wire._answer(message, 200, "OK")

        wire.on_message = answer
        before = wire.local_addr
        for _ in range(3):
            assert wire._udp_transport
            wire._udp_transport.abort()
            assert await peer.ask(wire) == "SIP/2.0 200 OK"
        assert wire.local_addr == before

    played(story)


@pytest.mark.parametrize(
    "addr", [(HOST, 99_999), (HOST, 0), (HOST, -1), ("no.such.invalid", 5060), ("x" * 300, 1), ("::1", 9)]
)
def test_nothing_that_is_to_be_sent_closes_the_port(addr: tuple[str, int]) -> None:
    async def story(wire: SipTransport, peer: Peer) -> None:
        wire.on_message = lambda message, _addr: wire._answer(message, 200, "OK")  # type: ignore[arg-type]
        request = read(WHOLE.encode(), SOURCE)
        assert isinstance(request, SipRequest)
        wire.send(request, addr)
        request.body = bytes(70_000)
        wire.send(request, (HOST, 9))
        assert await peer.ask(wire) == "SIP/2.0 200 OK"

    played(story)


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"", None),
        (b"\r\n\r\n", None),
        (b"\x00" * 500, None),
        (b"SIP/2.0 99999 x\r\nCSeq: 1 INVITE\r\n\r\n", None),
        (b"SIP/2.0 " + b"9" * 5000 + b" x\r\n\r\n", None),
        (b"x" * (LARGEST_BYTES + 1), None),
        (WHOLE.replace("Via:", "Vie:").encode(), None),
        (WHOLE.replace("OPTIONS", "ACK").replace("CSeq: 1 ACK", "CSeq: x").encode(), None),
        (WHOLE.replace("127.0.0.1:5999", "127.0.0.1:99999").encode(), "Bad Via Port"),
        (WHOLE.replace("1 OPTIONS", "9" * 5000 + " OPTIONS").encode(), "Header Too Long"),
        (WHOLE.replace("1 OPTIONS", "9999999999 OPTIONS").encode(), "Bad CSeq"),
        (WHOLE.replace("1 OPTIONS", "-1 OPTIONS").encode(), "Bad CSeq"),
        (WHOLE.replace("1 OPTIONS", "²1 OPTIONS").encode(), "Bad CSeq"),
        (WHOLE.replace("1 OPTIONS", "1 INVITE").encode(), "CSeq Of Another Method"),
        (WHOLE.replace("Call-ID: 1\r\n", "").encode(), "Missing call-id"),
        (WHOLE.replace("Length: 0", "Length: 1").encode(), "Body Shorter Than Content-Length"),
        (WHOLE.replace("Length: 0", "Length: x").encode(), "Bad Content-Length"),
        (WHOLE.replace("Length: 0", "Length: " + "9" * 4300).encode(), "Header Too Long"),
        (WHOLE.replace("OPTIONS", "OPT[ONS").encode(), "Bad Method"),
        ((HEAD.format(port=5999) + "X: y\r\n" * MOST_HEADERS + "\r\n").encode(), "Too Many Headers"),
        ((HEAD.format(port=5999) + "X: " + "y" * 5000 + "\r\n\r\n").encode(), "Header Too Long"),
        ((HEAD.format(port=5999) + "\r\n" + "y" * 9000).encode(), "Body Too Large"),
    ],
)
def test_packets_that_are_not_handled_say_why_and_whether_they_can_be_answered(
    packet: bytes, reason: str | None
) -> None:
    found = read(packet, SOURCE)
    assert isinstance(found, MessageFault)
    if reason is None:
        assert found.request is None
    else:
        assert found.request is not None
        assert found.reason == reason


def test_the_way_back_is_where_the_packet_came_from() -> None:
    # RFC 3261, 18.2.1: "it MUST add a 'received' parameter to that Via header field value. This parameter MUST contain
    # the source address from which the packet was received."
    for via, host in (("10.0.0.9:5", "10.1.1.1"), (HOST + ":5;received=6.6.6.6;rport=66", "10.1.1.1")):
        found = read(WHOLE.replace("127.0.0.1:5999", via).encode(), (host, 4444))
        assert isinstance(found, SipRequest)
        assert found.via[0].received == host
        assert found.via[0].rport in (None, "4444")


def test_a_flood_from_one_host_is_left_unread_and_others_are_answered() -> None:
    async def story(wire: SipTransport, _peer: Peer) -> None:
        read_from: list[str] = []
        wire.on_message = lambda _message, addr: read_from.append(addr[0])
        with capture_logs() as lines:
            for _ in range(10_000):
                wire._dispatch(WHOLE.encode(), (HOST, 5999))
        wire._dispatch(WHOLE.encode(), ("127.0.0.2", 5999))
        assert 2_000 <= len(read_from) < 10_000
        assert read_from[-1] == "127.0.0.2"
        assert [each["event"] for each in lines] == ["sip_flood"] * len(lines)
        assert len(lines) <= 10
        for each in range(1_000):
            wire._dispatch(WHOLE.encode(), (f"10.0.{each // 250}.{each % 250}", 5999))
        assert len(wire._sources) == MOST_SOURCES

    played(story)
