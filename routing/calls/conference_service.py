"""The conference of a call: which agents are in it, whether the caller is on hold, and whose line ends it.

`Call.conference_…` says how the conference ought to be, `Call.conference_applied_…` how the exchange was last told; the
router brings the second to the first. The line of the only agent ends it: when they leave, the caller is led on at
once. With two agents neither's does. Each function runs inside its caller's transaction, which holds the call.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Call, Offer, QueueEntry, Transfer
from hotline.outbox import transitions
from hotline.values.reason_codes import TransferEndReason
from hotline.values.states.call import CallStatus
from hotline.values.states.offer import OfferState
from hotline.values.states.queue_entry import QueueEntryEvent
from hotline.values.states.transfer import TransferEvent
from routing.router import queries as statements


def present(session: Session, call_id: str) -> list[Offer]:
    """Return the agents who are in the conversation and have not been told to leave, the first to answer first."""
    return list(session.scalars(statements.PRESENT, {"call_id": call_id}))


def anybody(session: Session, call_id: str) -> bool:
    """Return whether any agent's line of this call is up."""
    up = (Offer.call_id == call_id, Offer.state == OfferState.ANSWERED, Offer.ended_at.is_(None))
    return session.scalars(select(Offer.id).where(*up).limit(1)).first() is not None


def enter(call: Call, offer_id: str) -> None:
    """Write down that caller and agent have met in a new conference, which either line ends."""
    call.is_held = call.conference_is_held = call.conference_applied_held = False
    call.conference_ender_id = call.conference_applied_ender_id = offer_id


def settle(session: Session, call: Call) -> None:
    """Write down how the conference ought to be now. One that no agent is left in stays as it is."""
    inside = present(session, call.id)
    if call.status is CallStatus.TALKING and inside:
        call.conference_is_held = call.is_held
        call.conference_ender_id = inside[0].id if len(inside) == 1 else None


def hold(session: Session, call: Call, *, is_held: bool) -> None:
    """The caller hears music from now on, or the agents again."""
    call.is_held = is_held
    settle(session, call)


def depends_on(call: Call, offer_id: str) -> bool:
    """Return whether the exchange was told that the conference ends with the line of this offer."""
    return call.conference_applied_ender_id == offer_id


def transfer_of(session: Session, call_id: str) -> Transfer | None:
    """Return the transfer of this call that goes on, if any."""
    return session.scalar(statements.OPEN_TRANSFER, {"call_id": call_id})


def consulted(session: Session, call: Call, entry: QueueEntry, offer: Offer, now: datetime) -> None:
    """A colleague who was rung for a consultation has picked up: the agents talk, the caller is on hold."""
    transitions.transition(entry, QueueEntryEvent.CONNECTED)
    entry.ended_at = now
    transfer = transfer_of(session, call.id)
    if transfer is not None and transfer.queue_entry_id == entry.id:
        transitions.transition(transfer, TransferEvent.CONSULTED)
        transfer.to_offer_id, transfer.answered_at = offer.id, now
    session.flush()
    settle(session, call)


def fail_transfer(session: Session, call_id: str, reason: TransferEndReason, now: datetime) -> Transfer | None:
    """End the transfer that goes on, if any, without success."""
    transfer = transfer_of(session, call_id)
    if transfer is not None:
        transitions.transition(transfer, TransferEvent.FAILED)
        transfer.reason, transfer.ended_at = reason, now
        session.flush()
    return transfer
