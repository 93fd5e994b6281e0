"""The wire between one leg and one telephone: frames both ways, a few control messages, and the buffer against jitter.

Browser and scripted phones (`phones.py`) are one implementation; a SIP trunk would be another.
"""

from collections import deque
from typing import Protocol

from exchange.media.audio import MISSING, level_db

PREFILL_FRAMES = 3
MOST_FRAMES = 50
GAP_FRAMES, DEEPEST_FRAMES, CALM_FRAMES = 2, 13, 500
TRIM_EVERY_FRAMES = 50
QUIET_DB = -45.0


class LineListener(Protocol):
    """What a line tells its leg about the person at the telephone."""

    def on_answer(self) -> None: ...

    def on_refuse(self, is_busy: bool) -> None: ...

    def on_fail(self) -> None: ...

    def on_hang_up(self) -> None: ...

    def on_ringing(self) -> None: ...

    def on_early_sound(self) -> None:
        """What the other side plays before anybody answers can be heard from now on."""
        ...

    def on_refer(self, target: str) -> bool:
        """The person wants the other side to talk to somebody else; False when nobody can see to that."""
        ...


class TelephoneLine(Protocol):
    """A telephone as its leg sees it."""

    address: str
    shows_texts: bool
    # Whether it says by itself when it rings; others ring as soon as they are told.
    rings_late: bool

    def seize(self, answerer: LineListener) -> bool:
        """Take the line for a call; False when it is busy."""
        ...

    def release(self) -> None:
        """The call is over, the line is free again."""
        ...

    def take(self) -> bytes:
        """What the person said in this tick; `MISSING` when it has not come."""
        ...

    def give(self, frame: bytes) -> None:
        """What the person hears in this tick."""
        ...

    def tell(self, event: str, **fields: object) -> None:
        """A control message to the telephone; `trace` is for those only that asked for it."""
        ...


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
        """What was missing has begun to come."""
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
