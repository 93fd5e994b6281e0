"""Who is registered, as the exchange tells the hotline; calls to a telephone that is not there, or goes in mid-ring."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from telephony.provider import Provider
from telephony.views import RegisteredPhone
from tests.calls.exchange.conftest import NUMBER, PATIENCE_SECONDS, House, Tell

AGENT = "client:agent-1"


async def known(house: House) -> dict[str, RegisteredPhone]:
    """The telephones by address, as the hotline's own adapter reads them."""
    provider = Provider(house.client, f"http://127.0.0.1:{house.exchange.port}")
    try:
        found = await house.rest(provider.phones)
    finally:
        provider.close()
    assert found is not None
    return {phone.address: phone for phone in found}


async def code_of(house: House, sid: str) -> str | None:
    """Why the line was not answered, as its last report says."""

    def last() -> dict[str, str] | None:
        told = (seen.params for seen in house.app.seen if seen.path == "/line")
        return next((each for each in told if each.get("CallSid") == sid and "CallDuration" in each), None)

    async with asyncio.timeout(PATIENCE_SECONDS):
        while (told := last()) is None:
            await asyncio.sleep(0.02)
    assert told["CallStatus"] == "no-answer"
    return told.get("SipResponseCode")


async def dial(house: House) -> str:
    twiml, url = "<Response><Pause length='30'/></Response>", f"{house.app.url}/line"
    events = ["initiated", "ringing", "answered", "completed"]
    call = await house.rest(
        lambda: house.client.calls.create(
            to=AGENT, from_=NUMBER, twiml=twiml, timeout=20, status_callback=url, status_callback_event=events
        )
    )
    return str(call.sid)


def test_a_telephone_is_listed_while_it_is_connected_and_each_registration_is_another(tell: Tell) -> None:
    async def story(house: House) -> None:
        async with house.phone(AGENT) as phone:
            await phone.registered()
            first = (await known(house))[AGENT]
            assert first.sid
        async with house.phone(AGENT) as phone:
            await phone.registered()
            assert (await known(house))[AGENT].sid not in {None, first.sid}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while AGENT in await known(house):
                await asyncio.sleep(0.02)

    tell(story, {})


def test_a_call_to_nobody_says_that_nobody_is_there(tell: Tell) -> None:
    async def story(house: House) -> None:
        assert await code_of(house, await dial(house)) == "480"

    tell(story, {})


def test_a_telephone_that_goes_in_mid_ring_is_told_from_one_that_nobody_picks_up(tell: Tell) -> None:
    async def story(house: House) -> None:
        url = f"ws://127.0.0.1:{house.exchange.port}/phones"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            await socket.send_json({"type": "register", "address": AGENT, "label": "page-7"})
            assert (await socket.receive_json())["type"] == "registered"
            assert (await known(house))[AGENT].label == "page-7"
            sid = await dial(house)
            assert (await socket.receive_json())["type"] == "ring"
        assert await code_of(house, sid) == "410"

    tell(story, {})


def test_a_desk_phone_is_known_and_registered_or_not(tmp_path: Path) -> None:
    pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")
    from tests.calls.exchange.desk import Desk, sip_house

    async def whole() -> None:
        async with asyncio.timeout(90), sip_house(tmp_path, {}) as house:
            before = await known(house)
            (address,) = [each for each in before if "ward3" in each]
            assert before[address].sid is None
            async with Desk(house.exchange.sip_port, "ward3", "secret-3") as phone:
                await phone.register()
                assert (await known(house))[address].sid

    asyncio.run(whole())
