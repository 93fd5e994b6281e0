"""Reports as files: requested on a page, made by a worker with its progress, kept sealed, fetched by whoever requested
them.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.context import AppContext
from hotline.database.database import Database
from hotline.encryption.sealed_objects import Blob
from hotline.errors import Discard, LeaseLost, NotFound
from hotline.models import Report as Row
from hotline.object_store import orphans
from hotline.object_store.store import ObjectStore
from hotline.outbox import jobs, transitions
from hotline.outbox.job_kinds import job
from hotline.outbox.notifier import Notifier
from hotline.values.language import Language
from hotline.values.states.report import ReportEvent, ReportState
from qa.errors import InvalidAnswer
from qa.reports import report_queries, values
from qa.reports.values import ReportRequest
from qa.reports.words import Words, words

JOB = "make_report"
FORMATS = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "pdf": "application/pdf"}


def request_report(
    database: Database,
    notifier: Notifier,
    user_id: str,
    request: ReportRequest,
    now: datetime,
    *,
    file_format: str,
    language: Language,
) -> str:
    """Have a report made in a format (`xlsx`, `pdf`) and language; return its id. Raises `InvalidAnswer`."""
    if file_format not in FORMATS or request.kind not in values.KINDS or request.unit not in values.UNITS:
        raise InvalidAnswer(f"no report {request.kind!r} as {file_format!r}")
    with database.write() as session:
        row = Row(kind=request.kind, format=file_format, language=language, parameters=request.as_row())
        row.made_by, row.asked_at = user_id, now
        session.add(row)
        session.flush()
        jobs.add(session, notifier, JOB, row.id, now)
        return row.id


@job(JOB, queue="now")
def make_report(context: AppContext, report_id: str, now: datetime) -> None:
    """Make the file. Raises `Discard` when it is there already; the page shows what failed."""
    with context.database.read() as session:
        row = session.get(Row, report_id)
    if row is None or row.state is ReportState.READY:
        raise Discard("the report is made")
    try:
        _make(context, row, now)
    except (Discard, LeaseLost):
        raise
    except Exception:
        _end(context.database, report_id, ReportEvent.FAILED, None, now)  # the page says so until a later try makes it
        raise


def report_file(objects: ObjectStore, row: Row) -> bytes:
    """Return the bytes of a made report. Raises `NotFound` while it is not made."""
    if row.blob is None:
        raise NotFound(f"report {row.id} is not made yet")
    return objects.get(row.blob, sealing_context(row.id))


def find(session: Session, report_id: str) -> Row | None:
    """Return the report, or `None`."""
    return session.get(Row, report_id)


def of_user(session: Session, user_id: str) -> list[Row]:
    """Return the reports that somebody requested, newest first."""
    return list(session.scalars(select(Row).where(Row.made_by == user_id).order_by(Row.id.desc()).limit(12)))


def sealing_context(report_id: str) -> str:
    """Return what a report's blob is sealed for."""
    return f"reports.{report_id}"


def sealed_blobs(session: Session) -> list[Blob]:
    """Return the files that the keyring sealed."""
    reports = session.scalars(select(Row).where(Row.blob.is_not(None)))
    return [Blob(row.blob, sealing_context(row.id)) for row in reports if row.blob]


def _make(context: AppContext, row: Row, now: datetime) -> None:
    _progress(context.database, row.id, 0.1)
    with context.database.read() as session:
        document = report_queries.build(
            session, context.settings, ReportRequest.from_row(row.kind, row.parameters), row.language, now
        )
    _progress(context.database, row.id, 0.6)
    with orphans.fresh(context.database, context.objects, f"reports/{row.id}") as name:
        context.objects.put(name, _file(row.format, document, words(row.language)), sealing_context(row.id))
        context.objects.get(name, sealing_context(row.id))
        _end(context.database, row.id, ReportEvent.FINISHED, name, now)


def _file(format_: str, document: values.ReportDocument, say: Words) -> bytes:
    """Return the bytes of a report; what draws them is loaded only where one is made."""
    if format_ == "pdf":
        from qa.reports.pdf import pdf

        return pdf(document, say)
    from qa.reports.xlsx import xlsx

    return xlsx(document, say)


def _progress(database: Database, report_id: str, part: float) -> None:
    with database.write() as session:
        row = _unmade(session, report_id)
        transitions.transition(row, ReportEvent.RETRIED)  # where a try before this one failed
        row.progress = part


def _end(database: Database, report_id: str, event: ReportEvent, blob: str | None, now: datetime) -> None:
    with database.write() as session:
        row = _unmade(session, report_id)
        transitions.transition(row, event)
        if blob is not None:
            orphans.keep(session, blob)
        row.blob, row.progress, row.made_at = blob, 1.0, now


def _unmade(session: Session, report_id: str) -> Row:
    """Return the report, locked. Raises `Discard` where it is made meanwhile."""
    row = session.get_one(Row, report_id, with_for_update=True)
    if row.state is ReportState.READY:
        raise Discard("another worker was faster")
    return row
