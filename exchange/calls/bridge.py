"""A bridge of two legs that hear each other."""

from exchange.calls.key_buffer import KeyBuffer
from exchange.calls.leg import CallLeg
from exchange.media.clock import Signal, Ticker


class LegAudio:
    """The sound that another leg makes in the same tick."""

    def __init__(self, other: CallLeg) -> None:
        self._other = other

    def next_frame(self) -> bytes | None:
        return self._other.inbound


async def bridge(
    ticker: Ticker, first: CallLeg, second: CallLeg, seconds: float | None = None, over: Signal | None = None
) -> None:
    """Connect two legs until one is over, is taken elsewhere, or the time is up; then both hear nothing."""
    ears = {first: LegAudio(second), second: LegAudio(first)}
    for leg, ear in ears.items():
        leg.set_source(ear)
    try:
        ends = [each.wait() for leg in (first, second) for each in (leg.ended, leg.taken_away)]
        await ticker.first(*ends, *([over.wait()] if over else []), seconds=seconds)
    finally:
        for leg, ear in ears.items():
            leg.clear_source(ear)


async def star_pressed(box: KeyBuffer) -> None:
    """Wait until somebody presses the star."""
    while True:
        await box.wait()
        if box.pop() == "*":
            return
