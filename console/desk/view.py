"""What one agent's page shows at a moment: their own state, who calls them or talks to them, and how many wait."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from console.crm import case_queries, patient_queries
from hotline.models import Agent, Call, Case, Offer, Queue, QueueEntry, Transfer
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState
from hotline.values.states.transfer import OPEN_TRANSFERS


@dataclass(frozen=True)
class Caller:
    """Who rings at this agent, or talks to them: the call, its place in line, and the offer that brought them here."""

    call: Call
    queue: Queue
    waiting: QueueEntry
    offer: Offer
    # Their open case, where they have one.
    case: Case | None = None
    # Whose history the page leads to, where it is one known patient.
    patient_id: str | None = None
    transfer: Transfer | None = None
    # The colleague in the transfer: who handed on, for the one; who is asked, for the other.
    partner: Agent | None = None

    @property
    def is_mine(self) -> bool:
        """Whether this agent is the one who hands on."""
        return self.transfer is not None and self.transfer.from_offer_id == self.offer.id


@dataclass(frozen=True)
class Targets:
    """To whom a caller can be handed on: colleagues at work, the free ones first, and queues."""

    agents: list[Agent]
    queues: list[Queue]


@dataclass(frozen=True)
class Desk:
    """One agent's page at `now`; `caller` while an offer holds the agent."""

    now: datetime
    agent: Agent
    caller: Caller | None
    in_line: int


def look(session: Session, agent_id: str, now: datetime) -> tuple[Desk, Targets] | None:
    """The page of this agent; `None` when there is none."""
    agents = {agent.id: agent for agent in session.scalars(select(Agent))}
    if agent_id not in agents:
        return None
    waits = select(func.count()).select_from(QueueEntry)
    waits = waits.where(QueueEntry.state == QueueEntryState.WAITING, QueueEntry.kind == QueueEntryKind.CALLER)
    caller = callers(session, agents).get(agent_id)
    queues = list(session.scalars(select(Queue).order_by(Queue.name)))
    seen = Desk(now, agents[agent_id], caller, session.scalar(waits) or 0)
    return seen, of(agents.values(), queues, agent_id)


def callers(session: Session, agents: dict[str, Agent]) -> dict[str, Caller]:
    """Who rings at, or talks to, each of these agents: a few statements, however many they are."""
    held = [agent.offer_id for agent in agents.values() if agent.offer_id is not None]
    query = (
        select(Offer, QueueEntry, Call, Queue)
        .join(QueueEntry, QueueEntry.id == Offer.queue_entry_id)
        .join(Call, Call.id == Offer.call_id)
        .join(Queue, Queue.name == QueueEntry.queue)
        .where(Offer.id.in_(held))
    )
    rows = session.execute(query).all() if held else []
    transfers = _transfers(session, [offer for offer, *_ in rows])
    known = patient_queries.ids_of(session, [call for _, _, call, _ in rows])
    return {
        offer.agent_id: _caller(
            Caller(call, queue, waiting, offer, case_queries.of_caller(session, call), known.get(call.id)),
            transfers,
            agents,
        )
        for offer, waiting, call, queue in rows
    }


def _transfers(session: Session, offers: list[Offer]) -> list[Transfer]:
    calls = {offer.call_id for offer in offers}
    query = select(Transfer).where(Transfer.call_id.in_(calls)).order_by(Transfer.id.desc())
    return list(session.scalars(query)) if calls else []


def _caller(caller: Caller, transfers: list[Transfer], agents: dict[str, Agent]) -> Caller:
    """With the transfer that this agent has begun and that goes on, or the one that brought the caller here."""
    for transfer in transfers:
        is_mine = transfer.from_offer_id == caller.offer.id and transfer.state in OPEN_TRANSFERS
        if is_mine or transfer.queue_entry_id == caller.waiting.id:
            other = transfer.to_agent_id if is_mine else transfer.from_agent_id
            return replace(caller, transfer=transfer, partner=agents.get(other or ""))
    return caller


def of(agents: Iterable[Agent], queues: list[Queue], agent_id: str) -> Targets:
    """To whom this agent can hand a caller on."""
    others = [agent for agent in agents if agent.id != agent_id and _is_at_work(agent)]
    return Targets(sorted(others, key=lambda a: (a.state is not AgentState.IDLE, a.staff_number)), queues)


def _is_at_work(agent: Agent) -> bool:
    return agent.status is AgentStatus.AVAILABLE and (agent.is_present or agent.state is AgentState.TALKING)
