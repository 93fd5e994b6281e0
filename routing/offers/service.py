"""Offers: made, answered, ended. Each function is one transaction, or runs inside its caller's.

The call's row is locked first, always, so that two events of one call never interleave.
"""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, or_, update
from sqlalchemy.orm import Session

from hotline.database.database import Database
from hotline.models import Agent, Call, Offer, QueueEntry
from hotline.outbox import call_log, floor_events, transitions
from hotline.outbox.notifier import ROUTER, Notifier
from hotline.values.call_events import (
    AgentLeft,
    AgentLost,
    LineLost,
    OfferAnswered,
    OfferCancelled,
    OfferEnded,
    OfferFailed,
    OfferMissed,
    OfferRejected,
    OfferRinging,
    OfferStarted,
    OfferUnreachable,
)
from hotline.values.reason_codes import AgentStateReason, OfferEndReason
from hotline.values.states.agent import AbsenceReason, AgentState, AgentStateEvent, AgentStatus
from hotline.values.states.offer import LIVE_OFFERS, OfferEvent, OfferState
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState
from routing.agents import presence_queries
from routing.agents.status_service import choose_status as choose_status
from routing.agents.status_service import come_back as come_back
from routing.agents.status_service import page_phone as page_phone
from routing.calls import conference_service
from routing.queues import queries
from routing.queues.queries import locked_offer as locked_offer

ENDED: dict[OfferEvent, type[OfferEnded]] = {
    OfferEvent.CANCELLED: OfferCancelled,
    OfferEvent.RING_NO_ANSWER: OfferMissed,
    OfferEvent.REJECTED: OfferRejected,
    OfferEvent.NOT_REACHED: OfferUnreachable,
    OfferEvent.FAILED: OfferFailed,
}
# How long an agent who missed, declined or dropped a call gets no offers.
RING_NO_ANSWER_SECONDS = 120
NOT_READY_SECONDS = {OfferEvent.RING_NO_ANSWER: RING_NO_ANSWER_SECONDS, OfferEvent.REJECTED: 30, OfferEvent.FAILED: 15}


def start(database: Database, notifier: Notifier, offer: Offer) -> bool:
    """Lease the agent for the caller; whether it came about (both were still free, and the agent still there)."""
    with database.write() as session:
        call = queries.locked_call(session, offer.call_id)
        entry = session.get(QueueEntry, offer.queue_entry_id)
        if call is None or entry is None or entry.state is not QueueEntryState.WAITING:
            return False
        lease = (
            update(Agent)
            .where(
                Agent.id == offer.agent_id,
                or_(*queries.CAN_BE_RUNG),
                Agent.status == AgentStatus.AVAILABLE,
                Agent.is_present,
            )
            .values(
                state=AgentState.OFFERED,
                state_reason=None,
                state_since=offer.started_at,
                state_until=None,
                offer_id=offer.id,
            )
        )
        if not changed(session.execute(lease)):
            return False
        session.add(offer)
        floor_events.happened(session, session.get_one(Agent, offer.agent_id, populate_existing=True))
        _ring_event(session, notifier, offer, OfferStarted, offer.started_at)
    return True


def answer(database: Database, notifier: Notifier, offer_id: str, now: datetime, sid: str | None = None) -> bool:
    """Decide who wins the caller: return whether this agent does. One compare-and-set decides; asked again, the same
    answer.

    `sid` is the exchange's id of their line: where every report of it was lost, it is learned here.
    """
    with database.write() as session:
        offer = queries.locked_offer(session, offer_id)
        if offer is not None:
            offer.provider_sid = offer.provider_sid or sid
        if offer is None or offer.state is OfferState.ANSWERED:
            return offer is not None
        if offer.state not in LIVE_OFFERS:
            return False  # it ended while the agent reached for the phone
        win = (
            update(QueueEntry)
            .where(QueueEntry.id == offer.queue_entry_id, QueueEntry.state == QueueEntryState.WAITING)
            # Whoever was on the way to an earlier agent is to be moved anew.
            .values(state=QueueEntryState.WON, winner_id=offer.id, sent_to_conference_at=None)
        )
        if not changed(session.execute(win)):
            end(session, notifier, offer, OfferEvent.CANCELLED, OfferEndReason.ANSWERED_BY_ANOTHER, now)
            return False
        floor_events.happened(session, session.get_one(QueueEntry, offer.queue_entry_id, populate_existing=True))
        _win(session, notifier, offer, now)
    return True


def _win(session: Session, notifier: Notifier, offer: Offer, now: datetime) -> None:
    transitions.transition(offer, OfferEvent.ANSWERED)
    # Where the report of the ringing has not come yet, it rang since it was dialled: against us, never for us.
    offer.ringing_at = offer.ringing_at or offer.dialled_at or offer.started_at
    offer.answered_at = now
    settle(session, offer, AgentStateEvent.ANSWERED, None, None, now)
    call = session.get_one(Call, offer.call_id)
    entry = session.get_one(QueueEntry, offer.queue_entry_id)
    session.refresh(entry)
    if entry.kind is QueueEntryKind.CONSULT:
        conference_service.consulted(session, call, entry, offer, now)
    else:
        call.agent_id = offer.agent_id
    _ring_event(session, notifier, offer, OfferAnswered, now)
    for other in queries.live_offers(session, offer.queue_entry_id):
        end(session, notifier, other, OfferEvent.CANCELLED, OfferEndReason.ANSWERED_BY_ANOTHER, now)
    notifier.notify_after(session, ROUTER)


def ringing(session: Session, notifier: Notifier, offer: Offer, now: datetime) -> None:
    """The agent's phone rings: the offer clock starts. Late or again, nothing changes."""
    if offer.state is OfferState.STARTED:
        transitions.transition(offer, OfferEvent.RANG)
        offer.ringing_at = now
        presence_queries.reached(session.get_one(Agent, offer.agent_id))
        _ring_event(session, notifier, offer, OfferRinging, now)


def end(
    session: Session, notifier: Notifier, offer: Offer, event: OfferEvent, reason: OfferEndReason, now: datetime
) -> None:
    """End a live offer without an answer. The agent is idle again, or not ready where it was their doing.

    `reason` of an unreachable one is an `AbsenceReason`: a dial that did not get through is tried again later.
    """
    if offer.state not in LIVE_OFFERS:
        return
    transitions.transition(offer, event)
    offer.reason, offer.ended_at = reason, now
    seconds = NOT_READY_SECONDS.get(event)
    if seconds is None:
        settle(session, offer, AgentStateEvent.OFFER_ENDED, None, None, now)
        if event is OfferEvent.NOT_REACHED:
            presence_queries.not_reached(
                session, session.get_one(Agent, offer.agent_id), AbsenceReason(reason.value), now
            )
    else:
        until = now + timedelta(seconds=seconds)
        settle(session, offer, AgentStateEvent.MADE_NOT_READY, AgentStateReason(reason.value), until, now)
    ended = ENDED[event](offer_id=offer.id, agent_id=offer.agent_id, reason=reason)
    call_log.record(session, notifier, offer.call_id, ended, now)
    notifier.notify_after(session, ROUTER)


def settle(
    session: Session,
    offer: Offer,
    event: AgentStateEvent,
    reason: AgentStateReason | None,
    until: datetime | None,
    now: datetime,
) -> None:
    """Apply `event` to the agent of this offer, if it still holds them: a late one never moves who went on."""
    agent = session.get_one(Agent, offer.agent_id, with_for_update=True)
    if agent.offer_id != offer.id:
        return
    transitions.transition(agent, event)
    agent.state_reason, agent.state_since, agent.state_until = reason, now, until
    if agent.state in {AgentState.IDLE, AgentState.NOT_READY, AgentState.WRAP_UP}:
        agent.offer_id = None


def _ring_event(
    session: Session,
    notifier: Notifier,
    offer: Offer,
    happened: type[OfferStarted | OfferRinging | OfferAnswered],
    now: datetime,
) -> None:
    event = happened(offer_id=offer.id, agent_id=offer.agent_id, ring=offer.ring)
    call_log.record(session, notifier, offer.call_id, event, now)


def tell(
    session: Session,
    notifier: Notifier,
    offer: Offer,
    happened: type[AgentLost | AgentLeft | LineLost],
    now: datetime,
) -> None:
    """Add what happened to the agent of this offer to the call's history."""
    event = happened(offer_id=offer.id, agent_id=offer.agent_id)
    call_log.record(session, notifier, offer.call_id, event, now)


def changed(result: object) -> bool:
    """Return whether a compare-and-set came about."""
    return isinstance(result, CursorResult) and result.rowcount == 1
