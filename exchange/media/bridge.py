"""Two legs that hear each other."""

from exchange.calls.call import Leg
from exchange.calls.keys import KeyBox
from exchange.media.clock import Signal, Ticker


class Ear:
    """Hears what another leg says in the same tick."""

    def __init__(self, other: Leg) -> None:
        self._other = other

    def next_frame(self) -> bytes | None:
        return self._other.said


async def talk(
    ticker: Ticker, first: Leg, second: Leg, seconds: float | None = None, over: Signal | None = None
) -> None:
    """Connect the two until one is over, is taken elsewhere, or the time is up; then both hear nothing."""
    ears = {first: Ear(second), second: Ear(first)}
    for leg, ear in ears.items():
        leg.hear(ear)
    try:
        ends = [each.wait() for leg in (first, second) for each in (leg.ended, leg.taken_away)]
        await ticker.first(*ends, *([over.wait()] if over else []), seconds=seconds)
    finally:
        for leg, ear in ears.items():
            leg.unhear(ear)


async def star_pressed(box: KeyBox) -> None:
    """Wait until somebody presses the star."""
    while True:
        await box.wait()
        if box.pop() == "*":
            return
