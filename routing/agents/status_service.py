"""What agents decide about themselves: their status, and coming back to work. Inside the caller's transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from hotline.models import Agent
from hotline.outbox import transitions
from hotline.outbox.notifier import FLOOR, ROUTER, Notifier
from hotline.values.reason_codes import AgentStateReason
from hotline.values.states.agent import CHOSEN, AgentState, AgentStateEvent, AgentStatus


def choose_status(session: Session, notifier: Notifier, agent: Agent, status: AgentStatus, now: datetime) -> bool:
    """The agent is available, away or offline from now on; whether it changed anything.

    Who says that they are available is ready again. An offer that rings already goes on ringing, and a
    conversation goes on: only new offers ask for the status.
    """
    changed = transitions.transition(agent, CHOSEN[status])
    if status is AgentStatus.OFFLINE and agent.state is not AgentState.TALKING:
        agent.page_phone_since = None  # the page's telephone is put away
    is_back = status is AgentStatus.AVAILABLE and agent.state is AgentState.NOT_READY
    if is_back:
        return come_back(session, notifier, agent, now)
    if changed:
        if agent.state is AgentState.IDLE:
            agent.state_since = now  # the longest idle is rung first: time away is not time spent waiting
        _tell(session, notifier)
    return changed


def come_back(session: Session, notifier: Notifier, agent: Agent, now: datetime) -> bool:
    """End wrap-up or *not ready* of an agent who is not held by an offer; whether it changed anything."""
    if agent.state not in {AgentState.WRAP_UP, AgentState.NOT_READY}:
        return False
    transitions.transition(agent, AgentStateEvent.READY_AGAIN)
    agent.state_reason, agent.state_since, agent.state_until, agent.offer_id = None, now, None, None
    _tell(session, notifier)
    return True


def page_phone(session: Session, notifier: Notifier, agent: Agent, now: datetime) -> None:
    """The telephone in the agent's page is about to connect; who lost their line a moment ago is back."""
    agent.page_phone_since = agent.page_phone_since or now
    if agent.state is AgentState.WRAP_UP and agent.state_reason is AgentStateReason.LINE_LOST:
        come_back(session, notifier, agent, now)


def _tell(session: Session, notifier: Notifier) -> None:
    notifier.notify_after(session, ROUTER)
    notifier.notify_after(session, FLOOR)
