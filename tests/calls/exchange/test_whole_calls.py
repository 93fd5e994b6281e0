"""Whole calls with real audio: a caller, a menu, a queue, an agent, a recording."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import numpy as np
import requests

from exchange.media.dtmf import key_tones
from exchange.media.tones import tone
from exchange.phone.phone_call import CallStage
from tests.calls.exchange.conftest import hears, is_tone, saying, until

if TYPE_CHECKING:
    from twilio.rest import Client

    from exchange.phone.client import PhoneClient
    from exchange.phone.phone_call import PhoneCall
    from tests.calls.exchange.conftest import House, Tell

MENU = '<Gather numDigits="1" timeout="5" action="/menu"><Say language="zh-CN">请按一。</Say></Gather><Hangup/>'
QUEUE = '<Enqueue waitUrl="/wait" action="/left">booking</Enqueue>'
ROOM = (
    '<Dial><Conference beep="false" endConferenceOnExit="true" waitUrl="" statusCallback="/events" '
    'statusCallbackEvent="start end join leave">room</Conference></Dial>'
)


def offer(rest: Client, url: str) -> None:
    """Ring the agent for the caller who waits."""
    rest.calls.create(
        to="client:zhang", from_="+861012345", url=f"{url}/offer", timeout=15,
        status_callback=f"{url}/offer-status",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )  # fmt: skip


async def both_are_kept(house: House, recording_sid: str) -> None:
    """See that each channel holds its own side, and that a deleted recording is gone."""
    rest, told = house.client, house.app.asked("/recorded")[0]
    assert told["RecordingChannels"] == "2"
    assert told["RecordingStatus"] == "completed"
    address = f"{told['RecordingUrl']}.wav"
    sound = await house.rest(lambda: requests.get(f"{address}?RequestedChannels=2", auth=rest.auth, timeout=30))
    said, heard = _channels(sound.content)
    assert is_tone(_loud(said), 600)
    assert is_tone(_loud(heard), 1400)
    await house.rest(lambda: rest.recordings(recording_sid).delete())
    gone = await house.rest(lambda: requests.get(address, auth=rest.auth, timeout=30))
    assert gone.status_code == 404


async def presses_one(caller: PhoneClient) -> PhoneCall:
    """Have the caller dial, hear the menu and press its key."""
    call = await caller.dial("+861012345")
    await until(lambda: bool(call.prompts))
    await caller.say(key_tones("1"), call)
    return call


async def they_talk(caller: PhoneClient, call: PhoneCall, agent: PhoneClient) -> None:
    """Have both speak until each has heard the other."""
    async with saying(caller, tone([600], 1.0), call), saying(agent, tone([1400], 1.0), agent.call):
        await until(lambda: hears(call.heard, 1400))
        await until(lambda: hears(agent.call.heard, 600))


def test_caller_reaches_an_agent_through_menu_and_queue_and_both_are_recorded(tell: Tell) -> None:
    # ../shared/TELEPHONY.md: "A leg's own recording with two channels: channel 1 what the leg said, channel 2
    # what it heard"
    async def story(house: House) -> None:
        app, rest = house.app, house.client
        async with house.phone("+8613800000001") as caller, house.phone("client:zhang") as agent:
            await caller.registered()
            await agent.registered()
            call = await presses_one(caller)
            await app.until(lambda: bool(app.asked("/wait")))
            assert app.asked("/menu")[0]["Digits"] == "1"
            assert app.asked("/wait")[0]["QueuePosition"] == "1"

            await house.rest(lambda: offer(rest, app.url))
            await until(lambda: agent.call.stage is CallStage.RINGING)
            await agent.answer()
            await app.until(lambda: bool(app.asked("/events")))
            recording = await house.rest(
                lambda: rest.calls(call.sid).recordings.create(
                    recording_channels="dual", recording_status_callback=f"{app.url}/recorded"
                )
            )
            await house.rest(lambda: rest.calls(call.sid).update(url=f"{app.url}/join"))
            await app.until(lambda: any(e["StatusCallbackEvent"] == "conference-start" for e in app.asked("/events")))
            assert app.asked("/left")[0]["QueueResult"] == "redirected"

            await they_talk(caller, call, agent)
            await agent.hang_up(agent.call)
            await until(lambda: call.stage is CallStage.OVER)
            await app.until(lambda: bool(app.asked("/recorded")) and bool(app.asked("/status")))
            await app.until(lambda: len(app.asked("/offer-status")) == 4)
            await both_are_kept(house, recording.sid)
        assert [p["CallStatus"] for p in app.asked("/offer-status")] == [
            "initiated", "ringing", "in-progress", "completed",
        ]  # fmt: skip
        assert [p["SequenceNumber"] for p in app.asked("/offer-status")] == ["0", "1", "2", "3"]
        assert all(seen.is_signed for seen in app.seen)

    tell(story, {"/voice": MENU, "/menu": QUEUE, "/wait": '<Pause length="60"/>', "/offer": ROOM, "/join": ROOM})


def _channels(data: bytes) -> tuple[bytes, bytes]:
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        both = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    return both[:, 0].tobytes(), both[:, 1].tobytes()


def _loud(pcm: bytes) -> bytes:
    """The half second from the first loud sample."""
    samples = np.frombuffer(pcm, dtype="<i2")
    first = int(np.argmax(np.abs(samples.astype(int)) > 2000))
    return samples[first + 400 : first + 4400].tobytes()
