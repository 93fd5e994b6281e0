"""WAV files out: 16 bit PCM. What comes in is read by `sound_file.py`."""

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from exchange.media.audio import RATE


def write(path: Path | str, channels: Sequence[bytes], rate: int = RATE) -> None:
    """Write 16 bit PCM channels side by side; shorter ones are filled up with silence."""
    longest = max((len(channel) for channel in channels), default=0)
    columns = [np.frombuffer(channel.ljust(longest, b"\0"), dtype="<i2") for channel in channels]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(max(len(columns), 1))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.stack(columns, axis=1).tobytes() if columns else b"")
