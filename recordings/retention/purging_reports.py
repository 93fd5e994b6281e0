"""Deleting the files of reports whose time is over: the blob gone, then the row, and the log of looks says so."""

from datetime import datetime, timedelta

from sqlalchemy import select

from hotline import log
from hotline.context import Ground
from hotline.models import Look, Report
from recordings.errors import NotGone
from recordings.retention import periods


def due(ground: Ground, now: datetime) -> list[Report]:
    """The reports whose files are over; nothing is changed."""
    days = periods.of(ground.settings.retention_file).report_days
    with ground.database.read() as session:
        return list(session.scalars(select(Report).where(Report.asked_at < now - timedelta(days=days))))


def run(ground: Ground, now: datetime) -> int:
    """Delete them; how many. Raises `NotGone`."""
    rows = due(ground, now)
    for row in rows:
        if row.blob is not None:
            ground.blobs.delete(row.blob)
            if ground.blobs.has(row.blob):
                raise NotGone(f"the store still holds {row.blob}")
        with ground.database.write() as session:
            there = session.get(Report, row.id, with_for_update=True)
            if there is None:
                continue  # somebody else deleted it at the same time
            session.delete(there)
            session.add(Look(at=now, user_id=None, action="purge_report", subject="report", subject_id=row.id))
        log.get().info("report_purged", report_id=row.id)
    return len(rows)
