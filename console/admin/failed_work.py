"""Work that failed, for supervisors and administrators: what it was, why, and having it done once more."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.web import audit_log
from console.web.access import LEADS, allow, context
from console.web.audit_marks import touches_nothing
from hotline import clock
from hotline.models import Attempt, Job, Recording
from hotline.outbox import jobs

pages = Blueprint("work", __name__)

MOST = 200
# Of which kinds the subject is a call, or leads to one.
OF_CALLS = ("check_call",)
OF_RECORDINGS = ("fetch_recording", "delete_recording", "transcribe", "file_message")
OF_ATTEMPTS = ("record_attempt", "text_advice")
# Why work fails, as codes that have words of their own; any other code is a fault of ours, or of a file.
REASONS = (
    *("worker_died", "unexpected", "database", "database_busy", "store", "redis", "out_of_memory", "took_too_long"),
    *("provider_down", "incomplete_recording", "still_at_provider", "recording_too_large"),
    *("altered_recording", "undecipherable", "still_in_store", "not_found", "unreadable_audio"),
    *("engine_missing", "model_damaged", "prompt_missing", "no_sound", "config", "scorecard_fault"),
)


@pages.get("/failed-work")
@allow(*LEADS)
@touches_nothing("kinds, ids and codes of work that failed")
def show() -> ResponseReturnValue:
    """What failed, the latest first."""
    with context().database.read() as session:
        failed, count = jobs.failed(session, MOST)
        calls = _calls(session, failed)
    return render_template("work.html", jobs=failed, count=count, calls=calls)


@pages.post("/failed-work/retry")
@allow(*LEADS)
@touches_nothing("jobs by their number; each is logged by itself")
def retry_all() -> ResponseReturnValue:
    """Have all of it done once more."""
    _again(None)
    return redirect(url_for("work.show"))


@pages.post("/failed-work/<job_id>/retry")
@allow(*LEADS)
@touches_nothing("jobs by their number; it is logged by itself")
def retry(job_id: str) -> ResponseReturnValue:
    """Have one of them done once more. It may have been asked for by somebody else meanwhile."""
    with context().database.read() as session:
        if session.get(Job, job_id) is None:
            abort(404)
    _again([job_id])
    return redirect(url_for("work.show"))


def _again(job_ids: Sequence[str] | None) -> None:
    now, address = clock.now(), request.remote_addr or ""
    with context().database.write() as session:
        done = jobs.again(session, context().notifier, job_ids)
        for job_id in done:
            audit_log.note(session, audit_log.look(current_user.id, "retry_job", ("job", job_id), now, address))
    if done:
        flash("work.asked")
    else:
        flash("work.nothing", "fault")


def _calls(session: Session, failed: Sequence[Job]) -> dict[str, str]:
    """The call of each subject that has one."""
    subjects = {kind: [job.subject_id for job in failed if job.kind == kind] for kind in {job.kind for job in failed}}

    def of(kinds: Sequence[str]) -> list[str]:
        return [subject_id for kind in kinds for subject_id in subjects.get(kind, [])]

    recordings = session.execute(select(Recording.id, Recording.call_id).where(Recording.id.in_(of(OF_RECORDINGS))))
    attempts = session.execute(select(Attempt.id, Attempt.call_id).where(Attempt.id.in_(of(OF_ATTEMPTS))))
    found = {subject_id: call_id for rows in (recordings, attempts) for subject_id, call_id in rows if call_id}
    return found | {call_id: call_id for call_id in of(OF_CALLS)}
