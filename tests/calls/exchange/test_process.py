"""The exchange as a process: its ready line, its settings, a kill and what the next start makes of it."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from aiohttp import web

from exchange.media import sound_file
from exchange.phone.client import PhoneClient
from exchange.phone.phone_call import CallStage
from tests.calls.exchange.conftest import PATIENCE_SECONDS, until

ROOT = Path(__file__).parents[3]
ACCOUNT, TOKEN = "AC" + "0" * 32, "t"


class Process:
    """`python -m exchange serve` under the test's hand."""

    def __init__(self, config: Path) -> None:
        self.path = config

    async def start(self) -> None:
        command = ("-m", "exchange", "serve", "--config", str(self.path))
        self.running = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        assert self.running.stdout
        self.ready = json.loads(await asyncio.wait_for(self.running.stdout.readline(), PATIENCE_SECONDS))

    async def end(self, how: signal.Signals) -> tuple[int, str]:
        self.running.send_signal(how)
        _, errors = await asyncio.wait_for(self.running.communicate(), PATIENCE_SECONDS)
        return self.running.returncode or 0, errors.decode()


class Application:
    """What the exchange asks for documents and tells of its calls."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self.told: list[dict[str, str]] = []
        self.url = ""

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Answer everything with a pause."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.told.append({"path": request.path, **form})
        return web.Response(text='<Response><Pause length="60"/></Response>', content_type="text/xml")

    async def hears(self, name: str, value: str) -> None:
        """Wait until this was told."""
        await until(lambda: any(each.get(name) == value for each in self.told))


async def recorded_call(
    process: Process, app: Application, rest: str, session: aiohttp.ClientSession
) -> tuple[str, str]:
    """Have a call with a recording when the exchange is killed; return the sids of both."""
    address = f"ws://127.0.0.1:{process.ready['port']}/phones"
    async with PhoneClient(address, "client:a", keeps_sound=True) as phone:
        await phone.registered()
        call = await phone.dial("+861012345")
        await until(lambda: call.stage is CallStage.UP)
        form = {"RecordingStatusCallback": f"{app.url}/recorded", "RecordingChannels": "dual"}
        made = await session.post(f"{process.ready['url']}{rest}/Calls/{call.sid}/Recordings.json", data=form)
        assert made.status == 201
        sid = (await made.json())["sid"]
        kept = process.path.parent / "data" / "recordings" / f"{sid}.wav"
        await until(lambda: kept.stat().st_size > 16_000)
        await process.end(signal.SIGKILL)
    return str(call.sid), str(sid)


def test_killed_exchange_tells_what_became_of_its_calls_and_keeps_its_recordings(tmp_path: Path) -> None:
    path = tmp_path / "exchange.json"
    process, app = Process(path), Application()

    async def story() -> None:
        number = {"number": "+861012345", "voice_url": f"{app.url}/voice", "status_callback": f"{app.url}/status"}
        config = {"account_sid": ACCOUNT, "auth_token": TOKEN, "port": 0, "data_dir": "data", "numbers": [number]}
        path.write_text(json.dumps(config), "utf-8")
        await process.start()
        rest = f"/2010-04-01/Accounts/{ACCOUNT}"
        auth = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
        async with aiohttp.ClientSession(headers=auth) as session:
            call, sid = await recorded_call(process, app, rest, session)
            await process.start()
            await app.hears("CallStatus", "failed")
            await app.hears("RecordingStatus", "completed")
            facts = await (await session.get(f"{process.ready['url']}{rest}/Calls/{call}.json")).json()
            assert facts["status"] == "failed"
            sound = await (await session.get(f"{process.ready['url']}{rest}/Recordings/{sid}.wav")).read()
            assert sound_file.duration(sound) >= 0.3
        code, errors = await process.end(signal.SIGTERM)
        assert code == 0
        assert "Traceback" not in errors

    async def tidily() -> None:
        try:
            async with app.served():
                await asyncio.wait_for(story(), 4 * PATIENCE_SECONDS)
        finally:
            if process.running.returncode is None:
                process.running.kill()
                await process.running.wait()

    asyncio.run(tidily())


def test_settings_that_cannot_be_used_end_the_process_with_a_message(tmp_path: Path) -> None:
    path = tmp_path / "exchange.yaml"
    path.write_text("account_sid: x", "utf-8")

    async def story() -> tuple[int | None, str]:
        command = ("-m", "exchange", "serve", "--config", str(path))
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=ROOT, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
        return process.returncode, errors.decode()

    code, errors = asyncio.run(story())
    assert code == 2
    assert "auth_token" in errors
    assert "Traceback" not in errors
