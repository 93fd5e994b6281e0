"""Queries of scoring: what the marks of a call are made from, and the marks themselves."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.models import Attempt, AutoScore, Call, Campaign, Case, Recording, Transcript
from hotline.values.states.campaign import CampaignKind
from hotline.values.states.recording import RecordingKind


def locked_call(session: Session, call_id: str) -> Call | None:
    """Return the call, locked for this transaction: two checks of it do not race."""
    return session.get(Call, call_id, with_for_update=True)


def scorable_recordings(session: Session, call_id: str) -> list[tuple[Recording, Transcript]]:
    """Return the call's conversations with their transcripts, in the order in which they began; no messages, none
    purged.
    """
    query = (
        select(Recording, Transcript)
        .join(Transcript, Recording.id == Transcript.recording_id)
        .where(Transcript.call_id == call_id, Transcript.purged_at.is_(None))
        .where(Recording.kind != RecordingKind.MESSAGE)
        .order_by(Recording.started_at, Recording.id)
    )
    return [(recording, transcript) for recording, transcript in session.execute(query)]


def is_follow_up(session: Session, call_id: str) -> bool:
    """Return whether the call was made for a follow-up after discharge."""
    query = (
        select(Attempt.id)
        .join(Campaign, Campaign.id == Attempt.campaign_id)
        .where(Attempt.call_id == call_id, Campaign.kind == CampaignKind.FOLLOW_UP)
    )
    return session.scalar(query.limit(1)) is not None


def cases(session: Session, call_id: str) -> list[Case]:
    """Return the cases that the call opened."""
    return list(session.scalars(select(Case).where(Case.call_id == call_id)))


def forget_marks(session: Session, call_id: str) -> None:
    """Delete the machine's marks of a call, before new ones are made."""
    session.execute(delete(AutoScore).where(AutoScore.call_id == call_id))
