"""WAV files of every coding the exchange may be given."""

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from exchange.media import sound_file, wav_file
from exchange.media.audio import level_db
from exchange.media.tones import tone


def file_of(samples: "np.typing.ArrayLike", rate: int, channels: int = 1) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.asarray(samples).astype("<i2").tobytes())
    return buffer.getvalue()


def riff(coding: int, bits: int, data: bytes, rate: int = 8000) -> bytes:
    header = struct.pack("<HHIIHH", coding, 1, rate, rate * bits // 8, bits // 8, bits)
    return b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", 16) + header + b"data" + struct.pack("<I", len(data)) + data


def sine(hertz: float, rate: int, seconds: float = 1.0) -> "np.typing.NDArray[np.float64]":
    return 8000 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def test_two_channels_written_are_read_again(tmp_path: Path) -> None:
    left, right = tone([450], 0.5), tone([1000], 0.25)
    wav_file.write(tmp_path / "two.wav", [left, right])
    assert sound_file.read_channels(tmp_path / "two.wav") == [left, right.ljust(len(left), b"\0")]
    assert sound_file.duration(tmp_path / "two.wav") == 0.5


def test_channels_are_mixed_to_one() -> None:
    assert sound_file.read(file_of([100, 300, -100, -300], 8000, channels=2)) == struct.pack("<2h", 200, -200)


def test_an_empty_file_is_no_sound(tmp_path: Path) -> None:
    wav_file.write(tmp_path / "empty.wav", [b"", b""])
    assert sound_file.read(str(tmp_path / "empty.wav")) == b""


@pytest.mark.parametrize("rate", [11025, 16000, 22050, 44100, 48000])
def test_a_higher_rate_keeps_the_tone_and_folds_nothing_back(rate: int) -> None:
    kept = sound_file.read(file_of(sine(1000, rate), rate))
    assert len(kept) == 16000
    assert np.abs(np.frombuffer(kept, "<i2")[200:-200] - sine(1000, 8000)[200:-200]).max() < 3
    assert level_db(sound_file.read(file_of(sine(5000, rate), rate))[800:-800]) < -50


def test_a_lower_rate_is_raised() -> None:
    raised = np.frombuffer(sound_file.read(file_of(sine(400, 8000), 8000), rate=16000), "<i2")
    assert np.abs(raised[400:-400] - sine(400, 16000)[400:-400]).max() < 3


@pytest.mark.parametrize("coding", [6, 7])
def test_g711_codes_are_symmetric_and_reach_full_scale(coding: int) -> None:
    decoded = np.frombuffer(sound_file.read(riff(coding, 8, bytes(range(256)))), "<i2")
    assert sorted(decoded.tolist()) == sorted((-decoded).tolist())
    assert decoded.max() == {6: 32256, 7: 32124}[coding]


def test_other_sample_widths_are_read() -> None:
    assert sound_file.read(riff(1, 8, b"\x80\x81")) == struct.pack("<2h", 0, 256)
    assert sound_file.read(riff(1, 32, struct.pack("<i", 65536 * 5))) == struct.pack("<h", 5)


def test_a_length_that_lies_ends_with_the_data() -> None:
    streamed = file_of([1, 2, 3], 8000).replace(b"data\x06\0\0\0", b"data\xff\xff\xff\xff")
    assert sound_file.read(streamed) == struct.pack("<3h", 1, 2, 3)


@pytest.mark.parametrize("data", [b"", b"ID3", b"RIFF\0\0\0\0WAVE", riff(85, 16, b"\0\0"), riff(0x161, 16, b"\0\0")])
def test_what_is_not_a_readable_wav_is_refused(data: bytes) -> None:
    with pytest.raises(sound_file.UnreadableSound):
        sound_file.read(data)
