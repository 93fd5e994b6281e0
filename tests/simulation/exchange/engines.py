"""Engines without a process: whatever is said or played lasts as long as it might, and is silent."""

from collections.abc import Sequence

from exchange.media.audio import FRAME_BYTES
from exchange.server.engines import Engines
from exchange.speech.recogniser import NoRecogniser

SENTENCE_SECONDS, FILE_SECONDS = 0.5, 60.0


class SimulatedEngine:
    """An engine that is always there. `frame_seconds` is what a frame of the exchange stands for."""

    pid: int | None = None

    def __init__(self, frame_seconds: float) -> None:
        """Make sound of frames of this length."""
        self._frame_seconds = frame_seconds

    async def warm_up(self) -> None:
        """There is nothing to start."""

    def close(self) -> None:
        """There is nothing to end."""

    def _silence(self, seconds: float) -> bytes:
        return bytes(FRAME_BYTES * max(1, round(seconds / self._frame_seconds)))


class SimulatedSpeaker(SimulatedEngine):
    """Every sentence lasts equally long."""

    async def speak(self, text: str, language: str, rate: float = 1.0) -> bytes:  # noqa: ARG002 (the protocol's)
        """See `Synthesiser.speak`."""
        return self._silence(SENTENCE_SECONDS / rate)


class SimulatedDecoder(SimulatedEngine):
    """Every file lasts equally long."""

    async def sound(self, data: bytes, kind: str = "", name: str = "") -> bytes:  # noqa: ARG002 (the protocol's)
        """See `DecodingEngine.sound`."""
        return self._silence(FILE_SECONDS)


class ToldRecogniser(NoRecogniser):
    """Understands what the test says, in order; then nothing."""

    def __init__(self) -> None:
        """Nothing is said yet."""
        self.texts: list[str] = []

    async def understand(self, pcm: bytes, language: str, phrases: Sequence[str]) -> tuple[str, float]:  # noqa: ARG002
        """See `Recogniser.understand`."""
        return (self.texts.pop(0), 0.9) if self.texts else ("", 0.0)


def silent(frame_seconds: float) -> Engines:
    """Return the engines of an exchange whose frames stand for so much time."""
    return Engines(SimulatedSpeaker(frame_seconds), SimulatedDecoder(frame_seconds), ToldRecogniser())
