"""A recording of any length in chunks of a few minutes, cut where it is quiet, so that memory stays small."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recordings.errors import UnreadableAudio
from recordings.storage.audio import TELEPHONE_RATE, Sound, read_pcm, read_wav
from recordings.storage.decoding import CHANNELS, RATES
from recordings.storage.wav_lengths import Source, is_wav, read_header

CHUNK_SECONDS, SEARCH_SECONDS, STEP_SECONDS = 240.0, 20.0, 0.1
PLAIN = "pcm_s16le"


@dataclass(frozen=True)
class PcmLayout:
    """The layout of the sound in a WAV file of 16-bit PCM."""

    rate: int
    channels: int
    start: int
    length: int  # bytes of sound that are there

    @property
    def frame(self) -> int:
        """Return the bytes of one moment of all channels."""
        return 2 * self.channels

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return self.length // self.frame / self.rate


@dataclass(frozen=True)
class AudioChunk:
    """Some of the sound: where it begins, where the next begins (seconds), and itself."""

    start: float
    end: float
    sound: Sound


def pcm_layout(source: Source) -> PcmLayout | None:
    """Return the layout of a WAV file, `None` where it is no plain PCM. Raises `UnreadableAudio` where it is no WAV."""
    source.seek(0)
    if not is_wav(source.read(12) or b""):
        raise UnreadableAudio("no WAV file; convert it to WAV (PCM) first")
    header = read_header(source)
    if header is None or header.coding != PLAIN or header.channels not in CHANNELS or header.rate not in RATES:
        return None
    return PcmLayout(header.rate, header.channels, header.start, header.present)


def chunks(source: Source, begin: float = 0.0, seconds: float = CHUNK_SECONDS) -> Iterator[AudioChunk]:
    """Yield the sound from `begin` on, chunk by chunk. Raises `UnreadableAudio`."""
    layout = pcm_layout(source)
    if layout is None:
        source.seek(0)
        yield from _cut(read_wav(source.read() or b""), begin, seconds)
        return
    at = begin
    while at < layout.seconds - 0.01:
        sound = _read(source, layout, at, seconds)
        is_last = at + seconds >= layout.seconds - 1.0
        end = layout.seconds if is_last else at + _quiet(sound)
        yield AudioChunk(at, end, _until(sound, end - at))
        at = end


def _read(source: Source, layout: PcmLayout, at: float, seconds: float) -> Sound:
    first = int(at * layout.rate)
    source.seek(layout.start + first * layout.frame)
    left = layout.length - first * layout.frame
    data = source.read(min(left, int(seconds * layout.rate) * layout.frame)) or b""
    return read_pcm(data, layout.rate, layout.channels)


def _cut(sound: Sound, begin: float, seconds: float) -> Iterator[AudioChunk]:
    at = begin
    while at < sound.seconds - 0.01:
        rest = Sound(tuple(pcm[round(at * TELEPHONE_RATE) :] for pcm in sound.channels))
        is_last = rest.seconds <= seconds + 1.0
        end = sound.seconds if is_last else at + _quiet(_until(rest, seconds))
        yield AudioChunk(at, end, _until(rest, end - at))
        at = end


def _until(sound: Sound, seconds: float) -> Sound:
    return Sound(tuple(pcm[: round(seconds * TELEPHONE_RATE)] for pcm in sound.channels))


def _quiet(sound: Sound) -> float:
    """Return the second near its end at which least is to be heard on all channels together."""
    step = int(STEP_SECONDS * TELEPHONE_RATE)
    tail = int(min(SEARCH_SECONDS, sound.seconds / 2) * TELEPHONE_RATE) // step * step
    loud = sum(np.abs(pcm[-tail:].astype(np.float32)).reshape(-1, step).sum(axis=1) for pcm in sound.channels)
    smooth = np.convolve(np.asarray(loud), np.ones(5), mode="same")
    smooth[:2] = smooth[-2:] = np.inf
    return sound.seconds - (tail - (int(np.argmin(smooth)) + 0.5) * step) / TELEPHONE_RATE
