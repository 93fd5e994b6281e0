"""Answering-machine detection: a person says little and waits, a machine speaks long and beeps, a fax whistles. Pure.

The rules and their defaults are Twilio's (docs/voice/answering-machine-detection); as there, the answer is a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from exchange.media.audio import FRAME_SAMPLES, FRAME_SECONDS, RATE
from exchange.media.clock import Signal
from exchange.media.voice_activity import LoudnessDetector

FAX_TONES = (1100, 2100)
FAX_SECONDS, BEEP_SECONDS = 0.4, 0.12
BEEP_HERTZ = (350, 2500)
PURE = 0.85
_HANN = np.hanning(FRAME_SAMPLES)


@dataclass(frozen=True)
class DetectionTiming:
    """The limits of the detection; all in seconds."""

    waits_for_end: bool = False
    timeout: float = 30.0
    speech: float = 2.4
    speech_end: float = 1.2
    silence: float = 5.0

    @classmethod
    def of(cls, mode: str, values: Mapping[str, int]) -> Self | None:
        """Return the limits from `MachineDetection` and its tuning parameters in milliseconds; None when it is not
        wanted.
        """
        if mode not in ("Enable", "DetectMessageEnd"):
            return None
        return cls(
            mode == "DetectMessageEnd",
            float(values["Timeout"]),
            values["SpeechThreshold"] / 1000,
            values["SpeechEndThreshold"] / 1000,
            values["SilenceTimeout"] / 1000,
        )


class MachineDetector:
    """A tap that listens from the answer on; `decided` is set when `verdict` is known."""

    def __init__(self, patience: DetectionTiming) -> None:
        self.verdict = ""
        self.decided = Signal()
        self.seconds = 0.0
        self._patience = patience
        self._loudness = LoudnessDetector()
        self._began: float | None = None
        self._last_loud = 0.0
        self._is_machine = False
        self._pitch = 0.0
        self._pitch_seconds = 0.0

    def frame(self, inbound: bytes, outbound: bytes) -> None:  # noqa: ARG002 - a tap is given both directions
        if self.decided.is_set:
            return
        self.seconds += FRAME_SECONDS
        is_loud = self._loudness.is_loud(inbound)
        held = self._hold(pitch_of(inbound) if is_loud else 0.0)
        if is_loud:
            self._began = self.seconds if self._began is None else self._began
            self._last_loud = self.seconds
        verdict = self._tone(held) or self._speech() or self._time()
        if verdict:
            self.verdict = verdict
            self.decided.set()

    def _hold(self, pitch: float) -> tuple[float, float]:
        """Return the tone that has just ended or goes on, and for how long it was held."""
        before = (self._pitch, self._pitch_seconds)
        if pitch and abs(pitch - self._pitch) <= 60:
            self._pitch_seconds += FRAME_SECONDS
            return self._pitch, self._pitch_seconds
        self._pitch, self._pitch_seconds = pitch, FRAME_SECONDS if pitch else 0.0
        return before if not pitch else (pitch, FRAME_SECONDS)

    def _tone(self, held: tuple[float, float]) -> str:
        pitch, seconds = held
        if seconds >= FAX_SECONDS and any(abs(pitch - tone) <= 60 for tone in FAX_TONES):
            return "fax"
        is_over = not self._pitch
        is_beep = BEEP_HERTZ[0] <= pitch <= BEEP_HERTZ[1] and seconds >= BEEP_SECONDS
        if is_over and is_beep and self._began is not None and (self._is_machine or self._patience.waits_for_end):
            return "machine_end_beep" if self._patience.waits_for_end else "machine_start"
        return ""

    def _speech(self) -> str:
        if self._began is None:
            return "unknown" if self.seconds >= self._patience.silence else ""
        spoken, quiet = self._last_loud - self._began, self.seconds - self._last_loud
        if spoken >= self._patience.speech:
            self._is_machine = True
            if not self._patience.waits_for_end:
                return "machine_start"
        if quiet >= self._patience.speech_end:
            return "machine_end_silence" if self._is_machine else "human"
        return ""

    def _time(self) -> str:
        if self.seconds < self._patience.timeout:
            return ""
        return "machine_end_other" if self._is_machine else "unknown"


def pitch_of(frame: bytes) -> float:
    """Return the frequency of a pure tone, or 0 for anything else."""
    power = np.abs(np.fft.rfft(np.frombuffer(frame, dtype="<i2") * _HANN)) ** 2
    peak = int(power.argmax())
    total = float(power.sum())
    near = float(power[max(0, peak - 2) : peak + 3].sum())
    return peak * RATE / FRAME_SAMPLES if total and near >= PURE * total else 0.0
