"""What others read of users. Nothing here commits."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import User
from hotline.values.access import Role


def by_id(session: Session) -> dict[str, User]:
    """Return everyone who signs in or did, by id, in the order of their names."""
    return {user.id: user for user in session.scalars(select(User).order_by(User.name, User.login))}


def logins_of_agents(session: Session) -> dict[str, str]:
    """Return the user name of each agent who has an account, by the agent's id."""
    rows = session.execute(select(User.agent_id, User.login).where(User.agent_id.is_not(None)))
    return {agent_id: login for agent_id, login in rows if agent_id}


def supervisors(session: Session) -> list[User]:
    """Return everyone who may judge calls, by name."""
    judges = (User.is_active.is_(True), User.role.in_((Role.SUPERVISOR, Role.ADMINISTRATOR)))
    return list(session.scalars(select(User).where(*judges).order_by(User.name)))
