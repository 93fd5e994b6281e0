"""Keys heard in sound: every key, in noise, never in speech."""

from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest

from exchange.media import sound_file
from exchange.media.audio import MISSING, SILENCE, frames, to_pcm
from exchange.media.dtmf import DtmfDetector, detect_keys, key_tones
from exchange.media.tones import CADENCES, CadenceSource

SPEECH = Path(__file__).parents[5] / "shared" / "audio"
ALL_KEYS = "0123456789*#ABCD"


def heard(pcm: bytes) -> str:
    detector = DtmfDetector()
    return "".join(detector.feed(frame) or "" for frame in frames(pcm))


def with_noise(pcm: bytes, snr_db: float, seed: int) -> bytes:
    """White noise below the level of the tones themselves, pauses not counted."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    rms = np.sqrt(np.mean(samples[samples != 0] ** 2))
    return to_pcm(samples + np.random.default_rng(seed).normal(0, rms * 10 ** (-snr_db / 20), len(samples)))


def test_every_key_is_heard_once() -> None:
    # docs/voice/twiml/play: "digit (0-9), A, B, C, D, W, w, #, *"
    assert heard(key_tones(ALL_KEYS)) == ALL_KEYS


def test_a_long_press_is_one_key_and_a_repeated_press_is_two() -> None:
    assert heard(key_tones("5", on_seconds=3.0)) == "5"
    assert heard(key_tones("55")) == "55"


@pytest.mark.parametrize("stalled", [1, 2, 5, 13])
@pytest.mark.parametrize("at", range(1, 20))
def test_a_stall_of_the_network_makes_no_second_press(stalled: int, at: int) -> None:
    sent = list(frames(key_tones("55#", on_seconds=0.12)))
    detector = DtmfDetector()
    came = [*sent[:at], *[MISSING] * stalled, *sent[at:]]
    assert "".join(detector.feed(frame) or "" for frame in came) == "55#"


def test_who_sends_nothing_between_two_presses_pressed_twice() -> None:
    key = list(frames(key_tones("5", off_seconds=0)))
    detector = DtmfDetector()
    assert "".join(detector.feed(frame) or "" for frame in [*key, *[MISSING] * 20, *key]) == "55"


def test_w_waits_half_a_second() -> None:
    # docs/voice/twiml/number: "Each 'w' character tells Twilio to wait 0.5 seconds instead of playing a digit"
    assert len(key_tones("1w2")) - len(key_tones("12")) == 8000
    assert heard(key_tones("1w1")) == "11"


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(ValueError, match="'x'"):
        key_tones("1x")


@pytest.mark.parametrize("milliseconds", [70, 100, 200])
@pytest.mark.parametrize("offset", range(0, 320, 46))
def test_keys_are_right_in_noise_at_10_db(milliseconds: int, offset: int) -> None:
    sound = bytes(offset) + key_tones(ALL_KEYS, milliseconds / 1000)
    assert heard(with_noise(sound, 10, offset + milliseconds)) == ALL_KEYS


def test_quiet_keys_are_heard() -> None:
    quiet = np.frombuffer(key_tones(ALL_KEYS), "<i2").astype(float) * 10 ** (-22 / 20)
    assert heard(to_pcm(quiet)) == ALL_KEYS


def test_noise_and_ringing_are_no_key() -> None:
    noise = np.random.default_rng(3).normal(0, 3000, 8000 * 30)
    assert heard(to_pcm(noise)) == ""
    for cadence in CADENCES.values():
        ringing = CadenceSource(cadence)
        assert heard(b"".join(ringing.next_frame() for _ in range(500))) == ""


def test_speech_is_no_key() -> None:
    files = sorted(SPEECH.rglob("*.wav"))
    if not files:
        pytest.skip("needs the speech in ../shared/audio")
    channels = [channel for file in files for channel in sound_file.read_channels(file)]
    detectors = [DtmfDetector() for _ in channels]
    # All at once, as the exchange hears its calls: a tenth of the time that one after the other takes.
    for frame in zip_longest(*map(frames, channels), fillvalue=SILENCE):
        assert not any(detect_keys(detectors, frame))
