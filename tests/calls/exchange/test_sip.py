"""Desk phones of another make register, call, are called, press keys and hold; a trunk is reached and calls in."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")

from aiosipua import RegistrationState

from exchange.media import sound_file
from exchange.media.audio import FRAME_SECONDS
from exchange.media.tones import tone
from exchange.phone.phone_call import CallStage
from tests.calls.exchange.conftest import NUMBER, PATIENCE_SECONDS, House, Page, hears, is_tone, loudest, saying, until
from tests.calls.exchange.desk import HOST, Desk, Talk, sip_house

GATHER = '<Gather numDigits="3" timeout="20" action="/keys"><Say>press</Say></Gather>'
SECRET = "secret-3"
Story = Callable[[House], Awaitable[None]]


def told(folder: Path, pages: dict[str, Page], story: Story, **sip: Any) -> None:
    async def whole() -> None:
        async with asyncio.timeout(4 * PATIENCE_SECONDS), sip_house(folder, pages, **sip) as house:
            await story(house)

    asyncio.run(whole())


def is_asked(talk: Talk) -> bool:
    """The prompt is heard, so that keys are waited for."""
    return bool(talk.heard) and int(np.abs(np.frombuffer(bytes(talk.heard), dtype="<i2").astype(int)).max()) > 1000


async def until_quiet(talk: Talk) -> None:
    """For the time of ten frames none has come."""
    before = -1
    async with asyncio.timeout(PATIENCE_SECONDS):
        while before != len(talk.heard):
            before = len(talk.heard)
            await asyncio.sleep(10 * FRAME_SECONDS)


def desk(house: House, name: str = "ward3", password: str = SECRET, **how: int) -> Desk:
    return Desk(house.exchange.sip_port, name, password, **how)


def test_desk_phone_registers_with_its_password_only_and_nothing_is_logged_as_an_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # RFC 3261, 22.2: "the UAS can challenge the originator to provide credentials by rejecting the request with a 401
    # (Unauthorized) status code"
    async def story(house: House) -> None:
        async with desk(house) as right, desk(house, password="wrong") as wrong, desk(house, "nobody") as unknown:
            assert (await right.register()).state is RegistrationState.REGISTERED
            assert (await wrong.register()).state is RegistrationState.FAILED
            assert (await unknown.register()).state is RegistrationState.FAILED

    told(tmp_path, {}, story)
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("law", [0, 8])
def test_desk_phone_calls_the_hotline_and_its_keys_are_heard(tmp_path: Path, law: int) -> None:
    # docs/voice/twiml/gather: "Twilio includes the `Digits` attribute containing the numbers your caller entered"; RFC
    # 3264, 6.1: "that same payload type number SHOULD be used for that codec in the answer"
    async def story(house: House) -> None:
        async with desk(house, law=law, keys=99) as phone:
            talk = await phone.answered(await phone.dial(NUMBER.removeprefix("+")))
            answer = talk.call.sdp_answer.audio
            assert [codec.payload_type for codec in answer.codecs] == [law, 99]
            await until(lambda: is_asked(talk))
            for at, key in enumerate("4*7"):
                talk.rtp.send_dtmf(key, 160, timestamp=4000 * at)
            await house.app.until(lambda: bool(house.app.asked("/keys")))
            asked = house.app.asked("/keys")[0]
            assert (asked["Digits"], asked["From"], asked["To"]) == ("4*7", "client:ward3", NUMBER)
            await until(lambda: bool(phone.byes))
            await house.app.until(lambda: any(each["CallStatus"] == "completed" for each in house.app.asked("/status")))

    told(tmp_path, {"/voice": GATHER, "/keys": "<Hangup/>"}, story)


def test_two_of_another_make_and_ours_hear_each_other_and_are_recorded(tmp_path: Path) -> None:
    # docs/voice/twiml/dial: "The parent call will always be in the first channel and the child call will always be in
    # the second channel"
    async def story(house: House) -> None:
        async with desk(house) as ward, house.phone("+8613800000001") as caller:
            await ward.register()
            await caller.registered()
            call = await caller.dial(NUMBER)
            await until(lambda: bool(ward.talks))
            await until(lambda: call.stage is CallStage.UP)
            talk = ward.talks[0]
            ward.say(talk, tone([600], 1) * 60)
            async with saying(caller, tone([1000], 1), call):
                await until(lambda: hears(talk.heard, 1000))
                await until(lambda: hears(call.heard, 600))
            await caller.hang_up(call)
            await until(lambda: bool(ward.byes))
            (recording,) = await house.rest(lambda: house.client.recordings.list())
            said, heard = sound_file.read_channels(house.exchange.context.recordings.path(recording.sid))
            assert is_tone(said, 1000)
            assert is_tone(heard, 600)

    pages: dict[str, Page] = {"/voice": '<Dial record="record-from-answer-dual"><Client>ward3</Client></Dial>'}
    told(tmp_path, pages, story)


def test_dial_sip_and_rest_reach_a_desk_phone(tmp_path: Path) -> None:
    # docs/voice/twiml/sip: "With this feature, you can send a call to any SIP endpoint"
    async def story(house: House) -> None:
        async with desk(house, "desk", "secret-d") as phone:
            await phone.register()
            to = f"sip:desk@{HOST}:{house.exchange.sip_port}"
            made = await house.rest(
                lambda: house.client.calls.create(to=to, from_=NUMBER, url=f"{house.app.url}/out", timeout=10)
            )
            await until(lambda: bool(phone.talks))
            await house.app.until(lambda: bool(house.app.asked("/out")))
            assert phone.rings[0].caller.startswith(f"sip:{NUMBER}@")
            phone.hang_up(phone.talks[0])
            ended = house.exchange.context.legs
            await until(lambda: made.sid not in ended.active)
            assert str(ended.past[made.sid].status) == "completed"

    told(tmp_path, {"/out": '<Pause length="30"/>'}, story)


@pytest.mark.parametrize(("code", "status"), [(486, "busy"), (603, "busy"), (480, "no-answer"), (500, "failed")])
def test_refusal_of_a_desk_phone_is_told_as_what_it_is(tmp_path: Path, code: int, status: str) -> None:
    # RFC 3261, 21.4.24 (486): "the callee is currently not willing or able to take additional calls"; 21.4.18 (480):
    # "the callee is currently unavailable"
    async def story(house: House) -> None:
        async with desk(house) as phone:
            phone.refuses_with = code
            await phone.register()
            made = await house.rest(
                lambda: house.client.calls.create(to="client:ward3", from_=NUMBER, twiml="<Response/>")
            )
            legs = house.exchange.context.legs
            await until(lambda: made.sid in legs.past)
            assert str(legs.past[made.sid].status) == status

    told(tmp_path, {}, story)


def test_ringing_is_reported_when_the_desk_phone_says_so(tmp_path: Path) -> None:
    # docs/voice/twiml/sip: "The `ringing` event is fired when the call starts ringing"
    async def story(house: House) -> None:
        async with desk(house) as phone:
            phone.rings_at_once = phone.answers = False
            await phone.register()
            told = {"status_callback": f"{house.app.url}/events", "status_callback_event": ["initiated", "ringing"]}
            create = partial(house.client.calls.create, to="client:ward3", from_=NUMBER, twiml="<Response/>", **told)
            await house.rest(create)
            await until(lambda: bool(phone.rings))
            await house.app.until(lambda: len(house.app.asked("/events")) == 1)
            phone.rings[0].ringing()
            await house.app.until(lambda: len(house.app.asked("/events")) == 2)
            assert [each["CallStatus"] for each in house.app.asked("/events")] == ["initiated", "ringing"]

    told(tmp_path, {}, story)


@pytest.mark.parametrize(("ringing", "hertz"), [("", 600), ('ringTone="jp"', 400)])
def test_what_is_played_before_the_answer_is_heard_unless_a_ringing_tone_is_asked_for(
    tmp_path: Path, ringing: str, hertz: int
) -> None:
    # docs/voice/twiml/dial: "If not specified, Twilio will play ringback or pass ringback from the carrier (if
    # provided)"
    async def story(house: House) -> None:
        async with desk(house) as phone, house.phone("+861380") as caller:
            phone.rings_at_once = phone.answers = False
            await phone.register()
            await caller.registered()
            call = await caller.dial(NUMBER)
            await until(lambda: bool(phone.rings))
            phone.say(await phone.play_early(phone.rings[0]), tone([600], 1) * 60)
            await until(lambda: loudest(bytes(call.heard[-4_000:])) == pytest.approx(hertz, abs=25))
            await caller.hang_up(call)
            await until(lambda: phone.cancelled == 1)

    told(tmp_path, {"/voice": f"<Dial {ringing}><Client>ward3</Client></Dial>"}, story)


def test_sip_of_dial_sends_its_password_and_headers_and_tells_the_answer(tmp_path: Path) -> None:
    # docs/voice/twiml/sip: "Send username and password attributes for authentication to your SIP infrastructure"
    async def story() -> None:
        async with Desk(0, "hospital", "secret-h") as board:
            board.demand_password()
            uri = f"sip:kate@{HOST}:{board.transport.local_addr[1]}?x-ward=3&amp;from=nobody"
            dial = f'<Dial action="/done"><Sip username="admin" password="1234">{uri}</Sip></Dial>'
            async with sip_house(tmp_path, {"/voice": dial}) as house, house.phone("+861380") as caller:
                await caller.registered()
                await caller.dial(NUMBER)
                await until(lambda: bool(board.talks))
                assert 'username="admin"' in board.authorizations[0]
                assert board.rings[0].invite.get_header("x-ward") == "3"
                assert "?" not in board.rings[0].invite.uri
                board.hang_up(board.talks[0])
                await house.app.until(lambda: bool(house.app.asked("/done")))
                done = house.app.asked("/done")[0]
                assert (done["DialCallStatus"], done["DialSipResponseCode"]) == ("completed", "200")
                assert done["DialSipCallId"] == board.rings[0].call_id

    asyncio.run(asyncio.wait_for(story(), 4 * PATIENCE_SECONDS))


@pytest.mark.parametrize(("target", "status"), [("sip:b@10.0.0.1", "in-progress"), ("sip:busy@10.0.0.1", "busy")])
def test_desk_phone_is_asked_to_call_somebody_else(tmp_path: Path, target: str, status: str) -> None:
    # docs/voice/twiml/refer: "If the SIP endpoint accepts the REFER request, Twilio will listen for SIP NOTIFY
    # messages"
    async def story(house: House) -> None:
        async with desk(house) as phone:
            await phone.answered(await phone.dial(NUMBER))
            await house.app.until(lambda: bool(house.app.asked("/done")))
            assert phone.referred == [target]
            done = house.app.asked("/done")[0]
            assert (done["ReferCallStatus"], done["ReferSipResponseCode"]) == (status, "202")

    pages: dict[str, Page] = {"/voice": f'<Refer action="/done"><Sip>{target}</Sip></Refer>'}
    told(tmp_path, pages, story)


def test_desk_phone_transfers_the_caller_to_somebody_else(tmp_path: Path) -> None:
    # docs/voice/api/refer-to-twilio: "including the contents of the `Refer-To` header in the `ReferTransferTarget`
    # parameter"
    async def story(house: House) -> None:
        async with desk(house) as phone, house.phone("+861380") as caller:
            await phone.register()
            await caller.registered()
            await caller.dial(NUMBER)
            await until(lambda: bool(phone.talks))
            await until(lambda: caller.call.stage is CallStage.UP)
            legs = house.exchange.context.legs
            await until(lambda: any(leg.on_referral for leg in legs.active.values()))
            dialog = phone.talks[0].call.dialog
            phone.uac.send_refer(dialog, "sip:other@10.0.0.1", phone.exchange)
            await house.app.until(lambda: bool(house.app.asked("/transfer")))
            asked = house.app.asked("/transfer")[0]
            assert (asked["ReferTransferTarget"], asked["From"]) == ("sip:other@10.0.0.1", "+861380")
            await until(lambda: phone.progress[-1:] == [200])
            await until(lambda: bool(phone.byes))
            assert caller.call.stage is CallStage.UP

    pages: dict[str, Page] = {
        "/voice": '<Dial referUrl="/transfer"><Client>ward3</Client></Dial>',
        "/transfer": '<Pause length="20"/>',
    }
    told(tmp_path, pages, story)


def test_transfer_that_nobody_sees_to_is_refused_and_the_talk_goes_on(tmp_path: Path) -> None:
    # docs/voice/api/refer-to-twilio: "Twilio will generate an alert and initial call will be re-established"
    async def story(house: House) -> None:
        async with desk(house) as phone, house.phone("+861380") as caller:
            await phone.register()
            await caller.registered()
            await caller.dial(NUMBER)
            await until(lambda: bool(phone.talks))
            await until(lambda: caller.call.stage is CallStage.UP)
            phone.uac.send_refer(phone.talks[0].call.dialog, "sip:other@10.0.0.1", phone.exchange)
            await until(lambda: phone.progress[-1:] == [603])
            assert caller.call.stage is CallStage.UP
            assert not phone.byes

    told(tmp_path, {"/voice": "<Dial><Client>ward3</Client></Dial>"}, story)


def test_keys_by_info_are_heard(tmp_path: Path) -> None:
    # docs/voice/twiml/gather: "Twilio includes the `Digits` attribute containing the numbers your caller entered"
    async def story(house: House) -> None:
        async with desk(house) as phone:
            talk = await phone.answered(await phone.dial(NUMBER))
            await until(lambda: is_asked(talk))
            for key in "12#":
                body = f"Signal={key}\r\nDuration=160\r\n"
                phone.uac.send_info(talk.call.dialog, body, "application/dtmf-relay", phone.exchange)
            await house.app.until(lambda: bool(house.app.asked("/keys")))
            assert house.app.asked("/keys")[0]["Digits"] == "12"

    told(tmp_path, {"/voice": GATHER}, story)


def test_trunk_that_wants_it_is_registered_at_with_a_password(tmp_path: Path) -> None:
    # RFC 3261, 22.2: "the UAS can challenge the originator to provide credentials by rejecting the request with a 401
    # (Unauthorized) status code"
    async def story() -> None:
        (tmp_path / "board").mkdir()
        (tmp_path / "ours").mkdir()
        async with sip_house(tmp_path / "board", {}) as board:
            find = board.exchange.context.directory.find
            trunk = {"name": "board", "host": HOST, "port": board.exchange.sip_port, "user": "desk"}
            trunk |= {"password": "secret-d", "register": True}
            async with sip_house(tmp_path / "ours", {}, trunks=[trunk]):
                await until(lambda: find("+8613800000009") is not None)

    asyncio.run(asyncio.wait_for(story(), 4 * PATIENCE_SECONDS))


def test_desk_phone_that_is_not_answered_stops_ringing(tmp_path: Path) -> None:
    # RFC 3261, 9.2: "The CANCEL method requests that the TU at the server side cancel a pending transaction"
    async def story(house: House) -> None:
        async with desk(house) as phone:
            phone.answers = False
            await phone.register()
            create = house.client.calls.create
            made = await house.rest(lambda: create(to="client:ward3", from_=NUMBER, twiml="<Response/>", timeout=1))
            await until(lambda: phone.cancelled == 1)
            assert str(house.exchange.context.legs.past[made.sid].status) == "no-answer"

    told(tmp_path, {}, story)


def test_caller_who_gives_up_while_it_rings_leaves_nothing(tmp_path: Path) -> None:
    # RFC 3261, 9.2: "The CANCEL method requests that the TU at the server side cancel a pending transaction"
    async def story(house: House) -> None:
        async with desk(house) as caller, house.phone("client:other") as other:
            await other.registered()
            talk = await caller.dial("other")
            await until(lambda: other.call.stage is CallStage.RINGING)
            talk.call.cancel(caller.uac)
            await until(lambda: other.call.stage is CallStage.OVER)
            assert not house.exchange.context.legs.active

    told(tmp_path, {}, story)


def test_held_desk_phone_hears_nothing_until_it_is_back(tmp_path: Path) -> None:
    # RFC 3264, 8.4: "If the stream to be placed on hold was previously a sendrecv media stream, it is placed on hold by
    # marking it as sendonly"
    async def story(house: House) -> None:
        async with desk(house) as phone:
            talk = await phone.answered(await phone.dial(NUMBER))
            await until(lambda: len(talk.heard) > 8_000)
            port = talk.call.sdp_offer.audio.port

            async def turn(direction: str, answer: str) -> None:
                phone.uac.send_reinvite(talk.call.dialog, phone.offer(port, direction), phone.exchange)
                await until(lambda: talk.call.sdp_answer.audio.direction == answer)

            for direction, answer in (("sendonly", "recvonly"), ("inactive", "inactive")):
                await turn(direction, answer)
                await until_quiet(talk)
            before = len(talk.heard)
            await turn("sendrecv", "sendrecv")
            await until(lambda: len(talk.heard) > before + 8_000)
            phone.hang_up(talk)
            await until(lambda: not house.exchange.context.legs.active)

    told(tmp_path, {"/voice": '<Say loop="0">hold the line</Say>'}, story)


def test_numbers_of_a_trunk_are_dialled_there_and_its_calls_come_in(tmp_path: Path) -> None:
    # docs/voice/twiml/number: "The `sendDigits` attribute tells Twilio to play DTMF tones when the call is answered"
    async def story() -> None:
        async with Desk(0, "hospital", "secret-h") as board:
            trunk = {"name": "board", "host": HOST, "port": board.transport.local_addr[1], "numbers": ["+8620*"]}
            pages: dict[str, Page] = {"/voice": '<Dial><Number sendDigits="12">+862055501</Number></Dial>'}
            async with sip_house(tmp_path, pages, trunks=[trunk]) as house:
                board.exchange = (HOST, house.exchange.sip_port)
                talk = await board.answered(await board.dial(NUMBER))
                await until(lambda: len(board.talks) == 2)
                assert "+862055501@" in board.rings[0].invite.uri
                await house.app.until(lambda: bool(house.app.asked("/voice")))
                assert house.app.asked("/voice")[0]["From"] == "sip:hospital"
                await until(lambda: board.talks[1].keys == ["1", "2"])
                board.say(talk, tone([800], 1) * 60)
                await until(lambda: hears(board.talks[1].heard, 800))
                board.hang_up(talk)
                await until(lambda: len(board.byes) == 1)

    asyncio.run(asyncio.wait_for(story(), 4 * PATIENCE_SECONDS))


def test_stranger_without_password_is_turned_away_and_garbage_harms_nobody(tmp_path: Path) -> None:
    # RFC 3261, 22.3: "the proxy can challenge the originator to provide credentials by rejecting the request with a 407
    # (Proxy Authentication Required) status code"
    async def story(house: House) -> None:
        async with desk(house, password="guess") as stranger, desk(house) as phone:
            talk = await stranger.dial(NUMBER)
            with pytest.raises(RuntimeError, match="407"):
                await talk.call.wait_answered(PATIENCE_SECONDS)
            opened = stranger.transport._udp_transport
            assert opened
            for garbage in (
                b"",
                b"\0" * 900,
                b"INVITE sip:x SIP/2.0\r\n\r\n",
                b"REGISTER sip:x SIP/2.0\r\nVia: x\r\n\r\n",
            ):
                opened.sendto(garbage, stranger.exchange)
            good = await phone.answered(await phone.dial(NUMBER))
            await until(lambda: len(good.heard) > 8_000)
            phone.hang_up(good)
            await until(lambda: not house.exchange.context.legs.active)

    told(tmp_path, {"/voice": '<Pause length="30"/>'}, story)
