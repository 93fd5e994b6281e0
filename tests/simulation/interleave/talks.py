"""What agents do in the interleavings, with their status and with callers they talk to.

Each function returns "" when it cannot happen now, else what happened.
"""

from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, Call, Offer, Transfer
from hotline.values.states.agent import AgentStatus
from hotline.values.states.call import CallStatus
from hotline.values.states.transfer import OPEN_TRANSFERS, TransferKind
from routing.agents import status_service as agent_status
from routing.calls import transfer_service
from routing.errors import CannotTransfer
from routing.queues import queries
from tests.simulation.exchange.exchange import SimulatedExchange
from tests.simulation.exchange.telephone import Line, Place
from tests.simulation.interleave.phones import named, pick

QUEUES = ("booking", "nurse")


def page_phones(context: AppContext, random: Random) -> None:
    """Half of the agents have their telephone in their page."""
    with context.database.write() as session:
        for agent in session.scalars(select(Agent)):
            agent.page_phone_since = clock.now() if random.random() < 0.5 else None


def change_status(context: AppContext, exchange: SimulatedExchange, agents: list[Agent]) -> str:
    """An agent becomes available, goes away, goes home."""
    agent = exchange.random.choice(agents)
    status = exchange.random.choice([AgentStatus.AVAILABLE, AgentStatus.AVAILABLE, *AgentStatus])
    with context.database.write() as session:
        row = session.get_one(Agent, agent.id, with_for_update=True)
        agent_status.choose_status(session, context.notifier, row, status, clock.now())
    return f"{agent.staff_number} {status}"


def come_back(context: AppContext, exchange: SimulatedExchange, agents: list[Agent]) -> str:
    """An agent ends their wrap-up or pause."""
    agent = exchange.random.choice(agents)
    with context.database.write() as session:
        row = session.get_one(Agent, agent.id, with_for_update=True)
        return agent.staff_number if agent_status.come_back(session, context.notifier, row, clock.now()) else ""


def hand_on(context: AppContext, exchange: SimulatedExchange, agents: list[Agent]) -> str:
    """An agent hands their caller on, blind or consult, to a colleague or a queue."""
    line = pick(exchange, Place.ROOM, is_agent=True)
    if line is None:
        return ""
    agent_id = exchange.random.choice([None, *(agent.id for agent in agents)])
    kind = exchange.random.choice(list(TransferKind))
    ask = transfer_service.TransferRequest(kind, agent_id, None if agent_id else exchange.random.choice(QUEUES))
    try:
        with context.database.write() as session:
            offer = _talking(session, line)
            if offer is None:
                return ""
            transfer_service.begin(session, context.notifier, context.settings, offer, ask, clock.now())
    except CannotTransfer:
        return ""
    return f"{named(line)} {kind} to {ask.queue or (agent_id or '')[-6:]}"


def go_on(context: AppContext, exchange: SimulatedExchange) -> str:
    """Whoever hands on completes it, has all three talk, or takes the caller back; again, or too late, as it comes."""
    with context.database.read() as session:
        rows = list(session.scalars(select(Transfer).where(Transfer.state.in_(OPEN_TRANSFERS))))
    if not rows:
        return ""
    chosen = exchange.random.choice(rows)
    name, act = exchange.random.choice(
        [
            ("complete", transfer_service.complete),
            ("merge", transfer_service.merge),
            ("take back", transfer_service.take_back),
        ]
    )
    with context.database.write() as session:
        queries.locked_call(session, chosen.call_id)
        row = session.get_one(Transfer, chosen.id)
        done = row.state in OPEN_TRANSFERS and act(session, context.notifier, row, clock.now())
    return f"{name} {chosen.call_id[-6:]}" if done else ""


def hold(context: AppContext, exchange: SimulatedExchange) -> str:
    """An agent puts their caller on hold, or takes them off it."""
    line = pick(exchange, Place.ROOM, is_agent=True)
    if line is None:
        return ""
    with context.database.write() as session:
        offer = _talking(session, line)
        if offer is None:
            return ""
        call = session.get_one(Call, offer.call_id)
        if call.status is not CallStatus.TALKING:
            return ""
        transfer_service.hold(session, context.notifier, call, clock.now(), is_held=not call.is_held)
    return named(line)


def hang_up(context: AppContext, exchange: SimulatedExchange) -> str:
    """An agent says that they are done; their telephone may hang up by itself as well."""
    line = pick(exchange, Place.ROOM, is_agent=True)
    if line is None:
        return ""
    with context.database.write() as session:
        offer = _talking(session, line)
        if offer is None:
            return ""
        transfer_service.let_go(session, context.notifier, offer, clock.now())
    if exchange.random.random() < 0.7:
        exchange.end(line, "completed")
    return named(line)


def _talking(session: Session, line: Line) -> Offer | None:
    offer = queries.locked_offer(session, line.owner)
    if offer is None or offer.answered_at is None or offer.ended_at is not None:
        return None
    agent = session.get_one(Agent, offer.agent_id)
    return offer if agent.offer_id == offer.id else None
