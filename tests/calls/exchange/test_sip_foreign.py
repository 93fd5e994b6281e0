"""Debian's sipp and baresip against the exchange: other people's SIP, not the library we use ourselves."""

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")

from exchange.media import sound_file, wav_file
from exchange.media.tones import tone
from tests.calls.exchange.conftest import NUMBER, PATIENCE_SECONDS, is_tone, loudest, until
from tests.calls.exchange.desk import HOST, sip_house

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
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)


def sipp(port: int, calls: int, *more: str) -> tuple[str, ...]:
    return ("sipp", "-i", HOST, "-p", str(port), "-m", str(calls), "-nostdin", "-timeout", "60", *more)


async def answering(folder: Path) -> tuple[str, str]:
    """sipp's own answering side; it would stay four seconds longer for a BYE that is sent again."""
    asked = await asyncio.create_subprocess_exec("sipp", "-sd", "uas", stdout=asyncio.subprocess.PIPE)
    told, _ = await asyncio.wait_for(asked.communicate(), PATIENCE_SECONDS)
    assert b'"4000"' in told
    (folder / "uas.xml").write_bytes(told.replace(b'"4000"', b'"100"'))
    return "-sf", str(folder / "uas.xml")


@needs_sipp
def test_ten_calls_of_sipp_come_in_by_a_trunk_and_all_end_well(tmp_path: Path) -> None:
    async def story() -> None:
        port = free_port()
        trunk: dict[str, Any] = {"name": "sipp", "host": HOST, "port": port}
        async with sip_house(tmp_path / "data", {"/voice": '<Pause length="20"/>'}, trunks=[trunk]) as house:
            to = ("-sn", "uac", f"{HOST}:{house.exchange.sip_port}", "-s", NUMBER)
            command = sipp(port, 10, *to, "-r", "20", "-d", "500")
            async with started(*command, folder=tmp_path) as process:
                code = await asyncio.wait_for(process.wait(), 2 * PATIENCE_SECONDS)
                assert code == 0, (tmp_path / "output").read_text("utf-8")[-2000:]
            over = house.exchange.context.legs.past.values()
            await until(lambda: not house.exchange.context.legs.active)
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
            started(*sipp(port, 1, *await answering(tmp_path)), folder=tmp_path) as process,
        ):
            create = house.client.calls.create
            made = await house.rest(
                lambda: create(to="+862055501", from_=NUMBER, twiml='<Response><Pause length="1"/></Response>')
            )
            assert await asyncio.wait_for(process.wait(), 2 * PATIENCE_SECONDS) == 0
            assert str(house.exchange.context.legs.past[made.sid].status) == "completed"

    (tmp_path / "data").mkdir()
    asyncio.run(story())


@needs_baresip
def test_baresip_registers_answers_and_is_heard(tmp_path: Path) -> None:
    async def story() -> None:
        async with sip_house(tmp_path / "data", {}) as house:
            _configure(tmp_path, house.exchange.sip_port)
            async with started("baresip", "-f", str(tmp_path), folder=tmp_path):
                find = house.exchange.context.directory.find
                await until(lambda: find("client:ward3") is not None)
                twiml = '<Response><Pause length="60"/></Response>'
                create = house.client.calls.create
                made = await house.rest(
                    lambda: create(to="client:ward3", from_=NUMBER, twiml=twiml, record=True, recording_channels="dual")
                )
                legs = house.exchange.context.legs
                await until(lambda: made.sid in legs.active and loudest(legs.active[made.sid].inbound) > 600)
                (recording,) = house.exchange.context.recordings.facts.values()
                path = house.exchange.context.recordings.path(recording.sid)
                enough = path.stat().st_size + 2 * 16_000
                await until(lambda: path.stat().st_size > enough)
                await house.rest(lambda: house.client.calls(made.sid).update(status="completed"))
                await until(lambda: made.sid in legs.past)
                assert str(legs.past[made.sid].status) == "completed"
                said, _ = sound_file.read_channels(path)
                assert is_tone(said[-8_000:], 660)

    (tmp_path / "data").mkdir()
    asyncio.run(asyncio.wait_for(story(), 4 * PATIENCE_SECONDS))


def _two_ports() -> int:
    """A free port with a free one above it, which baresip takes for TLS; lower than those that the system hands out."""
    for port in range(20_000 + os.getpid() % 5_000 * 2, 32_000, 2):
        with socket.socket() as one, socket.socket() as other, contextlib.suppress(OSError):
            one.bind((HOST, port))
            other.bind((HOST, port + 1))
            return port
    raise AssertionError("no two ports free")


def _configure(folder: Path, port: int) -> None:
    modules = [f"module\t\t{name}.so" for name in MODULES]
    wav_file.write(folder / "said.wav", [tone([660], 20)])
    settings = ["module_path /usr/lib/baresip/modules", f"audio_source aufile,{folder}/said.wav"]
    settings += [f"audio_player aufile,{folder}/heard.wav"]
    settings += [f"sip_listen {HOST}:{_two_ports()}", "audio_alert aufile,/dev/null"]
    (folder / "config").write_text("\n".join([*settings, *modules]) + "\n", "utf-8")
    account = (
        f"<sip:ward3@{HOST}:{port}>;auth_user=ward3;auth_pass=secret-3;answermode=auto;audio_codecs=PCMA;regint=60"
    )
    (folder / "accounts").write_text(account + "\n", "utf-8")
    (folder / "contacts").write_text("", "utf-8")
