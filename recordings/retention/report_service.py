"""Deletion of report files whose time is over: the blob gone, then the row, and the audit log says so."""

from datetime import datetime, timedelta

from hotline import log
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.models import AuditEntry, Report
from recordings.errors import DeletionFailed
from recordings.retention import queries, retention_file


def due(database: Database, settings: Settings, now: datetime) -> list[Report]:
    """Return the reports whose files are over; nothing is changed."""
    days = retention_file.load(settings.retention_file).report_days
    with database.read() as session:
        return queries.reports_before(session, now - timedelta(days=days))


def run(context: AppContext, now: datetime) -> int:
    """Delete them; return how many. Raises `DeletionFailed`."""
    rows = due(context.database, context.settings, now)
    for row in rows:
        if row.blob is not None:
            context.objects.delete(row.blob)
            if context.objects.has(row.blob):
                raise DeletionFailed(f"the store still holds {row.blob}")
        with context.database.write() as session:
            there = queries.locked_report(session, row.id)
            if there is None:
                continue  # somebody else deleted it at the same time
            session.delete(there)
            session.add(AuditEntry(at=now, user_id=None, action="purge_report", subject="report", subject_id=row.id))
        log.get().info("report_purged", report_id=row.id)
    return len(rows)
