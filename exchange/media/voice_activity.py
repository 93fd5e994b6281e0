"""Speech by its loudness alone: its beginning, the end of a turn, and the recorded turn. Pure."""

from collections import deque

from exchange.media.audio import FRAME_SECONDS, level_db
from exchange.media.clock import Signal

LOUD_DB = -42.0
ABOVE_NOISE_DB = 12.0
QUIETEST_DB = -70.0
BEFORE_FRAMES = 15
VOICED_FRAMES = 5  # a tenth of a second; a click is shorter
WINDOW_FRAMES = 8
NOISE_STEP = 0.02
QUIET_FRAMES = 25


class LoudnessDetector:
    """Tells whether a frame is louder than the room, whose noise it learns."""

    def __init__(self) -> None:
        self._noise = QUIETEST_DB

    def is_loud(self, frame: bytes) -> bool:
        level = max(level_db(frame), QUIETEST_DB)
        threshold = max(LOUD_DB, min(self._noise + ABOVE_NOISE_DB, -20.0))
        # Noise that stays is the room; a voice pauses, so that it never becomes the room.
        self._noise += (NOISE_STEP if level > self._noise else 0.2) * (level - self._noise)
        return level > threshold


class SpeechDetector:
    """Tells whether somebody speaks now: after a tenth of a second of voice, until half a second of quiet."""

    def __init__(self) -> None:
        self.is_on = False
        self._loudness = LoudnessDetector()
        self._frames = 0

    def has_changed(self, frame: bytes) -> bool:
        is_loud = self._loudness.is_loud(frame)
        self._frames = 0 if is_loud == self.is_on else self._frames + 1
        if self._frames >= (QUIET_FRAMES if self.is_on else VOICED_FRAMES):
            self.is_on, self._frames = not self.is_on, 0
            return True
        return False


class UtteranceRecorder:
    """A tap that keeps one turn of speech, with a little of what was before it.

    `began` is set when speech begins, `over` when it was quiet for so long after it, or it lasted too long.
    """

    def __init__(self, quiet_seconds: float, most_seconds: float) -> None:
        self.began = Signal()
        self.over = Signal()
        self.frames: list[bytes] = []
        self._before: deque[bytes] = deque(maxlen=BEFORE_FRAMES)
        self._recent: deque[bool] = deque(maxlen=WINDOW_FRAMES)
        self._loudness = LoudnessDetector()
        self._quiet = 0
        self._most_quiet = max(1, round(quiet_seconds / FRAME_SECONDS))
        self._most = round(most_seconds / FRAME_SECONDS)

    @property
    def pcm(self) -> bytes:
        """Return what was said, its quiet end cut down to a fifth of a second."""
        return b"".join(self.frames[: max(0, len(self.frames) - max(0, self._quiet - 10))])

    def frame(self, inbound: bytes, outbound: bytes) -> None:  # noqa: ARG002 - a tap is given both directions
        if self.over.is_set:
            return
        is_loud = self._loudness.is_loud(inbound)
        if not self.began.is_set:
            self._before.append(inbound)
            self._recent.append(is_loud)
            if sum(self._recent) >= VOICED_FRAMES:
                self.frames += self._before
                self.began.set()
            return
        self.frames.append(inbound)
        self._quiet = 0 if is_loud else self._quiet + 1
        if self._quiet >= self._most_quiet or len(self.frames) >= self._most:
            self.over.set()
