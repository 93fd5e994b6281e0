"""What others read of agents and of what they are described by. Nothing here commits."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Agent, Department, Skill


def everyone(session: Session) -> list[Agent]:
    """Return all agents by staff number."""
    return list(session.scalars(select(Agent).order_by(Agent.staff_number)))


def by_id(session: Session) -> dict[str, Agent]:
    """Return all agents by their id."""
    return {agent.id: agent for agent in everyone(session)}


def find(session: Session, agent_id: str | None) -> Agent | None:
    """Return the agent; `None` without one."""
    return session.get(Agent, agent_id) if agent_id else None


def existing(session: Session, agent_id: str) -> Agent:
    """Return the agent, who is known to be there."""
    return session.get_one(Agent, agent_id)


def locked(session: Session, agent_id: str) -> Agent | None:
    """Return the agent, locked until the transaction ends; `None` without one."""
    return session.get(Agent, agent_id, with_for_update=True)


def departments(session: Session) -> list[Department]:
    """Return all departments by name."""
    return list(session.scalars(select(Department).order_by(Department.name)))


def skills(session: Session) -> list[Skill]:
    """Return all skills by name, languages among them."""
    return list(session.scalars(select(Skill).order_by(Skill.name)))
