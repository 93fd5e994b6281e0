"""The engines of an exchange: they speak, decode sound and recognise speech, each in processes of its own."""

from dataclasses import dataclass
from typing import Protocol

from exchange.core.config import Config
from exchange.media.decoder import Decoder
from exchange.speech import recogniser
from exchange.speech.recogniser import Recogniser
from exchange.speech.synthesiser import EspeakSynthesiser, Synthesiser


class Engine(Protocol):
    """What is started before the first caller needs it, and ended with the exchange."""

    @property
    def pid(self) -> int | None:
        """Return its process, for tests and for people who look; None where it has none."""
        ...

    async def warm_up(self) -> None: ...

    def close(self) -> None: ...


class SpeakingEngine(Synthesiser, Engine, Protocol):
    """A synthesiser that is started and ended."""


class DecodingEngine(Engine, Protocol):
    """Makes PCM of sound files."""

    async def sound(self, data: bytes, kind: str = "", name: str = "") -> bytes:
        """Return the sound of a file of this type and name as PCM. Raises `UnreadableSound`."""
        ...


class RecognisingEngine(Recogniser, Protocol):
    """A recogniser that is ended with the exchange."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Engines:
    """The three of one exchange."""

    speaker: SpeakingEngine
    decoder: DecodingEngine
    recogniser: RecognisingEngine


def installed(config: Config) -> Engines:
    """Return the engines of this machine; nothing is started yet."""
    return Engines(
        EspeakSynthesiser(config.data_dir / "speech", config.voices),
        Decoder(),
        recogniser.available_recogniser(config.data_dir / "whisper-base"),
    )
