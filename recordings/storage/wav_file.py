"""The product's one writer of WAV files: 16-bit PCM. Whatever comes in is read by `decoding.py`."""

import struct
from collections.abc import Sequence

import numpy as np

from recordings.storage.audio import TELEPHONE_RATE, Pcm

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
HEADER_BYTES = _HEADER.size


def wav_header(rate: int, channels: int, length: int) -> bytes:
    """Return the header of a WAV file of `length` bytes of 16-bit PCM, for files that are written piece by piece."""
    block = 2 * channels
    riff = (b"RIFF", HEADER_BYTES - 8 + length, b"WAVE")
    form = (b"fmt ", 16, 1, channels, rate, rate * block, block, 16)
    return _HEADER.pack(*riff, *form, b"data", length)


def wav_bytes(channels: Sequence[Pcm], rate: int = TELEPHONE_RATE) -> bytes:
    """Return a WAV file of channels of equal length."""
    data = np.stack(channels, axis=1).astype("<i2").tobytes()
    return wav_header(rate, len(channels), len(data)) + data
