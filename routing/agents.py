"""What agents decide about themselves: their status, and coming back to work. Inside the caller's transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from hotline import story
from hotline.bell import FLOOR, ROUTER
from hotline.ground import Ground
from hotline.models import Agent
from hotline.values import AgentState, AgentStatus


def choose_status(session: Session, ground: Ground, agent: Agent, status: AgentStatus, now: datetime) -> bool:
    """The agent is available, away or offline from now on; whether it changed anything.

    Who says that they are available is set aside no longer. An offer that rings already goes on ringing, and a
    conversation goes on: only new offers ask for the status.
    """
    changed = story.move(agent, status, "status")
    is_back = status is AgentStatus.AVAILABLE and agent.state is AgentState.SET_ASIDE
    if is_back:
        return come_back(session, ground, agent, now)
    if changed:
        if agent.state is AgentState.IDLE:
            agent.state_since = now  # the longest idle is rung first: time away is not time spent waiting
        _tell(session, ground, agent)
    return changed


def come_back(session: Session, ground: Ground, agent: Agent, now: datetime) -> bool:
    """End wrap-up or set-aside of an agent who is not held by an offer; whether it changed anything."""
    if agent.state not in {AgentState.WRAP_UP, AgentState.SET_ASIDE}:
        return False
    story.move(agent, AgentState.IDLE)
    agent.state_reason, agent.state_since, agent.state_until, agent.offer_id = "", now, None, None
    _tell(session, ground, agent)
    return True


def _tell(session: Session, ground: Ground, agent: Agent) -> None:
    ground.bell.ring_after(session, ROUTER)
    ground.bell.ring_after(session, FLOOR, f"agent {agent.id}")
