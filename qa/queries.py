"""Transcripts and checks of a call in the database."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Call, Check, Recording, Transcript


def locked_call(session: Session, call_id: str) -> Call | None:
    """The call, locked for this transaction: two checks of it do not race."""
    return session.get(Call, call_id, with_for_update=True)


def transcripts(session: Session, call_id: str) -> list[Transcript]:
    """The transcripts of a call, in the order in which its recordings began."""
    query = (
        select(Transcript)
        .join(Recording, Recording.id == Transcript.recording_id)
        .where(Transcript.call_id == call_id)
        .order_by(Recording.started_at, Recording.id)
    )
    return list(session.scalars(query))


def check(session: Session, call_id: str, name: str) -> Check | None:
    """The check of this name, or `None`."""
    return session.scalar(select(Check).where(Check.call_id == call_id, Check.name == name))
