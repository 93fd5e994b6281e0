"""A patient behind a switchboard, on the real exchange: the line is rung, then the extension is keyed."""

import asyncio
from datetime import timedelta
from pathlib import Path

from exchange.media.dtmf import DtmfDetector
from exchange.phone.phone_call import CallStage
from hotline import clock
from telephony.provider import Provider
from telephony.provider.calls import PatientWebhooks
from tests.calls.exchange.conftest import NUMBER, House, opened, until

BOARD = "+861062345678"
FRAME_BYTES = 320


def keys(sound: bytes) -> str:
    """The keys that were heard."""
    detector = DtmfDetector()
    frames = [sound[at : at + FRAME_BYTES] for at in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES)]
    return "".join(key for frame in frames if (key := detector.feed(frame)))


def test_the_extension_is_keyed_after_the_switchboard_has_answered(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        provider = Provider(house.client, house.client.api.base_url)
        async with house.phone(BOARD) as board:
            await board.registered()
            since = clock.now() - timedelta(minutes=1)
            number, base = f"{BOARD};ext=801", f"{house.app.url}/attempt"
            webhooks = PatientWebhooks(f"{base}/answer", f"{base}/status", f"{base}/machine")
            await house.rest(lambda: provider.dial_patient(number, NUMBER, webhooks, 20))
            await until(lambda: board.call.stage is CallStage.RINGING)
            await board.answer()
            await until(lambda: keys(bytes(board.call.heard)) == "801")
            await house.app.until(lambda: bool(house.app.asked("/attempt/answer")))
            assert await house.rest(lambda: len(provider.outbound(number, since))) == 1
            assert house.app.asked("/attempt/machine") == []
            provider.close()

    async def whole() -> None:
        async with asyncio.timeout(90), opened(tmp_path, {"/attempt/answer": '<Pause length="30"/>'}) as house:
            await story(house)

    asyncio.run(whole())
