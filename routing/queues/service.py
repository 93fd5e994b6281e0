"""Callers in line and the offers made for them. Each function is one transaction, or runs inside its caller's.

The call's row is locked first, always, so that two events of one call never interleave.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, or_, update
from sqlalchemy.orm import Session

from hotline.context import AppContext
from hotline.models import Agent, Call, Offer, QueueEntry
from hotline.outbox import call_log, floor_events, transitions
from hotline.outbox.notifier import ROUTER
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
    PersonRequested,
)
from hotline.values.reason_codes import AgentStateReason, OfferEndReason, QueueEntryEndReason, TransferEndReason
from hotline.values.states.agent import AbsenceReason, AgentState, AgentStatus
from hotline.values.states.call import CallEvent
from hotline.values.states.offer import LIVE_OFFERS, OfferEvent, OfferState
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState
from hotline.values.states.transfer import TransferState
from routing.agents import presence_facts
from routing.agents.status import choose_status as choose_status
from routing.agents.status import come_back as come_back
from routing.agents.status import page_phone as page_phone
from routing.calls import conferences
from routing.errors import UnknownQueue
from routing.queues import priority as queues_priority
from routing.queues import queries, queues_file
from routing.queues.queries import locked_offer as locked_offer

ENDED: dict[OfferState, type[OfferEnded]] = {
    OfferState.CANCELLED: OfferCancelled,
    OfferState.MISSED: OfferMissed,
    OfferState.REJECTED: OfferRejected,
    OfferState.UNREACHABLE: OfferUnreachable,
    OfferState.FAILED: OfferFailed,
}
# How long an agent who missed, declined or dropped a call gets no offers.
SET_ASIDE = {OfferState.MISSED: 120, OfferState.REJECTED: 30, OfferState.FAILED: 15}


@dataclass(frozen=True)
class QueueRequest:
    """Whom a caller wants: a queue, and where given a skill or priority other than the queue's own."""

    queue: str
    skill: str | None = None
    priority: int | None = None


def join(session: Session, context: AppContext, call: Call, request: QueueRequest, now: datetime) -> QueueEntry:
    """Put the caller in line; asked again, the same place. Raises `UnknownQueue`."""
    entry = queries.open_entry(session, call.id)
    if entry is not None:
        return entry
    queue = queues_file.of(context.settings).queues.get(request.queue)
    if queue is None:
        raise UnknownQueue(f"no queue {request.queue!r}")
    base = queue.priority if request.priority is None else request.priority
    recognised = queues_priority.recognise(session, context, call, base, now)
    entry = QueueEntry(
        call_id=call.id,
        queue=queue.name,
        required_skills=queue.levels(call.language, request.skill),
        priority=recognised.priority,
        preferred_agent_id=recognised.preferred_agent_id,
        reasons=list(recognised.reasons),
        asked_at=queues_priority.take_over(session, context, call, queue.name, now)
        or _stood(session, call, queue.name)
        or now,
    )
    session.add(entry)
    transitions.transition(call, CallEvent.QUEUED)
    call.queue, call.asked_at = queue.name, call.asked_at or now
    skill = request.skill or next(iter(queue.required_skills), "")
    call_log.record(session, context.notifier, call.id, PersonRequested(queue=queue.name, skill=skill), now)
    context.notifier.ring_after(session, ROUTER)
    return entry


def _stood(session: Session, call: Call, queue: str) -> datetime | None:
    """Since when they stood in the line that they left in this call and come back to; `None` for any other."""
    last = queries.latest_entry(session, call.id)
    came_back = last is not None and last.state is QueueEntryState.LEFT and last.queue == queue
    return last.asked_at if last is not None and came_back else None


def position(session: Session, call_id: str) -> int | None:
    """The caller's place in line, 1 = next; `None` when they are in none."""
    entry = queries.open_entry(session, call_id)
    return None if entry is None else queries.position(session, entry)


def caller_ended(session: Session, context: AppContext, call: Call, now: datetime) -> None:
    """The caller's line has ended: their place is closed and every phone that rings for them stops."""
    conferences.close(session, call.id, TransferState.FAILED, TransferEndReason.CALLER_HUNG_UP, now)
    _close(session, context, call, QueueEntryState.ABANDONED, QueueEntryEndReason.CALLER_HUNG_UP, now)


def leave(session: Session, context: AppContext, call: Call, reason: QueueEntryEndReason, now: datetime) -> None:
    """The caller leaves the line but stays on the phone; `reason` says where they go."""
    _close(session, context, call, QueueEntryState.LEFT, reason, now)


def _close(
    session: Session,
    context: AppContext,
    call: Call,
    end: QueueEntryState,
    reason: QueueEntryEndReason,
    now: datetime,
) -> None:
    entry = queries.open_entry(session, call.id)
    if entry is None:
        return
    if entry.state is QueueEntryState.WON and end is QueueEntryState.LEFT:
        return  # they are on their way to an agent
    transitions.move(entry, end)
    entry.reason, entry.ended_at = reason, now
    is_gone = reason is QueueEntryEndReason.CALLER_HUNG_UP
    stopped = OfferEndReason.CALLER_HUNG_UP if is_gone else OfferEndReason.CALLER_LEFT
    for offer in queries.live_offers(session, entry.id):
        end_offer(session, context, offer, OfferState.CANCELLED, stopped, now)
    context.notifier.ring_after(session, ROUTER)


def start_offer(context: AppContext, offer: Offer) -> bool:
    """Lease the agent for the caller; whether it came about (both were still free, and the agent still there)."""
    with context.database.write() as session:
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
        _ring_event(session, context, offer, OfferStarted, offer.started_at)
    return True


def answer(context: AppContext, offer_id: str, now: datetime, sid: str | None = None) -> bool:
    """The agent picked up: whether they won the caller. One compare-and-set decides; asked again, the same answer.

    `sid` is the exchange's id of their line: where every report of it was lost, it is learned here.
    """
    with context.database.write() as session:
        offer = locked_offer(session, offer_id)
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
            .values(state=QueueEntryState.WON, winner_id=offer.id, moved_at=None)
        )
        if not changed(session.execute(win)):
            end_offer(session, context, offer, OfferState.CANCELLED, OfferEndReason.ANSWERED_BY_ANOTHER, now)
            return False
        floor_events.happened(session, session.get_one(QueueEntry, offer.queue_entry_id, populate_existing=True))
        _win(session, context, offer, now)
    return True


def _win(session: Session, context: AppContext, offer: Offer, now: datetime) -> None:
    transitions.transition(offer, OfferEvent.ANSWERED)
    # Where the report of the ringing has not come yet, it rang since it was dialled: against us, never for us.
    offer.ringing_at = offer.ringing_at or offer.dialled_at or offer.started_at
    offer.answered_at = now
    settle(session, offer, AgentState.TALKING, None, None, now)
    call = session.get_one(Call, offer.call_id)
    entry = session.get_one(QueueEntry, offer.queue_entry_id)
    session.refresh(entry)
    if entry.kind is QueueEntryKind.CONSULT:
        conferences.consulted(session, call, entry, offer, now)
    else:
        call.agent_id = offer.agent_id
    _ring_event(session, context, offer, OfferAnswered, now)
    for other in queries.live_offers(session, offer.queue_entry_id):
        end_offer(session, context, other, OfferState.CANCELLED, OfferEndReason.ANSWERED_BY_ANOTHER, now)
    context.notifier.ring_after(session, ROUTER)


def ringing(session: Session, context: AppContext, offer: Offer, now: datetime) -> None:
    """The agent's phone rings: the offer clock starts. Late or again, nothing changes."""
    if offer.state is OfferState.STARTED:
        transitions.transition(offer, OfferEvent.RANG)
        offer.ringing_at = now
        presence_facts.reached(session.get_one(Agent, offer.agent_id))
        _ring_event(session, context, offer, OfferRinging, now)


def end_offer(
    session: Session, context: AppContext, offer: Offer, end: OfferState, reason: OfferEndReason, now: datetime
) -> None:
    """A live offer ends without an answer. The agent is free again, or set aside where it was their doing.

    `reason` of an unreachable one is an `AbsenceReason`: a dial that did not get through is tried again later.
    """
    if offer.state not in LIVE_OFFERS:
        return
    transitions.move(offer, end)
    offer.reason, offer.ended_at = reason, now
    aside = SET_ASIDE.get(end)
    if aside is None:
        settle(session, offer, AgentState.IDLE, None, None, now)
        if end is OfferState.UNREACHABLE:
            presence_facts.not_reached(
                session, session.get_one(Agent, offer.agent_id), AbsenceReason(reason.value), now
            )
    else:
        settle(
            session, offer, AgentState.NOT_READY, AgentStateReason(reason.value), now + timedelta(seconds=aside), now
        )
    ended = ENDED[end](offer_id=offer.id, agent_id=offer.agent_id, reason=reason)
    call_log.record(session, context.notifier, offer.call_id, ended, now)
    context.notifier.ring_after(session, ROUTER)


def settle(
    session: Session,
    offer: Offer,
    state: AgentState,
    reason: AgentStateReason | None,
    until: datetime | None,
    now: datetime,
) -> None:
    """Move the agent of this offer, if this offer still holds them: a late event never moves one who went on."""
    agent = session.get_one(Agent, offer.agent_id, with_for_update=True)
    if agent.offer_id != offer.id:
        return
    transitions.move(agent, state)
    agent.state_reason, agent.state_since, agent.state_until = reason, now, until
    if state in {AgentState.IDLE, AgentState.NOT_READY, AgentState.WRAP_UP}:
        agent.offer_id = None


def _ring_event(
    session: Session,
    context: AppContext,
    offer: Offer,
    happened: type[OfferStarted | OfferRinging | OfferAnswered],
    now: datetime,
) -> None:
    event = happened(offer_id=offer.id, agent_id=offer.agent_id, ring=offer.ring)
    call_log.record(session, context.notifier, offer.call_id, event, now)


def tell(
    session: Session,
    context: AppContext,
    offer: Offer,
    happened: type[AgentLost | AgentLeft | LineLost],
    now: datetime,
) -> None:
    """Add what happened to the agent of this offer to the call's history."""
    event = happened(offer_id=offer.id, agent_id=offer.agent_id)
    call_log.record(session, context.notifier, offer.call_id, event, now)


def changed(result: object) -> bool:
    """Whether a compare-and-set came about."""
    return isinstance(result, CursorResult) and result.rowcount == 1
