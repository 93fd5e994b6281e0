"""A call between two people that has to stay whole, whatever else the exchange is given meanwhile."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np

from exchange.media import sound_file
from exchange.media.audio import FRAME_BYTES, FRAME_SECONDS, level_db
from exchange.media.tones import tone
from exchange.phone.phone_call import CallStage
from tests.calls.exchange.conftest import NUMBER, House, is_tone, saying, until

PULSE_SECONDS = 0.01
# What one input may take of the loop's own thread, in seconds of its processor: a call's line holds as much.
MOST_AT_ONCE_SECONDS = 0.5
# A line that ran dry comes back a quarter of a second later, at most twice in a row.
LONGEST_GAP_SECONDS = 1.0
# A wait of the loop that a line may notice: the machine's, or its disk's.
NOTICED_SECONDS = 0.04
QUIET_DB = -50.0
LEAST_BYTES = 32_000  # a second of two channels


@dataclass
class Pulse:
    """How the loop's thread was held up: by work of its own, and, in all, by a machine that did not let it run."""

    most_work: float = 0.0
    waited: float = 0.0

    async def feel(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began, worked = loop.time(), time.thread_time()
            await asyncio.sleep(PULSE_SECONDS)
            work = time.thread_time() - worked
            self.most_work = max(self.most_work, work)
            waited = loop.time() - began - PULSE_SECONDS - work
            self.waited += waited if waited > NOTICED_SECONDS else 0.0


def longest_gap(pcm: bytes) -> float:
    """The longest silence after the first sound, in seconds."""
    frames = [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)]
    loud = np.flatnonzero([level_db(frame) > QUIET_DB for frame in frames])
    assert len(loud), "nothing was heard"
    return float(np.diff(loud, append=len(frames)).max() - 1) * FRAME_SECONDS


@contextlib.asynccontextmanager
async def healthy(house: House) -> AsyncIterator[None]:
    """Two people talk, are recorded, and are looked at in the end: up, whole on both channels, and never held up.

    The application's page `/healthy` must dial `client:callee`, and `/voice` lead the telephone `+8610` there.
    """
    pulse = Pulse()
    async with house.phone("+8610") as caller, house.phone("client:callee") as callee:
        for phone in (caller, callee):
            await phone.registered()
        call = await caller.dial(NUMBER)
        await until(lambda: callee.call.stage is CallStage.RINGING)
        await callee.answer()
        await until(lambda: call.stage is CallStage.UP and callee.call.stage is CallStage.UP)
        async with saying(caller, tone([600], 30.0), call), saying(callee, tone([1400], 30.0), callee.call):
            feeling = asyncio.create_task(pulse.feel())
            calls = house.client.calls(call.sid)
            recording = await house.rest(lambda: calls.recordings.create(recording_channels="dual"))
            path = house.exchange.context.recordings.path(recording.sid)
            await until(lambda: path.stat().st_size > LEAST_BYTES)
            yield
            feeling.cancel()
            assert (call.stage, callee.call.stage) == (CallStage.UP, CallStage.UP)
            await house.rest(lambda: calls.recordings(recording.sid).update(status="stopped"))
    said, heard = sound_file.read_channels(path)
    for pcm, hertz in ((said, 600), (heard, 1400)):
        assert longest_gap(pcm) <= LONGEST_GAP_SECONDS + pulse.waited, (hertz, pulse)
        assert is_tone(pcm, hertz)
    assert pulse.most_work <= MOST_AT_ONCE_SECONDS, pulse
