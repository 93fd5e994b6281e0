"""Corrections by people: kept beside the machine's text, shown instead of it, found by the search, used as hints."""

from datetime import datetime

from hotline.context import AppContext
from hotline.database.database import Database
from hotline.errors import Discard, HotlineError, NotFound
from hotline.models import Correction, Transcript, Utterance
from hotline.outbox import jobs
from hotline.outbox.job_kinds import job
from hotline.outbox.notifier import Notifier
from recordings.search import service
from recordings.transcripts.queries import current_text

LONGEST = 1000


class EmptyCorrection(HotlineError):
    """A correction says what was said: it cannot be empty or endless."""

    code = "correction_unfit"


def correct(
    database: Database, notifier: Notifier, utterance_id: str, text: str, user_id: str, now: datetime
) -> Correction:
    """Write down what was said in an utterance. Raises `NotFound`, `EmptyCorrection`."""
    text = " ".join(text.split())
    if not 0 < len(text) <= LONGEST:
        raise EmptyCorrection(f"a correction has 1 to {LONGEST} signs")
    with database.write() as session:
        utterance = session.get(Utterance, utterance_id)
        if utterance is None:
            raise NotFound(f"no utterance {utterance_id}")
        if current_text(utterance) == text:
            return utterance.corrections[-1] if utterance.corrections else Correction(text=text)
        correction = Correction(utterance_id=utterance_id, text=text, user_id=user_id, at=now)
        session.add(correction)
        session.flush()
        jobs.add(session, notifier, "index_correction", correction.id, now)
    return correction


@job("index_correction", queue="now")
def reindex(context: AppContext, correction_id: str, _now: datetime) -> None:
    """Have the search find what a correction says; a job. Raises `Discard` when it is gone."""
    with context.database.write() as session:
        correction = session.get(Correction, correction_id)
        utterance = session.get(Utterance, correction.utterance_id) if correction else None
        if utterance is None:
            raise Discard("the utterance is gone")
        transcript = session.get_one(Transcript, utterance.transcript_id)
        service.index(session, context.keyring, utterance, transcript.call_id, transcript.language)
