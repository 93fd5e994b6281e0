"""The end of work on a call's recordings: when none is under way any more, the call is scored."""

from datetime import datetime

from sqlalchemy.orm import Session

from hotline.models import Recording
from hotline.outbox import jobs
from hotline.outbox.notifier import Notifier
from hotline.values.states.recording import UNDER_WAY
from recordings.storage import queries


def score_call_when_last(session: Session, notifier: Notifier, recording: Recording, now: datetime) -> None:
    """Have the call scored when the last of its recordings is worked through, and again when one comes late."""
    queries.locked_call(session, recording.call_id)
    if not queries.has_conversation(session, recording.call_id):
        return  # a message has no agent to be checked
    if recording.state not in UNDER_WAY and not queries.others_under_way(session, recording):
        jobs.renew(session, notifier, "check_call", recording.call_id, now)
