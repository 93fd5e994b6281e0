"""Record, and recordings of a leg: length, silence, keys, channels, and what survives a kill."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from exchange.calls.call_details import StatusCallback
from exchange.calls.recording.store import RecordingStore
from exchange.flow.context import RecordingOptions
from exchange.media import sound_file
from exchange.media.clock import Ticker
from exchange.media.dtmf import key_tones
from exchange.media.tones import tone
from exchange.media.wav_file import HEADER_BYTES, wav_header
from tests.unit.exchange.stage import SITE, Stage, Story

Staged = Callable[[Story], None]


def test_message_ends_with_silence_and_its_quiet_end_is_cut(staged: Staged) -> None:
    # docs/voice/twiml/record: "tells Twilio to end the recording after a number of seconds of silence has passed"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Record timeout="2" action="/recorded"/>'}
        caller, _ = await stage.dials()
        await stage.passes(0.5)
        caller.say(tone([600], 3))
        await stage.passes(5.5)
        told = stage.app.asked("/recorded")[0]
        assert (told["RecordingDuration"], told["Digits"]) == ("3", "")
        assert 2.9 < sound_file.duration(stage.context.recordings.path(told["RecordingSid"])) < 3.2

    staged(story)


def test_any_key_ends_the_message(staged: Staged) -> None:
    # docs/voice/twiml/record: "The default is `1234567890*#` — ie. any key will end the recording"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Record playBeep="false" action="/recorded"/>'}
        caller, _ = await stage.dials()
        caller.say(tone([600], 1) + key_tones("7"))
        await stage.passes(1.5)
        assert stage.app.asked("/recorded")[0]["Digits"] == "7"

    staged(story)


def test_message_is_no_longer_than_allowed(staged: Staged) -> None:
    # docs/voice/twiml/record: "The `maxLength` attribute lets you set the maximum length for the recording in seconds"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Record maxLength="4" playBeep="false" action="/recorded"/>'}
        caller, _ = await stage.dials()
        caller.say(tone([600], 20))
        await stage.passes(4.5)
        assert stage.app.asked("/recorded")[0]["RecordingDuration"] == "4"

    staged(story)


def test_nothing_said_goes_on_below(staged: Staged) -> None:
    # docs/api/twiml/record: "if Twilio receives an empty recording, it will not make a request to the 'action' URL"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Record timeout="2" action="/recorded"/><Say>nothing</Say>'}
        caller, _ = await stage.dials()
        await stage.passes(3)
        assert caller.prompts == ["nothing"]
        assert not stage.app.asked("/recorded")

    staged(story)


def test_hanging_up_is_told_to_the_action_and_the_callback(staged: Staged) -> None:
    # docs/voice/twiml/record: "The key (if any) pressed to end the recording, or `hangup` if the caller hung up"
    async def story(stage: Stage) -> None:
        attributes = f'recordingStatusCallback="{SITE}/done" recordingStatusCallbackEvent="in-progress completed"'
        stage.app.pages = {"/voice": f'<Record playBeep="false" action="/recorded" {attributes}/>'}
        caller, _ = await stage.dials()
        caller.say(tone([600], 2))
        await stage.passes(2)
        caller.hang_up()
        await stage.passes(0.1)
        assert stage.app.asked("/recorded")[0]["Digits"] == "hangup"
        assert [p["RecordingStatus"] for p in stage.app.asked("/done")] == ["in-progress", "completed"]
        assert stage.app.asked("/done")[1]["RecordingDuration"] == "2"

    staged(story)


def test_leg_recording_has_what_was_said_and_what_was_heard_in_step(staged: Staged) -> None:
    # ../shared/TELEPHONY.md: "channel 1 what the leg said, channel 2 what it heard"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Pause length="1"/><Say>hello</Say><Pause length="9"/>'}
        caller, leg = await stage.dials()
        recording = stage.context.record(leg, RecordingOptions(2, "StartCallRecordingAPI"), StatusCallback())
        began = stage.context.ticker.seconds
        await stage.passes(2)
        said_at = stage.context.ticker.seconds - began
        caller.say(tone([600], 0.5))
        await stage.passes(1)
        stage.context.stop_recording(recording)
        said, heard = sound_file.read_channels(stage.context.recordings.path(recording.facts.sid))
        assert len(said) == len(heard) == 3 * 16_000
        assert _first_sound(said) == round(said_at * 8000)
        assert abs(_first_sound(heard) - 7_200) <= 320

    staged(story)


def test_paused_recording_is_silent_or_left_out(staged: Staged) -> None:
    # docs/voice/api/recording: "`skip` does not record during the pause period, while `silence` will replace the
    # actual audio"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Pause length="60"/>'}
        caller, leg = await stage.dials()
        caller.say(tone([600], 9))
        for how, seconds in (("silence", 3.0), ("skip", 2.0)):
            recording = stage.context.record(leg, RecordingOptions(1, "StartCallRecordingAPI"), StatusCallback())
            await stage.passes(1)
            recording.paused = how
            await stage.passes(1)
            recording.paused = ""
            await stage.passes(1)
            stage.context.stop_recording(recording)
            assert recording.facts.seconds == seconds

    staged(story)


def test_recording_cut_off_by_a_kill_is_finished_at_the_next_start(tmp_path: Path) -> None:
    first = RecordingStore(tmp_path, Ticker(), "AC", lambda: "http://exchange.test")
    facts = first.new_facts("CA1", 2, "StartCallRecordingAPI", StatusCallback(f"{SITE}/recorded"))
    recording = first.start(facts)
    for _ in range(120):
        recording.frame(tone([600], 0.02), tone([900], 0.02))

    killed = tmp_path / "killed"
    killed.mkdir()
    for path in tmp_path.glob("RE*"):
        shutil.copy(path, killed)
    recording.stop()

    told: list[dict[str, str]] = []
    second = RecordingStore(killed, Ticker(), "AC", lambda: "http://exchange.test")
    second.report = lambda _order, _callback, params: told.append(params)
    second.load()
    assert told[0]["RecordingStatus"] == "completed"
    assert second.facts[facts.sid].seconds == 2.0
    assert sound_file.duration(second.path(facts.sid)) == 2.0
    assert json.loads((killed / f"{facts.sid}.json").read_text("utf-8"))["status"] == "completed"


def test_header_is_that_of_a_two_channel_wav_file() -> None:
    assert len(wav_header(2, 0)) == HEADER_BYTES
    assert sound_file.read_channels(wav_header(2, 8) + bytes(8)) == [bytes(4), bytes(4)]


def _first_sound(pcm: bytes) -> int:
    return int(np.argmax(np.abs(np.frombuffer(pcm, dtype="<i2").astype(int)) > 100)) // 160 * 160


def test_time_out_of_zero_lets_silence_go_on(staged: Staged) -> None:
    # docs/voice/twiml/record: "To disable this feature, set `timeout` to 0"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Record timeout="0" maxLength="20" action="/done"/>'}
        caller, _ = await stage.dials()
        await stage.passes(0.5)
        caller.say(tone([500], 1))
        await stage.passes(15)
        assert not stage.app.asked("/done")
        await stage.passes(6)
        assert stage.app.asked("/done")[0]["Digits"] == ""

    staged(story)


def test_message_that_is_transcribed_has_two_minutes(staged: Staged) -> None:
    # docs/voice/twiml/record: "3600 seconds (one hour) for a normal recording, and 120 seconds (two minutes) for
    # a transcribed recording"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Record timeout="0" transcribe="true" action="/done"/>'}
        caller, _ = await stage.dials()
        caller.say(tone([500], 1))
        await stage.passes(119)
        assert not stage.app.asked("/done")
        await stage.passes(2)
        assert stage.app.asked("/done")

    staged(story)


def test_silence_at_both_ends_of_a_dial_is_trimmed_when_asked_for(staged: Staged) -> None:
    # docs/voice/twiml/dial: "The `trim` attribute defaults to `do-not-trim`"
    async def story(stage: Stage) -> None:
        dial = '<Dial record="record-from-answer-dual" trim="trim-silence" action="/done"><Client>a</Client></Dial>'
        stage.app.pages = {"/voice": dial}
        agent = stage.telephone("client:a")
        await stage.dials()
        agent.answer()
        await stage.passes(2)
        agent.say(tone([900], 1))
        await stage.passes(3)
        agent.hang_up()
        await stage.passes(0.1)
        sid = stage.app.asked("/done")[0]["RecordingSid"]
        assert 1 <= stage.context.recordings.facts[sid].seconds <= 1.3

    staged(story)
