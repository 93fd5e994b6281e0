"""What one agent's page shows at a moment: their own state, who calls them or talks to them, and how many wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from campaigns.results import queries as results
from crm.cases import queries as cases
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.transfer import OPEN_TRANSFERS
from routing.agents import queries as agent_queries
from routing.calls import queries as call_queries
from routing.queues import queries as queue_queries

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Agent, Call, Case, Offer, Queue, QueueEntry, Transfer


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
        """True where this agent is the one who hands on."""
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
    """Return the page of this agent; `None` when there is none."""
    agents = agent_queries.by_id(session)
    if agent_id not in agents:
        return None
    caller = callers(session, agents).get(agent_id)
    seen = Desk(now, agents[agent_id], caller, queue_queries.waiting_callers(session))
    return seen, of(agents.values(), queue_queries.queues(session), agent_id)


def callers(session: Session, agents: dict[str, Agent]) -> dict[str, Caller]:
    """Return who rings at, or talks to, each of these agents: a few statements, however many they are."""
    held = [agent.offer_id for agent in agents.values() if agent.offer_id is not None]
    rows = call_queries.held_callers(session, held) if held else []
    transfers = call_queries.transfers_of(session, {row.call.id for row in rows})
    patients = results.patients_of_calls(session, [row.call for row in rows])
    found = {}
    for row in rows:
        case = cases.newest_open(session, row.call.caller_index)
        caller = Caller(row.call, row.queue, row.entry, row.offer, case, patients.get(row.call.id))
        found[row.offer.agent_id] = _caller(caller, transfers, agents)
    return found


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
