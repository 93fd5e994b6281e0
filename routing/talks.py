"""The conversation: caller and agent meet, and one of them leaves. Each function runs inside its caller's transaction.

What happens before they meet, the line and the offers, is `routing.service`.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from hotline import story
from hotline.bell import ROUTER
from hotline.ground import Ground
from hotline.models import Call, Offer, Waiting
from hotline.values import AgentState, CallStatus, OfferState, WaitingState
from routing import queries, rules, service


def agent_left(session: Session, ground: Ground, offer: Offer, now: datetime) -> None:
    """The line of the agent who had answered has ended: wrap-up begins; a caller not yet connected is in line again."""
    if offer.state is not OfferState.ANSWERED or offer.ended_at is not None:
        return
    waiting = session.get_one(Waiting, offer.waiting_id)
    offer.ended_at = now
    if waiting.state is WaitingState.WON:
        story.move(waiting, WaitingState.WAITING)
        waiting.winner_id = None
        # The caller may be in the conference, or on the way: the router leads them back.
        waiting.moved_at = waiting.moved_at or now
        story.move(offer, OfferState.FAILED)  # a new winner must be possible
        service.settle(session, offer, AgentState.IDLE, "", None, now)
        service.tell(session, ground, offer, "agent_lost", now)
    else:
        until = now + timedelta(seconds=rules.wrap_up_seconds(ground.settings, waiting.queue))
        service.settle(session, offer, AgentState.WRAP_UP, "", until, now)
        service.tell(session, ground, offer, "agent_left", now)
    ground.bell.ring_after(session, ROUTER)


def not_met(session: Session, ground: Ground, call: Call, now: datetime) -> None:
    """The caller came out of the conference before the exchange said that it began: they are in line again."""
    waiting = queries.open_waiting(session, call.id)
    if waiting is not None and waiting.state is WaitingState.WON and waiting.moved_at is not None:
        agent_left(session, ground, session.get_one(Offer, waiting.winner_id), now)


def alone(session: Session, ground: Ground, call: Call, now: datetime) -> None:
    """The caller is still on the line long after their agent has left: back in line, where they stood before."""
    last = queries.last_waiting(session, call.id)
    winner = None if last is None else session.get(Offer, last.winner_id)
    if last is None or call.status is not CallStatus.TALKING or winner is None or winner.ended_at is None:
        return
    again = Waiting(
        call_id=call.id,
        queue=last.queue,
        wish=last.wish,
        priority=last.priority,
        preferred_agent_id=last.preferred_agent_id,
        asked_at=last.asked_at,
        moved_at=now,  # they are somewhere in a conference: the router leads them back
    )
    session.add(again)
    story.move(call, CallStatus.WAITING, "status")
    story.tell(session, ground.bell, story.event(call.id, "back_in_line", now, queue=last.queue))
    ground.bell.ring_after(session, ROUTER)


def connected(session: Session, ground: Ground, call: Call, now: datetime, offer_id: str | None = None) -> None:
    """Caller and agent hear each other: the caller clock stops. Again or late, nothing changes.

    `offer_id` names the agent's offer where it is known: the report of an earlier agent's conference may come late.
    """
    waiting = queries.open_waiting(session, call.id)
    if waiting is None or waiting.state is not WaitingState.WON or waiting.moved_at is None:
        return
    if offer_id is not None and offer_id != waiting.winner_id:
        return
    story.move(waiting, WaitingState.CONNECTED)
    waiting.ended_at = now
    story.move(call, CallStatus.TALKING, "status")
    call.answered_at = call.answered_at or now
    story.tell(session, ground.bell, story.event(call.id, "caller_connected", now, agent_id=call.agent_id))
    ground.bell.ring_after(session, ROUTER)
