"""The exchange's one writer of WAV files: 16-bit PCM. Whatever comes in is read by `sound_file.py`."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from exchange.media.audio import RATE

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
HEADER_BYTES = _HEADER.size


def wav_header(channels: int, data_bytes: int, rate: int = RATE) -> bytes:
    """Return the header of a WAV file, for files that are written piece by piece."""
    block = 2 * channels
    riff = (b"RIFF", HEADER_BYTES - 8 + data_bytes, b"WAVE")
    form = (b"fmt ", 16, 1, channels, rate, rate * block, block, 16)
    return _HEADER.pack(*riff, *form, b"data", data_bytes)


def write(path: Path | str, channels: Sequence[bytes], rate: int = RATE) -> None:
    """Write channels of PCM side by side; shorter ones are filled up with silence."""
    longest = max((len(channel) for channel in channels), default=0)
    columns = [np.frombuffer(channel.ljust(longest, b"\0"), dtype="<i2") for channel in channels]
    data = np.stack(columns, axis=1).tobytes() if columns else b""
    Path(path).write_bytes(wav_header(max(len(columns), 1), len(data), rate) + data)
