"""Sound as arrays: WAV files of any shape in, 8 kHz mono channels out, and a resampler. No recognition here."""

import io
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.errors import UnreadableAudio

Pcm = NDArray[np.int16]  # one channel, signed 16 bit
TELEPHONE_RATE = 8_000
PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE


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
    chunks = _chunks(data, must_be_whole)
    if b"fmt " not in chunks or b"data" not in chunks or len(chunks[b"fmt "]) < 16:
        raise UnreadableAudio("no WAV file: it has no format or no sound; export it as WAV (PCM)")
    form, count, rate, _, _, bits = struct.unpack("<HHIIHH", chunks[b"fmt "][:16])
    if form == EXTENSIBLE and len(chunks[b"fmt "]) >= 26:
        (form,) = struct.unpack("<H", chunks[b"fmt "][24:26])
    if not 1 <= count <= 16 or not 1_000 <= rate <= 384_000:
        raise UnreadableAudio(f"a WAV file with {count} channels at {rate} Hz cannot be used")
    samples = _decode(chunks[b"data"], form, bits)
    samples = samples[: len(samples) // count * count].reshape(-1, count)
    return Sound(tuple(to_pcm(resample(samples[:, n], rate, TELEPHONE_RATE)) for n in range(count)))


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


def _chunks(data: bytes, must_be_whole: bool) -> dict[bytes, bytes]:
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise UnreadableAudio("no WAV file; convert it to WAV (PCM) first")
    stream = io.BytesIO(data)
    stream.seek(12)
    chunks: dict[bytes, bytes] = {}
    while len(header := stream.read(8)) == 8:
        name, size = struct.unpack("<4sI", header)
        body = stream.read(size)
        if must_be_whole and len(body) < size:
            raise UnreadableAudio(f"a part of the WAV file ends after {len(body)} of {size} bytes")
        chunks.setdefault(name, body)
        stream.seek(size & 1, io.SEEK_CUR)
    return chunks


def _decode(data: bytes, form: int, bits: int) -> NDArray[np.float32]:
    match form, bits:
        case (1, 8):
            return np.asarray((np.frombuffer(data, np.uint8) - 128.0) / 128.0, dtype=np.float32)
        case (1, 16) | (1, 32):
            return np.asarray(_whole(data, f"<i{bits // 8}") / float(1 << bits - 1), dtype=np.float32)
        case (1, 24):
            octets = np.frombuffer(data[: len(data) // 3 * 3], np.uint8).reshape(-1, 3).astype(np.int32)
            value = (octets[:, 0] << 8 | octets[:, 1] << 16 | octets[:, 2] << 24) >> 8
            return np.asarray(value / float(1 << 23), dtype=np.float32)
        case (3, 32) | (3, 64):
            return np.asarray(_whole(data, f"<f{bits // 8}"), dtype=np.float32)
        case (6, 8):
            return _A_LAW[np.frombuffer(data, np.uint8)]
        case (7, 8):
            return _MU_LAW[np.frombuffer(data, np.uint8)]
    raise UnreadableAudio(f"WAV coding {form} with {bits} bits is not known; convert it to WAV (PCM, 16 bit) first")


def _whole(data: bytes, kind: str) -> NDArray[np.float64]:
    size = np.dtype(kind).itemsize
    return np.asarray(np.frombuffer(data[: len(data) // size * size], kind), dtype=np.float64)


def _law(a_law: bool) -> NDArray[np.float32]:
    """The 256 values of ITU-T G.711."""
    code = np.arange(256) ^ (0x55 if a_law else 0xFF)
    exponent, mantissa = code >> 4 & 7, code & 15
    if a_law:
        size = np.where(exponent == 0, mantissa * 16 + 8, (mantissa * 16 + 264) << np.maximum(exponent - 1, 0))
        sign = np.where(code & 0x80, 1, -1)
    else:
        size = ((mantissa * 8 + 132) << exponent) - 132
        sign = np.where(code & 0x80, -1, 1)
    return np.asarray(sign * size / 32768.0, dtype=np.float32)


_A_LAW, _MU_LAW = _law(True), _law(False)
