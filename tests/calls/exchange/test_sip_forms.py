"""Switchboards and carriers that write SIP in other ways: byte by byte, as it comes over the wire."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")

from tests.calls.exchange.conftest import NUMBER, PATIENCE_SECONDS, House, Page, until
from tests.calls.exchange.desk import HOST, Desk, sip_house
from tests.calls.exchange.test_sip import GATHER, is_asked

SDP = "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN {kind} {host}\r\nt=0 0\r\nm=audio 40000 {proto} {formats}\r\n"
PLAIN = SDP.format(host=HOST, kind="IP4", proto="RTP/AVP", formats="8 101")
ANNA = "<sip:anna@10.0.0.9>"


class Board(asyncio.DatagramProtocol):
    """A switchboard that sends what the test writes, and keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._numbers = itertools.count(1)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.port: int = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002 - there is one other side
        self.told.append(data.decode())

    def send(self, house: House, line: str, sender: str = ANNA, more: str = "", body: str = "") -> str:
        """A request whose first line is given without its end; its Call-ID."""
        number, method = next(self._numbers), line.split()[0]
        text = (
            f"{line} SIP/2.0\r\nVia: SIP/2.0/UDP {HOST}:{self.port};branch=z9hG4bK{number}\r\n"
            f"From: {sender};tag=b{number}\r\nTo: <sip:hotline@{HOST}>\r\nCall-ID: c{number}\r\nCSeq: 1 {method}\r\n"
            f"Contact: <sip:board@{HOST}:{self.port}>\r\nMax-Forwards: 70\r\n{more}"
            f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )
        self.transport.sendto(text.encode(), (HOST, house.exchange.sip_port))
        return f"c{number}"

    async def final(self, call_id: str) -> str:
        """The answer that ends the request."""

        def finals() -> list[str]:
            mine = [text for text in self.told if f"Call-ID: {call_id}\r\n" in text and text.startswith("SIP/2.0 ")]
            return [text for text in mine if not text.startswith("SIP/2.0 1")]

        await until(lambda: bool(finals()))
        return finals()[0]


@asynccontextmanager
async def board() -> AsyncIterator[Board]:
    transport, made = await asyncio.get_running_loop().create_datagram_endpoint(Board, local_addr=(HOST, 0))
    try:
        yield made
    finally:
        transport.close()


def told(folder: Path, pages: dict[str, Page], story: Callable[[House, Board], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(90), board() as other:
            trunk = {"name": "board", "host": HOST, "port": other.port}
            async with sip_house(folder, pages, trunks=[trunk]) as house:
                await story(house, other)

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("sender", "more", "caller"),
    [
        ('"Ward <a> 3" <sip:+8613800138000@10.0.0.9>', "", "+8613800138000"),
        ("<tel:+86-138-0013-8000;npdi>", "", "+8613800138000"),
        ("tel:+8613800138000", "", "+8613800138000"),
        ("<sips:%2B8613800138000@[2001:db8::1];user=phone>", "", "+8613800138000"),
        ("<sip:13800138000;phone-context=+86@10.0.0.9;user=phone>", "", "+8613800138000"),
        (ANNA, "P-Asserted-Identity: <tel:+8613800138000>\r\n", "+8613800138000"),
        (ANNA, "Remote-Party-ID: <sip:+8613800138000@x>;party=calling;privacy=off\r\n", "+8613800138000"),
        (ANNA, "P-Asserted-Identity: <tel:+8613800138000>\r\nPrivacy: id\r\n", "sip:anonymous"),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', "", "sip:anonymous"),
        (ANNA, "", "sip:anna"),
    ],
)
def test_a_trunk_s_caller_and_the_number_called_are_recognised_and_the_call_is_hung_up_properly(
    tmp_path: Path, sender: str, more: str, caller: str
) -> None:
    # RFC 3261, 19.1.6, tells how a number stands in a SIP address; RFC 3325, 9.1, what P-Asserted-Identity is.
    async def story(house: House, other: Board) -> None:
        for dialled in ("tel:+86-10-12345", f"sip:%2B861012345;npdi@{HOST};user=phone"):
            call_id = other.send(house, f"INVITE {dialled}", sender, more, PLAIN)
            answer = await other.final(call_id)
            assert answer.startswith("SIP/2.0 200 ")
            [tag] = [line for line in answer.split("\r\n") if line.startswith("From:")]
            assert f";tag=b{call_id[1:]}" in tag
            await until(lambda call_id=call_id: any(  # type: ignore[misc]
                text.startswith("BYE ") and f"Call-ID: {call_id}\r\n" in text for text in other.told
            ))  # fmt: skip
            bye = next(text for text in other.told if text.startswith("BYE ") and f"Call-ID: {call_id}\r\n" in text)
            [to] = [line for line in bye.split("\r\n") if line.startswith("To:")]
            assert f";tag=b{call_id[1:]}" in to
        asked = house.app.asked("/voice")
        assert [(each["From"], each["To"]) for each in asked] == [(caller, NUMBER)] * 2

    told(tmp_path, {"/voice": "<Hangup/>"}, story)


@pytest.mark.parametrize(
    ("line", "more", "body", "status", "says"),
    [
        # RFC 3261, 20.43: "A UAS rejecting an offer contained in an INVITE SHOULD return a 488 (Not Acceptable Here)
        # response". Sound in SAVP is encrypted, with a key that is offered beside it.
        ("INVITE sip:hotline", "", SDP.format(host=HOST, kind="IP4", proto="RTP/SAVP", formats="8 0"), 488, ""),
        ("INVITE sip:hotline", "", PLAIN.replace("RTP/AVP", "UDP/TLS/RTP/SAVPF"), 488, ""),
        ("INVITE sip:hotline", "", PLAIN.replace("8 101", "9 18"), 488, ""),
        ("INVITE sip:hotline", "", SDP.format(host="::1", kind="IP6", proto="RTP/AVP", formats="8"), 488, ""),
        # RFC 3261, 8.2.2.3: "The UAS MUST add an Unsupported header field, and list in it those options it does not
        # understand"
        ("INVITE sip:hotline", "Require: precondition, 100rel\r\n", PLAIN, 420, "Unsupported: precondition\r\n"),
        ("OPTIONS sip:hotline", "Require: foo\r\n", "", 420, "Unsupported: foo\r\n"),
        ("REGISTER sip:hotline", "Require: gruu\r\n", "", 420, "Unsupported: gruu\r\n"),
        # RFC 3261, 8.2.1: "The UAS MUST also add an Allow header field to the 405 (Method Not Allowed) response"
        ("MESSAGE sip:hotline", "", "", 405, "Allow: INVITE, "),
        ("FOO sip:hotline", "", "", 501, "Allow: INVITE, "),
    ],
)
def test_what_is_not_done_here_is_refused_by_name(
    tmp_path: Path, line: str, more: str, body: str, status: int, says: str
) -> None:
    async def story(house: House, other: Board) -> None:
        answer = await other.final(other.send(house, f"{line}@{HOST}", more=more, body=body))
        assert answer.startswith(f"SIP/2.0 {status} ")
        assert says in answer
        assert not house.exchange.context.legs.active

    told(tmp_path, {"/voice": "<Hangup/>"}, story)


def test_who_insists_on_reliable_answers_before_the_answer_is_answered_all_the_same(tmp_path: Path) -> None:
    # RFC 3262, 3, wants answers before the answer to be reliable then; none is needed.
    async def story(house: House, other: Board) -> None:
        call_id = other.send(house, f"INVITE sip:{NUMBER}@{HOST}", more="Require: 100rel\r\n", body=PLAIN)
        assert (await other.final(call_id)).startswith("SIP/2.0 200 ")
        assert not [text for text in other.told if text.startswith("SIP/2.0 18")]

    told(tmp_path, {"/voice": '<Pause length="2"/>'}, story)


def test_keys_told_by_info_and_as_events_reach_a_gather_once(tmp_path: Path) -> None:
    # RFC 4733, 2.5.1, gives all packets of a press one timestamp; telephones that also send INFO mean the same press.
    async def story() -> None:
        async with (
            asyncio.timeout(90),
            sip_house(tmp_path, {"/voice": GATHER, "/keys": "<Hangup/>"}) as house,
            Desk(house.exchange.sip_port, "ward3", "secret-3") as phone,
        ):
            talk = await phone.answered(await phone.dial(NUMBER))
            await until(lambda: is_asked(talk))
            bodies = {"1": ("1", "application/dtmf"), "*": ("Signal=10\r\n", "application/dtmf-relay")}
            for at, key in enumerate("11*"):
                talk.rtp.send_dtmf(key, 160, timestamp=4000 * at)
                phone.uac.send_info(talk.call.dialog, *bodies[key], phone.exchange)
            await house.app.until(lambda: bool(house.app.asked("/keys")), PATIENCE_SECONDS)
            assert house.app.asked("/keys")[0]["Digits"] == "11*"

    asyncio.run(story())
