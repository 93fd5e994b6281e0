"""The page of the audit log: filters, days of each person, exports, the chain's state, and who may open it."""

import csv
import io
import re
from datetime import timedelta

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from cli import audit_marks as command_trail
from cli.main import group
from console.admin import audit_words
from console.admin.audit_export import to_csv, to_xlsx
from console.web import audit_marks
from hotline import clock
from hotline.audit.queries import day_counts
from hotline.context import AppContext
from hotline.models import AuditEntry, User
from hotline.values.access import AuditOutcome, Role
from tests.integration.test_audit_commands import commands
from tests.support.morning import Morning
from tests.support.staff import signed_in


def user_id(context: AppContext, login: str) -> str:
    with context.database.read() as session:
        return session.scalars(select(User.id).where(User.login == login)).one()


def fill(context: AppContext, login: str, count: int, days_ago: int = 0, **other: object) -> None:
    """Rows of a person on a day."""
    who, at = user_id(context, login), clock.now() - timedelta(days=days_ago)
    facts = {"action": "view_call", "subject": "call", "subject_id": "c" * 32} | other
    with context.database.write() as session:
        session.add_all([AuditEntry(at=at, user_id=who, **facts) for _ in range(count)])


def test_an_auditor_begins_with_the_log_and_sees_no_other_page(app: Flask, context: AppContext, made: Morning) -> None:
    auditor = signed_in(app, Role.AUDITOR)
    first = auditor.send("/sign-in", login="auditor", password="a long password", next="/")
    assert first.location == "/audit"
    page = auditor.open("/audit").text
    assert "审计日志" in page
    assert "/calls" not in page
    numbers = [call.caller_number or "-" for call in made.calls.values()]
    assert not any(number in page for number in numbers)
    for path in ("/", "/calls", "/cases", "/search", "/users", f"/calls/{made.calls['answered'].id}"):
        assert auditor.open(path).status_code == 403, path
    for role in (Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR):
        assert signed_in(app, role).open("/audit").status_code == 403
    assert context


def test_rows_are_found_by_person_action_object_outcome_and_day_and_paged(app: Flask, context: AppContext) -> None:
    fill(context, "agent", 60)
    fill(context, "supervisor", 2, action="view_patient", subject="patient", subject_id="d" * 32)
    fill(context, "supervisor", 1, days_ago=3, outcome=AuditOutcome.REFUSED)
    auditor = signed_in(app, Role.AUDITOR)
    auditor.send("/language", language="en-US", next="/audit")

    def total(query: str) -> str:
        text = auditor.open(f"/audit?{query}").text
        shown = re.search(r">([\d,]+) entr(?:y|ies)</p>", text)
        assert shown is not None
        return shown[1]

    agent = user_id(context, "agent")
    assert total(f"person={agent}") == "60"
    assert total("action=view_patient") == "2"
    assert total("object=" + "d" * 32) == "2"
    assert total("subject=patient&person=" + user_id(context, "supervisor")) == "2"
    assert total("outcome=refused&action=view_call") == "1"
    today = context.settings.day(clock.now())
    before = today - timedelta(days=3)
    assert total(f"since={before}&until={before}") == "1"
    assert total("person=machine") == "0"
    second = auditor.open(f"/audit?person={agent}&page=2").text
    assert second.count("Viewed a call</td>") == 10
    assert auditor.open("/audit?since=nonsense&until=2026-13-01&outcome=x&page=99").status_code == 200


def test_a_day_of_far_more_than_usual_is_marked(app: Flask, context: AppContext) -> None:
    for day in range(1, 5):
        fill(context, "agent", 5, days_ago=day)
    fill(context, "agent", 40)
    fill(context, "supervisor", 40)  # the only day: nothing to compare it with
    text = signed_in(app, Role.AUDITOR).open("/audit").text
    assert text.count("异常偏多") == 1


@pytest.mark.parametrize(
    ("counts", "marked"),
    [([5, 5, 40], [2]), ([5, 5, 15], []), ([0, 0, 40], []), ([19, 1], []), ([20, 1], [0]), ([30, 31], []), ([], [])],
)
def test_unusual_is_what_stands_out_beside_a_person_s_other_days(counts: list[int], marked: list[int]) -> None:
    assert [place for place, cell in enumerate(day_counts(counts)) if cell.is_unusual] == marked


def test_an_export_holds_the_rows_wanted_is_written_down_and_starts_no_formula(app: Flask, context: AppContext) -> None:
    with context.database.write() as session:
        session.scalars(select(User).where(User.login == "agent")).one().name = "=HYPERLINK(1)"
    fill(context, "agent", 3)
    auditor, agent = signed_in(app, Role.AUDITOR), user_id(context, "agent")
    answer = auditor.open(f"/audit/export?format=csv&person={agent}")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert (len(rows), rows[1][2], rows[1][4]) == (4, "'=HYPERLINK(1)", "view_call")
    book = openpyxl.load_workbook(io.BytesIO(auditor.open(f"/audit/export?format=xlsx&person={agent}").data))
    cell = book.active["C2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")
    assert auditor.open("/audit/export?format=pdf").status_code == 400
    with context.database.read() as session:
        found = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "export_audit").order_by(AuditEntry.number)
        ).all()
    assert [(look.count, look.outcome) for look in found] == [(3, "done"), (3, "done"), (None, "failed")]
    assert agent in found[0].filter


def test_no_cell_of_an_export_begins_a_formula() -> None:
    bad = ("=1+1", "+1", "-1", "@x", "\tx", "\rx")
    rows = list(csv.reader(io.StringIO(to_csv(["a"], [[one] for one in bad]).decode("utf-8-sig"), newline="")))
    assert all(row[0].startswith("'") for row in rows[1:])
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx(["a"], [[one] for one in bad]))).active
    assert {cell.data_type for (cell,) in sheet.iter_rows(min_row=2)} == {"s"}


def test_the_page_tells_whether_the_log_is_whole(app: Flask, context: AppContext) -> None:
    auditor = signed_in(app, Role.AUDITOR)
    assert "尚未校验" in auditor.open("/audit").text
    assert auditor.send("/audit/verify").location == "/audit"
    assert "完好" in auditor.open("/audit").text
    with context.database.engine.connect() as connection:
        if context.database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER audit_log_no_update")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("UPDATE audit_log SET subject_id = 'x' WHERE number = 1")
        connection.commit()
    auditor.send("/audit/verify")
    assert "第 1 条起不一致" in auditor.open("/audit").text


def test_every_action_and_kind_of_the_marks_has_words(app: Flask) -> None:
    marks = [audit_marks.mark(app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules()]
    of_commands = [command_trail.mark(command.callback) for _, command in commands(group)]
    found = [mark for mark in (*marks, *of_commands) if isinstance(mark, audit_marks.Mark | command_trail.Mark)]
    assert {mark.action for mark in found} <= set(audit_words.ACTIONS)
    assert {mark.subject for mark in found} <= set(audit_words.SUBJECTS)
