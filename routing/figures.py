"""The figures of a day: how many called, were answered, gave up, and how many within the target of rings. Pure.

Two clocks, never mixed: the *offer clock* runs from the first ring at an agent to the answer, the *caller clock* from
asking for a person to hearing one. Each share stands with its denominator.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from hotline.values import OfferState, Outcome

# Who gives up sooner than this after asking has hardly been waiting: counted apart, never left out.
EARLY_SECONDS = 5.0
HALF_HOUR = timedelta(minutes=30)
OVERFLOW = "overflow"  # the reason of an offer to the queue that helps out, see `routing.ladder`


class CallTimes(Protocol):
    """What the figures need of a call: the row itself, or a few columns of it."""

    @property
    def id(self) -> str:
        """Our id."""

    @property
    def queue(self) -> str | None:
        """The queue they asked for last; `None` before."""

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; `None` while it goes on."""

    @property
    def asked_at(self) -> datetime | None:
        """When the caller asked for a person."""

    @property
    def answered_at(self) -> datetime | None:
        """When the caller heard one."""

    @property
    def ended_at(self) -> datetime | None:
        """When the line ended."""


class OfferTimes(Protocol):
    """What the figures need of an offer."""

    @property
    def call_id(self) -> str:
        """The call it was made for."""

    @property
    def agent_id(self) -> str:
        """Whose phone it was."""

    @property
    def reasons(self) -> Sequence[str]:
        """Why this agent was rung."""

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
    """The figures. Shares: `within_offer` of `offers_answered`, `within_caller` of `asked`.

    `asked` = `answered` + `abandoned_early` + `abandoned_late` + `waiting` + `other` (led elsewhere, or failed).
    """

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
    # Of `abandoned`: gave up within `EARLY_SECONDS` of asking, and later.
    abandoned_early: int = 0
    abandoned_late: int = 0
    # Callers for whom the queue that helps out was rung.
    overflowed: int = 0
    missed: int = 0
    rejected: int = 0

    @property
    def other(self) -> int:
        """Asked, and neither answered nor abandoned nor waiting."""
        return self.asked - self.answered - self.abandoned_early - self.abandoned_late - self.waiting

    @property
    def abandoned_share(self) -> float | None:
        """Of the callers who asked, the part who gave up, 0 to 1; `None` when nobody asked."""
        return (self.abandoned_early + self.abandoned_late) / self.asked if self.asked else None

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
    gave_up = [call for call in asked if call.outcome is Outcome.ABANDONED and call.answered_at is None]
    early = sum(gave_up_early(call) for call in gave_up)
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
        abandoned_early=early,
        abandoned_late=len(gave_up) - early,
        overflowed=len({offer.call_id for offer in offers if OVERFLOW in offer.reasons}),
        missed=sum(offer.state is OfferState.MISSED for offer in offers),
        rejected=sum(offer.state is OfferState.REJECTED for offer in offers),
    )


def gave_up_early(call: CallTimes) -> bool:
    """Whether the line of a caller who asked ended within `EARLY_SECONDS`, without an answer."""
    if call.asked_at is None or call.ended_at is None or call.answered_at is not None:
        return False
    return (call.ended_at - call.asked_at).total_seconds() <= EARLY_SECONDS


def by_call(
    calls: Sequence[CallTimes],
    offers: Sequence[OfferTimes],
    key: Callable[[CallTimes], str | None],
    ring_seconds: float,
) -> dict[str, Summary]:
    """The figures of each group of calls that `key` names, in the order of the names; `None` is in no group.

    An offer belongs to the group of its call.
    """
    keys = {call.id: key(call) for call in calls}
    groups = sorted({name for name in keys.values() if name is not None})
    return {
        name: summary(
            [call for call in calls if keys[call.id] == name],
            [offer for offer in offers if keys.get(offer.call_id) == name],
            ring_seconds,
        )
        for name in groups
    }


def by_queue(calls: Sequence[CallTimes], offers: Sequence[OfferTimes], ring_seconds: float) -> dict[str, Summary]:
    """The figures of each queue."""
    return by_call(calls, offers, lambda call: call.queue, ring_seconds)


def by_half_hour(
    calls: Sequence[CallTimes], offers: Sequence[OfferTimes], ring_seconds: float, zone: tzinfo
) -> dict[str, Summary]:
    """The figures of each half hour in which somebody asked, by its beginning in local time: `2026-03-02 08:30`."""

    def key(call: CallTimes) -> str | None:
        return None if call.asked_at is None else f"{half_hour(call.asked_at, zone):%Y-%m-%d %H:%M}"

    return by_call(calls, offers, key, ring_seconds)


def half_hour(moment: datetime, zone: tzinfo) -> datetime:
    """The beginning, in local time, of the half hour in which `moment` lies."""
    local = moment.astimezone(zone)
    return local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0)


def by_agent(offers: Sequence[OfferTimes], ring_seconds: float) -> dict[str, Summary]:
    """The offer clock of each agent by their id: offers, answered, missed, rejected, answered within the target."""
    agents = sorted({offer.agent_id for offer in offers})
    return {agent: summary([], [o for o in offers if o.agent_id == agent], ring_seconds) for agent in agents}


def _rings(start: datetime | None, end: datetime | None, ring_seconds: float) -> float | None:
    if start is None or end is None:
        return None
    return max(0.0, (end - start).total_seconds()) / ring_seconds


def _within(counts: Iterable[float | None], rings: float) -> int:
    return sum(count is not None and count <= rings for count in counts)
