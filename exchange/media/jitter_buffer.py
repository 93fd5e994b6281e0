"""The buffer against jitter between a telephone's network and the media clock. Pure."""

from collections import deque

from exchange.media.audio import MISSING, level_db

PREFILL_FRAMES = 3
MOST_FRAMES = 50
GAP_FRAMES, DEEPEST_FRAMES, CALM_FRAMES = 2, 13, 500
TRIM_EVERY_FRAMES = 50
QUIET_DB = -45.0


class JitterBuffer:
    """Frames that arrive unevenly, handed out one a tick.

    It starts three frames behind. Each time that it runs out, it stays behind by as many more as were missing, two at
    least: a busy machine costs one gap and not many. What is longer than the deepest is no jitter: no depth would help.
    Ten quiet seconds give one back. When the delay grew, it gives back time by dropping quiet frames only, so that no
    word or tone is ever cut; half a second is the most it holds of anything.
    """

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._is_filling = True
        self._taken = 0
        self._fewest = MOST_FRAMES
        self._depth = PREFILL_FRAMES
        self._since_gap = 0
        self._missing = 0

    def put(self, frame: bytes) -> None:
        self._frames.append(frame)
        if self._missing:
            self._deepen()
        if len(self._frames) > 2 * MOST_FRAMES:
            self._frames.popleft()

    def clear(self) -> None:
        self._frames.clear()
        self._is_filling = True
        self._depth = PREFILL_FRAMES
        self._missing = 0

    def take(self) -> bytes:
        if not self._frames and (self._missing or not self._is_filling):
            self._is_filling, self._since_gap = True, 0
            self._missing += 1
            return MISSING
        if self._is_filling and len(self._frames) < self._depth:
            return MISSING
        self._is_filling = False
        self._since_gap += 1
        if self._since_gap % CALM_FRAMES == 0:
            self._depth = max(PREFILL_FRAMES, self._depth - 1)
        self._trim()
        return self._frames.popleft()

    def _deepen(self) -> None:
        """Deepen the buffer: what was missing has begun to come."""
        more = self._missing if self._missing <= DEEPEST_FRAMES else 0
        self._depth = min(self._depth + max(GAP_FRAMES, more), DEEPEST_FRAMES)
        self._missing = 0

    def _trim(self) -> None:
        waiting = len(self._frames)
        self._fewest = min(self._fewest, waiting)
        self._taken += 1
        if self._taken < TRIM_EVERY_FRAMES and waiting <= MOST_FRAMES:
            return
        if self._fewest > self._depth and level_db(self._frames[0]) < QUIET_DB:
            self._frames.popleft()
            self._fewest -= 1
            return
        self._taken = 0
        self._fewest = MOST_FRAMES
