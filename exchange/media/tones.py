"""Tones of the network itself: ringing, busy, the beep before a recording. Pure.

Frequencies and cadences follow ITU-T E.180 and its list of national tones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exchange.media.audio import FRAME_BYTES, RATE, to_pcm


def tone(frequencies: Sequence[float], seconds: float, level_db: float = -13.0) -> bytes:
    """Return the sum of equally loud sines; `level_db` is the root mean square of the whole against full scale."""
    count = round(seconds * RATE)
    turns = np.outer(frequencies, np.arange(count) / RATE)
    amplitude = 32768 * 10 ** (level_db / 20) * np.sqrt(2 / max(len(frequencies), 1))
    return to_pcm(amplitude * np.sin(2 * np.pi * turns).sum(axis=0))


def beep() -> bytes:
    """Return what a caller hears before speaking to a recording."""
    return tone([1000], 0.4)


@dataclass(frozen=True)
class Cadence:
    """A tone that goes on and off for ever."""

    frequencies: tuple[float, ...]
    on_seconds: float
    off_seconds: float
    is_double: bool = False

    def sound(self, level_db: float) -> bytes:
        """Return one cycle; a double ring has a fifth of a second between its two parts."""
        on = tone(self.frequencies, self.on_seconds, level_db)
        parts = on + bytes(2 * round(0.2 * RATE)) + on if self.is_double else on
        return parts + bytes(2 * round(self.off_seconds * RATE))


CADENCES: dict[str, Cadence] = {
    "cn": Cadence((450,), 1.0, 4.0),
    "us": Cadence((440, 480), 2.0, 4.0),
    "eu": Cadence((425,), 1.0, 4.0),
    "jp": Cadence((400,), 1.0, 2.0),
    "busy_cn": Cadence((450,), 0.35, 0.35),
    "busy_us": Cadence((480, 620), 0.5, 0.5),
    "busy_eu": Cadence((425,), 0.5, 0.5),
    "busy_jp": Cadence((400,), 0.5, 0.5),
}


class CadenceSource:
    """An endless source of one cadence, a frame at a time; it starts with sound."""

    def __init__(self, cadence: Cadence, level_db: float = -13.0) -> None:
        self._cycle = cadence.sound(level_db)
        self._at = 0

    def next_frame(self) -> bytes:
        frame = self._cycle[self._at : self._at + FRAME_BYTES]
        while len(frame) < FRAME_BYTES:
            frame += self._cycle[: FRAME_BYTES - len(frame)]
        self._at = (self._at + FRAME_BYTES) % len(self._cycle)
        return frame
