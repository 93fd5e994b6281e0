"""One press is one key, in however many ways a telephone reports it: as sound, as RTP events, by INFO. Pure.

Time is counted in ticks of 20 ms.
"""

from dataclasses import dataclass
from enum import StrEnum

from aiortp.dtmf import EVENT_TO_DIGIT, DtmfEvent

# A press that is told in a second way is told within so long of the last sign of it in the first.
AGAIN_TICKS = 100
# Nobody presses more in that time; a flood of presses must not take ever longer.
MOST_RECENT = 50
MOST_RELAYED = 16
# An event of which nothing came for so long is over, although its end was lost.
LOST_TICKS = 13
# The end of an event is sent several times; some telephones give each a timestamp of its own.
ENDING_TICKS = 5
# An event longer than a packet can say goes on with its duration beginning anew (RFC 4733, 2.5.1.3).
LONGEST_DURATION = 0xF000
RELAYED = {str(code): key for code, key in EVENT_TO_DIGIT.items()} | {key: key for key in EVENT_TO_DIGIT.values()}


class KeyTransport(StrEnum):
    """How a telephone reported a press."""

    SOUND = "sound"
    EVENT = "event"
    INFO = "info"


@dataclass
class _Press:
    key: str
    ways: set[KeyTransport]
    tick: int


class KeyPresses:
    """The presses of one telephone in the last seconds."""

    def __init__(self) -> None:
        self._recent: list[_Press] = []

    def is_new(self, key: str, way: KeyTransport, tick: int) -> bool:
        """Return whether this press was not reported before; the oldest that lacks this way is taken for the same."""
        press = self._lacking(key, way, tick)
        if press is None:
            self._recent = [*self._recent[1 - MOST_RECENT :], _Press(key, {way}, tick)]
            return True
        press.ways.add(way)
        press.tick = tick
        return False

    def is_awaited(self, key: str, way: KeyTransport, tick: int) -> bool:
        """Return whether a press of this key was reported, and not yet in this way."""
        return self._lacking(key, way, tick) is not None

    def goes_on(self, key: str, way: KeyTransport, tick: int) -> None:
        """Note that the newest press of this key that was reported in this way is still held."""
        for press in reversed(self._recent):
            if press.key == key and way in press.ways:
                press.tick = tick
                return

    def _lacking(self, key: str, way: KeyTransport, tick: int) -> _Press | None:
        self._recent = [press for press in self._recent if tick - press.tick <= AGAIN_TICKS]
        return next((press for press in self._recent if press.key == key and way not in press.ways), None)


class RtpKeyEvents:
    """The RTP events of one telephone, whose packets do not always carry the one timestamp they should."""

    def __init__(self) -> None:
        self._code = -1
        self._timestamp = -1
        self._duration = 0
        self._is_ended = True
        self._tick = 0

    def is_new(self, event: DtmfEvent, timestamp: int, tick: int) -> bool:
        """Return whether a press begins with this packet; whatever was lost, each press counts once."""
        is_same = timestamp == self._timestamp or self._belongs(event, tick)
        is_new = event.event != self._code or not is_same
        self._is_ended = event.end or (self._is_ended and not is_new)
        self._code, self._timestamp, self._duration, self._tick = event.event, timestamp, event.duration, tick
        return is_new

    def _belongs(self, event: DtmfEvent, tick: int) -> bool:
        """Return whether a packet with another timestamp belongs to the press before all the same."""
        if self._is_ended:
            return event.end and tick - self._tick <= ENDING_TICKS
        is_anew = event.duration < self._duration < LONGEST_DURATION
        return tick - self._tick <= LOST_TICKS and not is_anew


def relayed_keys(kind: str, body: str) -> list[str]:
    """Return the keys in the body of an INFO: `Signal=5`, `Signal=10` for the star, or a bare digit
    (`application/dtmf`).
    """
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    pairs = [line.partition("=") for line in lines]
    values = [value for name, is_pair, value in pairs if is_pair and name.strip().lower() == "signal"]
    if not values and kind.partition(";")[0].strip().lower() == "application/dtmf" and len(lines) == 1:
        values = lines
    return [RELAYED[value.strip().upper()] for value in values[:MOST_RELAYED] if value.strip().upper() in RELAYED]
