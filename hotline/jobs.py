"""The job port: a row says what must be done, the bell says that it should be done now.

A feature adds a row in the transaction that makes the work necessary (`add`). `workers/` takes rows to RQ, runs them
and closes them; nobody else touches the table.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.bell import JOBS, Bell
from hotline.models import Job

# What is to be done -> the line it waits in. `now` is short and urgent, `speech` takes seconds of processor.
LINES = {
    "render_prompt": "now",
    "fetch_recording": "now",
    "delete_recording": "now",
    "transcribe": "speech",
    "check_call": "now",
}


def add(session: Session, bell: Bell, kind: str, subject_id: str, now: datetime) -> Job:
    """Have `kind` done for the subject, once: asking again for the same changes nothing.

    The job's row is committed with the caller's transaction; the bell rings after it.
    """
    found = session.scalar(select(Job).where(Job.kind == kind, Job.subject_id == subject_id))
    if found is not None:
        return found
    if kind not in LINES:
        raise KeyError(f"no job {kind!r}")
    job = Job(kind=kind, subject_id=subject_id, added_at=now, due_at=now)
    session.add(job)
    session.flush()
    bell.ring_after(session, JOBS, job.id)
    return job
