"""The figures of a day: how many called, were answered, gave up, and how many within the target of rings. Pure.

Two clocks, never mixed: the *offer clock* runs from the first ring at an agent to the answer, the *caller clock* from
asking for a person to hearing one. Each share stands with its denominator: the callers who *asked*, to whom a
person was owed, or the offers that were answered. Whom we called, for a callback or a campaign, has not asked anew.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from hotline.values.states.call import CallOutcome, Direction
from hotline.values.states.callback import CallbackState
from hotline.values.states.offer import OfferState
from reports.service_level.rows import CallbackTimes as CallbackTimes
from reports.service_level.rows import CallTimes as CallTimes
from reports.service_level.rows import CountedCalls as CountedCalls
from reports.service_level.rows import OfferTimes as OfferTimes

# Who gives up sooner than this after asking has hardly been waiting: counted apart, never left out.
EARLY_SECONDS = 5.0
# The three-ring rule: a caller should be answered within so many rings.
TARGET_RINGS = 3.0
HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class ServiceFigures:
    """The figures. Shares: `within_offer` of `offers_answered`, `within_caller` of `asked`.

    `asked` = `answered` + `abandoned_early` + `abandoned_late` + `call_backs` + `waiting` + `other` (a message, another
    number, or failed). Offers are those of all calls, also of those that we dialled.
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
    # Callers for whom the queue that helps out was rung, or whom the overflow led elsewhere.
    overflowed: int = 0
    # Callers who left the line to be called back, and of them those who talked to a person that way.
    call_backs: int = 0
    called_back: int = 0
    # Calls that we dialled and that came to the line: counted nowhere else.
    outbound: int = 0
    missed: int = 0
    rejected: int = 0
    # Dials that reached no phone: in no other figure.
    unreachable: int = 0

    @property
    def other(self) -> int:
        """Asked, and neither answered nor abandoned nor called back nor waiting."""
        gave_up = self.abandoned_early + self.abandoned_late
        return self.asked - self.answered - gave_up - self.call_backs - self.waiting

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


def misses_target(rings: float | None) -> bool:
    """Tell whether so many rings are more than the three in which a caller should be answered."""
    return rings is not None and rings > TARGET_RINGS


def summary(counted: CountedCalls, ring_seconds: float, rings: float = TARGET_RINGS) -> ServiceFigures:
    """Count; the target is met at `rings` or less."""
    asked = [call for call in counted.calls if is_caller(call) and call.asked_at is not None]
    ids = {call.id for call in asked}
    helped = {offer.call_id for offer in counted.offers if _is_help(offer)} | counted.led_out
    gave_up = [call for call in asked if call.outcome is CallOutcome.ABANDONED and call.answered_at is None]
    early = sum(gave_up_early(call) for call in gave_up)
    return replace(
        _of_offers(counted.offers, ring_seconds, rings),
        calls=sum(is_caller(call) for call in counted.calls),
        asked=len(asked),
        answered=sum(call.answered_at is not None for call in asked),
        abandoned=sum(call.outcome is CallOutcome.ABANDONED for call in counted.calls if is_caller(call)),
        waiting=sum(call.answered_at is None and call.outcome is None for call in asked),
        within_caller=_within((caller_rings(call, ring_seconds) for call in asked), rings),
        abandoned_early=early,
        abandoned_late=len(gave_up) - early,
        overflowed=len(helped & ids),
        call_backs=sum(call.outcome is CallOutcome.CALL_BACK and call.answered_at is None for call in asked),
        called_back=len({back.call_id for back in counted.callbacks if back.state is CallbackState.DONE} & ids),
        outbound=sum(not is_caller(call) and call.asked_at is not None for call in counted.calls),
    )


def _of_offers(offers: Sequence[OfferTimes], ring_seconds: float, rings: float) -> ServiceFigures:
    """Return the offer clock alone. A phone that could not be reached rang for nobody: it is counted apart."""
    unreachable = sum(offer.state is OfferState.UNREACHABLE for offer in offers)
    offers = [offer for offer in offers if offer.state is not OfferState.UNREACHABLE]
    picked_up = [offer for offer in offers if offer.state is OfferState.ANSWERED]
    return ServiceFigures(
        rings=rings,
        offers=len(offers),
        offers_answered=len(picked_up),
        within_offer=_within((offer_rings(offer, ring_seconds) for offer in picked_up), rings),
        missed=sum(offer.state is OfferState.MISSED for offer in offers),
        rejected=sum(offer.state is OfferState.REJECTED for offer in offers),
        unreachable=unreachable,
    )


def is_caller(call: CallTimes) -> bool:
    """Return whether they called us."""
    return call.direction is Direction.INBOUND


def gave_up_early(call: CallTimes) -> bool:
    """Return whether the line of a caller who asked ended within `EARLY_SECONDS`, without an answer."""
    if call.asked_at is None or call.ended_at is None or call.answered_at is not None:
        return False
    return (call.ended_at - call.asked_at).total_seconds() <= EARLY_SECONDS


def by_call(
    counted: CountedCalls, key: Callable[[CallTimes], str | None], ring_seconds: float
) -> dict[str, ServiceFigures]:
    """The figures of each group of calls that `key` names, in the order of the names; `None` is in no group.

    What was done for a call belongs to its group.
    """
    groups: dict[str, set[str]] = {}
    for call in counted.calls:
        name = key(call)
        if name is not None:
            groups.setdefault(name, set()).add(call.id)
    return {name: summary(counted.of(groups[name]), ring_seconds) for name in sorted(groups)}


def by_queue(counted: CountedCalls, ring_seconds: float) -> dict[str, ServiceFigures]:
    """Return the figures of each queue."""
    return by_call(counted, lambda call: call.queue, ring_seconds)


def by_half_hour(counted: CountedCalls, ring_seconds: float, zone: tzinfo) -> dict[str, ServiceFigures]:
    """Return the figures of each half hour in which somebody asked, by its beginning in local time.

    `2026-03-02 08:30`.
    """

    def key(call: CallTimes) -> str | None:
        return None if call.asked_at is None else f"{half_hour(call.asked_at, zone):%Y-%m-%d %H:%M}"

    return by_call(counted, key, ring_seconds)


def half_hour(moment: datetime, zone: tzinfo) -> datetime:
    """Return the beginning, in local time, of the half hour in which `moment` lies."""
    local = moment.astimezone(zone)
    return local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0)


def by_agent(counted: CountedCalls, ring_seconds: float) -> dict[str, ServiceFigures]:
    """Return the offer clock of each agent by their id: offers, answered, missed, rejected, answered within the target.

    `overflowed` are the callers for whom they were rung as help, `called_back` those with whom they talked that way.
    """
    held: dict[str, list[OfferTimes]] = {}
    for offer in counted.offers:
        held.setdefault(offer.agent_id, []).append(offer)
    done = {back.outbound_call_id for back in counted.callbacks if back.state is CallbackState.DONE}
    return {agent: _of_agent(held[agent], done, ring_seconds) for agent in sorted(held)}


def _of_agent(offers: Sequence[OfferTimes], done: Set[str | None], ring_seconds: float) -> ServiceFigures:
    answered = {offer.call_id for offer in offers if offer.state is OfferState.ANSWERED}
    return replace(
        _of_offers(offers, ring_seconds, TARGET_RINGS),
        overflowed=len({offer.call_id for offer in offers if _is_help(offer)}),
        called_back=len(answered & done),
    )


def _is_help(offer: OfferTimes) -> bool:
    return offer.state is not OfferState.UNREACHABLE and offer.overflow_queue is not None


def _rings(start: datetime | None, end: datetime | None, ring_seconds: float) -> float | None:
    if start is None or end is None:
        return None
    return max(0.0, (end - start).total_seconds()) / ring_seconds


def _within(counts: Iterable[float | None], rings: float) -> int:
    return sum(count is not None and count <= rings for count in counts)
