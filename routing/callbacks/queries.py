"""The open callback of a call. Never commits."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Callback
from hotline.values.states.callback import CallbackState

OPEN = (CallbackState.WAITING, CallbackState.DIALLING, CallbackState.ACCEPTED)


def open_of(session: Session, call_id: str) -> Callback | None:
    """Return the open callback that this call asked for."""
    query = select(Callback).where(Callback.call_id == call_id, Callback.state.in_(OPEN))
    return session.scalar(query.with_for_update())


def requested(session: Session, call_id: str) -> Callback | None:
    """Return the open callback that this call asked for, to look at only."""
    return session.scalar(select(Callback).where(Callback.call_id == call_id, Callback.state.in_(OPEN)))
