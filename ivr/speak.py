"""Speech from text by pyttsx3 and the packaged espeak-ng, as telephone audio. Plain but understandable.

One process speaks one text at a time: the engine loses files when asked for several, and dies of two threads.
"""

import contextlib
import ctypes
import io
import os
import re
import tempfile
import threading
import wave
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotline.errors import Retry
from hotline.values import Language

RATE = 8000
PEAK = 0.6 * 32767  # loud and clear on a telephone, with room before the limit
VOICES = {Language.MANDARIN: "cmn-latn-pinyin", Language.ENGLISH: "en-us"}
WORDS_PER_MINUTE = {Language.MANDARIN: 150, Language.ENGLISH: 160}
DIGIT_BY_DIGIT = re.compile(r"\d{3,}")  # 120 is a number to dial, not a hundred and twenty
MANDARIN_DIGITS = "零一二三四五六七八九"

_speaking = threading.Lock()
_done: list[bool] = []


class NoSound(Retry):
    """The synthesiser wrote nothing."""

    code = "no_sound"


def synthesise(text: str, language: Language) -> bytes:
    """The text as a WAV file of 8 kHz, 16 bit, one channel. Raises `NoSound`."""
    with _speaking, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prompt.wav"
        _save(pronounced(text, language), language, path)
        if not path.exists() or path.stat().st_size < 1000:
            raise NoSound(f"the synthesiser wrote no sound in {language}")
        return telephone(path.read_bytes())


def pronounced(text: str, language: Language) -> str:
    """The text as the voice should read it: long numbers digit by digit."""

    def spelled(found: re.Match[str]) -> str:
        if language is Language.MANDARIN:
            return "".join(MANDARIN_DIGITS[int(digit)] for digit in found.group())
        return " ".join(found.group())

    return DIGIT_BY_DIGIT.sub(spelled, text)


def telephone(wav: bytes) -> bytes:
    """A WAV file of one channel and 16 bit brought to 8 kHz, band-limited, at an even level."""
    with wave.open(io.BytesIO(wav)) as source:
        rate, samples = source.getframerate(), np.frombuffer(source.readframes(source.getnframes()), np.int16)
    return pack(resampled(samples.astype(np.float64), rate))


def resampled(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """The sound at 8 kHz; what a telephone cannot carry is cut off, so that nothing folds back."""
    length = int(len(samples) * RATE / rate)
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    spectrum[int(len(spectrum) * 0.925) :] = 0  # 3.7 kHz
    found: NDArray[np.float64] = np.fft.irfft(spectrum, length) * (length / max(len(samples), 1))
    return found


def pack(samples: NDArray[np.float64], loudness: float = 1.0) -> bytes:
    """Samples as a WAV file of 8 kHz, its loudest moment at the usual level."""
    loudest = float(np.max(np.abs(samples), initial=1.0))
    pcm = (samples * (loudness * PEAK / loudest)).astype("<i2").tobytes()
    target = io.BytesIO()
    with wave.open(target, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(pcm)
    return target.getvalue()


def _save(text: str, language: Language, path: Path) -> None:
    engine = _engine()
    _done.clear()
    engine.setProperty("voice", VOICES[language])
    engine.setProperty("rate", WORDS_PER_MINUTE[language])
    with contextlib.redirect_stdout(io.StringIO()):  # the library prints each file it saves
        engine.save_to_file(text, str(path))
        engine.runAndWait()
    if not _done:
        raise NoSound("the synthesiser did not finish")


@lru_cache(maxsize=1)
def _engine() -> Any:
    """The engine of this process, on the packaged espeak-ng, which must be loaded before anything looks for another."""
    import espeakng_loader

    os.environ["ESPEAK_DATA_PATH"] = str(Path(espeakng_loader.get_data_path()).parent)
    ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    import pyttsx3

    engine = pyttsx3.init("espeak")
    engine.connect("finished-utterance", lambda name, completed: _done.append(completed))  # noqa: ARG005 (its signature)
    return engine
