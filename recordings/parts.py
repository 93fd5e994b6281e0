"""A recording of any length in parts of a few minutes, cut where it is quiet, so that memory stays small."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recordings.audio import CHANNELS, RATES, TELEPHONE_RATE, Sound, read_pcm, read_wav
from recordings.errors import UnreadableAudio

PART_SECONDS, SEARCH_SECONDS, STEP_SECONDS = 240.0, 20.0, 0.1
PCM, EXTENSIBLE = 1, 0xFFFE
Source = io.RawIOBase | io.BytesIO


@dataclass(frozen=True)
class Shape:
    """How the sound lies in a WAV file of plain PCM."""

    rate: int
    channels: int
    width: int  # bytes of a sample
    start: int
    length: int  # bytes of sound that are there
    promised: int

    @property
    def frame(self) -> int:
        """Bytes of one moment of all channels."""
        return self.channels * self.width

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.length // self.frame / self.rate


@dataclass(frozen=True)
class Part:
    """Some of the sound: where it begins, where the next begins (seconds), and itself."""

    start: float
    end: float
    sound: Sound


def shape(source: Source) -> Shape | None:
    """The shape of a WAV file, `None` where it is no plain PCM. Raises `UnreadableAudio` where it is no WAV."""
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    head = source.read(12) or b""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise UnreadableAudio("no WAV file; convert it to WAV (PCM) first")
    known: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= size:
        source.seek(at)
        name, length = struct.unpack("<4sI", source.read(8) or b"")
        if name == b"fmt " and length >= 16:
            known = _format(source.read(min(length, 40)) or b"")
        if name == b"data":
            return _shape(known, at + 8, length, size)
        at += 8 + length + length % 2
    raise UnreadableAudio("the WAV file holds no sound")


def shape_of(data: bytes) -> Shape:
    """The shape of a whole WAV file; one of another coding is read. Raises `UnreadableAudio`, also when it was cut."""
    known = shape(io.BytesIO(data))
    if known is None:
        sound = read_wav(data, must_be_whole=True)
        length = len(sound.channels[0]) * len(sound.channels) * 2
        return Shape(TELEPHONE_RATE, len(sound.channels), 2, 0, length, length)
    if known.length + known.frame <= known.promised:
        raise UnreadableAudio(f"its sound ends after {known.length} of {known.promised} bytes")
    return known


def parts(source: Source, begin: float = 0.0, seconds: float = PART_SECONDS) -> Iterator[Part]:
    """The sound from `begin` on, part by part. Raises `UnreadableAudio`."""
    known = shape(source)
    if known is None:
        source.seek(0)
        yield from _cut(read_wav(source.read() or b""), begin, seconds)
        return
    at = begin
    while at < known.seconds - 0.01:
        sound = _read(source, known, at, seconds)
        is_last = at + seconds >= known.seconds - 1.0
        end = known.seconds if is_last else at + _quiet(sound)
        yield Part(at, end, _until(sound, end - at))
        at = end


def _format(raw: bytes) -> tuple[int, int, int, int] | None:
    if len(raw) < 16:
        return None
    coding, channels, rate, _, _, bits = struct.unpack("<HHIIHH", raw[:16])
    if coding == EXTENSIBLE and len(raw) >= 26:
        (coding,) = struct.unpack("<H", raw[24:26])
    return (coding, channels, rate, bits)


def _shape(known: tuple[int, int, int, int] | None, start: int, length: int, size: int) -> Shape | None:
    if known is None:
        raise UnreadableAudio("the WAV file does not say what its sound is")
    coding, channels, rate, bits = known
    if channels not in CHANNELS or rate not in RATES:
        raise UnreadableAudio(f"a WAV file with {channels} channels at {rate} Hz cannot be used")
    if coding != PCM or bits not in (16, 32):
        return None
    there = min(length, size - start)
    return Shape(rate, channels, bits // 8, start, there - there % (channels * bits // 8), length)


def _read(source: Source, known: Shape, at: float, seconds: float) -> Sound:
    first = int(at * known.rate)
    source.seek(known.start + first * known.frame)
    left = known.length - first * known.frame
    data = source.read(min(left, int(seconds * known.rate) * known.frame)) or b""
    return read_pcm(data, known.width, known.rate, known.channels)


def _cut(sound: Sound, begin: float, seconds: float) -> Iterator[Part]:
    at = begin
    while at < sound.seconds - 0.01:
        rest = Sound(tuple(pcm[round(at * TELEPHONE_RATE) :] for pcm in sound.channels))
        is_last = rest.seconds <= seconds + 1.0
        end = sound.seconds if is_last else at + _quiet(_until(rest, seconds))
        yield Part(at, end, _until(rest, end - at))
        at = end


def _until(sound: Sound, seconds: float) -> Sound:
    return Sound(tuple(pcm[: round(seconds * TELEPHONE_RATE)] for pcm in sound.channels))


def _quiet(sound: Sound) -> float:
    """The second near its end at which least is to be heard on all channels together."""
    step = int(STEP_SECONDS * TELEPHONE_RATE)
    tail = int(min(SEARCH_SECONDS, sound.seconds / 2) * TELEPHONE_RATE) // step * step
    loud = sum(np.abs(pcm[-tail:].astype(np.float32)).reshape(-1, step).sum(axis=1) for pcm in sound.channels)
    smooth = np.convolve(np.asarray(loud), np.ones(5), mode="same")
    smooth[:2] = smooth[-2:] = np.inf
    return sound.seconds - (tail - (int(np.argmin(smooth)) + 0.5) * step) / TELEPHONE_RATE
