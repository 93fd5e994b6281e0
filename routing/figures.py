"""The figures of a day: how many called, were answered, gave up, and how many within the target of rings. Pure.

Two clocks, never mixed: the *offer clock* runs from the first ring at an agent to the answer, the *caller clock* from
asking for a person to hearing one. Each share stands with its denominator.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hotline.values import OfferState, Outcome


class CallTimes(Protocol):
    """What the figures need of a call: the row itself, or a few columns of it."""

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; `None` while it goes on."""

    @property
    def asked_at(self) -> datetime | None:
        """When the caller asked for a person."""

    @property
    def answered_at(self) -> datetime | None:
        """When the caller heard one."""


class OfferTimes(Protocol):
    """What the figures need of an offer."""

    @property
    def state(self) -> OfferState:
        """How it stands."""

    @property
    def started_at(self) -> datetime:
        """When the agent's phone was asked to ring."""

    @property
    def ringing_at(self) -> datetime | None:
        """When it began to ring; `None` when the exchange never said so."""

    @property
    def answered_at(self) -> datetime | None:
        """When the agent answered."""


@dataclass(frozen=True)
class Summary:
    """The figures. Shares: `within_offer` of `offers_answered`, `within_caller` of `asked`."""

    rings: float
    calls: int = 0
    asked: int = 0
    answered: int = 0
    abandoned: int = 0
    # Asked for a person, neither answered nor ended: undecided, and counted in `asked`.
    waiting: int = 0
    offers: int = 0
    offers_answered: int = 0
    within_offer: int = 0
    within_caller: int = 0

    @property
    def offer_share(self) -> float | None:
        """Of the offers answered, the part within the target, 0 to 1; `None` when there are none."""
        return self.within_offer / self.offers_answered if self.offers_answered else None

    @property
    def caller_share(self) -> float | None:
        """Of the callers who asked, the part who heard a person within the target; `None` when nobody asked."""
        return self.within_caller / self.asked if self.asked else None


def offer_rings(offer: OfferTimes, ring_seconds: float) -> float | None:
    """Rings on the offer clock until the answer; `None` when it was not answered.

    An offer whose ringing was never reported counts from its start: against us, never for us.
    """
    return _rings(offer.ringing_at or offer.started_at, offer.answered_at, ring_seconds)


def caller_rings(call: CallTimes, ring_seconds: float) -> float | None:
    """Rings on the caller clock until a person was heard; `None` when nobody was asked for, or none was heard."""
    return _rings(call.asked_at, call.answered_at, ring_seconds)


def summary(calls: Sequence[CallTimes], offers: Sequence[OfferTimes], ring_seconds: float, rings: float = 3) -> Summary:
    """Count `calls` and `offers`; the target is met at `rings` or less."""
    asked = [call for call in calls if call.asked_at is not None]
    picked_up = [offer for offer in offers if offer.state is OfferState.ANSWERED]
    return Summary(
        rings=rings,
        calls=len(calls),
        asked=len(asked),
        answered=sum(call.answered_at is not None for call in asked),
        abandoned=sum(call.outcome is Outcome.ABANDONED for call in calls),
        waiting=sum(call.answered_at is None and call.outcome is None for call in asked),
        offers=len(offers),
        offers_answered=len(picked_up),
        within_offer=_within((offer_rings(offer, ring_seconds) for offer in picked_up), rings),
        within_caller=_within((caller_rings(call, ring_seconds) for call in asked), rings),
    )


def _rings(start: datetime | None, end: datetime | None, ring_seconds: float) -> float | None:
    if start is None or end is None:
        return None
    return max(0.0, (end - start).total_seconds()) / ring_seconds


def _within(counts: Iterable[float | None], rings: float) -> int:
    return sum(count is not None and count <= rings for count in counts)
