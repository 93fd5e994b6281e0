"""The sound that a phone hears in one call: loud or quiet, a tone or a voice, and whose turn it is. Pure."""

import numpy as np

from exchange.media.audio import FRAME_SAMPLES, FRAME_SECONDS, level_db

LOUD_DB = -45.0
TONE_SHARE = 0.93
TONE_SECONDS = 0.2
VOICE_SECONDS = 0.2
AFTER_PROMPT_SECONDS = 0.2
_HANN = np.hanning(FRAME_SAMPLES).astype(np.float32)


class AudioMonitor:
    """Fed with every frame of a call; time is counted in frames, so a stalled machine changes nothing."""

    def __init__(self) -> None:
        self.quiet_seconds = 0.0
        self.voice_seconds = 0.0
        self._tone_seconds = 0.0
        self._since_prompt = AFTER_PROMPT_SECONDS
        self._turn_seconds = 0.0

    def feed(self, frame: bytes, *, is_prompt: bool) -> None:
        """Take 20 ms more; `is_prompt` says that the exchange itself is speaking."""
        self._since_prompt = 0.0 if is_prompt else self._since_prompt + FRAME_SECONDS
        if level_db(frame) < LOUD_DB:
            self.quiet_seconds += FRAME_SECONDS
            self._tone_seconds = 0.0
            return
        self.quiet_seconds = 0.0
        if is_tone(frame):
            self._tone_seconds += FRAME_SECONDS
            return
        self._tone_seconds = 0.0
        self.voice_seconds += FRAME_SECONDS
        if self._since_prompt >= AFTER_PROMPT_SECONDS:
            self._turn_seconds += FRAME_SECONDS

    def start_turn(self) -> None:
        """Begin the other side's turn: we have just stopped talking."""
        self._turn_seconds = 0.0

    def is_turn_over(self, quiet_seconds: float) -> bool:
        """Return whether the other side has spoken in its turn and has been quiet for this long."""
        return self._turn_seconds >= VOICE_SECONDS and self.quiet_seconds >= quiet_seconds

    def hears(self, what: str) -> bool:
        """Return whether there is `tone` or `silence` now, or was `speech` (a prompt's included) at any time of the
        call.
        """
        if what == "tone":
            return self._tone_seconds >= TONE_SECONDS
        return self.voice_seconds >= VOICE_SECONDS if what == "speech" else self.quiet_seconds >= VOICE_SECONDS


def is_tone(frame: bytes) -> bool:
    """Return whether nearly all of the power lies at one or two frequencies, as in ringing, busy tones and keys."""
    samples = np.frombuffer(frame, dtype="<i2").astype(np.float32)
    power = np.abs(np.fft.rfft(samples * _HANN)) ** 2
    total = float(power.sum())
    share = 0.0
    for _ in range(2):
        peak = int(power.argmax())
        around = slice(max(0, peak - 2), peak + 3)
        share += float(power[around].sum())
        power[around] = 0
    return total > 0 and share >= TONE_SHARE * total
