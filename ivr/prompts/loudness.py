"""Samples as telephone audio, the loudest moment at the usual level. Pure."""

import numpy as np

from recordings.storage.audio import TELEPHONE_RATE, to_pcm
from recordings.storage.decoding import Floats
from recordings.storage.wav_file import wav_bytes

RATE = TELEPHONE_RATE
PEAK = 0.6  # of full scale: loud and clear on a telephone, with room before the limit


def pack(samples: Floats, loudness: float = 1.0) -> bytes:
    """Return samples of 8 kHz as a WAV file, the loudest moment at the usual level."""
    loudest = float(np.max(np.abs(samples), initial=1 / 32768))
    return wav_bytes([to_pcm(samples * np.float32(loudness * PEAK / loudest))])
