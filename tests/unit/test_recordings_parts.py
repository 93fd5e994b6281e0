"""Long and strange files: read in parts with little memory, cut where it is quiet, refused when they were cut off."""

import io
import struct

import numpy as np
import pytest

from recordings import parts
from recordings.errors import UnreadableAudio

HOURS = 2


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
    return b"RIFF" + struct.pack("<I", length + 36) + b"WAVEfmt " + form + b"data" + struct.pack("<I", length) + data


@pytest.mark.parametrize(("rate", "channels"), [(8000, 2), (8000, 1), (48000, 2)])
def test_two_hours_are_read_a_few_minutes_at_a_time(rate: int, channels: int) -> None:
    source = Endless(rate, channels)
    at = 0.0
    for count, part in enumerate(parts.parts(source)):
        assert part.start == pytest.approx(at)
        assert len(part.sound.channels) == channels
        at = part.end
        if (rate, channels) != (8000, 1) and count == 1:
            break  # the rest takes a while and tells nothing new
    else:
        assert at == pytest.approx(HOURS * 3600)
    assert source.most <= parts.PART_SECONDS * rate * channels * 2


def test_a_part_ends_where_it_is_quiet() -> None:
    rate = 8000
    loud = (np.random.default_rng(1).normal(0, 3000, 60 * rate)).astype(np.int16)
    loud[27 * rate : 27 * rate + rate] = 0
    found = list(parts.parts(io.BytesIO(wav(loud[:, None], rate)), seconds=30.0))
    assert 27 < found[0].end < 28
    assert found[1].start == found[0].end
    assert found[-1].end == pytest.approx(60, abs=0.01)


def test_parts_go_on_where_the_last_one_ended() -> None:
    quiet = np.zeros((60 * 8000, 2), dtype=np.int16)
    assert [part.start for part in parts.parts(io.BytesIO(wav(quiet, 8000)), begin=45.0, seconds=30.0)] == [45.0]


@pytest.mark.parametrize("data", [b"", b"RIFF", b"no sound at all", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0"])
def test_what_is_no_wav_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(UnreadableAudio):
        parts.shape_of(data)


def test_a_file_that_was_cut_off_is_refused_and_an_empty_one_has_no_length() -> None:
    quiet = np.zeros((8000, 2), dtype=np.int16)
    with pytest.raises(UnreadableAudio):
        parts.shape_of(wav(quiet, 8000, promised=64000))
    assert parts.shape_of(wav(quiet[:0], 8000)).seconds == 0
    assert parts.shape_of(wav(quiet, 48000)).seconds == pytest.approx(1 / 6)
