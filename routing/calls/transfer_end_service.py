"""How a transfer goes on by itself: the colleague answers or does not, one of the agents leaves, the caller arrives.

Each function runs inside its caller's transaction, which holds the call.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Agent, Call, Offer, QueueEntry, Transfer
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import ROUTER, Notifier
from hotline.values.call_events import CallerRequeued, TransferCompleted, TransferFailed, TransferHistoryEvent
from hotline.values.reason_codes import OfferEndReason, QueueEntryEndReason, RequeueReason, TransferEndReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallEvent
from hotline.values.states.offer import LIVE_OFFERS, OfferEvent, OfferState
from hotline.values.states.queue_entry import QueueEntryEvent, QueueEntryKind, QueueEntryState
from hotline.values.states.transfer import TransferEvent, TransferKind, TransferState
from routing.agents import status_service as agent_status
from routing.calls import conference_service
from routing.offers import service as offer_service
from routing.queues import queries, requeue_service

# How long the first phone of a consultation may take to begin: the target was free when it was asked.
PATIENCE_SECONDS = 6.0
# How long a queue is rung for a consultation while the caller listens to music.
CONSULT_SECONDS = 30.0


def taken_over(session: Session, notifier: Notifier, call: Call, transfer: Transfer, now: datetime) -> None:
    """The colleague has the caller from now on."""
    end(session, transfer, TransferEvent.COMPLETED, None, now)
    call.agent_id = session.get_one(Offer, transfer.to_offer_id).agent_id
    conference_service.hold(session, call, is_held=False)
    tell(session, notifier, transfer, TransferCompleted, now)


def goes_cold(session: Session, notifier: Notifier, call: Call, transfer: Transfer, now: datetime) -> None:
    """The first agent is gone while the colleague's phone still rings: the caller themselves waits for them now."""
    entry = session.get_one(QueueEntry, transfer.queue_entry_id)
    entry.kind, entry.sent_to_conference_at, entry.requeue_reason = QueueEntryKind.CALLER, now, RequeueReason.TRANSFER
    transfer.kind = TransferKind.BLIND
    transitions.transition(call, CallEvent.QUEUED)
    call.is_held, call.queue = False, entry.queue
    session.flush()
    requeued = CallerRequeued(queue=entry.queue, why=RequeueReason.TRANSFER)
    call_log.record(session, notifier, call.id, requeued, now)
    notifier.notify_after(session, ROUTER)


def target_left(session: Session, notifier: Notifier, call: Call, transfer: Transfer, now: datetime) -> None:
    """The colleague has left the consultation: the first agent goes on with the caller."""
    end(session, transfer, TransferEvent.FAILED, TransferEndReason.COLLEAGUE_LEFT, now)
    conference_service.hold(session, call, is_held=False)
    tell(session, notifier, transfer, TransferFailed, now)


def reached(session: Session, notifier: Notifier, call: Call, entry: QueueEntry, now: datetime) -> None:
    """The caller has met somebody: a blind transfer that led to this place in line is done."""
    transfer = conference_service.transfer_of(session, call.id)
    if transfer is not None and transfer.queue_entry_id == entry.id:
        transfer.to_offer_id, transfer.answered_at = entry.winner_id, now
        end(session, transfer, TransferEvent.COMPLETED, None, now)
        tell(session, notifier, transfer, TransferCompleted, now)


def give_up(session: Session, notifier: Notifier, transfer: Transfer, now: datetime) -> bool:
    """Nobody answers this transfer: the caller is with the first agent again, or in line for them; whether it is so."""
    entry = session.get_one(QueueEntry, transfer.queue_entry_id)
    if transfer.state is not TransferState.ASKED or entry.state is not QueueEntryState.WAITING:
        return False
    if not _is_hopeless(session, transfer, entry, now):
        return False
    if transfer.kind is TransferKind.CONSULT:
        stop_ringing(session, notifier, transfer, QueueEntryEndReason.TRANSFER_NOT_ANSWERED, now)
        conference_service.hold(session, session.get_one(Call, transfer.call_id), is_held=False)
    else:
        _return(session, notifier, transfer, entry, now)
    end(session, transfer, TransferEvent.FAILED, TransferEndReason.NOT_ANSWERED, now)
    tell(session, notifier, transfer, TransferFailed, now)
    return True


def _is_hopeless(session: Session, transfer: Transfer, entry: QueueEntry, now: datetime) -> bool:
    waited = (now - transfer.asked_at).total_seconds()
    if entry.only_agent_id is None:
        return transfer.kind is TransferKind.CONSULT and waited >= CONSULT_SECONDS
    offers = session.scalars(select(Offer).where(Offer.queue_entry_id == entry.id)).all()
    if any(offer.state in LIVE_OFFERS for offer in offers):
        return False
    return waited >= PATIENCE_SECONDS or any(offer.state is not OfferState.CANCELLED for offer in offers)


def _return(session: Session, notifier: Notifier, transfer: Transfer, entry: QueueEntry, now: datetime) -> None:
    """Nobody but the target was rung so far: now the first agent is, first of all, and who else the caller needs."""
    before = requeue_service.usual_entry(session, transfer.call_id)
    entry.required_skills, entry.only_agent_id = before.required_skills, None
    entry.preferred_agent_id, entry.requeue_reason = transfer.from_agent_id, RequeueReason.RETURNED
    entry.asked_at = now
    first = session.get_one(Agent, transfer.from_agent_id, with_for_update=True)
    if first.status is AgentStatus.AVAILABLE and first.state is AgentState.WRAP_UP:
        agent_status.come_back(session, notifier, first, now)


def stop_ringing(
    session: Session, notifier: Notifier, transfer: Transfer, reason: QueueEntryEndReason, now: datetime
) -> None:
    entry = session.get_one(QueueEntry, transfer.queue_entry_id)
    if entry.state is not QueueEntryState.WAITING:
        return
    transitions.transition(entry, QueueEntryEvent.LEFT)
    entry.reason, entry.ended_at = reason, now
    for offer in queries.live_offers(session, entry.id):
        offer_service.end(session, notifier, offer, OfferEvent.CANCELLED, OfferEndReason.TRANSFER_ENDED, now)


def end(
    session: Session, transfer: Transfer, event: TransferEvent, reason: TransferEndReason | None, now: datetime
) -> None:
    transitions.transition(transfer, event)
    transfer.reason, transfer.ended_at = reason, now
    session.flush()


def tell(
    session: Session, notifier: Notifier, transfer: Transfer, happened: type[TransferHistoryEvent], now: datetime
) -> None:
    """Add what happened to the transfer to the call's history, and have the router look."""
    event = happened(
        transfer_id=transfer.id,
        agent_id=transfer.from_agent_id,
        to_agent_id=transfer.to_agent_id,
        queue=transfer.to_queue,
        how=transfer.kind,
        reason=transfer.reason,
    )
    call_log.record(session, notifier, transfer.call_id, event, now)
    notifier.notify_after(session, ROUTER)
