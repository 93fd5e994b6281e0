"""Work that failed, for supervisors and administrators: what it was, why, and having it done once more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from campaigns.results import queries as results
from console.web import audit_log
from console.web.access import LEADS, allow, context
from console.web.audit_marks import touches_nothing
from hotline.outbox import jobs
from recordings.storage import queries as recordings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Job

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
    """Return what failed, the latest first."""
    with context().database.read() as session:
        failed, count = jobs.failed(session, MOST)
        calls = _calls(session, failed)
    return render_template("admin/failed_work.html", jobs=failed, count=count, calls=calls)


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
        if not jobs.exists(session, job_id):
            abort(404)
    _again([job_id])
    return redirect(url_for("work.show"))


def _again(job_ids: Sequence[str] | None) -> None:
    with context().database.write() as session:
        done = jobs.again(session, context().notifier, job_ids)
        for job_id in done:
            audit_log.record(session, "retry_job", "job", job_id)
    if done:
        flash("work.asked")
    else:
        flash("work.nothing", "fault")


def _calls(session: Session, failed: Sequence[Job]) -> dict[str, str]:
    """Return the call of each subject that has one."""
    subjects = {kind: [job.subject_id for job in failed if job.kind == kind] for kind in {job.kind for job in failed}}

    def of(kinds: Sequence[str]) -> list[str]:
        return [subject_id for kind in kinds for subject_id in subjects.get(kind, [])]

    found = recordings.calls_of(session, of(OF_RECORDINGS)) | results.calls_of_attempts(session, of(OF_ATTEMPTS))
    return found | {call_id: call_id for call_id in of(OF_CALLS)}
