"""The parts of SIP that need no network: G.711, offers and answers, digest authentication, settings."""

import asyncio

import numpy as np
import pytest

pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")

from aiosipua import AuthChallenge, SipDigestAuth, SipRequest, build_credentials, parse_auth, parse_sdp, stringify_auth

from exchange.core.config import from_values
from exchange.core.errors import ConfigError
from exchange.core.sip_settings import SipSettings, SipTrunk, SipUser
from exchange.media.g711 import ALAW, ULAW, decode, encode
from exchange.media.tones import tone
from exchange.sip import sdp
from exchange.sip.registrar import Registrar

HEAD = "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio 4000 RTP/AVP {formats}\r\n"


def offered(formats: str, lines: str = "", host: str = "10.0.0.9") -> str:
    return HEAD.format(formats=formats, host=host) + lines


@pytest.mark.parametrize("law", [ULAW, ALAW])
def test_every_code_survives_the_way_there_and_back(law: int) -> None:
    codes = bytes(range(256))
    again = decode(encode(decode(codes, law), law), law)
    assert again == decode(codes, law)


@pytest.mark.parametrize(("law", "silence", "loudest"), [(ULAW, 0xFF, 0x80), (ALAW, 0xD5, 0xAA)])
def test_known_values_of_the_recommendation(law: int, silence: int, loudest: int) -> None:
    assert decode(encode(bytes(2), law), law) in (b"\x00\x00", b"\x08\x00", b"\xf8\xff")
    assert abs(int(np.frombuffer(decode(bytes([silence]), law), dtype="<i2")[0])) <= 8
    assert int(np.frombuffer(decode(bytes([loudest]), law), dtype="<i2")[0]) > 32_000


@pytest.mark.parametrize("law", [ULAW, ALAW])
def test_tone_comes_through_with_the_noise_of_the_law_only(law: int) -> None:
    pcm = tone([1000], 0.5)
    there = np.frombuffer(pcm, dtype="<i2").astype(float)
    back = np.frombuffer(decode(encode(pcm, law), law), dtype="<i2").astype(float)
    assert 10 * np.log10((there**2).mean() / ((there - back) ** 2).mean()) > 35


def test_keys_are_answered_with_the_payload_type_that_was_offered() -> None:
    # RFC 3264, 6.1: "that same payload type number SHOULD be used for that codec in the answer"
    offer = parse_sdp(offered("0 8 121", "a=rtpmap:121 telephone-event/8000\r\n"))
    answered, agreed = sdp.answer(offer, "127.0.0.1", 5000)
    assert answered.audio
    assert [codec.payload_type for codec in answered.audio.codecs] == [0, 121]
    assert (agreed.codec, agreed.keys, agreed.remote) == (0, 121, ("10.0.0.9", 4000))


def test_call_that_is_up_keeps_its_codec() -> None:
    # Our decision: RFC 3264 lets a later answer choose anew, but a change of codec would be heard.
    _, agreed = sdp.answer(parse_sdp(offered("0 8")), "127.0.0.1", 5000, codec=8)
    assert agreed.codec == 8


@pytest.mark.parametrize(
    ("line", "host", "listens", "speaks"),
    [
        ("a=sendonly\r\n", "10.0.0.9", False, True),
        ("a=inactive\r\n", "10.0.0.9", False, False),
        ("a=recvonly\r\n", "10.0.0.9", True, False),
        ("", "10.0.0.9", True, True),
        ("", sdp.NOWHERE, False, True),
    ],
)
def test_hold_in_all_its_ways(line: str, host: str, listens: bool, speaks: bool) -> None:
    # RFC 3264, 8.4: "If the stream to be placed on hold was previously a sendrecv media stream, it is placed on hold by
    # marking it as sendonly". Telephones older than it send the address 0.0.0.0.
    agreed = sdp.agree(parse_sdp(offered("8", line, host)))
    assert (agreed.listens, agreed.speaks) == (listens, speaks)


@pytest.mark.parametrize("formats", ["9", "111 9"])
def test_offer_without_a_law_we_know_is_refused(formats: str) -> None:
    # RFC 3261, 20.43: "A UAS rejecting an offer contained in an INVITE SHOULD return a 488 (Not Acceptable Here)
    # response"
    with pytest.raises(ValueError, match="offered"):
        sdp.answer(parse_sdp(offered(formats)), "127.0.0.1", 5000)


@pytest.mark.parametrize(
    ("password", "nonce", "is_right"), [("right", None, True), ("wrong", None, False), ("right", "1-ab", False)]
)
def test_password_and_our_own_fresh_nonce_are_needed(password: str, nonce: str | None, is_right: bool) -> None:
    # RFC 3261, 22.2: "the UAS can challenge the originator to provide credentials by rejecting the request with a 401
    # (Unauthorized) status code"
    async def story() -> None:
        registrar = Registrar(SipSettings(users=(SipUser("ward3", "right"),)))
        challenge = parse_auth(registrar.challenge())
        challenge.params["nonce"] = nonce or challenge.params["nonce"]
        request = SipRequest(method="REGISTER", uri="sip:here")
        given = build_credentials(SipDigestAuth("ward3", password), challenge, "REGISTER", "sip:here")
        assert given
        request.headers.set_single("Authorization", stringify_auth(given))
        assert (registrar.authenticate(request, "Authorization") is not None) is is_right

    asyncio.run(story())


def test_what_was_overheard_cannot_be_sent_again() -> None:
    # RFC 7616, 3.4: "the server can detect request replays by maintaining its own copy of this count"
    def request(challenge: AuthChallenge, count: int, cseq: int) -> SipRequest:
        made = SipRequest(method="REGISTER", uri="sip:here")
        made.headers.set_single("Call-ID", "one")
        made.headers.set_single("CSeq", f"{cseq} REGISTER")
        auth = SipDigestAuth("ward3", "right")
        given = build_credentials(auth, challenge, "REGISTER", "sip:here", nonce_count=count)
        assert given
        made.headers.set_single("Authorization", stringify_auth(given))
        return made

    async def story() -> None:
        registrar = Registrar(SipSettings(users=(SipUser("ward3", "right"),)))
        challenge = parse_auth(registrar.challenge())
        first, again, next_one = (request(challenge, *each) for each in ((1, 1), (1, 7), (2, 2)))
        assert registrar.authenticate(first, "Authorization")
        assert registrar.authenticate(first, "Authorization"), "UDP may bring the same request twice"
        assert not registrar.authenticate(again, "Authorization")
        assert registrar.authenticate(next_one, "Authorization")
        assert not registrar.authenticate(first, "Authorization")

    asyncio.run(story())


@pytest.mark.parametrize(("number", "reaches"), [("+862055", True), ("+8621", False), ("120", True), ("1201", False)])
def test_trunk_reaches_its_numbers_and_beginnings(number: str, reaches: bool) -> None:
    assert SipTrunk("board", "10.0.0.1", numbers=("+8620*", "120")).reaches(number) is reaches


@pytest.mark.parametrize(
    ("sip", "message"),
    [
        ({"users": [{"name": "a", "password": ""}]}, "password"),
        ({"users": {}, "prot": 1}, "prot"),
        ({"trunks": "board"}, "must be a list"),
        ({"users": [{"name": "a"}]}, "password"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_by_name(sip: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        from_values({"account_sid": "AC", "auth_token": "t", "sip": sip})
