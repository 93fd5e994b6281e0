"""How much one telephone may do over SIP, and what becomes of answers and sound that make no sense."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")

from aiortp.packet import RtpPacket
from aiosipua import SipRequest, SipResponse, parse_auth, parse_sdp

from exchange.core.sip_settings import SipSettings, SipUser
from exchange.media.g711 import ALAW
from exchange.sip import key_presses, rtp, sdp
from exchange.sip.registrar import Registrar
from exchange.sip.rtp import RtpSession
from exchange.sip.sdp import NegotiatedMedia

HOST = "127.0.0.1"
HEAD = "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP {formats}\r\n"


def heard(story: Callable[[RtpSession, socket.socket], Awaitable[None]]) -> None:
    """A call's sound, agreed with a telephone on this machine."""

    async def whole() -> None:
        made = RtpSession(HOST, HOST)
        telephone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            telephone.bind((HOST, 0))
            made.agree(NegotiatedMedia(ALAW, 101, telephone.getsockname(), True, True))
            await story(made, telephone)
        finally:
            made.close()
            telephone.close()

    asyncio.run(whole())


def packet(sequence: int, source: int = 7, kind: int = ALAW, timestamp: int = 0) -> bytes:
    return RtpPacket(kind, 0, sequence % 65536, timestamp, source, b"\x55" * 160).serialize()


def frames(made: RtpSession) -> int:
    return len(made._jitter._frames)


async def arrived(made: RtpSession, telephone: socket.socket, data: list[bytes]) -> None:
    """Send, and let the loop read."""
    for each in data:
        telephone.sendto(each, (HOST, made.port))
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_telephone_that_begins_to_count_anew_is_heard_at_once() -> None:
    # RFC 3550, 8.1: "if a participant changes its source transport address, it must choose a new SSRC identifier"
    async def story(made: RtpSession, telephone: socket.socket) -> None:
        await arrived(made, telephone, [packet(1000 + each) for each in range(5)])
        await arrived(made, telephone, [packet(950 + each, source=8) for each in range(5)])
        assert frames(made) == 10

    heard(story)


def test_a_flood_of_sound_is_cut_and_a_stranger_s_uses_nothing_up() -> None:
    async def story(made: RtpSession, telephone: socket.socket) -> None:
        made._peer = "10.9.9.9"
        agreed = made.agreed
        assert agreed
        made.agreed = NegotiatedMedia(ALAW, 101, ("10.9.9.9", 4000), True, True)
        for at in range(40):
            await arrived(made, telephone, [packet(50 * at + each) for each in range(50)])
        assert frames(made) == 0
        made.agreed = agreed
        await arrived(made, telephone, [packet(each) for each in range(5)])
        assert frames(made) == 5
        for at in range(60):
            await arrived(made, telephone, [packet(50 * at + each) for each in range(50)])
        assert made._allowance.is_spent(0.0, asyncio.get_running_loop().time() - 60)
        assert frames(made) <= 100

    heard(story)


@pytest.mark.parametrize(
    "data", [b"", b"\x80", b"\xbf" + b"\xff" * 11, b"\x90" + b"\x00" * 13, b"\xa0" + b"\x00" * 11 + b"\xff"]
)
def test_what_is_no_packet_of_sound_is_passed_over(data: bytes) -> None:
    async def story(made: RtpSession, telephone: socket.socket) -> None:
        escaped: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, about: escaped.append(about))
        await arrived(made, telephone, [data, packet(1), packet(2, kind=77), packet(3, kind=101)])
        assert not escaped
        assert frames(made) == 1

    heard(story)


def test_presses_by_the_thousand_cost_no_more_than_a_few() -> None:
    kept = key_presses.KeyPresses()
    for each in range(10_000):
        kept.is_new("123"[each % 3], key_presses.KeyTransport.INFO, 0)
    assert len(kept._recent) == key_presses.MOST_RECENT
    assert len(key_presses.relayed_keys("application/dtmf-relay", "Signal=5\n" * 800)) == key_presses.MOST_RELAYED
    assert rtp.MOST_WAITING_FRAMES < 1000


@pytest.mark.parametrize(
    ("port", "host", "formats"),
    [
        (70_000, "10.0.0.9", "8"),
        (-5, "10.0.0.9", "8"),
        (4000, "no.such.invalid", "8"),
        (4000, "10.0.0.999", "8"),
        (4000, "10.9", "8"),
        (4000, "2001:db8::1", "8"),
    ],
)
def test_sound_is_agreed_only_where_it_can_be_sent(port: int, host: str, formats: str) -> None:
    with pytest.raises(ValueError, match="sound is offered where none can be sent"):
        sdp.agree(parse_sdp(HEAD.format(port=port, host=host, formats=formats)))


def test_keys_with_a_payload_type_that_there_is_not_are_refused() -> None:
    text = HEAD.format(port=4000, host="10.0.0.9", formats="8 300") + "a=rtpmap:300 telephone-event/8000\r\n"
    with pytest.raises(ValueError, match="payload type"):
        sdp.agree(parse_sdp(text))


def test_no_two_challenges_share_a_nonce() -> None:
    # RFC 7616, 3.3: "A server-specified string which should be uniquely generated each time a 401 response is made."
    async def story() -> None:
        registrar = Registrar(SipSettings(users=(SipUser("ward3", "right"),)))
        nonces = {parse_auth(registrar.challenge()).params["nonce"] for _ in range(100)}
        assert len(nonces) == 100

    asyncio.run(story())


@pytest.mark.parametrize(
    "given", ['nonce="é-é"', 'nonce="1-2-3", nc=zz', 'nonce="", response="é"', 'nonce="²-x-y"', "x"]
)
def test_credentials_that_make_no_sense_are_challenged(given: str) -> None:
    async def story() -> None:
        registrar = Registrar(SipSettings(users=(SipUser("ward3", "right"),)))
        request = SipRequest(method="REGISTER", uri="sip:here")
        request.headers.set_single("Authorization", f'Digest username="ward3", {given}')
        assert registrar.authenticate(request, "Authorization") is None

    asyncio.run(story())


@pytest.mark.parametrize("contact", ["<sip:a@h:99999>", "<tel:+86138>", "<sip:a b@h>", "<sip:@>"])
def test_a_contact_that_nothing_can_be_sent_to_is_refused(contact: str) -> None:
    async def story() -> None:
        user = SipUser("ward3", "right")
        registrar = Registrar(SipSettings(users=(user,)))
        request = SipRequest(method="REGISTER", uri="sip:here")
        request.headers.append("Contact", contact)
        with pytest.raises(ValueError, match="Contact"):
            registrar.register(user, request, (HOST, 5))
        assert registrar.where(user) is None

    asyncio.run(story())


@pytest.mark.parametrize("expires", ["²", "9" * 5000, "x", "-1"])
def test_an_expiry_that_is_no_number_of_seconds_counts_as_the_longest(expires: str) -> None:
    async def story() -> None:
        user = SipUser("ward3", "right")
        request = SipRequest(method="REGISTER", uri="sip:here")
        request.headers.append("Contact", f"<sip:a@h>;expires={expires}")
        assert Registrar(SipSettings(users=(user,))).register(user, request, (HOST, 5)) == [("sip:a@h", 3600)]

    asyncio.run(story())


def test_answers_of_strangers_leave_nothing_behind() -> None:
    from exchange.sip.transport import SipTransport
    from exchange.sip.uac import UserAgentClient

    async def story() -> None:
        caller = UserAgentClient(SipTransport((HOST, 0)), (HOST, 5060))
        for each in range(1000):
            response = SipResponse(status_code=180, reason_phrase="Ringing")
            response.headers.set_single("Call-ID", f"c{each}")
            response.headers.set_single("CSeq", "1 INVITE")
            caller.handle_response(response, (HOST, 9))
        held = [value for value in vars(caller).values() if isinstance(value, set | dict | list)]
        assert not any(held)

    asyncio.run(story())
