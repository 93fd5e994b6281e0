"""What lies in the data folder of a running exchange, who may read it, and what is left after a call."""

import asyncio
import json
import signal
from pathlib import Path

import aiohttp
import pytest

from exchange.phone.client import PhoneClient
from exchange.phone.phone_call import CallStage
from tests.calls.exchange.conftest import PATIENCE_SECONDS, House, Page, opened, until
from tests.calls.exchange.test_process import ACCOUNT, TOKEN, Process

PAGES: dict[str, Page] = {"/voice": '<Say language="zh-CN">王芳女士您好</Say><Pause length="30"/>'}


def test_files_are_their_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "exchange.json"
    number = {"number": "+861012345", "voice_url": "http://127.0.0.1:9/voice"}
    config = {"account_sid": ACCOUNT, "auth_token": TOKEN, "port": 0, "data_dir": "data", "numbers": [number]}
    path.write_text(json.dumps(config), "utf-8")
    process = Process(path)

    async def story() -> None:
        await process.start()
        try:
            auth = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
            rest = f"{process.ready['url']}/2010-04-01/Accounts/{ACCOUNT}"
            async with aiohttp.ClientSession(headers=auth) as session:
                text = {"To": "+8613800138000", "From": "+8610", "Body": "x"}
                assert (await session.post(f"{rest}/Messages.json", data=text)).status == 201
                added = {"PhoneNumber": "+8699", "VoiceUrl": "http://127.0.0.1:9/"}
                assert (await session.post(f"{rest}/IncomingPhoneNumbers.json", data=added)).status == 201
                url = f"ws://127.0.0.1:{process.ready['port']}/phones"
                async with PhoneClient(url, "client:a") as one, PhoneClient(url, "client:b") as other:
                    await one.registered()
                    await other.registered()
                    call = await one.dial("client:b")
                    await until(lambda: other.call.stage is CallStage.RINGING)
                    await other.answer()
                    await until(lambda: call.stage is CallStage.UP)
                    made = await session.post(f"{rest}/Calls/{call.sid}/Recordings.json")
                    assert made.status == 201
            data = tmp_path / "data"
            kept = list(data.rglob("*"))
            assert {"calls.jsonl", "messages.jsonl", "numbers.json"} <= {each.name for each in kept}
            assert list(data.glob("recordings/RE*.wav"))
            modes = {str(each.relative_to(tmp_path)): oct(each.stat().st_mode & 0o777) for each in (data, *kept)}
            wanted = {name: "0o700" if (tmp_path / name).is_dir() else "0o600" for name in modes}
            assert modes == wanted
        finally:
            await process.end(signal.SIGTERM)

    asyncio.run(asyncio.wait_for(story(), 4 * PATIENCE_SECONDS))


@pytest.mark.parametrize("left_over", [True, False])
def test_what_a_patient_was_told_lies_nowhere_once_the_call_is_over(tmp_path: Path, left_over: bool) -> None:
    data = tmp_path / "data"
    (data / "speech").mkdir(parents=True)
    if left_over:
        (data / "speech" / "old.wav").write_bytes(b"from before a kill")

    async def story(house: House) -> None:
        assert not list((data / "speech").iterdir())
        async with house.phone("+8613800000001") as phone:
            await phone.registered()
            call = await phone.dial("+861012345")
            await until(lambda: any(state == "end" for state, _ in call.prompts))
            await phone.hang_up(call)
            await until(lambda: not house.exchange.context.legs.active)
            assert not list((data / "speech").iterdir())

    async def whole() -> None:
        folder = tmp_path / "unused"
        async with asyncio.timeout(4 * PATIENCE_SECONDS), opened(folder, PAGES, data_dir=str(data)) as house:
            await story(house)

    asyncio.run(whole())


def test_a_recording_that_is_deleted_leaves_no_file(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.phone("+8613800000001") as phone:
            await phone.registered()
            call = await phone.dial("+861012345")
            await until(lambda: call.stage is CallStage.UP)
            made = await house.rest(lambda: house.client.calls(str(call.sid)).recordings.create())
            recorded = house.exchange.context.recordings.path(made.sid)
            await until(lambda: recorded.exists() and recorded.stat().st_size > 8_000)
            await phone.hang_up(call)
            await until(lambda: house.exchange.context.recordings.facts[made.sid].is_over)
            await house.rest(lambda: house.client.recordings(made.sid).delete())
            assert not list(recorded.parent.glob("*"))

    async def whole() -> None:
        async with asyncio.timeout(4 * PATIENCE_SECONDS), opened(tmp_path / "data", PAGES) as house:
            await story(house)

    asyncio.run(whole())
