"""The mel spectrogram that Whisper was trained on: 80 bands, 25 ms windows, 10 ms apart, at 16 kHz.

Written out because the import of faster-whisper, which has it too, costs more time than a short call's recognition.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE, WINDOW, HOP, BANDS = 16_000, 400, 160, 80


def spectrogram(samples: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """Return log-mel energies, shape (80, frames); the sound is padded with silence or cut to `frames` × 10 ms."""
    length = frames * HOP
    padded = np.pad(samples[:length], (0, max(0, length - len(samples))))
    padded = np.pad(padded, WINDOW // 2, mode="reflect")
    pieces = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:frames]
    power = np.abs(np.fft.rfft(pieces * _hann(), axis=1)) ** 2
    energies = np.log10(np.maximum(_bank() @ power.T, 1e-10))
    return np.asarray((np.maximum(energies, energies.max() - 8.0) + 4.0) / 4.0, dtype=np.float32)


@cache
def _hann() -> NDArray[np.float64]:
    return np.asarray(np.hanning(WINDOW + 1)[:-1], dtype=np.float64)


@cache
def _bank() -> NDArray[np.float64]:
    """Return triangular filters on Slaney's mel scale (linear to 1 kHz, then logarithmic), of equal area."""
    steps = np.linspace(0.0, 15.0 + 27.0 * np.log(RATE / 2 / 1000.0) / np.log(6.4), BANDS + 2)
    edges = np.where(steps < 15.0, steps * 200.0 / 3.0, 1000.0 * np.exp((steps - 15.0) * np.log(6.4) / 27.0))
    lines = np.fft.rfftfreq(WINDOW, 1 / RATE)
    rising = (lines - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - lines) / np.diff(edges)[1:, None]
    bank = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return np.asarray(bank, dtype=np.float64)
