"""Transfers: hand the caller on to a colleague or a queue, at once (blind) or after a talk with them (consult).

Rows say what is to be, the router does it. The case's owner stays who they are: handing a case over is another act.
Each function runs inside its caller's transaction, which holds the call.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from hotline import clock
from hotline.configuration.settings import Settings
from hotline.models import Agent, Call, Offer, QueueEntry, Transfer
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import ROUTER, Notifier
from hotline.values.call_events import CallerHeld, CallerResumed, TransferMerged, TransferRequested, TransferTakenBack
from hotline.values.reason_codes import QueueEntryEndReason, RequeueReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallStatus
from hotline.values.states.queue_entry import QueueEntryKind
from hotline.values.states.transfer import TransferEvent, TransferKind, TransferState
from routing.calls import conference_service
from routing.calls import transfer_end_service as ends
from routing.errors import CannotTransfer
from routing.queues import queues_file, requeue_service

NOTE_LENGTH = 200


@dataclass(frozen=True)
class TransferRequest:
    """What the agent asks for: to whom (one agent, or a queue), how, and why, for whoever answers."""

    kind: TransferKind
    agent_id: str | None = None
    queue: str | None = None
    note: str = ""


def begin(
    session: Session, notifier: Notifier, settings: Settings, offer: Offer, ask: TransferRequest, now: datetime
) -> Transfer:
    """The agent of `offer` hands their caller on. Raises `CannotTransfer`."""
    call = session.get_one(Call, offer.call_id)
    _check(session, settings, call, offer, ask)
    entry = (
        _cold(session, notifier, settings, call, ask, now)
        if ask.kind is TransferKind.BLIND
        else _warm(session, settings, call, ask, now)
    )
    transfer = Transfer(
        id=clock.new_id(),
        call_id=call.id,
        kind=ask.kind,
        from_agent_id=offer.agent_id,
        from_offer_id=offer.id,
        to_agent_id=ask.agent_id,
        to_queue=ask.queue,
        note=ask.note[:NOTE_LENGTH],
        queue_entry_id=entry.id,
        asked_at=now,
    )
    session.add(transfer)
    if ask.kind is TransferKind.BLIND:
        offer.released_at = now
    session.flush()
    conference_service.settle(session, call)
    ends.tell(session, notifier, transfer, TransferRequested, now)
    return transfer


def _check(session: Session, settings: Settings, call: Call, offer: Offer, ask: TransferRequest) -> None:
    if call.status is not CallStatus.TALKING or [o.id for o in conference_service.present(session, call.id)] != [
        offer.id
    ]:
        raise CannotTransfer("not_talking")
    if conference_service.transfer_of(session, call.id) is not None:
        raise CannotTransfer("goes_on")
    if ask.queue is not None:
        if ask.queue not in queues_file.of(settings).queues:
            raise CannotTransfer("no_such_queue")
        return
    target = session.get(Agent, ask.agent_id or "")
    if target is None or target.id == offer.agent_id:
        raise CannotTransfer("no_such_agent")
    is_free = target.status is AgentStatus.AVAILABLE and target.state is AgentState.IDLE
    if not (is_free and target.is_present):
        raise CannotTransfer("not_free")


def _wish(session: Session, settings: Settings, call: Call, ask: TransferRequest) -> dict[str, int]:
    if ask.queue is None:
        return requeue_service.usual_entry(session, call.id).required_skills
    return queues_file.of(settings).queues[ask.queue].levels(call.language)


def _cold(
    session: Session, notifier: Notifier, settings: Settings, call: Call, ask: TransferRequest, now: datetime
) -> QueueEntry:
    aim = requeue_service.RequeueTarget(
        RequeueReason.TRANSFER,
        queue=ask.queue,
        required_skills=_wish(session, settings, call, ask),
        only_agent_id=ask.agent_id,
        preferred_agent_id=ask.agent_id,
        priority=_priority(session, settings, call, ask),
    )
    return requeue_service.requeue(session, notifier, call, aim, now)


def _priority(session: Session, settings: Settings, call: Call, ask: TransferRequest) -> int:
    """Return the caller's own, or the queue's where that is higher."""
    own = requeue_service.own_priority(requeue_service.usual_entry(session, call.id))
    return own if ask.queue is None else max(own, queues_file.of(settings).queues[ask.queue].priority)


def _warm(session: Session, settings: Settings, call: Call, ask: TransferRequest, now: datetime) -> QueueEntry:
    entry = QueueEntry(
        id=clock.new_id(),
        call_id=call.id,
        kind=QueueEntryKind.CONSULT,
        queue=ask.queue or requeue_service.usual_entry(session, call.id).queue,
        required_skills=_wish(session, settings, call, ask),
        only_agent_id=ask.agent_id,
        priority=_priority(session, settings, call, ask) + 1,
        is_at_front=True,
        requeue_reason=RequeueReason.TRANSFER,
        preferred_agent_id=ask.agent_id,
        asked_at=now,
    )
    session.add(entry)
    call.is_held = True
    session.flush()
    return entry


def complete(session: Session, notifier: Notifier, transfer: Transfer, now: datetime) -> bool:
    """The first agent leaves: the colleague has the caller, or, where nobody has answered yet, the caller waits."""
    call = session.get_one(Call, transfer.call_id)
    first = session.get_one(Offer, transfer.from_offer_id)
    if transfer.state is TransferState.ASKED:
        if transfer.kind is TransferKind.BLIND:
            return False
        first.released_at = now
        ends.goes_cold(session, notifier, call, transfer, now)
        return True
    if transfer.to_offer_id is None or transfer.state not in {TransferState.CONSULTING, TransferState.MERGED}:
        return False
    first.released_at = now
    session.flush()
    ends.taken_over(session, notifier, call, transfer, now)
    return True


def merge(session: Session, notifier: Notifier, transfer: Transfer, now: datetime) -> bool:
    """Let caller, agent and colleague talk together; return whether they were in consultation."""
    if transfer.state is not TransferState.CONSULTING:
        return False
    transitions.transition(transfer, TransferEvent.MERGED)
    conference_service.hold(session, session.get_one(Call, transfer.call_id), is_held=False)
    ends.tell(session, notifier, transfer, TransferMerged, now)
    return True


def take_back(session: Session, notifier: Notifier, transfer: Transfer, now: datetime) -> bool:
    """The first agent keeps the caller; the colleague's phone stops, or they leave."""
    if transfer.kind is TransferKind.BLIND:
        return False
    call = session.get_one(Call, transfer.call_id)
    if transfer.to_offer_id is not None:
        session.get_one(Offer, transfer.to_offer_id).released_at = now
    ends.stop_ringing(session, notifier, transfer, QueueEntryEndReason.TRANSFER_TAKEN_BACK, now)
    ends.end(session, transfer, TransferEvent.TAKEN_BACK, None, now)
    conference_service.hold(session, call, is_held=False)
    ends.tell(session, notifier, transfer, TransferTakenBack, now)
    return True


def let_go(session: Session, notifier: Notifier, offer: Offer, now: datetime) -> None:
    """The agent says that they are done with the caller: it is over, or the colleague has them from now on."""
    transfer = conference_service.transfer_of(session, offer.call_id)
    if transfer is not None and transfer.from_offer_id == offer.id:
        complete(session, notifier, transfer, now)
    offer.released_at = offer.released_at or now
    session.flush()
    if transfer is not None and transfer.to_offer_id == offer.id:
        ends.target_left(session, notifier, session.get_one(Call, offer.call_id), transfer, now)
    conference_service.settle(session, session.get_one(Call, offer.call_id))
    notifier.notify_after(session, ROUTER)


def hold(session: Session, notifier: Notifier, call: Call, now: datetime, *, is_held: bool) -> None:
    """The caller hears music from now on, or the agents again."""
    if call.is_held != is_held:
        conference_service.hold(session, call, is_held=is_held)
        call_log.record(session, notifier, call.id, CallerHeld() if is_held else CallerResumed(), now)
        notifier.notify_after(session, ROUTER)
