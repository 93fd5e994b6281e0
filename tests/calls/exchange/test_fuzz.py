"""Thousands of broken messages beside a healthy call: its tone stays whole, and afterwards everything still works.

`FUZZ_ROUNDS` makes it longer; each round has its own seed, which the failure shows.
"""

import asyncio
import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest

pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")

from aiosipua import RegistrationState
from structlog.testing import capture_logs

from exchange.media.audio import FRAME_BYTES, level_db
from exchange.media.tones import tone
from exchange.phone.client import PhoneClient
from exchange.phone.phone_call import CallStage, PhoneCall
from tests.calls.exchange.conftest import NUMBER, PATIENCE_SECONDS, House, hears, saying, until
from tests.calls.exchange.desk import HOST, Desk, sip_house
from tests.calls.exchange.fuzz import Chance, Talk
from tests.calls.exchange.test_sip_forms import Board, board

ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "1"))
PACKETS, SOUNDS, MESSAGES, FRAMES, BURST = 1_000, 600, 300, 100, 25
CALLER, CALLEE, HERTZ = "+8613800000001", "client:b", 1000
MALFORMED = ("ValueError", "KeyError", "IndexError", "TypeError", "Unicode")


def answer(params: dict[str, str]) -> str:
    """The healthy caller is connected; whoever else gets through is soon sent away."""
    return f"<Dial><Client>{CALLEE}</Client></Dial>" if params["From"] == CALLER else '<Pause length="10"/>'


@contextlib.asynccontextmanager
async def healthy(house: House) -> Any:
    """A call between two telephones of ours, one of which speaks a tone all the while."""
    async with house.phone(CALLER) as caller, house.phone(CALLEE) as callee:
        await caller.registered()
        await callee.registered()
        call = await caller.dial(NUMBER)
        await until(lambda: callee.call.stage is CallStage.RINGING)
        await callee.answer()
        await until(lambda: call.stage is CallStage.UP and callee.call.stage is CallStage.UP)
        async with saying(caller, tone([HERTZ], 1), call):
            heard = callee.call
            await until(lambda: hears(heard.heard, HERTZ))
            yield heard
            assert (call.stage, heard.stage) == (CallStage.UP, CallStage.UP)
            await until(lambda: hears(heard.heard, HERTZ))
        await caller.hang_up(call)


def assert_whole(call: PhoneCall, since: int) -> None:
    """Every frame heard is the tone or, where a machine stood still, silence; nothing of anybody else."""
    frames = [
        bytes(call.heard[at : at + FRAME_BYTES]) for at in range(since, len(call.heard) - FRAME_BYTES, FRAME_BYTES)
    ]
    loud = [np.frombuffer(each, "<i2").astype(float) for each in frames if level_db(each) > -45]
    assert len(loud) > len(frames) / 2
    for samples in loud:
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        assert abs(int(spectrum.argmax()) - HERTZ // 50) <= 1


async def settled(house: House, other: Board) -> None:
    """Everything sent so far has been read: an ordinary question is answered; one in a full buffer is asked again."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            call_id = other.send(house, f"OPTIONS sip:{HOST}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await other.final(call_id)
                    return


async def packets(house: House, other: Board, chance: Chance) -> None:
    """Broken SIP, some of it within calls that are up."""
    up = []
    for _ in range(8):
        request = chance.request(other.port, method="INVITE")
        other.transport.sendto(request, (HOST, house.exchange.sip_port))
        call_id, ours = found(request.decode(), r"Call-ID: (\S+)"), found(request.decode(), r"From: .*;tag=(\S+)")
        up.append(Talk(call_id, ours, found(await other.final(call_id), r"To: .*;tag=(\S+)")))
        other.transport.sendto(chance.request(other.port, up[-1], "ACK"), (HOST, house.exchange.sip_port))
    await sent(house, other, chance.packets(PACKETS, other.port, up))


def found(text: str, pattern: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match.group(1)


async def sent(house: House, other: Board, made: Iterable[bytes]) -> None:
    for at, packet in enumerate(made):
        with contextlib.suppress(OSError):
            other.transport.sendto(packet, (HOST, house.exchange.sip_port))
        if at % BURST == 0:
            other.told.clear()
            await settled(house, other)
    await settled(house, other)


async def sounds(house: House, chance: Chance) -> None:
    """A telephone's own sound, broken: from the address that was agreed, to a call that is up."""
    async with Desk(house.exchange.sip_port, "ward3", "secret-3") as phone:
        talk = await phone.answered(await phone.dial(NUMBER))
        assert talk.call.sdp_answer
        assert talk.call.sdp_answer.rtp_address
        made, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=talk.call.sdp_answer.rtp_address
        )
        for at, packet in enumerate(chance.sound(SOUNDS)):
            made.sendto(packet[:1400])
            if at % BURST == 0:
                await asyncio.sleep(0.01)
        made.close()


async def messages(house: House, chance: Chance) -> None:
    """Telephones at `/phones` that send anything, before and after they have registered."""
    url = f"ws://{HOST}:{house.exchange.port}/phones"
    async with aiohttp.ClientSession() as session:
        for at, text in enumerate(chance.texts(MESSAGES)):
            with contextlib.suppress(ConnectionError, aiohttp.ClientError):
                async with session.ws_connect(url) as socket:
                    if at % 3:
                        await socket.send_json({"type": "register", "address": "client:rude"})
                    await socket.send_str(text)
                    await socket.send_bytes(text.encode()[:321])
                    await socket.receive()


async def rubbish(house: House, chance: Chance) -> None:
    """Connections that were WebSockets, and then send anything."""
    upgrade = (
        f"GET /phones HTTP/1.1\r\nHost: {HOST}:{house.exchange.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    for frame in chance.frames(FRAMES):
        reader, writer = await asyncio.open_connection(HOST, house.exchange.port)
        with contextlib.suppress(ConnectionError):
            writer.write(upgrade.encode())
            await reader.readuntil(b"\r\n\r\n")
            writer.write(frame * 3)
            await writer.drain()
            writer.write_eof()
            await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def works(house: House) -> None:
    """A desk phone registers and calls, and a telephone in the browser calls."""
    async with Desk(house.exchange.sip_port, "desk", "secret-d") as desk:
        assert (await desk.register()).state is RegistrationState.REGISTERED
        await desk.answered(await desk.dial(NUMBER))
    phone: PhoneClient
    async with house.phone("+8613800000002") as phone:
        await phone.registered()
        call = await phone.dial(NUMBER)
        await until(lambda: call.stage is CallStage.UP)


@contextlib.contextmanager
def nothing_escapes() -> Iterator[None]:
    """No exception reaches the loop, none is a fault of ours, and nothing is logged as an error."""
    escaped: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, about: escaped.append(about))
    with capture_logs() as lines:
        yield
    loop.set_exception_handler(None)
    assert not escaped
    assert not [each for each in lines if each["log_level"] in ("error", "critical")]
    faults = [each for each in lines if each["event"] in ("sip_message_unusable", "telephone_message_failed")]
    assert not [each for each in faults if not each["reason"].startswith(MALFORMED)]


@pytest.mark.parametrize("seed", range(1, ROUNDS + 1))
def test_broken_messages_harm_no_healthy_call_and_everything_works_afterwards(tmp_path: Path, seed: int) -> None:
    async def whole() -> None:
        async with asyncio.timeout(6 * PATIENCE_SECONDS), board() as other:
            trunk = {"name": "board", "host": HOST, "port": other.port}
            async with sip_house(tmp_path, {"/voice": answer}, trunks=[trunk]) as house:
                with nothing_escapes():
                    async with healthy(house) as call:
                        since, chance = len(call.heard), Chance(seed)
                        await packets(house, other, chance)
                        await sounds(house, chance)
                        await messages(house, chance)
                        await rubbish(house, chance)
                        assert_whole(call, since - since % FRAME_BYTES)
                        await works(house)
                    await until(lambda: not house.exchange.context.legs.active)
                    await until(lambda: not house.exchange.phones.addresses())

    asyncio.run(whole())
