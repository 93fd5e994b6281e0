"""WAV files in and out: any rate and the usual codings in, 16 bit PCM out. It knows nothing of calls."""

import struct
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from exchange.audio import RATE, to_pcm

Samples = np.ndarray[Any, np.dtype[np.float64]]
PCM, ALAW, ULAW, EXTENSIBLE = 1, 6, 7, 0xFFFE


def read(source: Path | str | bytes, rate: int = RATE) -> bytes:
    """The sound of a WAV file (its path or its bytes) as mono 16 bit PCM at `rate`; ValueError if it cannot be read."""
    samples, own_rate = _decode(_bytes(source))
    return to_pcm(resample(samples.mean(axis=1), own_rate, rate))


def read_channels(source: Path | str | bytes, rate: int = RATE) -> list[bytes]:
    """Like `read`, each channel apart."""
    samples, own_rate = _decode(_bytes(source))
    return [to_pcm(resample(channel, own_rate, rate)) for channel in samples.T]


def from_ulaw(data: bytes) -> Samples:
    """Samples of bare mu-law bytes, on the 16 bit scale."""
    return _ULAW[np.frombuffer(data, dtype=np.uint8)]


def to_ulaw(pcm: bytes) -> bytes:
    """16 bit PCM as mu-law bytes."""
    return bytes(_TO_ULAW[np.frombuffer(pcm, dtype="<u2")].tobytes())


def duration(source: Path | str | bytes) -> float:
    """The length in seconds."""
    samples, own_rate = _decode(_bytes(source))
    return len(samples) / own_rate


def write(path: Path | str, channels: Sequence[bytes], rate: int = RATE) -> None:
    """Write 16 bit PCM channels side by side; shorter ones are filled up with silence."""
    longest = max((len(channel) for channel in channels), default=0)
    columns = [np.frombuffer(channel.ljust(longest, b"\0"), dtype="<i2") for channel in channels]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(max(len(columns), 1))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.stack(columns, axis=1).tobytes() if columns else b"")


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """Change the rate by cutting or extending the spectrum, so that nothing folds back into the telephone band."""
    if from_rate == to_rate or not len(samples):
        return samples
    count = max(1, round(len(samples) * to_rate / from_rate))
    spectrum = np.fft.rfft(samples)
    kept = np.zeros(count // 2 + 1, dtype=complex)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return np.fft.irfft(kept, count) * (count / len(samples))


def _bytes(source: Path | str | bytes) -> bytes:
    return source if isinstance(source, bytes) else Path(source).read_bytes()


def _decode(data: bytes) -> tuple[Samples, int]:
    """Samples on the 16 bit scale, a column a channel, and their rate."""
    chunks = _chunks(data)
    if len(chunks.get(b"fmt ", b"")) < 16 or b"data" not in chunks:
        raise ValueError("not a WAV file, or one without sound in it")
    header = chunks[b"fmt "]
    coding, channels, rate = struct.unpack("<HHI", header[:8])
    bits: int = struct.unpack("<H", header[14:16])[0]
    if coding == EXTENSIBLE and len(header) >= 26:
        coding = struct.unpack("<H", header[24:26])[0]
    if not channels or not rate:
        raise ValueError("a WAV file that names no channel or no rate")
    samples = _samples(chunks[b"data"], coding, bits)
    whole = len(samples) - len(samples) % channels
    return samples[:whole].reshape(-1, channels), rate


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The parts of a RIFF file by name; a length that lies (streamed files) ends with the data."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("not a WAV file")
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        size = struct.unpack("<I", data[at + 4 : at + 8])[0]
        chunks.setdefault(data[at : at + 4], data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return chunks


def _samples(data: bytes, coding: int, bits: int) -> Samples:
    if coding == PCM and bits == 8:
        return (np.frombuffer(data, dtype=np.uint8).astype(np.float64) - 128) * 256
    if coding == PCM and bits in (16, 32):
        whole = data[: len(data) - len(data) % (bits // 8)]
        return np.frombuffer(whole, dtype=f"<i{bits // 8}").astype(np.float64) / (1 if bits == 16 else 65536)
    if coding == ULAW and bits == 8:
        return _ULAW[np.frombuffer(data, dtype=np.uint8)]
    if coding == ALAW and bits == 8:
        return _ALAW[np.frombuffer(data, dtype=np.uint8)]
    raise ValueError(f"WAV coding {coding} with {bits} bits is not supported: use PCM, A-law or mu-law")


def _ulaw_table() -> Samples:
    """ITU-T G.711, table 2: all bits are inverted; sign, three bits of segment, four of step."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    size = (((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7)
    return np.where(code & 0x80, 0x84 - size, size - 0x84).astype(np.float64)


def _alaw_table() -> Samples:
    """ITU-T G.711, table 1: every other bit is inverted."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (code >> 4) & 7
    step = ((code & 0x0F) << 4) + 8
    size = np.where(segment == 0, step, (step + 0x100) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.float64)


def _ulaw_codes() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """For each 16 bit value, read without sign, the code whose sound is nearest."""
    order = np.argsort(_ULAW, kind="stable")
    levels = _ULAW[order]
    values = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.float64)
    codes = order[np.searchsorted((levels[1:] + levels[:-1]) / 2, values)].astype(np.uint8)
    codes[0] = 0xFF  # silence has two codes; this is the one that everybody sends
    return codes


_ULAW = _ulaw_table()
_TO_ULAW = _ulaw_codes()
_ALAW = _alaw_table()
