"""Transfers: an agent hands the caller on to a colleague or a queue, at once (cold) or after a talk (warm).

Rows say what is to be, the router does it. The matter's owner stays who they are: handing a matter over is another act.
Each function runs inside its caller's transaction, which holds the call.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock, story
from hotline.bell import ROUTER
from hotline.ground import Ground
from hotline.models import Agent, Call, Offer, Transfer, Waiting
from hotline.values import (
    LIVE_OFFERS,
    AgentState,
    AgentStatus,
    CallStatus,
    OfferState,
    TransferKind,
    TransferState,
    WaitingState,
    WaitKind,
)
from routing import again, queries, rooms, rules, service
from routing.errors import CannotTransfer

NOTE_LENGTH = 200
# How long the first phone of a consultation may take to begin: the target was free when it was asked.
PATIENCE_SECONDS = 6.0
# How long a queue is rung for a consultation while the caller listens to music.
CONSULT_SECONDS = 30.0


@dataclass(frozen=True)
class Ask:
    """What the agent asks for: to whom (one agent, or a queue), how, and why, for whoever answers."""

    kind: TransferKind
    agent_id: str | None = None
    queue: str | None = None
    note: str = ""


def begin(session: Session, ground: Ground, offer: Offer, ask: Ask, now: datetime) -> Transfer:
    """The agent of `offer` hands their caller on. Raises `CannotTransfer`."""
    call = session.get_one(Call, offer.call_id)
    _check(session, ground, call, offer, ask)
    place = (
        _cold(session, ground, call, ask, now)
        if ask.kind is TransferKind.COLD
        else _warm(session, ground, call, ask, now)
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
        waiting_id=place.id,
        asked_at=now,
    )
    session.add(transfer)
    if ask.kind is TransferKind.COLD:
        offer.released_at = now
    session.flush()
    rooms.settle(session, call)
    _tell(session, ground, transfer, "transfer_asked", now)
    return transfer


def _check(session: Session, ground: Ground, call: Call, offer: Offer, ask: Ask) -> None:
    if call.status is not CallStatus.TALKING or [o.id for o in rooms.present(session, call.id)] != [offer.id]:
        raise CannotTransfer("not_talking")
    if rooms.transfer_of(session, call.id) is not None:
        raise CannotTransfer("goes_on")
    if ask.queue is not None:
        if ask.queue not in rules.of(ground.settings).queues:
            raise CannotTransfer("no_such_queue")
        return
    target = session.get(Agent, ask.agent_id or "")
    if target is None or target.id == offer.agent_id:
        raise CannotTransfer("no_such_agent")
    if target.status is not AgentStatus.AVAILABLE or target.state is not AgentState.IDLE:
        raise CannotTransfer("not_free")


def _wish(ground: Ground, call: Call, ask: Ask) -> dict[str, int]:
    if ask.agent_id is not None:
        return again.personal(ask.agent_id)
    return rules.of(ground.settings).queues[ask.queue or ""].levels(call.language)


def _cold(session: Session, ground: Ground, call: Call, ask: Ask, now: datetime) -> Waiting:
    aim = again.Aim(
        again.TRANSFER, ask.queue, _wish(ground, call, ask), ask.agent_id, _priority(session, ground, call, ask)
    )
    return again.back(session, ground, call, aim, now)


def _priority(session: Session, ground: Ground, call: Call, ask: Ask) -> int:
    """The caller's own, or the queue's where that is higher."""
    own = again.own_priority(again.usual(session, call.id))
    return own if ask.queue is None else max(own, rules.of(ground.settings).queues[ask.queue].priority)


def _warm(session: Session, ground: Ground, call: Call, ask: Ask, now: datetime) -> Waiting:
    place = Waiting(
        id=clock.new_id(),
        call_id=call.id,
        kind=WaitKind.CONSULT,
        queue=ask.queue or again.usual(session, call.id).queue,
        wish=_wish(ground, call, ask),
        priority=_priority(session, ground, call, ask) + 1,
        is_lifted=True,
        again=again.TRANSFER,
        preferred_agent_id=ask.agent_id,
        asked_at=now,
    )
    session.add(place)
    call.is_held = True
    session.flush()
    return place


def complete(session: Session, ground: Ground, transfer: Transfer, now: datetime) -> bool:
    """The first agent leaves: the colleague has the caller, or, where nobody has answered yet, the caller waits."""
    call = session.get_one(Call, transfer.call_id)
    first = session.get_one(Offer, transfer.from_offer_id)
    if transfer.state is TransferState.ASKED:
        if transfer.kind is TransferKind.COLD:
            return False
        first.released_at = now
        goes_cold(session, ground, call, transfer, now)
        return True
    if transfer.to_offer_id is None or transfer.state not in {TransferState.CONSULTING, TransferState.MERGED}:
        return False
    first.released_at = now
    session.flush()
    taken_over(session, ground, call, transfer, now)
    return True


def taken_over(session: Session, ground: Ground, call: Call, transfer: Transfer, now: datetime) -> None:
    """The colleague has the caller from now on."""
    _end(session, transfer, TransferState.COMPLETED, "", now)
    call.agent_id = session.get_one(Offer, transfer.to_offer_id).agent_id
    rooms.hold(session, call, False)
    _tell(session, ground, transfer, "transfer_completed", now)


def goes_cold(session: Session, ground: Ground, call: Call, transfer: Transfer, now: datetime) -> None:
    """The first agent is gone while the colleague's phone still rings: the caller themselves waits for them now."""
    place = session.get_one(Waiting, transfer.waiting_id)
    place.kind, place.moved_at, place.again = WaitKind.CALLER, now, again.TRANSFER
    transfer.kind = TransferKind.COLD
    story.move(call, CallStatus.WAITING, "status")
    call.is_held, call.queue = False, place.queue
    session.flush()
    story.tell(session, ground.bell, story.event(call.id, "back_in_line", now, queue=place.queue, why=again.TRANSFER))
    ground.bell.ring_after(session, ROUTER)


def merge(session: Session, ground: Ground, transfer: Transfer, now: datetime) -> bool:
    """All three talk."""
    if transfer.state is not TransferState.CONSULTING:
        return False
    story.move(transfer, TransferState.MERGED)
    rooms.hold(session, session.get_one(Call, transfer.call_id), False)
    _tell(session, ground, transfer, "transfer_merged", now)
    return True


def take_back(session: Session, ground: Ground, transfer: Transfer, now: datetime) -> bool:
    """The first agent keeps the caller; the colleague's phone stops, or they leave."""
    if transfer.kind is TransferKind.COLD:
        return False
    call = session.get_one(Call, transfer.call_id)
    if transfer.to_offer_id is not None:
        session.get_one(Offer, transfer.to_offer_id).released_at = now
    _stop_ringing(session, ground, transfer, "taken back", now)
    _end(session, transfer, TransferState.TAKEN_BACK, "", now)
    rooms.hold(session, call, False)
    _tell(session, ground, transfer, "transfer_taken_back", now)
    return True


def target_left(session: Session, ground: Ground, call: Call, transfer: Transfer, now: datetime) -> None:
    """The colleague has left the consultation: the first agent goes on with the caller."""
    _end(session, transfer, TransferState.FAILED, "left", now)
    rooms.hold(session, call, False)
    _tell(session, ground, transfer, "transfer_failed", now)


def reached(session: Session, ground: Ground, call: Call, waiting: Waiting, now: datetime) -> None:
    """The caller has met somebody: a cold transfer that led to this place in line is done."""
    transfer = rooms.transfer_of(session, call.id)
    if transfer is not None and transfer.waiting_id == waiting.id:
        transfer.to_offer_id, transfer.answered_at = waiting.winner_id, now
        _end(session, transfer, TransferState.COMPLETED, "", now)
        _tell(session, ground, transfer, "transfer_completed", now)


def ringing(session: Session) -> list[Transfer]:
    """Transfers that nobody has answered yet."""
    return list(session.scalars(select(Transfer).where(Transfer.state == TransferState.ASKED)))


def give_up(session: Session, ground: Ground, transfer: Transfer, now: datetime) -> bool:
    """Nobody answers this transfer: the caller is with the first agent again, or in line for them; whether it is so."""
    place = session.get_one(Waiting, transfer.waiting_id)
    if transfer.state is not TransferState.ASKED or place.state is not WaitingState.WAITING:
        return False
    if not _is_hopeless(session, transfer, place, now):
        return False
    if transfer.kind is TransferKind.WARM:
        _stop_ringing(session, ground, transfer, "did not answer", now)
        rooms.hold(session, session.get_one(Call, transfer.call_id), False)
    else:
        _return(session, ground, transfer, place, now)
    _end(session, transfer, TransferState.FAILED, "did not answer", now)
    _tell(session, ground, transfer, "transfer_failed", now)
    return True


def _is_hopeless(session: Session, transfer: Transfer, place: Waiting, now: datetime) -> bool:
    waited = (now - transfer.asked_at).total_seconds()
    if not again.is_personal(place.wish):
        return transfer.kind is TransferKind.WARM and waited >= CONSULT_SECONDS
    offers = session.scalars(select(Offer).where(Offer.waiting_id == place.id)).all()
    if any(offer.state in LIVE_OFFERS for offer in offers):
        return False
    return waited >= PATIENCE_SECONDS or any(offer.state is not OfferState.CANCELLED for offer in offers)


def _return(session: Session, ground: Ground, transfer: Transfer, place: Waiting, now: datetime) -> None:
    """Nobody but the target was rung so far: now the first agent is, first of all, and who else the caller needs."""
    before = again.usual(session, transfer.call_id)
    place.wish, place.preferred_agent_id, place.again = before.wish, transfer.from_agent_id, again.RETURNED
    place.asked_at = now
    first = session.get_one(Agent, transfer.from_agent_id, with_for_update=True)
    if first.status is AgentStatus.AVAILABLE and first.state is AgentState.WRAP_UP:
        service.come_back(session, ground, first, now)


def _stop_ringing(session: Session, ground: Ground, transfer: Transfer, reason: str, now: datetime) -> None:
    place = session.get_one(Waiting, transfer.waiting_id)
    if place.state is not WaitingState.WAITING:
        return
    story.move(place, WaitingState.LEFT)
    place.reason, place.ended_at = reason, now
    for offer in queries.live_offers(session, place.id):
        service.end_offer(session, ground, offer, OfferState.CANCELLED, reason, now)


def _end(session: Session, transfer: Transfer, end: TransferState, reason: str, now: datetime) -> None:
    story.move(transfer, end)
    transfer.reason, transfer.ended_at = reason, now
    session.flush()


def _tell(session: Session, ground: Ground, transfer: Transfer, kind: str, now: datetime) -> None:
    facts = {
        "transfer_id": transfer.id,
        "agent_id": transfer.from_agent_id,
        "to_agent_id": transfer.to_agent_id,
        "queue": transfer.to_queue,
        "how": transfer.kind.value,
        "reason": transfer.reason,
    }
    story.tell(session, ground.bell, story.event(transfer.call_id, kind, now, **facts))
    ground.bell.ring_after(session, ROUTER)
