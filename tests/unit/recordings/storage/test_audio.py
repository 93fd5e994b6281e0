"""WAV files of many shapes become 8 kHz channels; whatever cannot be read says what it is."""

import io
import struct
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recordings.errors import UnreadableAudio
from recordings.storage.audio import Sound, read_any, read_wav, resample, to_float
from tests.support import sound_files

CASES = Path(__file__).resolve().parents[4] / ".." / "shared" / "cases" / "wav"


def tone(hertz: float, rate: int, seconds: float = 0.5) -> NDArray[np.float32]:
    return np.asarray(0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate), dtype=np.float32)


def riff(form: int, bits: int, data: bytes, rate: int = 8000, channels: int = 1) -> bytes:
    size = channels * bits // 8
    head = struct.pack("<HHIIHH", form, channels, rate, rate * size, size, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def loudest(sound: Sound, channel: int = 0) -> float:
    """The frequency that sounds loudest."""
    spectrum = np.abs(np.fft.rfft(to_float(sound.channels[channel])))
    return float(np.argmax(spectrum) / sound.seconds)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
def test_channels_keep_their_sound_and_their_order_at_any_rate(rate: int) -> None:
    pair = np.stack([tone(440, rate), tone(1000, rate)], axis=1)
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(2)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes((pair * 32767).astype("<i2").tobytes())
    sound = read_wav(file.getvalue())
    assert sound.seconds == pytest.approx(0.5, abs=0.001)
    assert loudest(sound, 0) == pytest.approx(440, abs=3)
    assert loudest(sound, 1) == pytest.approx(1000, abs=3)


def test_what_is_above_the_telephone_band_does_not_fold_into_it() -> None:
    folded = resample(tone(5000, 16_000), 16_000, 8_000)
    assert np.abs(folded[100:-100]).max() < 0.001  # a tone that begins at once is no pure tone at its ends


@pytest.mark.parametrize(
    ("form", "bits", "data"),
    [
        (1, 8, bytes([128, 255, 0, 128])),
        (1, 24, struct.pack("<i", 0)[:3] + b"\xff\xff\x7f" + b"\x00\x00\x80" + b"\0\0\0"),
        (1, 32, struct.pack("<4i", 0, 2**31 - 1, -(2**31), 0)),
        (3, 32, struct.pack("<4f", 0.0, 1.0, -1.0, 0.0)),
        (7, 8, bytes([0xFF, 0x80, 0x00, 0xFF])),
        (6, 8, bytes([0xD5, 0xAA, 0x2A, 0xD5])),
    ],
)
def test_codings_of_telephone_systems_are_read(form: int, bits: int, data: bytes) -> None:
    values = to_float(read_wav(riff(form, bits, data)).channels[0])
    assert values == pytest.approx([0.0, 1.0, -1.0, 0.0], abs=0.03)


def test_a_stream_that_promises_more_than_it_holds_is_read_to_its_end() -> None:
    assert read_wav(riff(1, 16, bytes(1600))[:-800]).seconds == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no WAV"),
        (b"<html>not found</html>", "convert it to WAV"),
        (riff(85, 16, b"\0\0"), "export it as WAV"),
        (riff(1, 16, b"")[:30], "export it as WAV"),
    ],
)
def test_what_is_no_wav_file_says_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableAudio, match=says):
        read_wav(data)


CALL = [channel.tobytes() for channel in read_wav((CASES / "00-good.wav").read_bytes()).channels]


@pytest.mark.parametrize("name", ["10-data-zero", "13-data-short", "21-ext-float32", "30-float32", "31-pcm24"])
def test_files_of_the_field_hold_all_of_their_call(name: str) -> None:
    sound = read_any((CASES / f"{name}.wav").read_bytes())
    assert [channel.tobytes() for channel in sound.channels] == CALL


@pytest.mark.parametrize("name", ["14-ulaw-data-zero", "23-ext-alaw"])
def test_files_of_the_field_in_the_laws_of_the_telephone_are_the_same_call(name: str) -> None:
    sound = read_any((CASES / f"{name}.wav").read_bytes())
    for channel, good in zip(sound.channels, CALL, strict=True):
        assert np.abs(to_float(channel) - to_float(np.frombuffer(good, np.int16))).max() < 0.02


@pytest.mark.parametrize("valid", [24, 32])
def test_whole_numbers_in_thirty_two_bits_are_no_floats(valid: int) -> None:
    wished = sound_files.tone()
    made = sound_files.chunk(b"data", sound_files.integers(wished, 32))
    [channel] = read_wav(sound_files.riff(sound_files.extensible(sound_files.PCM, 32, valid), made)).channels
    assert np.abs(to_float(channel) - wished[:, 0]).max() < 0.001


def test_hours_of_silence_in_a_small_file_are_refused() -> None:
    with pytest.raises(UnreadableAudio, match=r"longer than 2\.5 hours"):
        read_any(sound_files.long_silence(4))


def test_a_playlist_is_no_sound_whatever_it_names() -> None:
    with pytest.raises(UnreadableAudio):
        read_any(b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + b"#EXTM3U\nfile:///etc/hostname\n")


def test_hundreds_of_damaged_files_are_sound_or_refused() -> None:
    outcomes = {"sound": 0, "refused": 0}
    for data in sound_files.mutated(400, seed=11):
        began = time.process_time()
        try:
            read_any(data)
            sound_files.settled(data, None)
            outcomes["sound"] += 1
        except UnreadableAudio:
            outcomes["refused"] += 1
        assert time.process_time() - began < 30
    assert min(outcomes.values()) > 40, outcomes
