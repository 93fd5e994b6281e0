"""Long and strange files: read in parts with little memory, cut where it is quiet, refused when they were cut off."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest

from recordings.errors import UnreadableAudio
from recordings.speech import audio_chunks
from tests.support import sound_files

HOURS = 2
CASES = Path(__file__).resolve().parents[4] / ".." / "shared" / "cases" / "wav"


class Endless(io.RawIOBase):
    """Two hours of telephone sound that nobody holds in memory; it notes how much is asked for at once."""

    def __init__(self, rate: int, channels: int) -> None:
        super().__init__()
        length = HOURS * 3600 * rate * channels * 2
        self.head = b"RIFF" + struct.pack("<I", length + 36) + b"WAVEfmt " + struct.pack(
            "<IHHIIHH", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16
        ) + b"data" + struct.pack("<I", length)  # fmt: skip
        self.size, self.at, self.most = length + len(self.head), 0, 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence] + offset
        return self.at

    def read(self, size: int | None = -1) -> bytes:
        end = self.size if size is None or size < 0 else min(self.size, self.at + size)
        data = self.head[self.at : end] + bytes(max(0, end - max(self.at, len(self.head))))
        self.at, self.most = end, max(self.most, end - self.at, len(data))
        return data


def wav(samples: "np.ndarray[tuple[int, ...], np.dtype[np.int16]]", rate: int, promised: int | None = None) -> bytes:
    """A WAV file of samples in shape (moments, channels)."""
    data = samples.astype("<i2").tobytes()
    channels = samples.shape[1]
    length = len(data) if promised is None else promised
    form = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", min(length + 36, 0xFFFFFFFF))
        + b"WAVEfmt "
        + form
        + b"data"
        + struct.pack("<I", length)
        + data
    )


@pytest.mark.parametrize(("rate", "channels"), [(8000, 2), (8000, 1), (48000, 2)])
def test_two_hours_are_read_a_few_minutes_at_a_time(rate: int, channels: int) -> None:
    source = Endless(rate, channels)
    at = 0.0
    for count, part in enumerate(audio_chunks.chunks(source)):
        assert part.start == pytest.approx(at)
        assert len(part.sound.channels) == channels
        at = part.end
        if (rate, channels) != (8000, 1) and count == 1:
            break  # the rest takes a while and tells nothing new
    else:
        assert at == pytest.approx(HOURS * 3600)
    assert source.most <= audio_chunks.CHUNK_SECONDS * rate * channels * 2


def test_a_part_ends_where_it_is_quiet() -> None:
    rate = 8000
    loud = (np.random.default_rng(1).normal(0, 3000, 60 * rate)).astype(np.int16)
    loud[27 * rate : 27 * rate + rate] = 0
    found = list(audio_chunks.chunks(io.BytesIO(wav(loud[:, None], rate)), seconds=30.0))
    assert 27 < found[0].end < 28
    assert found[1].start == found[0].end
    assert found[-1].end == pytest.approx(60, abs=0.01)


def test_parts_go_on_where_the_last_one_ended() -> None:
    quiet = np.zeros((60 * 8000, 2), dtype=np.int16)
    assert [part.start for part in audio_chunks.chunks(io.BytesIO(wav(quiet, 8000)), begin=45.0, seconds=30.0)] == [
        45.0
    ]


@pytest.mark.parametrize("data", [b"", b"RIFF", b"no sound at all", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0"])
def test_what_is_no_wav_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(UnreadableAudio):
        sound_files.settled(data, None)


def test_a_file_that_was_cut_off_is_refused_and_an_empty_one_has_no_length() -> None:
    quiet = np.zeros((8000, 2), dtype=np.int16)
    for seconds in (None, 2.0):
        with pytest.raises(UnreadableAudio, match="ends after 32000 of 64000 bytes"):
            sound_files.settled(wav(quiet, 8000, promised=64000), seconds)
    assert sound_files.settled(wav(quiet[:0], 8000), None)[1].seconds == 0
    assert sound_files.settled(wav(quiet, 48000), None)[1].seconds == pytest.approx(1 / 6)


@pytest.mark.parametrize("promised", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_file_whose_length_is_not_written_is_unfinished_until_the_provider_says_how_long_it_is(promised: int) -> None:
    data = wav(np.ones((24_000, 2), dtype=np.int16), 8000, promised)
    with pytest.raises(UnreadableAudio, match="not written yet"):
        sound_files.settled(data, None)
    with pytest.raises(UnreadableAudio, match=r"3\.0 s came of 12 s"):
        sound_files.settled(data, 12.0)
    kept, shape = sound_files.settled(data, 3.0)
    assert (shape.seconds, shape.channels) == (3.0, 2)
    assert kept == wav(np.ones((24_000, 2), dtype=np.int16), 8000)


@pytest.mark.parametrize("promised", [4000, 9_000_000])
def test_a_head_that_is_wrong_is_written_anew_where_the_provider_says_the_right_length(promised: int) -> None:
    samples = np.ones((24_000, 2), dtype=np.int16)
    assert sound_files.settled(wav(samples, 8000, promised), 3.0)[0] == wav(samples, 8000)


@pytest.mark.parametrize("seconds", [12.0, None])
def test_what_came_as_plain_sound_is_kept_byte_by_byte(seconds: float | None) -> None:
    good = (CASES / "00-good.wav").read_bytes()
    assert sound_files.settled(good, seconds)[0] == good


@pytest.mark.parametrize("name", ["10-data-zero", "13-data-short", "21-ext-float32", "30-float32", "31-pcm24"])
def test_recordings_of_the_field_are_kept_as_the_call_they_are(name: str) -> None:
    good = (CASES / "00-good.wav").read_bytes()
    assert sound_files.settled((CASES / f"{name}.wav").read_bytes(), 12.0)[0] == good


@pytest.mark.parametrize("name", ["14-ulaw-data-zero", "23-ext-alaw"])
def test_recordings_in_the_laws_of_the_telephone_are_kept_so_that_names_in_them_can_be_covered(name: str) -> None:
    kept, shape = sound_files.settled((CASES / f"{name}.wav").read_bytes(), 12.0)
    assert (shape.seconds, shape.channels) == (12.0, 2)
    assert audio_chunks.pcm_layout(io.BytesIO(kept)) == shape


def test_samples_in_the_other_byte_order_are_no_noise() -> None:
    tone = sound_files.tone(3.0)
    form = sound_files.form(sound_files.PCM, 16, order=">")
    data = sound_files.chunk(b"data", sound_files.integers(tone, 16, ">"), order=">")
    kept, _ = sound_files.settled(sound_files.riff(form, data, magic=b"RIFX"), 3.0)
    assert kept[44:] == sound_files.integers(tone, 16)


def test_what_is_stored_with_a_wrong_head_from_before_is_read_to_its_end() -> None:
    assert audio_chunks.pcm_layout(io.BytesIO((CASES / "13-data-short.wav").read_bytes())) == audio_chunks.PcmLayout(
        8000, 2, 44, 384_000
    )
