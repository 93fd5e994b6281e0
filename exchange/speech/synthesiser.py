"""Speech by pyttsx3 and espeak-ng, in a process of its own so that the media clock never waits for it.

What was spoken once is kept, in memory and on disk, by voice and text.
"""

import asyncio
import contextlib
import ctypes
import hashlib
import io
import os
import re
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import structlog

from exchange.media import sound_file, wav_file
from exchange.media.audio import RATE
from exchange.media.worker_process import WorkerDied, WorkerProcess, WorkFailed

log = structlog.get_logger(__name__)
WORDS_PER_MINUTE = 170
_WOMAN = "+f3"  # espeak-ng's own variant of any voice
_HAN = re.compile(r"[\u3400-\u9fff]")
_KEPT_IN_MEMORY = 200
_SPEECH_SECONDS = 30.0
_MOST_PROCESSES = 3
_TRIES = 3


class Synthesiser(Protocol):
    """Turns text into sound."""

    async def speak(self, text: str, language: str, rate: float = 1.0) -> bytes:
        """Return PCM of the exchange's kind, at `rate` times the usual pace. Raises `SynthesisError`."""
        ...


class SynthesisError(RuntimeError):
    """The synthesiser gave no sound."""


def voice_for(text: str, language: str, voices: Mapping[str, str]) -> str:
    """Return the synthesiser's voice for a language tag; Chinese text is never spelled out by an English voice."""
    language, _, person = language.partition("+")
    asked = language or ("zh-CN" if _HAN.search(text) else "en-US")
    family = asked.partition("-")[0].lower().replace("cmn", "zh")
    nearest = next((voice for tag, voice in voices.items() if tag.lower().startswith(family)), family)
    return voices.get(asked, nearest) + (_WOMAN if person else "")


class EspeakSynthesiser:
    """The synthesiser with its cache. One text is spoken at a time, in the order in which they were asked for."""

    def __init__(self, folder: Path, voices: Mapping[str, str]) -> None:
        self._folder = folder
        self._voices = voices
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        # By pace: changed between two texts, it may come too late.
        self._workers: OrderedDict[float, WorkerProcess] = OrderedDict()
        self._turn = asyncio.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    async def speak(self, text: str, language: str, rate: float = 1.0) -> bytes:
        voice, rate = voice_for(text, language, self._voices), _step(rate)
        spoken_by = f"{voice}@{rate}" if rate != 1.0 else voice
        key = hashlib.sha256(f"{spoken_by}\0{text}".encode()).hexdigest()
        if key not in self._memory:
            self._memory[key] = await self._from_disk_or_new(self._folder / f"{key}.wav", text, voice, rate)
        pcm = self._memory[key]
        self._memory.move_to_end(key)
        if len(self._memory) > _KEPT_IN_MEMORY:
            self._memory.popitem(last=False)
        return pcm

    async def warm_up(self) -> None:
        """Start the synthesiser before the first caller needs it."""
        with contextlib.suppress(SynthesisError):
            await self._render("OK", voice_for("OK", "en-US", self._voices), 1.0)

    @property
    def pid(self) -> int | None:
        """Return the process that speaks at the usual pace, for tests and for people who look."""
        return self._workers[1.0].pid if 1.0 in self._workers else None

    def close(self) -> None:
        """End at once, in the middle of a word too."""
        for worker in self._workers.values():
            worker.close()

    async def _from_disk_or_new(self, path: Path, text: str, voice: str, rate: float) -> bytes:
        if kept := _kept(path):
            return kept
        async with self._turn:
            if kept := _kept(path):
                return kept
            try:
                pcm = await self._render(text, voice, rate)
            except SynthesisError as error:
                # The process may have been killed; a fresh one deserves a try before a caller misses a sentence.
                log.warning("speech_tried_again", reason=str(error))
                pcm = await self._render(text, voice, rate)
        _keep(path, pcm)
        return pcm

    async def _render(self, text: str, voice: str, rate: float) -> bytes:
        try:
            return bytes(await self._worker(rate).do(text, voice))
        except (WorkerDied, WorkFailed) as error:
            raise SynthesisError(f"{voice}: {error}") from error

    def _worker(self, rate: float) -> WorkerProcess:
        """Return the process for this pace; of many paces those used last have one."""
        if rate not in self._workers:
            words = round(WORDS_PER_MINUTE * rate)
            self._workers[rate] = WorkerProcess(_prepare, _synthesise, _SPEECH_SECONDS, (words,))
        self._workers.move_to_end(rate)
        while len(self._workers) > _MOST_PROCESSES:
            seldom = next(each for each in self._workers if each != 1.0)
            self._workers.pop(seldom).close()
        return self._workers[rate]


def _step(rate: float) -> float:
    """Return the nearest pace that a process is kept for: each one takes a process of its own."""
    return round(20 * rate) / 20


def _kept(path: Path) -> bytes | None:
    """Return what was spoken before, if it is there and whole."""
    try:
        return sound_file.read(path) if path.exists() else None
    except (OSError, ValueError):
        # Cut short, as by a full disk: it is spoken anew.
        return None


def _keep(path: Path, pcm: bytes) -> None:
    draft = path.with_suffix(".new")
    try:
        wav_file.write(draft, [pcm], RATE)
        draft.replace(path)
    except OSError:
        # A full disk costs time at the next start, not the caller's words.
        log.exception("speech_not_kept")


_engine: Any = None


def _prepare(words_per_minute: int) -> None:
    """Load the packaged espeak-ng before pyttsx3 looks for another one; runs in the process."""
    global _engine
    import espeakng_loader

    os.environ["ESPEAK_DATA_PATH"] = str(Path(espeakng_loader.get_data_path()).parent)
    ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    import pyttsx3

    _engine = pyttsx3.init("espeak")
    _engine.setProperty("rate", words_per_minute)
    _engine.runAndWait()  # the first run ends before its text is spoken: it has none


def _synthesise(text: str, voice: str) -> bytes:
    """Speak one text; runs in the process. The engine, when busy, ends some runs before it has said a word."""
    for _ in range(_TRIES):
        pcm = _run(text, voice)
        if pcm or not any(map(str.isalnum, text)):
            return pcm
    raise RuntimeError("the synthesiser wrote no sound")


def _run(text: str, voice: str) -> bytes:
    """Speak one text into one file by one run of the engine, as it wants to be used."""
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
