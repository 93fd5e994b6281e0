"""The rows that are in motion, as the rules of the interleavings look at them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from hotline.models import Agent, Call, Offer, Waiting
from hotline.values import LIVE_OFFERS, CallStatus, OfferState, WaitingState

OPEN = (WaitingState.WAITING, WaitingState.WON)


@dataclass(frozen=True)
class Seen:
    """The rows that are in motion. `offers`: live ones, and answered ones whose agent has not left."""

    calls: dict[str, Any]
    waiting: list[Any]
    offers: dict[str, Any]
    agents: dict[str, Any]


_CALLS = select(Call.id, Call.status, Call.provider_sid, Call.is_held).where(Call.status != CallStatus.ENDED)
_PLACES = (
    select(
        Waiting.id,
        Waiting.call_id,
        Waiting.kind,
        Waiting.state,
        Waiting.winner_id,
        Waiting.wish,
        Waiting.priority,
        Waiting.asked_at,
    )
    .join(Call, Call.id == Waiting.call_id)
    .where(Waiting.state.in_(OPEN) | (Call.status != CallStatus.ENDED))
)
_OFFERS = select(Offer.id, Offer.call_id, Offer.waiting_id, Offer.agent_id, Offer.state, Offer.provider_sid).where(
    Offer.state.in_(LIVE_OFFERS) | ((Offer.state == OfferState.ANSWERED) & Offer.ended_at.is_(None))
)
_AGENTS = select(Agent.id, Agent.state, Agent.status, Agent.offer_id, Agent.state_until)


def see(connection: Connection) -> Seen:
    """Read what is in motion."""
    return Seen(
        calls={row.id: row for row in connection.execute(_CALLS)},
        waiting=list(connection.execute(_PLACES)),
        offers={row.id: row for row in connection.execute(_OFFERS)},
        agents={row.id: row for row in connection.execute(_AGENTS)},
    )


def without_phone(seen: Seen) -> list[Any]:
    """Callers in line for whom no phone rings."""
    rung = {offer.waiting_id for offer in seen.offers.values()}
    return [row for row in seen.waiting if row.state is WaitingState.WAITING and row.id not in rung]


def rank(row: Any) -> tuple[int, Any, str]:
    """Who is served first comes first."""
    return (-row.priority, row.asked_at, row.id)
