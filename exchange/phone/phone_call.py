"""One call as a scripted phone knows it: how far it is, what was prompted, heard and is still to be said. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from exchange.phone.audio_monitor import AudioMonitor


class CallStage(StrEnum):
    """How far the phone's one call is."""

    IDLE = "idle"
    DIALLING = "dialling"
    RINGING = "ringing"
    UP = "up"
    OVER = "over"


@dataclass
class PhoneCall:
    """One call as this phone knows it; a fresh one for each."""

    stage: CallStage = CallStage.IDLE
    sid: str | None = None
    caller: str | None = None
    rings: int = 0
    reason: str | None = None
    is_prompted: bool = False
    prompts: list[tuple[str, str]] = field(default_factory=list)  # (state, text or address), as they came
    monitor: AudioMonitor = field(default_factory=AudioMonitor)
    to_say: list[bytes] = field(default_factory=list)  # frames, the next one last
    heard: bytearray = field(default_factory=bytearray)
