"""One packet's, one address's fault is its own: the port stays open, and everybody else is answered."""

import asyncio
import random
from pathlib import Path

import pytest

pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")

from aiosipua import RegistrationState
from structlog.testing import capture_logs
from twilio.base.exceptions import TwilioRestException

from exchange.sip.gateway import MOST_CALLS_OF_ONE
from tests.calls.exchange.conftest import NUMBER, PATIENCE_SECONDS, House, Page, until
from tests.calls.exchange.desk import HOST, Desk, sip_house
from tests.calls.exchange.test_sip_forms import PLAIN, Board, told

REQUEST = (
    "{method} sip:hotline@{host} SIP/2.0\r\nVia: {via}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
    "Call-ID: {call}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)
MOST_LOG = 60


def send(house: House, board: Board, text: str) -> None:
    board.transport.sendto(text.encode(), (HOST, house.exchange.sip_port))


async def is_answered(house: House, board: Board) -> bool:
    """Whether an ordinary question still has its answer."""
    return (await board.final(board.send(house, f"OPTIONS sip:{HOST}"))).startswith("SIP/2.0 200 ")


@pytest.mark.parametrize(
    ("via", "status"),
    [
        ("SIP/2.0/UDP 127.0.0.1:99999;branch=z9hG4bK1", 400),
        ("SIP/2.0/UDP 127.0.0.1:99999;branch=z9hG4bK1;rport", 400),
        ("SIP/2.0/UDP 127.0.0.1:" + "9" * 4000 + ";branch=z9hG4bK1", 400),
        ("SIP/2.0/UDP 127.0.0.1:-1;branch=z9hG4bK1;rport", 400),
        ("SIP/2.0/UDP 127.0.0.1:0;branch=z9hG4bK1", 400),
        # Where it says that it comes from is not where the answer goes (RFC 3261, 18.2.1): the packet's own source is.
        ("SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bK1;received=no.such.host.invalid;rport=99999", 200),
        ("SIP/2.0/UDP " + "x" * 300 + ".invalid:5;branch=z9hG4bK1;rport", 200),
        ("SIP/2.0/UDP [2001:db8::1]:5;branch=z9hG4bK1;rport", 200),
    ],
)
def test_a_way_back_that_leads_nowhere_is_one_packet_s_fault(tmp_path: Path, via: str, status: int) -> None:
    async def story(house: House, board: Board) -> None:
        send(house, board, REQUEST.format(method="OPTIONS", host=HOST, via=via, call="bad"))
        assert (await board.final("bad")).startswith(f"SIP/2.0 {status} ")
        assert await is_answered(house, board)

    told(tmp_path, {}, story)


@pytest.mark.parametrize("to", ["sip:a@127.0.0.1:70000", "sip:a@127.0.0.1:0", "sip:a@[::1:5060", "sip:a b@127.0.0.1"])
def test_an_address_that_nothing_can_be_sent_to_is_refused_by_name_and_the_port_stays_open(
    tmp_path: Path, to: str
) -> None:
    # docs/api/errors/21211: "Invalid 'To' Phone Number"
    async def story(house: House, board: Board) -> None:
        with pytest.raises(TwilioRestException, match="To ") as refused:
            await house.rest(lambda: house.client.calls.create(to=to, from_=NUMBER, twiml="<Response/>"))
        assert (refused.value.status, refused.value.code) == (400, 21211)
        assert await is_answered(house, board)

    told(tmp_path, {}, story)


def test_a_document_that_dials_a_port_that_does_not_exist_fails_that_dial_only(tmp_path: Path) -> None:
    dial = f'<Dial action="/done"><Sip>sip:a@{HOST}:70000</Sip></Dial>'

    async def story(house: House, board: Board) -> None:
        board.send(house, f"INVITE sip:{NUMBER}@{HOST}", body=PLAIN)
        await house.app.until(lambda: bool(house.app.asked("/done")))
        assert house.app.asked("/done")[0]["DialCallStatus"] == "failed"
        assert await is_answered(house, board)

    told(tmp_path, {"/voice": dial, "/done": "<Hangup/>"}, story)


@pytest.mark.parametrize("sound", ["m=audio 70000 RTP/AVP 8", "m=audio 40000 RTP/AVP 8 x\r\nc=IN IP4 no.such.invalid"])
def test_sound_that_cannot_be_sent_is_refused(tmp_path: Path, sound: str) -> None:
    # RFC 3261, 20.43: "A UAS rejecting an offer contained in an INVITE SHOULD return a 488 (Not Acceptable Here)
    # response". A name would be looked up for every packet, while everybody waits.
    async def story(house: House, board: Board) -> None:
        body = PLAIN.replace("m=audio 40000 RTP/AVP 8 101", sound)
        answer = await board.final(board.send(house, f"INVITE sip:{NUMBER}@{HOST}", body=body))
        assert answer.startswith("SIP/2.0 488 ")
        assert not house.exchange.context.legs.active

    told(tmp_path, {"/voice": '<Pause length="5"/>'}, story)


def test_telephones_that_register_in_the_same_second_both_get_in(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            asyncio.timeout(90),
            sip_house(tmp_path, {}) as house,
            Desk(house.exchange.sip_port, "ward3", "secret-3") as one,
            Desk(house.exchange.sip_port, "desk", "secret-d") as other,
            Desk(house.exchange.sip_port, "ward3", "secret-3") as third,
        ):
            made = await asyncio.gather(one.register(), other.register(), third.register())
            assert [each.state for each in made] == [RegistrationState.REGISTERED] * 3

    asyncio.run(story())


def test_noise_is_a_few_short_lines_in_the_log_however_much_arrives(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(house: House, board: Board) -> None:
        chance = random.Random(1)  # noqa: S311 - noise, the same each time
        with capture_logs() as lines:
            for size in range(100, 20_100, 100):
                board.transport.sendto(chance.randbytes(size), (HOST, house.exchange.sip_port))
            send(house, board, REQUEST.format(method="A" * 9000, host=HOST, via=f"SIP/2.0/UDP {HOST}:9", call="x"))
            send(house, board, REQUEST.format(method="\x1b[31mred", host=HOST, via=f"SIP/2.0/UDP {HOST}:9", call="x"))
            assert await is_answered(house, board)
        written = [repr(each) for each in lines] + [each.getMessage() for each in caplog.records]
        assert len(written) < MOST_LOG
        assert max(map(len, written)) < 1000
        assert all(each.isprintable() for each in written)

    told(tmp_path, {}, story)


def test_a_number_with_signs_that_no_address_has_leaves_no_call(tmp_path: Path) -> None:
    async def story(house: House, board: Board) -> None:
        body = PLAIN
        answer = await board.final(board.send(house, f"INVITE sip:%0d%0aX-Evil:1@{HOST}", body=body))
        assert answer.startswith(("SIP/2.0 4", "SIP/2.0 5"))
        await until(lambda: not house.exchange.context.legs.active)
        assert await is_answered(house, board)

    told(tmp_path, {}, story)


def acknowledgement(invite: str, answer: str, body: str = "") -> str:
    """The ACK of an answer, in the dialog that it made."""
    [to] = [line for line in answer.split("\r\n") if line.startswith("To:")]
    head, _, _ = invite.partition("\r\n\r\n")
    lines = [line for line in head.split("\r\n") if not line.startswith(("To:", "CSeq:", "Content-"))]
    lines[0] = lines[0].replace("INVITE", "ACK")
    return "\r\n".join([*lines, to, "CSeq: 1 ACK", f"Content-Length: {len(body)}", "", body])


@pytest.mark.parametrize("body", ["", "v=0\r\nm=audio x RTP/AVP 8\r\n", PLAIN.replace("40000", "70000")])
def test_who_calls_without_an_offer_and_agrees_to_nothing_is_hung_up(tmp_path: Path, body: str) -> None:
    # RFC 3261, 13.2.1: the offer of the answer is answered in the ACK; without that nobody hears anybody, for ever.
    async def story(house: House, board: Board) -> None:
        invite = REQUEST.format(
            method="INVITE", host=HOST, via=f"SIP/2.0/UDP {HOST}:{board.port}", call="late"
        ).replace("Max-Forwards", f"Contact: <sip:b@{HOST}:{board.port}>\r\nMax-Forwards")
        send(house, board, invite.replace("sip:hotline@", f"sip:{NUMBER}@"))
        answer = await board.final("late")
        assert answer.startswith("SIP/2.0 200 ")
        send(house, board, acknowledgement(invite, answer, body))
        await until(lambda: any(each.startswith("BYE ") for each in board.told))
        await until(lambda: not house.exchange.context.legs.active)

    told(tmp_path, {"/voice": '<Pause length="600"/>'}, story)


def test_an_answer_that_cannot_be_read_is_acknowledged_and_hung_up(tmp_path: Path) -> None:
    # RFC 3261, 13.2.2.4: "If, after acknowledging any 2xx response to an INVITE, the UAC does not want to continue with
    # that dialog, then the UAC MUST terminate the dialog by sending a BYE request"
    async def story(house: House, board: Board) -> None:
        to = f"sip:a@{HOST}:{board.port}"
        made = await house.rest(lambda: house.client.calls.create(to=to, from_=NUMBER, twiml="<Response/>"))
        await until(lambda: any(each.startswith("INVITE ") for each in board.told))
        invite = next(each for each in board.told if each.startswith("INVITE "))
        kept = [line for line in invite.split("\r\n") if line.startswith(("Via:", "From:", "Call-ID:", "CSeq:"))]
        [callee] = [line for line in invite.split("\r\n") if line.startswith("To:")]
        body = "v=0\r\nm=audio 4000 RTP/AVP 8\r\nt=x y\r\nc=IN IP4\r\nb=AS:x\r\n"
        more = [f"{callee};tag=t", f"Contact: <{to}>", "Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        send(house, board, "\r\n".join(["SIP/2.0 200 OK", *kept, *more, "", body]))
        await until(lambda: any(each.startswith("ACK ") for each in board.told))
        await until(lambda: any(each.startswith("BYE ") for each in board.told))
        await until(lambda: made.sid in house.exchange.context.legs.past)
        assert str(house.exchange.context.legs.past[made.sid].status) == "failed"

    told(tmp_path, {}, story)


def test_a_telephone_has_a_few_calls_and_no_more_and_others_still_get_through(tmp_path: Path) -> None:
    # RFC 3261, 21.4.24 (486): "the callee is currently not willing or able to take additional calls at this end system"
    async def story() -> None:
        pages: dict[str, Page] = {"/voice": '<Pause length="600"/>'}
        async with (
            asyncio.timeout(4 * PATIENCE_SECONDS),
            sip_house(tmp_path, pages) as house,
            Desk(house.exchange.sip_port, "ward3", "secret-3") as greedy,
            Desk(house.exchange.sip_port, "desk", "secret-d") as other,
        ):
            for _ in range(MOST_CALLS_OF_ONE):
                await greedy.answered(await greedy.dial(NUMBER))
            one_more = await greedy.dial(NUMBER)
            await until(lambda: one_more.call._rejected.is_set())
            assert one_more.call._reject_code == 486
            await other.answered(await other.dial(NUMBER))
            greedy.hang_up(greedy.talks[0])
            await until(lambda: len(house.exchange.context.legs.active) == MOST_CALLS_OF_ONE)
            await greedy.answered(await greedy.dial(NUMBER))

    asyncio.run(story())


def test_what_a_message_held_is_not_in_the_log_when_it_cannot_be_used(tmp_path: Path) -> None:
    async def story(house: House, board: Board) -> None:
        body = PLAIN.replace("t=0 0", "t=13800138000x 0")
        with capture_logs() as lines:
            answer = await board.final(board.send(house, f"INVITE sip:{NUMBER}@{HOST}", body=body))
        assert answer.startswith("SIP/2.0 400 ")
        assert "13800138000" not in repr(lines)
        assert [each["reason"].split(" at ")[0] for each in lines if "reason" in each] == ["ValueError"]

    told(tmp_path, {}, story)
