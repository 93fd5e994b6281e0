"""The form of sound inside the exchange: 8 kHz, 16 bit, mono, in frames of 20 ms. Pure."""

from collections.abc import Iterator, Sequence

import numpy as np

RATE = 8000
FRAME_SAMPLES = 160
FRAME_BYTES = 2 * FRAME_SAMPLES
FRAME_SECONDS = FRAME_SAMPLES / RATE
SILENCE = bytes(FRAME_BYTES)
# Stands for a frame that has not come: as silent, and told apart by identity.
MISSING = bytes(bytearray(FRAME_BYTES))
SILENT_DB = -96.0


def frames(pcm: bytes) -> Iterator[bytes]:
    """Cut PCM into frames; the last one is filled up with silence."""
    for start in range(0, len(pcm), FRAME_BYTES):
        yield pcm[start : start + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")


def mix(frames: Sequence[bytes]) -> bytes:
    """Sum frames of equal length sample by sample; what is too loud saturates. No frame at all is silence."""
    if len(frames) < 2:
        return frames[0] if frames else SILENCE
    total = np.frombuffer(frames[0], dtype="<i2").astype(np.int32)
    for frame in frames[1:]:
        total += np.frombuffer(frame, dtype="<i2")
    return to_pcm(total)


def level_db(frame: bytes) -> float:
    """Return the root mean square against full scale, in decibels from 0 (loudest) down to -96 (nothing)."""
    samples = np.frombuffer(frame, dtype="<i2").astype(np.float32)
    power = float(np.dot(samples, samples)) / max(len(samples), 1)
    return max(SILENT_DB, 10 * float(np.log10(power / 32768.0**2))) if power else SILENT_DB


def to_pcm(samples: "np.typing.ArrayLike") -> bytes:
    """Return numbers on the 16-bit scale as little-endian PCM, saturating."""
    return np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()
