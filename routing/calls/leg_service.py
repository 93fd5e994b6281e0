"""The lines of a call as the exchange reports them: reports come twice, late and out of order, rows do not."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from hotline.context import AppContext
from hotline.models import Leg, Offer
from hotline.outbox import transitions
from hotline.values.reason_codes import OfferEndReason
from hotline.values.states.leg import ENDED_LEGS, REPORTED, LegKind, LegStatus, is_news
from hotline.values.states.offer import LIVE_OFFERS, OfferEvent
from routing.calls import conversation_service
from routing.offers import service as offer_service
from routing.queues import queries

# How a live offer ends when the agent's line ends unanswered, and the reason that staff read.
NOT_REACHED = (OfferEvent.NOT_REACHED, OfferEndReason.NOT_REACHED)
ENDS = {
    LegStatus.BUSY: (OfferEvent.REJECTED, OfferEndReason.DECLINED),
    LegStatus.NO_ANSWER: (OfferEvent.RING_NO_ANSWER, OfferEndReason.RING_NO_ANSWER),
    LegStatus.CANCELED: (OfferEvent.CANCELLED, OfferEndReason.STOPPED_RINGING),
    LegStatus.FAILED: NOT_REACHED,
    # The agent hung up between picking up and being told whom they have won.
    LegStatus.COMPLETED: (OfferEvent.FAILED, OfferEndReason.HUNG_UP),
}
# SIP's answers of a telephone that is not there: also when it vanishes while it rings.
GONE = frozenset({404, 410, 503})
# The number of the report that a line rings, the first after that of the dialling. A higher one at the end of a line
# says that it rang, also where that report is late or lost.
RINGING_SEQUENCE = 1
_BY_SID = select(Leg).where(Leg.provider_sid == bindparam("sid"))


@dataclass(frozen=True)
class LegReport:
    """What the exchange says of a line: its id, status, and number in the order of sending (`None` when unknown).

    `response_code` is SIP's, where it says why nobody answered.
    """

    sid: str
    status: LegStatus
    sequence: int | None = None
    response_code: int | None = None


def apply_report(session: Session, leg: Leg, report: LegReport, now: datetime) -> Leg:
    """Write a report down on the line's row, `leg` where it is the first; an older or later one changes nothing."""
    found = session.scalar(_BY_SID, {"sid": report.sid})
    if found is None:
        session.add(leg)
        found = leg
    if is_news(found.sequence, report.sequence) and found.status not in ENDED_LEGS:
        transitions.transition(found, REPORTED[report.status])
        found.sequence = report.sequence if report.sequence is not None else found.sequence
        if report.status is LegStatus.ANSWERED:
            found.answered_at = found.answered_at or now
        if report.status in ENDED_LEGS:
            found.ended_at = now
    return found


def agent_line(context: AppContext, offer_id: str, report: LegReport, now: datetime) -> bool:
    """Take a report on the line of an offer's agent; return whether there is such an offer."""
    with context.database.write() as session:
        offer = queries.locked_offer(session, offer_id)
        if offer is None:
            return False
        offer.provider_sid = offer.provider_sid or report.sid
        leg = Leg(
            provider_sid=report.sid,
            call_id=offer.call_id,
            offer_id=offer.id,
            kind=LegKind.AGENT,
            agent_id=offer.agent_id,
            status=LegStatus.INITIATED,
            sequence=-1,
            started_at=now,
        )
        leg = apply_report(session, leg, report, now)
        if leg.status in ENDED_LEGS and offer.state in LIVE_OFFERS:
            event, reason = _end(offer, leg, report.response_code)
            offer_service.end(session, context.notifier, offer, event, reason, now)
        elif leg.status in ENDED_LEGS:
            conversation_service.agent_left(session, context.notifier, context.settings, offer, now, leg.status)
        elif leg.status is LegStatus.RINGING:
            offer_service.ringing(session, context.notifier, offer, now)
    return True


def _end(offer: Offer, leg: Leg, code: int | None) -> tuple[OfferEvent, OfferEndReason]:
    """Return how the offer ends. A phone that never rang, or that vanished, was let ring by nobody."""
    rang = offer.ringing_at is not None or leg.sequence > RINGING_SEQUENCE
    is_gone = not rang or code in GONE
    return NOT_REACHED if leg.status is LegStatus.NO_ANSWER and is_gone else ENDS[leg.status]


def caller_line(session: Session, call_id: str, report: LegReport, now: datetime) -> Leg:
    """Take a report on the caller's line; return the line. Inside the transaction that holds the call."""
    leg = Leg(
        provider_sid=report.sid,
        call_id=call_id,
        kind=LegKind.CALLER,
        status=LegStatus.INITIATED,
        sequence=-1,
        started_at=now,
    )
    return apply_report(session, leg, report, now)
