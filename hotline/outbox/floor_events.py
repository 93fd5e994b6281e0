"""One row per change on the floor, written in the transaction that makes the change: what pages follow by number.

Whoever changes a status through the ORM need not think of it. A status that is changed by a statement of its own (the
compare-and-set of a lease or a winner) is told by `happened`.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, inspect, select
from sqlalchemy.orm import Session

from hotline import clock
from hotline.models import Agent, Attempt, Call, Campaign, Case, FloorEvent, Offer, QueueEntry, Transfer

# The fields whose change is one, and where the row names its call and its agent.
WATCHED: dict[type[Any], tuple[str, tuple[str, ...]]] = {
    Agent: ("agent", ("status", "state", "is_present")),
    Call: ("call", ("status", "is_held", "agent_id")),
    QueueEntry: ("waiting", ("state", "kind")),
    Offer: ("offer", ("state",)),
    Transfer: ("transfer", ("state",)),
    Attempt: ("attempt", ("state", "verified_at", "warning_at")),
    Campaign: ("campaign", ("state", "pace")),
    Case: ("case", ("state", "owner_agent_id")),
}
# Transactions overlap: a lower number may be seen after a higher one, by no more than these.
OVERLAP = 200
KEPT = timedelta(hours=24)


def watch(session: Session, _context: object, _instances: object) -> None:
    """Before each flush: add an event for every row that is new or has changed."""
    found = [(row, True) for row in session.new] + [(row, False) for row in session.dirty]
    for row, is_new in found:
        watched = WATCHED.get(type(row))
        if watched is not None and (is_new or _changed(row, watched[1])):
            session.add(_event(row, watched[0]))


def happened(session: Session, row: Any) -> None:
    """`row` was changed by a statement of its own."""
    session.add(_event(row, WATCHED[type(row)][0]))


def since(session: Session, number: int) -> list[FloorEvent]:
    """Return the changes after `number`, and the latest before it, whose commit may have come later than its own."""
    query = select(FloorEvent).where(FloorEvent.number > number - OVERLAP).order_by(FloorEvent.number)
    return list(session.scalars(query))


def newest(session: Session) -> int:
    """Return the highest number so far; 0 before the first change."""
    return session.scalar(select(FloorEvent.number).order_by(FloorEvent.number.desc()).limit(1)) or 0


def forget(session: Session) -> None:
    """Delete what nobody follows any more."""
    session.execute(delete(FloorEvent).where(FloorEvent.at < clock.now() - KEPT))


def _changed(row: Any, fields: tuple[str, ...]) -> bool:
    state = inspect(row)
    return any(state.attrs[name].history.has_changes() for name in fields)


def _event(row: Any, subject: str) -> FloorEvent:
    if row.id is None:
        row.id = clock.new_id()  # the column's own default, which a flush would only fill in now
    status = getattr(row, "status", None)
    state = getattr(row, "state", None)
    return FloorEvent(
        at=clock.now(),
        subject=subject,
        subject_id=row.id,
        state=" ".join(str(word) for word in (status, state) if word is not None),
        call_id=row.id if subject == "call" else getattr(row, "call_id", None),
        agent_id=row.id if subject == "agent" else getattr(row, "agent_id", None),
    )
