"""Sound as arrays: WAV files of any shape in (pydub), 8 kHz mono channels out, and a resampler. No recognition here."""

import io
import struct
import warnings
from dataclasses import dataclass

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from recordings.errors import UnreadableAudio

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydub looks for ffmpeg, which nothing here needs, and Python renames `audioop`
    from pydub import AudioSegment
    from pydub.audio_segment import extract_wav_headers
    from pydub.exceptions import CouldntDecodeError

Pcm = NDArray[np.int16]  # one channel, signed 16 bit
TELEPHONE_RATE = 8_000
RIFF_HEADER, CHUNK_HEADER = 12, 8  # bytes
CHANNELS, RATES = range(1, 17), range(1_000, 384_001)


@dataclass(frozen=True)
class Sound:
    """A piece of sound at the telephone's rate."""

    channels: tuple[Pcm, ...]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.channels[0]) / TELEPHONE_RATE


def read_wav(data: bytes, must_be_whole: bool = False) -> Sound:
    """The channels of a WAV file (PCM of 8 to 32 bits, float, A-law or mu-law; any rate), each at 8 kHz.

    A header that promises more than the file holds is taken as "until its end", as streams write it, unless the file
    `must_be_whole`. Raises `UnreadableAudio`.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise UnreadableAudio("no WAV file; convert it to WAV (PCM) first")
    if must_be_whole:
        _check_whole(data)
    segment = _segment(data)
    if segment.channels not in CHANNELS or segment.frame_rate not in RATES:
        raise UnreadableAudio(f"a WAV file with {segment.channels} channels at {segment.frame_rate} Hz cannot be used")
    return Sound(tuple(_telephone(channel) for channel in segment.split_to_mono()))


def read_any(data: bytes) -> Sound:
    """The channels of a WAV file, or of another kind that FFmpeg's library knows (MP3, FLAC, Ogg, M4A), each at 8 kHz.

    Raises `UnreadableAudio`.
    """
    if data[:4] == b"RIFF":
        return read_wav(data)
    return Sound(tuple(_telephone(channel) for channel in _decoded(data).split_to_mono()))


def read_pcm(data: bytes, width: int, rate: int, channels: int) -> Sound:
    """The channels of plain PCM samples (`width` bytes each, whole frames), each at 8 kHz."""
    if not data:
        return Sound(tuple(np.zeros(0, dtype=np.int16) for _ in range(channels)))
    return Sound(tuple(_telephone(channel) for channel in _pcm(data, width, rate, channels).split_to_mono()))


def _telephone(mono: AudioSegment) -> Pcm:
    samples = np.asarray(mono.get_array_of_samples(), dtype=np.float32) / np.float32(1 << 8 * mono.sample_width - 1)
    # Not pydub's own `set_frame_rate`: it interpolates between samples, so that hiss above 4 kHz folds into speech.
    return to_pcm(resample(samples, mono.frame_rate, TELEPHONE_RATE))


def resample(samples: NDArray[np.float32], rate: int, wished: int) -> NDArray[np.float32]:
    """The same sound at another rate, band-limited (by way of its spectrum, so that nothing folds over)."""
    if rate == wished or not len(samples):
        return samples
    length = round(len(samples) * wished / rate)
    spectrum = np.fft.rfft(samples)
    kept = np.zeros(length // 2 + 1, dtype=spectrum.dtype)
    usable = min(len(kept), len(spectrum))
    kept[:usable] = spectrum[:usable]
    return np.asarray(np.fft.irfft(kept, length) * (length / len(samples)), dtype=np.float32)


def to_pcm(samples: NDArray[np.float32]) -> Pcm:
    """Samples between -1 and 1 as 16 bit."""
    return np.asarray(np.clip(np.round(samples * 32768.0), -32768, 32767), dtype=np.int16)


def to_float(samples: Pcm) -> NDArray[np.float32]:
    """16-bit samples as numbers between -1 and 1."""
    return np.asarray(samples / np.float32(32768.0), dtype=np.float32)


def _check_whole(data: bytes) -> None:
    for chunk in extract_wav_headers(data):
        held = len(data) - chunk.position - CHUNK_HEADER
        if held < chunk.size:
            raise UnreadableAudio(f"a part of the WAV file ends after {max(held, 0)} of {chunk.size} bytes")


def _segment(data: bytes) -> AudioSegment:
    """The file as pydub reads it; what is no PCM (telephone codings, floats) is decoded by FFmpeg's library."""
    try:
        read = AudioSegment(data)
    except (CouldntDecodeError, IndexError, struct.error):
        return _decoded(data)
    whole = len(read.raw_data) // read.frame_width * read.frame_width  # a stream may end within a frame
    return _pcm(read.raw_data[:whole], read.sample_width, read.frame_rate, read.channels)


def _decoded(data: bytes) -> AudioSegment:
    try:
        with av.open(io.BytesIO(data), mode="r") as container:
            stream = container.streams.audio[0]
            plain = av.AudioResampler(format="s16")
            sound = b"".join(_bytes(part) for frame in container.decode(stream) for part in plain.resample(frame))
            return _pcm(sound, 2, stream.rate, stream.channels)
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise UnreadableAudio("no sound in it that can be read; export it as WAV (PCM, 16 bit)") from error


def _pcm(sound: bytes, width: int, rate: int, channels: int) -> AudioSegment:
    return AudioSegment(sound, sample_width=width, frame_rate=rate, channels=channels)


def _bytes(frame: AudioFrame) -> bytes:
    return bytes(frame.to_ndarray().tobytes())
