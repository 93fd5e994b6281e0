"""Debian's sipp and baresip against the exchange: other people's SIP, not the library we use ourselves."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")

from exchange import wav
from exchange.tones import tone
from tests.calls.exchange.conftest import loudest
from tests.calls.exchange.desk import HOST, NUMBER, sip_house, until

needs_sipp = pytest.mark.skipif(shutil.which("sipp") is None, reason="apt-get install sip-tester")
needs_baresip = pytest.mark.skipif(shutil.which("baresip") is None, reason="apt-get install baresip")
MODULES = ("account", "g711", "aufile", "menu")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def started(*command: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program that is ended with the block."""
    with (folder / "output").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 10)


def sipp(role: str, to: int, port: int, calls: int, *more: str) -> tuple[str, ...]:
    where = (f"{HOST}:{to}",) if to else ()
    return (
        "sipp",
        "-sn",
        role,
        *where,
        "-i",
        HOST,
        "-p",
        str(port),
        "-m",
        str(calls),
        "-nostdin",
        "-timeout",
        "30",
        *more,
    )


@needs_sipp
def test_ten_calls_of_sipp_come_in_by_a_trunk_and_all_end_well(tmp_path: Path) -> None:
    async def story() -> None:
        port = free_port()
        trunk: dict[str, Any] = {"name": "sipp", "host": HOST, "port": port}
        async with sip_house(tmp_path / "data", {"/voice": '<Pause length="20"/>'}, trunks=[trunk]) as house:
            command = sipp("uac", house.exchange.sip_port, port, 10, "-r", "5", "-d", "1000", "-s", NUMBER)
            async with started(*command, folder=tmp_path) as process:
                assert await asyncio.wait_for(process.wait(), 40) == 0, (tmp_path / "output").read_text()[-2000:]
            over = house.exchange.office.legs.past.values()
            await until(lambda: not house.exchange.office.legs.active)
            assert [str(facts.status) for facts in over] == ["completed"] * 10

    (tmp_path / "data").mkdir()
    asyncio.run(story())


@needs_sipp
def test_number_of_a_trunk_is_answered_by_sipp_and_hung_up_by_us(tmp_path: Path) -> None:
    async def story() -> None:
        port = free_port()
        trunk: dict[str, Any] = {"name": "sipp", "host": HOST, "port": port, "numbers": ["+8620*"]}
        async with (
            sip_house(tmp_path / "data", {}, trunks=[trunk]) as house,
            started(*sipp("uas", 0, port, 1), folder=tmp_path) as process,
        ):
            create = house.client.calls.create
            made = await house.rest(
                lambda: create(to="+862055501", from_=NUMBER, twiml='<Response><Pause length="1"/></Response>')
            )
            assert await asyncio.wait_for(process.wait(), 20) == 0
            assert str(house.exchange.office.legs.past[made.sid].status) == "completed"

    (tmp_path / "data").mkdir()
    asyncio.run(story())


@needs_baresip
def test_baresip_registers_answers_and_is_heard(tmp_path: Path) -> None:
    async def story() -> None:
        async with sip_house(tmp_path / "data", {}) as house:
            _configure(tmp_path, house.exchange.sip_port)
            async with started("baresip", "-f", str(tmp_path), folder=tmp_path):
                find = house.exchange.office.directory.find
                await until(lambda: find("client:ward3") is not None)
                twiml = '<Response><Pause length="4"/></Response>'
                create = house.client.calls.create
                made = await house.rest(
                    lambda: create(to="client:ward3", from_=NUMBER, twiml=twiml, record=True, recording_channels="dual")
                )
                legs = house.exchange.office.legs
                await until(lambda: made.sid in legs.past, 20)
                assert str(legs.past[made.sid].status) == "completed"
                (recording,) = house.exchange.office.recordings.facts.values()
                said, _ = wav.read_channels(house.exchange.office.recordings.path(recording.sid))
                assert loudest(said[16_000:-8_000]) == pytest.approx(660, abs=5)

    (tmp_path / "data").mkdir()
    asyncio.run(asyncio.wait_for(story(), 60))


def _configure(folder: Path, port: int) -> None:
    modules = [f"module\t\t{name}.so" for name in MODULES]
    wav.write(folder / "said.wav", [tone([660], 20)])
    settings = ["module_path /usr/lib/baresip/modules", f"audio_source aufile,{folder}/said.wav"]
    settings += [f"audio_player aufile,{folder}/heard.wav"]
    settings += [f"sip_listen {HOST}:{free_port()}", "audio_alert aufile,/dev/null"]
    (folder / "config").write_text("\n".join([*settings, *modules]) + "\n")
    account = (
        f"<sip:ward3@{HOST}:{port}>;auth_user=ward3;auth_pass=secret-3;answermode=auto;audio_codecs=PCMA;regint=60"
    )
    (folder / "accounts").write_text(account + "\n")
    (folder / "contacts").write_text("")
