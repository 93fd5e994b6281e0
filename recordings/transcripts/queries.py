"""What others read of transcripts. Nothing here commits."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Call, Correction, Job, Recording, Transcript, Utterance
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.job import JobState
from recordings.speech.normalisation import comparable


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


RECENT = 2000


def current_text(utterance: Utterance) -> str:
    """Return the text that counts: the newest correction, else the machine's."""
    return utterance.corrections[-1].text if utterance.corrections else utterance.text


def frequent(session: Session, language: Language, most: int = 30) -> list[str]:
    """Return the words that people put in most often where the machine had others: hints for recognition."""
    query = (
        select(Utterance.text, Correction.text)
        .join(Correction, Correction.utterance_id == Utterance.id)
        .join(Transcript, Transcript.id == Utterance.transcript_id)
        .where(Transcript.language == language)
        .order_by(Correction.at.desc())
        .limit(RECENT)
    )
    counts: Counter[str] = Counter()
    for machine, person in session.execute(query):
        counts.update(_words(person, language) - _words(machine, language))
    return [word for word, count in counts.most_common(most) if count > 1]


def _words(text: str, language: Language) -> set[str]:
    text = comparable(text, language)
    if language is Language.ENGLISH:
        return {word for word in text.split() if len(word) > 2}
    import rjieba

    return {word for word in rjieba.cut(text) if len(word) > 1}


def waiting(session: Session, most: int) -> list[tuple[Job, str, Intent]]:
    """Return jobs of transcripts that wait and are not urgent yet, with the call's id and what it is about."""
    query = (
        select(Job, Call.id, Call.intent)
        .join(Recording, Recording.id == Job.subject_id)
        .join(Call, Call.id == Recording.call_id)
        .where(Job.kind == "transcribe", Job.state == JobState.DUE, Job.urgency == 0)
        .limit(most)
    )
    return [(job, call_id, intent) for job, call_id, intent in session.execute(query)]
