"""What the router still has to do: each is a fact in the database that has no consequence yet.

One statement says whether there is any of it: most passes find nothing.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Agent, Call, Offer, QueueEntry, Transfer
from hotline.values.states.offer import OfferState
from routing.router import queries as statements

# A caller who was sent to the conference and is still on the line has met the agent by then, callback or not.
MEET_SECONDS = 6.0
# A caller who is on the line so long after their agent left hears nobody. Longer than a goodbye, and than it takes the
# sweep to learn that a line has ended.
ALONE_SECONDS = 20.0
# An agent's line that outlives its call by more than this is ended.
GHOST_SECONDS = 3.0


class OfferToDial(NamedTuple):
    """An offer whose phone is to ring, its agent, and the call it is for."""

    offer: Offer
    agent: Agent
    call: Call


class CallerToMove(NamedTuple):
    """A caller who is to be sent to their agent or back into line: where they stand in the queue, and their call."""

    entry: QueueEntry
    call: Call


class Room(NamedTuple):
    """The conference of a call, with the offers whose agents are in it."""

    call: Call
    agents: list[Offer]


class UnmetCaller(NamedTuple):
    """A caller who was sent to the agent of this offer, and of whom it was never said that they have met."""

    call: Call
    offer_id: str | None


@dataclass(frozen=True)
class PendingRequests:
    """What is to be asked of the exchange.

    Lines that must end: phones that must stop ringing, agents' lines that outlived their call. Offers that are to be
    dialled. Callers who are to be sent to their agent, or back into line when the agent was lost. Rooms that are not as
    they ought to be, with the agents' lines in them. Conversations without a recording, where the caller has heard the
    notice (requirement G3).
    """

    hang_up: list[Offer]
    dial: list[OfferToDial]
    move: list[CallerToMove]
    arrange: list[Room]
    record: list[Call]


@dataclass(frozen=True)
class Elapsed:
    """What time has ended.

    Agents whose wrap-up or set-aside is over. Callers, with the offer they were sent to, of whom the exchange never
    said that they have met. Transfers that nobody has answered yet. Callers who are still on the line though their
    agent has left.
    """

    back: list[Agent]
    unconnected: list[UnmetCaller]
    ringing: list[Transfer]
    alone: list[Call]


def pending_requests(session: Session, now: datetime) -> PendingRequests:
    """Return what is to be asked of the exchange now."""
    until = {"ghosts": now - timedelta(seconds=GHOST_SECONDS)}
    found = session.execute(statements.ANY_TO_ASK, until).one()
    return PendingRequests(
        list(session.scalars(statements.TO_HANG_UP, until)) if found.hang_up else [],
        [OfferToDial(*row) for row in session.execute(statements.TO_DIAL)] if found.dial else [],
        [CallerToMove(*row) for row in session.execute(statements.TO_MOVE)] if found.move else [],
        _rooms(session) if found.arrange else [],
        list(session.scalars(statements.TO_RECORD)) if found.record else [],
    )


def elapsed(session: Session, now: datetime) -> Elapsed:
    """Return what has ended by itself until now."""
    until = {
        "now": now,
        "met": now - timedelta(seconds=MEET_SECONDS),
        "left": now - timedelta(seconds=ALONE_SECONDS),
    }
    found = session.execute(statements.ANY_OVER, until).one()
    return Elapsed(
        list(session.scalars(statements.DUE_BACK, until)) if found.back else [],
        _unconnected(session, until) if found.unconnected else [],
        list(session.scalars(statements.TRANSFERS_RINGING)) if found.ringing else [],
        list(session.scalars(statements.ALONE, until)) if found.alone else [],
    )


def _unconnected(session: Session, until: dict[str, datetime]) -> list[UnmetCaller]:
    return [UnmetCaller(*row) for row in session.execute(statements.UNCONNECTED, until)]


def _rooms(session: Session) -> list[Room]:
    calls = session.scalars(statements.TO_ARRANGE).all()
    inside = (Offer.state == OfferState.ANSWERED, Offer.ended_at.is_(None), Offer.provider_sid.is_not(None))
    lines: dict[str, list[Offer]] = defaultdict(list)
    for offer in session.scalars(select(Offer).where(Offer.call_id.in_([call.id for call in calls]), *inside)):
        lines[offer.call_id].append(offer)
    return [Room(call, lines[call.id]) for call in calls]
