"""What others read of transcripts. Nothing here commits."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Transcript, Utterance


def existing(session: Session, transcript_id: str) -> Transcript:
    """Return the transcript, which is known to be there."""
    return session.get_one(Transcript, transcript_id)


def of_call(session: Session, call_id: str) -> dict[str, Transcript]:
    """Return the transcripts of a call by the id of their recording."""
    rows = session.scalars(select(Transcript).where(Transcript.call_id == call_id))
    return {transcript.recording_id: transcript for transcript in rows}


def of_recordings(session: Session, recording_ids: Iterable[str]) -> dict[str, Transcript]:
    """Return the transcripts of these recordings by the recording's id."""
    rows = session.scalars(select(Transcript).where(Transcript.recording_id.in_(list(recording_ids))))
    return {transcript.recording_id: transcript for transcript in rows}


def of_utterance(session: Session, utterance_id: str) -> Transcript | None:
    """Return the transcript that the utterance belongs to, or `None`."""
    utterance = session.get(Utterance, utterance_id)
    return session.get(Transcript, utterance.transcript_id) if utterance else None


def transcribed(session: Session, call_ids: Iterable[str]) -> set[str]:
    """Return those of the calls that have a transcript."""
    return set(session.scalars(select(Transcript.call_id).where(Transcript.call_id.in_(list(call_ids)))))
