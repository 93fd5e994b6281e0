"""Sessions of the staff pages on their rows: begin one, find one, end some. Each runs in its caller's transaction.

A session holds while its row says so, its user may sign in, and nothing has ended all sessions of the user since.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, false, func, or_, select, update
from sqlalchemy.orm import Session

from hotline import clock
from hotline.models import Agent, SignIn, User
from hotline.values.states.agent import AgentState

# Nobody opened anything for so long: the session is over.
IDLE = timedelta(hours=10)
# A row is kept so long after its end, for tokens of telephones that were given out in it.
KEPT = timedelta(days=1)
# `last_active_at` is written this often.
NOTED = timedelta(minutes=1)


def holds(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a session holds at this moment; for queries that join `SignIn` and `User`."""
    return and_(
        SignIn.ended_at.is_(None),
        SignIn.ends_at > now,
        SignIn.last_active_at > now - IDLE,
        SignIn.version == User.session_version,
        User.is_active,
        or_(User.one_time_until.is_(None), User.one_time_until > now),
    )


def new(browser: str, address: str) -> SignIn:
    """Return a session that is still to begin, of this browser at this address."""
    return SignIn(id=clock.new_id(), browser=browser, address=address[:45])


def begin(session: Session, user: User, made: SignIn, lasting: timedelta, now: datetime) -> str:
    """Begin a session of `user` for at most `lasting`; return the token for its cookie, which is kept nowhere.

    `made` brings the browser and the address. What is long over is deleted here.
    """
    token = clock.new_secret()
    made.digest, made.user_id, made.version = _digest(token), user.id, user.session_version
    made.made_at, made.last_active_at, made.ends_at = now, now, now + lasting
    session.execute(delete(SignIn).where(SignIn.ends_at < now - KEPT))
    session.add(made)
    session.flush()
    return token


def find(session: Session, token: str, now: datetime) -> tuple[User, SignIn] | None:
    """Return the user and the session of this token, where it holds."""
    query = select(User, SignIn).join(SignIn, SignIn.user_id == User.id)
    row = session.execute(query.where(SignIn.digest == _digest(token), holds(now))).first()
    return None if row is None else (row[0], row[1])


def touch(session: Session, sign_in_id: str, now: datetime) -> None:
    """Note that its user has opened something."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None)).values(last_active_at=now))


def end(session: Session, sign_in_id: str, user_id: str, now: datetime) -> None:
    """End this session of the user; again, or another user's, nothing changes."""
    own = (SignIn.id == sign_in_id, SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    session.execute(update(SignIn).where(*own).values(ended_at=now))


def of_user(session: Session, user_id: str, now: datetime) -> Sequence[SignIn]:
    """Return the sessions of the user that hold, the one used last first."""
    query = select(SignIn).join(User, User.id == SignIn.user_id).where(User.id == user_id, holds(now))
    return session.scalars(query.order_by(SignIn.last_active_at.desc(), SignIn.id)).all()


# Telephones that pages of a session are.


def took_phone(session: Session, sign_in_id: str, now: datetime) -> None:
    """Note that a page of the session got a token for its telephone."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(phone_at=now, revoked_at=None))


def to_revoke(session: Session, now: datetime) -> Sequence[str]:
    """Return the sessions that are over, whose telephones the exchange has not been told to disconnect.

    A conversation that goes on is not cut: its agent hangs up first, unless they may not sign in any more.
    """
    talks = and_(User.is_active, Agent.state == AgentState.TALKING)
    query = select(SignIn.id).join(User, User.id == SignIn.user_id).outerjoin(Agent, Agent.id == User.agent_id)
    due = (SignIn.phone_at.is_not(None), SignIn.revoked_at.is_(None), ~holds(now), ~func.coalesce(talks, false()))
    return session.scalars(query.where(*due).order_by(SignIn.id)).all()


def revoked(session: Session, sign_in_id: str, now: datetime) -> None:
    """Note that the exchange has disconnected the session's telephones and accepts no more of them."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(revoked_at=now))


def registered_again(session: Session, sign_in_ids: Collection[str]) -> bool:
    """Revoke again those of these sessions whose telephones came back; return whether there are any."""
    told = update(SignIn).where(SignIn.id.in_(sign_in_ids), SignIn.revoked_at.is_not(None))
    return bool(session.execute(told.values(revoked_at=None)).rowcount)  # type: ignore[attr-defined] # of an UPDATE


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
