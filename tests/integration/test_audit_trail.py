"""Every route that touches patient data leaves a row of the audit log, whatever comes of it; the others say why not."""

import json
from collections.abc import Iterator
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from console.web import audit_marks, formatting
from console.web.app import create
from crm.cases import service as crm
from crm.cases.service import Actor, NewCase
from hotline import clock
from hotline.audit import log
from hotline.context import AppContext
from hotline.models import Agent, AuditEntry, Call, Campaign, CoachingItem, Offer, Patient, Report, User, Utterance
from hotline.values.access import AuditOutcome, Role
from hotline.values.language import Language
from hotline.values.states.campaign import CampaignState
from hotline.values.states.case import CaseKind
from qa.reports import service
from qa.reports.values import QUALITY, ReportRequest
from qa.reviews import calibration_service, coaching_service
from tests.support.quality_data import House, house, published
from tests.support.staff import signed_in

# Whatever else is added here has its reason on its view: it shows and changes nothing of patients.
NOTHING = {
    *("static", "healthy", "sign_in.show", "sign_in.enter", "sign_in.leave", "sign_in.choose_language"),
    *("floor.divided", "floor.here", "agent.choose", "agent.back", "agent.token", "agent.script", "search.form"),
    *("reporting.state", "presence.beat", "presence.leave", "campaigns.here", "account.show", "account.change"),
    *("staff.show", "staff.make", "staff.edit", "staff.change", "staff.reset", "staff.set_active"),
    *("roster.show", "roster.edit", "roster.change", "audit.verify"),
    *("work.show", "work.retry", "work.retry_all", "identities.decide", "staff.unlock", "account.end_session"),
}


@pytest.fixture
def made(context: AppContext) -> House:
    """A house with one of everything that an address can name."""
    return house(context, clock.now())


@pytest.fixture
def app(context: AppContext, made: House) -> Iterator[Flask]:  # noqa: ARG001 (its rows are needed)
    """The staff pages."""
    pages = create(context)
    yield pages
    for live in ("live", "live_campaigns"):
        pages.extensions[live].close()


def ids(context: AppContext, made: House) -> dict[str, str]:
    """An object that is there for every argument of an address."""
    now, lead = clock.now(), made.users["supervisor"]
    review_id = published(context, made.call, lead, now)
    with context.database.write() as session:
        call = session.get_one(Call, made.call.id)
        numbers = {"number": "+8613800000000", "number_index": call.caller_index or "", "identity_index": "i"}
        patient = Patient(name="病人", added_at=now, changed_at=now, **numbers)
        campaign = Campaign(name="spring", kind="follow_up", state=CampaignState.PAUSED, scope={}, pace={}, made_at=now)
        session.add_all([patient, campaign])
        session.flush()
        case = crm.open_case(
            session, context.notifier, context.settings, NewCase(CaseKind.ENQUIRY, call, patient.id), Actor(), now
        )
        utterance = session.scalars(select(Utterance.id)).first()
    return {
        "call_id": made.call.id,
        "recording_id": made.made.sound.id,
        "review_id": review_id,
        "comment_id": "0" * 32,
        "case_id": case.id,
        "campaign_id": campaign.id,
        "utterance_id": str(utterance),
        "patient_id": patient.id,
        "recipient_id": "0" * 32,
        "step": "merge",
        "form": "txt",
        **quality_ids(context, made, review_id, now),
    }


def quality_ids(context: AppContext, made: House, review_id: str, now: datetime) -> dict[str, str]:
    """Begin coaching, a report and a calibration; return their ids."""
    lead = made.users["supervisor"]
    finding = coaching_service.CoachingFinding(None, "speaks fast", context.settings.day(now), None)
    coaching_service.begin(context.database, context.settings, review_id, lead, finding, now)
    day = context.settings.day(now)
    report_id = service.request_report(
        context.database,
        context.notifier,
        lead,
        ReportRequest(QUALITY, day, day, "week"),
        now,
        file_format="xlsx",
        language=Language.MANDARIN,
    )
    people = [lead, made.users["second"]]
    calibration_id = calibration_service.open_round(
        context.database, context.settings, lead, "spring", "service", now, calls=[made.call.id], people=people
    )
    with context.database.read() as session:
        coaching_id = session.scalars(select(CoachingItem.id)).one()
        assert session.scalars(select(Report.id)).all() == [report_id]
    return {"calibration_id": calibration_id, "coaching_id": coaching_id, "report_id": report_id}


def looks(context: AppContext, **claims: object) -> list[AuditEntry]:
    with context.database.read() as session:
        query = select(AuditEntry).order_by(AuditEntry.number).filter_by(**claims)
        return list(session.scalars(query))


def routes(app: Flask) -> Iterator[tuple[str, str, str, audit_marks.Mark]]:
    """Endpoint, method and rule of every route that touches patient data, with its mark."""
    for rule in app.url_map.iter_rules():
        mark = audit_marks.mark(app.view_functions[rule.endpoint])
        if isinstance(mark, audit_marks.Mark):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule.endpoint, method, rule.rule, mark


def test_every_route_says_whether_it_touches_patient_data_and_why_not(app: Flask) -> None:
    marks = {rule.endpoint: audit_marks.mark(app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules()}
    assert None not in marks.values()
    assert {endpoint for endpoint, mark in marks.items() if isinstance(mark, str)} == NOTHING
    assert all(marks[endpoint] for endpoint in NOTHING)


@pytest.mark.parametrize("role", list(Role))
def test_every_route_that_touches_patient_data_leaves_a_row(
    app: Flask, context: AppContext, made: House, role: Role
) -> None:
    values, staff = ids(context, made), signed_in(app, role)
    token, done = staff.token(), set()
    for endpoint, method, rule, mark in routes(app):
        with app.test_request_context():
            adapter = app.url_map.bind("localhost")
            arguments = {name: values[name] for name in values if f"<{name}>" in rule or f":{name}>" in rule}
            path = adapter.build(endpoint, arguments)
        answer = staff.client.open(path, method=method, data={"csrf_token": token}, buffered=False)
        answer.close()
        found = looks(context, user_id=made.users[role.value], action=mark.action)
        assert found, f"{role} {method} {path} left nothing: {answer.status_code}"
        if answer.status_code >= 400:
            assert AuditOutcome.DONE not in {look.outcome for look in found if look.at == found[-1].at}, path
        elif any(look.outcome is AuditOutcome.DONE for look in found):
            done.add(endpoint)
        if mark.lists and answer.status_code < 400 and not endpoint.endswith("stream"):
            assert any(look.count is not None for look in found), f"{path} does not say how many"
    shown = {"audit.show", "audit.export"} if role is Role.AUDITOR else SHOWN[role]
    assert shown <= done, shown - done
    with context.database.read() as session:
        assert log.verify(session).broken is None


OWN = {
    *("floor.show", "floor.stream", "agent.show", "calls.listing", "calls.show_call", "sound.audio", "sound.outline"),
    *("transcripts.download", "search.results", "reviews.listing", "reviews.show", "coach.listing", "reporting.show"),
    *("cases.listing", "cases.show", "patients.show"),
}
ALL = OWN | {
    *("sound.original", "campaigns.listing", "campaigns.stream", "campaigns.show", "calibrating.listing"),
    *("calibrating.show", "reporting.samples"),
}
SHOWN = {Role.AGENT: OWN | {"agent.stream"}, Role.SUPERVISOR: ALL, Role.ADMINISTRATOR: ALL}


def test_a_list_says_how_many_it_showed_and_what_was_asked_and_nothing_that_was_typed(
    app: Flask, context: AppContext
) -> None:
    lead = signed_in(app, Role.SUPERVISOR)
    lead.open("/calls?day=all&outcome=answered&queue=13800138000")
    (look,) = looks(context, action="list_calls")
    told = json.loads(look.filter)
    assert (look.count, told["day"], told["outcome"]) == (0, "all", "answered")
    assert told["queue"].startswith("~")
    assert "13800138000" not in look.filter
    lead.send("/search", q="张三", since="2026-01-02")
    (look,) = looks(context, action="search")
    told = json.loads(look.filter)
    assert (told["since"], told["q"][0]) == ("2026-01-02", "~")
    assert look.count is not None


def test_a_page_that_is_refreshed_within_minutes_is_one_row_and_another_filter_another(
    app: Flask, context: AppContext
) -> None:
    lead = signed_in(app, Role.SUPERVISOR)
    for path in ("/", "/", "/cases", "/cases", "/cases?late=yes"):
        lead.open(path)
    assert len(looks(context, action="view_floor")) == 1
    assert [look.filter for look in looks(context, action="list_cases")] == ["", '{"late":"yes"}']


def test_what_was_not_allowed_is_written_down(app: Flask, context: AppContext, made: House) -> None:
    agent = signed_in(app, Role.AGENT)
    assert agent.open(f"/calls/{made.made.calls['gone'].id}").status_code == 404
    assert agent.open("/campaigns").status_code == 403
    assert agent.open("/patients/13800138000").status_code == 404
    found = {(look.action, look.subject_id): look.outcome for look in looks(context, user_id=made.users["agent"])}
    assert found["view_call", made.made.calls["gone"].id] is AuditOutcome.REFUSED
    assert found["list_campaigns", "campaigns"] is AuditOutcome.REFUSED
    assert found["view_patient", audit_marks.UNKNOWN] is AuditOutcome.REFUSED


def test_an_agent_s_page_says_whose_call_it_showed(app: Flask, context: AppContext, made: House) -> None:
    with context.database.write() as session:
        user = session.scalars(select(User).where(User.login == "agent")).one()
        user.agent_id = made.made.agents["N02"].id
        held = session.get_one(Agent, user.agent_id)
        held.offer_id = _offer_of(context, made.made.calls["urgent"].id)
    signed_in(app, Role.AGENT).open("/desk")
    assert [look.subject_id for look in looks(context, action="view_caller")] == [made.made.calls["urgent"].id]


def _offer_of(context: AppContext, call_id: str) -> str:
    with context.database.read() as session:
        return session.scalars(select(Offer.id).where(Offer.call_id == call_id)).one()


def test_nothing_is_shown_where_nothing_can_be_written_down(app: Flask, context: AppContext, made: House) -> None:
    lead = signed_in(app, Role.SUPERVISOR)
    numbers = [formatting.number(call.caller_number) or "" for call in made.made.calls.values()]
    rename = "ALTER TABLE {} RENAME TO {}"
    with context.database.engine.connect() as connection:
        connection.exec_driver_sql(rename.format("audit_heads", "elsewhere"))
        connection.commit()
    answers = [lead.open(path) for path in ("/calls?day=all", "/", f"/calls/{made.call.id}")]
    with context.database.engine.connect() as connection:
        connection.exec_driver_sql(rename.format("elsewhere", "audit_heads"))
        connection.commit()
    for answer in answers:
        assert answer.status_code == 500
        assert not any(number in answer.text for number in numbers)
    assert any(number in lead.open("/calls?day=all").text for number in numbers)
