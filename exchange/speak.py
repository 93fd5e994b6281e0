"""Speech by pyttsx3 and espeak-ng, in a process of its own so that the media clock never waits for it.

What was spoken once is kept, in memory and on disk, by voice and text.
"""

import asyncio
import contextlib
import ctypes
import hashlib
import io
import multiprocessing
import os
import re
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Protocol

from exchange import sound_file, wav
from exchange.audio import RATE
from exchange.child import attend

WORDS_PER_MINUTE = 170
_WOMAN = "+f3"  # espeak-ng's own variant of any voice
_HAN = re.compile(r"[\u3400-\u9fff]")
_KEPT_IN_MEMORY = 200
_SPEECH_SECONDS = 30.0
_TRIES = 3


class Voice(Protocol):
    """Turns text into sound."""

    async def speak(self, text: str, language: str, rate: float = 1.0) -> bytes:
        """PCM of the exchange's kind, at `rate` times the usual pace; raises SpeechError when it cannot be spoken."""
        ...


class SpeechError(RuntimeError):
    """The synthesiser gave no sound."""


def voice_for(text: str, language: str, voices: Mapping[str, str]) -> str:
    """The synthesiser's voice for a language tag; Chinese text is never spelled out by an English voice."""
    language, _, person = language.partition("+")
    asked = language or ("zh-CN" if _HAN.search(text) else "en-US")
    family = asked.partition("-")[0].lower().replace("cmn", "zh")
    nearest = next((voice for tag, voice in voices.items() if tag.lower().startswith(family)), family)
    return voices.get(asked, nearest) + (_WOMAN if person else "")


class Speaker:
    """The synthesiser with its cache."""

    def __init__(self, folder: Path, voices: Mapping[str, str]) -> None:
        self._folder = folder
        self._voices = voices
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._pools: dict[str, ProcessPoolExecutor] = {}  # by pace: changed between two texts, it may come too late
        self._lock = asyncio.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    async def speak(self, text: str, language: str, rate: float = 1.0) -> bytes:
        voice = voice_for(text, language, self._voices) + (f"@{rate}" if rate != 1.0 else "")
        key = hashlib.sha256(f"{voice}\0{text}".encode()).hexdigest()
        if key not in self._memory:
            self._memory[key] = await self._from_disk_or_new(self._folder / f"{key}.wav", text, voice)
        self._memory.move_to_end(key)
        if len(self._memory) > _KEPT_IN_MEMORY:
            self._memory.popitem(last=False)
        return self._memory[key]

    async def warm_up(self) -> None:
        """Start the synthesiser before the first caller needs it."""
        with contextlib.suppress(SpeechError):
            await self._render("OK", voice_for("OK", "en-US", self._voices))

    def close(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    async def _from_disk_or_new(self, path: Path, text: str, voice: str) -> bytes:
        if path.exists() and (kept := sound_file.read(path)):
            return kept
        try:
            pcm = await self._render(text, voice)
        except SpeechError:
            # The process may have been killed; a fresh one deserves a try before a caller misses a sentence.
            pcm = await self._render(text, voice)
        draft = path.with_suffix(".new")
        wav.write(draft, [pcm], RATE)
        draft.replace(path)
        return pcm

    async def _render(self, text: str, voice: str) -> bytes:
        name, _, rate = voice.partition("@")
        async with self._lock:
            if rate not in self._pools:
                context, words = multiprocessing.get_context("spawn"), round(WORDS_PER_MINUTE * float(rate or 1))
                self._pools[rate] = ProcessPoolExecutor(1, context, initializer=_prepare, initargs=(words,))
            work = asyncio.get_running_loop().run_in_executor(self._pools[rate], _synthesise, text, name)
            try:
                return await asyncio.wait_for(work, _SPEECH_SECONDS)
            except (BrokenProcessPool, TimeoutError, ValueError, RuntimeError, OSError) as error:
                self._pools.pop(rate).shutdown(wait=False, cancel_futures=True)
                raise SpeechError(f"{voice}: {error}") from error


_engine: Any = None


def _prepare(words_per_minute: int) -> None:
    """In the speech process: load the packaged espeak-ng before pyttsx3 looks for another one."""
    global _engine
    attend()
    import espeakng_loader

    os.environ["ESPEAK_DATA_PATH"] = str(Path(espeakng_loader.get_data_path()).parent)
    ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    import pyttsx3

    _engine = pyttsx3.init("espeak")
    _engine.setProperty("rate", words_per_minute)
    _engine.runAndWait()  # the first run ends before its text is spoken: it has none


def _synthesise(text: str, voice: str) -> bytes:
    """In the speech process: one text as sound. The engine, when busy, ends some runs before it has said a word."""
    for _ in range(_TRIES):
        pcm = _run(text, voice)
        if pcm or not any(map(str.isalnum, text)):
            return pcm
    raise RuntimeError("the synthesiser wrote no sound")


def _run(text: str, voice: str) -> bytes:
    """One text, one file, one run of the engine, as it wants to be used."""
    done: list[bool] = []
    token = _engine.connect("finished-utterance", lambda name, completed: done.append(completed))  # noqa: ARG005
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = Path(folder) / "speech.wav"
        _engine.setProperty("voice", voice)
        _engine.save_to_file(text, str(path))
        _engine.runAndWait()
        _engine.disconnect(token)
        if not any(done) or not path.exists():
            raise RuntimeError("the synthesiser wrote no sound")
        return sound_file.read(path)
