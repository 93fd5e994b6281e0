"""Presence on the rows: the facts that decide it, what a dial adds to them, and the decision as the agent keeps it.

Each function runs inside its caller's transaction. What follows for offers is `routing.agents.service`.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from accounts.sessions import queries
from hotline.models import Agent, AgentPage, Offer, SignIn, User
from hotline.values.states.agent import AbsenceReason, AgentState, PagePhone, SignsIn
from hotline.values.states.offer import OfferState
from routing.agents import presence
from telephony.agent_address import CLIENT

_FACTS = (
    Agent.id,
    Agent.address,
    Agent.signs_in,
    Agent.registered,
    Agent.registered_page,
    Agent.dial_after,
    Agent.dial_failures,
    Agent.absence_reason,
    Agent.is_present,
)
_ACCOUNTS = select(User.agent_id, func.count(), func.count().filter(User.is_active)).where(User.agent_id.is_not(None))


def _pages(now: datetime) -> Select[AgentPage]:
    """Pages of whoever may sign in, in sessions that hold."""
    of_user = select(AgentPage).join(User, User.id == AgentPage.user_id).where(User.is_active)
    in_session = of_user.outerjoin(SignIn, SignIn.id == AgentPage.sign_in_id)
    return in_session.where(or_(AgentPage.sign_in_id.is_(None), queries.holds(now)))


def decide(
    session: Session, now: datetime, agent_id: str | None = None
) -> list[tuple[str, AbsenceReason | None, AbsenceReason | None]]:
    """Return each agent's id (or only this one's), why they are absent by the facts, and why by their row; `None`.

    There.
    """
    only = [] if agent_id is None else [agent_id]
    accounts = {
        row[0]: (row[1], row[2])
        for row in session.execute(_ACCOUNTS.where(*(User.agent_id == each for each in only)).group_by(User.agent_id))
    }
    pages: dict[str, list[presence.AgentPage]] = defaultdict(list)
    for page in session.scalars(_pages(now).where(*(AgentPage.agent_id == each for each in only))):
        pages[page.agent_id].append(_page(page))
    decided = []
    for row in session.execute(select(*_FACTS).where(*(Agent.id == each for each in only))):
        all_of, active = accounts.get(row.id, (0, 0))
        facts = presence.PresenceFacts(
            is_in_page=row.address.startswith(CLIENT),
            signs_in=row.signs_in,
            has_account=all_of > 0,
            is_shut_out=all_of > 0 and not active,
            registered=row.registered,
            registered_page=row.registered_page,
            pages=tuple(pages[row.id]),
            dial_after=row.dial_after,
            is_exchange_down=row.dial_failures == 0,
        )
        was = None if row.is_present else (row.absence_reason or AbsenceReason.NOT_CONNECTED)
        decided.append((row.id, presence.absence(facts, now), was))
    return decided


def _page(row: AgentPage) -> presence.AgentPage:
    return presence.AgentPage(row.id, row.last_heartbeat_at, row.phone is PagePhone.CONNECTED, row.phone_since)


def apply(agent: Agent, why: AbsenceReason | None, now: datetime) -> None:
    """The agent is absent from now on for this reason; `None`: they are there."""
    if agent.is_present is not (why is None):
        agent.presence_since = now
        if why is None and agent.state is AgentState.IDLE:
            agent.state_since = now  # the longest idle is rung first: who was not there has not waited
    agent.is_present, agent.absence_reason = why is None, why


def pages_of(session: Session, agent_id: str, now: datetime) -> tuple[presence.AgentPage, ...]:
    """Return the pages that this agent has, or had, open."""
    return tuple(_page(row) for row in session.scalars(_pages(now).where(AgentPage.agent_id == agent_id)))


def is_shut_out(session: Session, agent: Agent) -> bool:
    """Return whether the agent has an account and none that may sign in; whose telephone alone counts never is."""
    if agent.signs_in is SignsIn.TELEPHONE:
        return False
    found = session.execute(_ACCOUNTS.where(User.agent_id == agent.id).group_by(User.agent_id)).first()
    return found is not None and not found[2]


def talks_of_shut_out(session: Session) -> list[str]:
    """Return the lines (the provider's ids) on which agents who are shut out still talk."""
    query = select(Agent, Offer.provider_sid).join(Offer, Offer.agent_id == Agent.id)
    up = (Offer.state == OfferState.ANSWERED, Offer.ended_at.is_(None), Offer.provider_sid.is_not(None))
    users = select(User.id).where(User.agent_id == Agent.id)
    out = (users.exists(), ~users.where(User.is_active).exists())
    return [sid for agent, sid in session.execute(query.where(*up, *out)) if sid and is_shut_out(session, agent)]


def reached(agent: Agent) -> None:
    """The agent's telephone rings: it can be reached."""
    if agent.dial_after is not None:
        agent.dial_failures, agent.dial_after = 0, None


def not_reached(session: Session, agent: Agent, why: AbsenceReason, now: datetime) -> None:
    """A dial did not reach the agent's telephone: it is left alone for a while, longer each time."""
    if why is AbsenceReason.EXCHANGE_DOWN:
        agent.dial_failures, agent.dial_after = 0, now + timedelta(seconds=presence.EXCHANGE_PAUSE_SECONDS)
    elif why is AbsenceReason.NOT_REACHED:
        agent.dial_failures += 1
        agent.dial_after = now + presence.pause(agent.dial_failures)
    apply(agent, why, now)
    session.flush()
