"""Users of the staff pages in the database: reading and locking. Nothing here commits."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.errors import AgentTaken, AgentUnknown
from hotline.errors import NotFound
from hotline.models import Agent, User
from hotline.values.access import Role


def all_users(session: Session) -> list[User]:
    """Return all users, active ones first, by name."""
    return list(session.scalars(select(User).order_by(User.is_active.desc(), User.name, User.login)))


def find(session: Session, user_id: str) -> User | None:
    """Return the user with this id."""
    return session.get(User, user_id)


def existing(session: Session, user_id: str) -> User:
    """Return the user, who is known to be there."""
    return session.get_one(User, user_id)


def by_login(session: Session, login: str) -> User:
    """Return the user with this login. Raises `NotFound`."""
    user = session.scalar(select(User).where(User.login == login.strip().lower()))
    if user is None:
        raise NotFound(f"nobody has the login {login!r}; `hotline users list` shows everyone")
    return user


def with_login(session: Session, login: str) -> User | None:
    """Return the user with this login, as it was typed; `None` where nobody has it."""
    return session.scalar(select(User).where(User.login == login.strip().lower()[:40]))


def locked(session: Session, user_id: str) -> User:
    """Return the user, locked until the transaction ends. Raises `NotFound`."""
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound(f"no user {user_id}")
    return user


def locked_administrators(session: Session) -> list[User]:
    """Return whoever can administer now and needs nobody's help for it, locked.

    Whoever asks next sees what became of them: two administrators at once cannot take each other away.
    """
    able = (User.role == Role.ADMINISTRATOR, User.is_active, User.one_time_until.is_(None))
    query = select(User).where(*able).order_by(User.id).with_for_update()
    return list(session.scalars(query.execution_options(populate_existing=True)))


def check_agent_is_free(session: Session, agent_id: str | None, user_id: str | None) -> None:
    """Raise `AgentUnknown`, or `AgentTaken` where another user than `user_id` is this agent."""
    if agent_id is None:
        return
    if session.get(Agent, agent_id) is None:
        raise AgentUnknown(f"no agent {agent_id}")
    holder = session.scalar(select(User.login).where(User.agent_id == agent_id, User.id != (user_id or "")))
    if holder is not None:
        raise AgentTaken(f"this agent signs in as {holder!r} already; take the link away there first")


def by_id(session: Session) -> dict[str, User]:
    """Return everyone who signs in or did, by id, in the order of their names."""
    return {user.id: user for user in session.scalars(select(User).order_by(User.name, User.login))}


def logins_of_agents(session: Session) -> dict[str, str]:
    """Return the user name of each agent who has an account, by the agent's id."""
    rows = session.execute(select(User.agent_id, User.login).where(User.agent_id.is_not(None)))
    return {agent_id: login for agent_id, login in rows if agent_id}


def supervisors(session: Session) -> list[User]:
    """Return everyone who may judge calls, by name."""
    judges = (User.is_active.is_(True), User.role.in_([role for role in Role if role.is_lead]))
    return list(session.scalars(select(User).where(*judges).order_by(User.name)))
