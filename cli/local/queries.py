"""What commands ask of the whole database: what it holds, and what waits. Nothing here commits."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.models import Agent, Job, Queue, Skill, User
from hotline.values.states.job import JobState


@dataclass(frozen=True)
class Holdings:
    """How many agents, users, failed and due jobs there are."""

    agents: int
    users: int
    failed_jobs: int
    due_jobs: int


def holdings(session: Session) -> Holdings:
    """Return the counts."""
    agents = select(func.count()).select_from(Agent)
    users = select(func.count()).select_from(User)
    states = [select(func.count()).where(Job.state == state) for state in (JobState.FAILED, JobState.DUE)]
    return Holdings(*(session.scalar(query) or 0 for query in (agents, users, *states)))


def queues_and_skills(session: Session) -> tuple[set[str], set[str]]:
    """Return the names of the hospital's queues and skills."""
    return set(session.scalars(select(Queue.name))), set(session.scalars(select(Skill.name)))
