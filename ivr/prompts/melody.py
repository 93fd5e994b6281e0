"""Music while waiting, made of numbers: a slow pentatonic line over soft fifths. No recording, no rights."""

import io
import warnings
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ivr.prompts.loudness import RATE, pack

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydub looks for ffmpeg, which nothing here needs, and Python renames `audioop`
    from pydub import AudioSegment

# Semitones above middle C, one note per beat; None is a rest. Four phrases of eight beats.
LINE: tuple[int | None, ...] = (
    *(4, 7, 9, 7, 4, 2, 0, None),
    *(2, 4, 7, 4, 2, 0, -3, None),
    *(0, 2, 4, 7, 9, 12, 9, None),
    *(7, 4, 2, 4, 0, None, 0, None),
)
GROUND = (0, -3, -7, -5)  # one chord a phrase
BEAT_SECONDS = 0.625
MIDDLE_C = 261.63
# The music in pieces, one a phrase, which make the same music one after the other.
PIECE_SECONDS = 8 * BEAT_SECONDS
LOUDNESS = 0.3  # of a prompt's level: music is waited through, not listened to


@lru_cache(maxsize=1)
def hold_music() -> bytes:
    """Twenty seconds of music as a WAV file of 8 kHz that may be looped."""
    beat = int(BEAT_SECONDS * RATE)
    sound = np.zeros(beat * len(LINE) + 4 * beat)
    for number, note in enumerate(LINE):
        if note is not None:
            _add(sound, number * beat, _bell(note, 2.5))
    for number, note in enumerate(GROUND):
        for interval in (0, 7):
            _add(sound, number * 8 * beat, 0.35 * _bell(note + interval - 12, 5.0))
    looped = sound[: beat * len(LINE)]
    looped[: 4 * beat] += sound[beat * len(LINE) :]  # what rings on at the end rings on at the beginning
    return pack(looped.astype(np.float32), LOUDNESS)


@lru_cache(maxsize=1)
def pieces() -> tuple[bytes, ...]:
    """Return the music in pieces of five seconds, each a WAV file."""
    music = AudioSegment.from_file(io.BytesIO(hold_music()), format="wav")
    length = int(1000 * PIECE_SECONDS)
    return tuple(_wav(music[start : start + length]) for start in range(0, len(music) - length + 1, length))


def _wav(sound: AudioSegment) -> bytes:
    target = io.BytesIO()
    sound.export(target, format="wav")
    return target.getvalue()


def _bell(semitones: int, seconds: float) -> NDArray[np.float64]:
    """Return a soft struck tone."""
    at = np.arange(int(min(seconds, 4 * BEAT_SECONDS) * RATE)) / RATE
    frequency = MIDDLE_C * 2 ** (semitones / 12)
    tone = np.sin(2 * np.pi * frequency * at) + 0.3 * np.sin(4 * np.pi * frequency * at) * np.exp(-3 * at)
    end = np.minimum(1, (at[-1] - at) / 0.05)  # no click where the tone is cut
    found: NDArray[np.float64] = tone * np.minimum(1, at / 0.03) * np.exp(-1.6 * at / seconds * 2) * end
    return found


def _add(sound: NDArray[np.float64], start: int, tone: NDArray[np.float64]) -> None:
    end = min(len(sound), start + len(tone))
    sound[start:end] += tone[: end - start]
