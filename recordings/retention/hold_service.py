"""Legal holds: they keep a call's evidence whatever the periods say, and are placed and lifted by people."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from crm.cases import queries as case_queries
from hotline.database.database import Database
from hotline.errors import NotFound
from hotline.models import AuditEntry, Call, LegalHold

CALL, CASE = "call", "case"


def place(database: Database, kind: str, subject: str, now: datetime, *, reason: str, by: str) -> LegalHold:
    """Put a hold on a call (by id) or a case (by id or number). Raises `NotFound` where there is none."""
    with database.write() as session:
        subject_id = _subject_id(session, kind, subject)
        hold = LegalHold(subject=kind, subject_id=subject_id, reason=reason[:500], placed_by=by[:40], placed_at=now)
        session.add(hold)
        session.flush()
        session.add(AuditEntry(at=now, user_id=None, action="place_hold", subject=kind, subject_id=subject_id))
    return hold


def lift(database: Database, hold_id: str, by: str, now: datetime) -> LegalHold:
    """Take a hold away; its row stays. Raises `NotFound`."""
    with database.write() as session:
        hold = session.get(LegalHold, hold_id, with_for_update=True)
        if hold is None:
            raise NotFound(f"no hold {hold_id}")
        if hold.lifted_at is None:
            hold.lifted_at, hold.lifted_by = now, by[:40]
            session.add(
                AuditEntry(at=now, user_id=None, action="lift_hold", subject=hold.subject, subject_id=hold.subject_id)
            )
    return hold


def standing(session: Session) -> list[LegalHold]:
    """Return the holds that are not lifted, oldest first."""
    return list(session.scalars(select(LegalHold).where(LegalHold.lifted_at.is_(None)).order_by(LegalHold.placed_at)))


def is_held(session: Session, call_id: str) -> bool:
    """Return whether a hold is on this call, or on a case that came of it."""
    cases = [case.id for case in case_queries.of_calls(session, [call_id])]
    on_call = (LegalHold.subject == CALL) & (LegalHold.subject_id == call_id)
    on_case = (LegalHold.subject == CASE) & LegalHold.subject_id.in_(cases)
    query = select(LegalHold.id).where(LegalHold.lifted_at.is_(None), or_(on_call, on_case))
    return session.scalar(query.limit(1)) is not None


def _subject_id(session: Session, kind: str, given: str) -> str:
    if kind == CALL:
        subject_id = session.scalar(select(Call.id).where(or_(Call.id == given, Call.provider_sid == given)))
    else:
        subject_id = case_queries.named(session, given)
    if subject_id is None:
        raise NotFound(f"no {kind} {given}")
    return subject_id
