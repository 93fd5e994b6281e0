"""What a phone makes of the sound it hears."""

import numpy as np

from exchange.media.audio import SILENCE, frames, to_pcm
from exchange.media.dtmf import key_tones
from exchange.media.tones import tone
from exchange.phone.audio_monitor import AudioMonitor


def voice(seconds: float) -> bytes:
    """Noise is as little a tone as a voice is."""
    return to_pcm(np.random.default_rng(5).normal(0, 3000, round(8000 * seconds)))


def listen(ear: AudioMonitor, pcm: bytes, is_prompt: bool = False) -> None:
    for frame in frames(pcm):
        ear.feed(frame, is_prompt=is_prompt)


def pause(seconds: float) -> bytes:
    return SILENCE * round(seconds * 50)


def test_a_turn_is_over_when_the_other_side_has_spoken_and_is_quiet() -> None:
    ear = AudioMonitor()
    listen(ear, pause(1))
    assert not ear.is_turn_over(0.5)
    listen(ear, voice(1) + pause(0.3))
    assert not ear.is_turn_over(0.5)
    listen(ear, pause(0.3))
    assert ear.is_turn_over(0.5)


def test_after_our_own_words_the_other_side_has_to_speak_again() -> None:
    ear = AudioMonitor()
    listen(ear, voice(1) + pause(1))
    ear.start_turn()
    assert not ear.is_turn_over(0.5)
    listen(ear, voice(0.4) + pause(0.6))
    assert ear.is_turn_over(0.5)


def test_prompts_are_nobodys_turn() -> None:
    ear = AudioMonitor()
    listen(ear, voice(2), is_prompt=True)
    listen(ear, voice(0.1) + pause(2))
    assert not ear.is_turn_over(0.5)
    assert ear.hears("speech")


def test_ringing_and_keys_are_tones_and_nobodys_turn() -> None:
    ear = AudioMonitor()
    listen(ear, tone([440, 480], 1.0))
    assert ear.hears("tone")
    assert not ear.hears("speech")
    listen(ear, key_tones("5", 0.5, 0) + pause(1))
    assert not ear.hears("tone")
    assert not ear.is_turn_over(0.5)
    assert ear.hears("silence")
