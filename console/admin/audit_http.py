"""The page of the audit log, for auditors: who read and changed what, how much on which day, whether the log is whole.

It shows codes, ids and staff; nothing of patients. Reading and exporting it stand in it themselves.
"""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.users import queries as users_queries
from console.admin import audit_export, audit_words
from console.web import audit_marks, language
from console.web.access import allow, context
from console.web.audit_marks import touches, touches_nothing
from hotline import clock
from hotline.audit import log, queries
from hotline.audit.queries import MACHINE, AuditFilter
from hotline.values.access import AuditOutcome, Role

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import AuditEntry

pages = Blueprint("audit", __name__)
COLUMNS = ("number", "at", "person", "address", "action", "subject", "object", "outcome", "count", "filter", "digest")
FILTERS = ("since", "until", "person", "action", "subject", "object", "outcome")
LONGEST_DAYS = 400


@pages.get("/audit")
@allow(Role.AUDITOR)
@touches("view_audit", "audit", "audit", lists=True)
def show() -> ResponseReturnValue:
    """Return the rows by filter, the days of each person, and the state of the chain."""
    wanted, zone, words = _wanted(), _zone(), language.words(language.chosen(request))
    with context().database.read() as session:
        found = queries.listing(session, wanted, zone, request.args.get("page", 1, int))
        days = queries.by_day(session, wanted, zone)
        users = users_queries.by_id(session)
        head = log.head(session)
    audit_marks.showed(len(found.rows))
    names = {user.id: user.name for user in users.values()}
    return render_template(
        "admin/audit.html",
        found=found,
        days=wanted.days,
        people=[(names.get(user_id or "", user_id) if user_id else "", cells) for user_id, cells in days.items()],
        head=head,
        users=users.values(),
        machine=MACHINE,
        actions=_labelled(words, "audit_action", audit_words.ACTIONS),
        subjects=_labelled(words, "audit_subject", audit_words.SUBJECTS),
        outcomes=list(AuditOutcome),
        chosen=_chosen(wanted),
        tell_action=lambda look: audit_words.action(words, look),
        tell_subject=lambda look: audit_words.subject(words, look),
        tell_person=lambda look: audit_words.person(words, look, names),
    )


@pages.get("/audit/export")
@allow(Role.AUDITOR)
@touches("export_audit", "audit", "audit", lists=True)
def export() -> ResponseReturnValue:
    """Return the rows by filter as CSV or XLSX; the export is a row itself."""
    wanted, words, form = _wanted(), language.words(language.chosen(request)), request.args.get("format", "csv")
    if form not in audit_export.FORMATS:
        abort(400)
    with context().database.read() as session:
        names = {user.id: user.name for user in users_queries.by_id(session).values()}
        rows = [_cells(look, audit_words.person(words, look, names)) for look in _rows(session, wanted)]
    audit_marks.showed(len(rows))
    content = audit_export.WRITERS[form]([words(f"audit.{name}") for name in COLUMNS], rows)
    answer = Response(content, mimetype=audit_export.FORMATS[form])
    answer.headers["Content-Disposition"] = f'attachment; filename="audit-{wanted.since}-{wanted.until}.{form}"'
    return answer


@pages.post("/audit/verify")
@allow(Role.AUDITOR)
@touches_nothing("digests of the log, none of its rows")
def verify() -> ResponseReturnValue:
    """Check the whole chain now, and keep what was found for the page."""
    with context().database.read() as session:
        verdict = log.verify(session, progress=lambda _done, _all: time.sleep(0))  # live pages go on meanwhile
    with context().database.write() as session:
        log.keep(session, verdict)
    flash("audit.whole" if verdict.broken is None else "audit.broken_now", "" if verdict.broken is None else "fault")
    return redirect(url_for("audit.show"))


def _rows(session: Session, wanted: AuditFilter) -> list[AuditEntry]:
    return list(queries.rows(session, wanted, _zone()))


def _cells(look: AuditEntry, person: str) -> tuple[str | int | None, ...]:
    at = look.at.astimezone(_zone()).strftime("%Y-%m-%d %H:%M:%S")  # for other programs, the same in every language
    told = (look.action, look.subject, look.subject_id, look.outcome.value, look.count, look.filter, look.digest)
    return look.number, at, person, look.address, *told


def _wanted() -> AuditFilter:
    today = context().settings.day(clock.now())
    until = _day("until") or today
    since = _day("since") or until - timedelta(days=queries.DAYS - 1)
    if not 0 <= (until - since).days <= LONGEST_DAYS:
        since = until - timedelta(days=queries.DAYS - 1)
    outcome, text = request.args.get("outcome", ""), request.args.get
    return AuditFilter(
        since=since,
        until=until,
        person=text("person", ""),
        action=text("action", ""),
        subject=text("subject", ""),
        object_id=text("object", "").strip(),
        outcome=AuditOutcome(outcome) if outcome in list(AuditOutcome) else None,
    )


def _chosen(wanted: AuditFilter) -> dict[str, str]:
    given = {name: request.args.get(name, "") for name in FILTERS}
    return given | {"since": wanted.since.isoformat(), "until": wanted.until.isoformat()}


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _zone() -> ZoneInfo:
    return ZoneInfo(context().settings.timezone)


def _labelled(words: language.Words, table: str, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    return sorted(((code, words(f"{table}.{code}")) for code in codes), key=lambda pair: pair[1])
