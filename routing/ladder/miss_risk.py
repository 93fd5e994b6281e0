"""How likely a caller is lost when no other phone rings for them: from what is known of those whose phones ring. Pure.

Lost is who is not answered within their rings, or gives up before. A phone that has rung for long is hardly a chance
any more where its owner, when they answer at all, answers soon.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from routing.ladder.floor_state import LiveOffer, QueuedCaller

# Callers give up as if they had so long on average.
PATIENCE_SECONDS = 120.0
# Whose rings have passed is looked at for so many more.
LATE_RINGS = 2
# At so many moments between now and then.
STEPS = 6
# While fewer than so many phones rang for each caller of late, another joins where the risk is higher than this.
MOST_RISK = ((2.0, 0.03), (2.35, 0.1))
# People are rung, too, who are not spare, the easiest to replace first, where the risk is higher than this shared among
# the phones that then ring: of phones that ring alike each is as likely to be the one that is answered, and what costs
# other callers is that somebody scarce answers, not that they are rung (chosen on the days of `bench.floor`).
GRAVE = 0.4
# No more phones than these ring because of a risk.
MOST_PHONES = 5


def of(caller: QueuedCaller, rung: Sequence[LiveOffer], now: datetime, ring: timedelta) -> float | None:
    """Return the chance that this caller is lost with the phones that ring; `None` where an owner's habits are not
    known.
    """
    if not rung or any(offer.curve is None for offer in rung):
        return None
    left = max(caller.asked_at + caller.rings * ring - now, LATE_RINGS * ring).total_seconds()
    unanswered = [_unanswered(rung, now, left * step / STEPS, ring) for step in range(STEPS + 1)]
    waited = sum((one + other) / 2 for one, other in pairwise(unanswered)) * left / STEPS
    return min(1.0, unanswered[-1] + waited / PATIENCE_SECONDS)


def is_too_high(chance: float, phones: int, each: float) -> bool:
    """Return whether another phone is worth ringing beside so many, `each` being how many rang for a caller of late."""
    limit = next((limit for below, limit in MOST_RISK if each < below), None)
    return limit is not None and chance > limit and phones < MOST_PHONES


def is_grave(chance: float, phones: int) -> bool:
    """Return whether the phone that joins so many may be that of someone whom others are likely to need."""
    return chance * (phones + 1) > GRAVE


def _unanswered(rung: Sequence[LiveOffer], now: datetime, seconds: float, ring: timedelta) -> float:
    """Return the chance that in so many seconds none of these phones has been answered; each stops after its rings."""
    chance = 1.0
    for offer in rung:
        if offer.curve is not None:
            rang = (now - (offer.ringing_at or offer.started_at)).total_seconds()
            chance *= offer.curve.misses(rang, min(rang + seconds, offer.rings * ring.total_seconds()))
    return chance
