"""Legal holds: what keeps a call's evidence whatever the periods say, placed and lifted by people."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.context import Ground
from hotline.errors import NotFound
from hotline.models import Call, Hold, Look, Matter

CALL, MATTER = "call", "matter"


def place(ground: Ground, subject: tuple[str, str], reason: str, by: str, now: datetime) -> Hold:
    """Put a hold on `("call", id)` or `("matter", id or number)`. Raises `NotFound` where there is none."""
    with ground.database.write() as session:
        subject_id = _found(session, subject)
        hold = Hold(subject=subject[0], subject_id=subject_id, reason=reason[:500], placed_by=by[:40], placed_at=now)
        session.add(hold)
        session.flush()
        session.add(Look(at=now, user_id=None, action="place_hold", subject=subject[0], subject_id=subject_id))
    return hold


def lift(ground: Ground, hold_id: str, by: str, now: datetime) -> Hold:
    """Take a hold away; its row stays. Raises `NotFound`."""
    with ground.database.write() as session:
        hold = session.get(Hold, hold_id, with_for_update=True)
        if hold is None:
            raise NotFound(f"no hold {hold_id}")
        if hold.lifted_at is None:
            hold.lifted_at, hold.lifted_by = now, by[:40]
            session.add(
                Look(at=now, user_id=None, action="lift_hold", subject=hold.subject, subject_id=hold.subject_id)
            )
    return hold


def standing(session: Session) -> list[Hold]:
    """Holds that are not lifted, oldest first."""
    return list(session.scalars(select(Hold).where(Hold.lifted_at.is_(None)).order_by(Hold.placed_at)))


def is_held(session: Session, call_id: str) -> bool:
    """Whether a hold is on this call, or on a matter that came of it."""
    matters = select(Matter.id).where(Matter.call_id == call_id)
    on_call = (Hold.subject == CALL) & (Hold.subject_id == call_id)
    on_matter = (Hold.subject == MATTER) & Hold.subject_id.in_(matters)
    query = select(Hold.id).where(Hold.lifted_at.is_(None), or_(on_call, on_matter))
    return session.scalar(query.limit(1)) is not None


def _found(session: Session, subject: tuple[str, str]) -> str:
    kind, given = subject
    if kind == CALL:
        found = session.scalar(select(Call.id).where(or_(Call.id == given, Call.provider_sid == given)))
    else:
        by_number = Matter.number == int(given) if given.isdigit() and len(given) < 10 else Matter.id == given
        found = session.scalar(select(Matter.id).where(or_(Matter.id == given, by_number)))
    if found is None:
        raise NotFound(f"no {kind} {given}")
    return found
