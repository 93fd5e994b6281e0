"""Sound as arrays: files of any kind in, 8 kHz channels out. The product's one place that resamples (soxr)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from recordings.errors import UnreadableAudio
from recordings.storage.decoding import Floats, blocks
from recordings.storage.wav_lengths import is_wav

Pcm = NDArray[np.int16]  # one channel, signed 16 bit
TELEPHONE_RATE = 8_000
QUALITY = "VHQ"


@dataclass(frozen=True)
class Sound:
    """A piece of sound at the telephone's rate."""

    channels: tuple[Pcm, ...]

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return len(self.channels[0]) / TELEPHONE_RATE


def read_wav(data: bytes) -> Sound:
    """Return the channels of a WAV file of any coding and rate, each at 8 kHz. Raises `UnreadableAudio`.

    A head that promises more or less than the file holds is not believed: it is read to its end.
    """
    if not is_wav(data):
        raise UnreadableAudio("no WAV file; convert it to WAV (PCM) first")
    return read_any(data)


def read_any(data: bytes) -> Sound:
    """Return the channels of a WAV, MP3, FLAC, Ogg, M4A, AIFF or AU file, each at 8 kHz. Raises `UnreadableAudio`."""
    channels: list[bytearray] = []
    for block in at_telephone_rate(blocks(data)):
        channels = channels or [bytearray() for _ in range(block.shape[1])]
        for channel, samples in zip(channels, block.T, strict=True):
            channel += to_pcm(samples).tobytes()
    return Sound(tuple(np.frombuffer(channel, dtype=np.int16) for channel in channels))


def at_telephone_rate(pieces: Iterable[tuple[Floats, int, int]]) -> Iterator[Floats]:
    """Yield pieces of sound (moments × channels, rate, channels) at 8 kHz; one piece at least."""
    change: soxr.ResampleStream | None = None
    count = 1
    for block, rate, count in pieces:
        if change is None and rate != TELEPHONE_RATE:
            change = soxr.ResampleStream(rate, TELEPHONE_RATE, count, quality=QUALITY)
        yield _shaped(change.resample_chunk(block) if change else block, count)
    if change:
        yield _shaped(change.resample_chunk(np.zeros((0, count), dtype=np.float32), last=True), count)


def read_pcm(data: bytes, rate: int, channels: int) -> Sound:
    """Return the channels of plain 16-bit samples (whole frames), each at 8 kHz."""
    samples = to_float(np.frombuffer(data, dtype="<i2").reshape(-1, channels))
    return Sound(tuple(to_pcm(resample(channel, rate, TELEPHONE_RATE)) for channel in samples.T))


def resample(samples: Floats, rate: int, wished: int) -> Floats:
    """Return the same sound at another rate, band-limited, so that nothing folds over."""
    if rate == wished or not len(samples):
        return samples
    return np.asarray(soxr.resample(np.ascontiguousarray(samples), rate, wished, quality=QUALITY), dtype=np.float32)


def to_pcm(samples: Floats) -> Pcm:
    """Return samples between -1 and 1 as 16 bit."""
    return np.asarray(np.clip(np.round(samples * 32768.0), -32768, 32767), dtype=np.int16)


def to_float(samples: Pcm) -> Floats:
    """Return 16-bit samples as numbers between -1 and 1."""
    return np.asarray(samples / np.float32(32768.0), dtype=np.float32)


def _shaped(sound: Floats, count: int) -> Floats:
    return sound.reshape(-1, count)
