"""Speech from text by pyttsx3 and the packaged espeak-ng, as telephone audio. Plain but understandable.

One process speaks one text at a time: the engine dies of two threads.
"""

import ctypes
import os
import re
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from hotline.errors import Retry
from hotline.values.language import Language
from ivr.prompts.loudness import RATE, pack
from recordings.storage.audio import resample, to_float
from recordings.storage.decoding import Floats

SPEECH_RATE = 22_050  # the synthesiser's own
VOICES = {Language.MANDARIN: "cmn-latn-pinyin", Language.ENGLISH: "en-us"}
WORDS_PER_MINUTE = {Language.MANDARIN: 150, Language.ENGLISH: 160}
DIGIT_BY_DIGIT = re.compile(r"\d{3,}")  # 120 is a number to dial, not a hundred and twenty
MANDARIN_DIGITS = "零一二三四五六七八九"

_speaking = threading.Lock()


class NoSound(Retry):
    """The synthesiser wrote nothing."""

    code = "no_sound"


def synthesise(text: str, language: Language) -> bytes:
    """Return the text as a WAV file of 8 kHz, 16 bit, one channel. Raises `NoSound`."""
    with _speaking:
        samples = _spoken(pronounced(text, language), language)
    if len(samples) < SPEECH_RATE // 10:
        raise NoSound(f"the synthesiser gave no sound in {language}")
    return pack(resample(samples, SPEECH_RATE, RATE))


def pronounced(text: str, language: Language) -> str:
    """Return the text as the voice should read it: long numbers digit by digit."""

    def spelled(found: re.Match[str]) -> str:
        if language is Language.MANDARIN:
            return "".join(MANDARIN_DIGITS[int(digit)] for digit in found.group())
        return " ".join(found.group())

    return DIGIT_BY_DIGIT.sub(spelled, text)


def _spoken(text: str, language: Language) -> Floats:
    """Return the samples of a text at 22,050 Hz."""
    espeak = _engine()
    heard = bytearray()

    def keep(sound: Any, count: int, _events: Any) -> int:
        if count > 0:
            heard.extend(ctypes.string_at(sound, count * 2))
        return 0

    espeak.SetSynthCallback(keep)
    espeak.SetVoiceByName(VOICES[language].encode())
    espeak.SetParameter(espeak.RATE, WORDS_PER_MINUTE[language], 0)
    espeak.Synth(text.encode(), flags=espeak.ENDPAUSE | espeak.CHARS_UTF8)
    return to_float(np.frombuffer(bytes(heard), np.int16))


@lru_cache(maxsize=1)
def _engine() -> Any:
    """pyttsx3's binding of espeak-ng, on the packaged library, which must be loaded before it looks for another.

    Its `runAndWait` speaks in a thread that nobody waits for: speed and voice of one text reach into the next and files
    are cut short. Asked to speak in the calling thread, it gives the same sound for the same text each time.
    """
    import espeakng_loader

    os.environ["ESPEAK_DATA_PATH"] = str(Path(espeakng_loader.get_data_path()).parent)
    ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    from pyttsx3.drivers import _espeak

    if _espeak.Initialize(_espeak.AUDIO_OUTPUT_SYNCHRONOUS, 1000) != SPEECH_RATE:
        raise NoSound("espeak-ng could not be started")
    return _espeak
