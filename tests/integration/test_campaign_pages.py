"""The pages and the command of campaigns: funnel, answers, comparisons, who may see them, what is logged."""

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from campaigns.dialogue import conversation, progress_service
from campaigns.results import export_service, figure_queries, group_queries
from cli.commands import campaign_status as command
from console.web.app import create
from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, Attempt, AuditEntry, Campaign, FloorEvent, Patient, Recipient, User
from hotline.values.access import Role
from hotline.values.states.attempt import AttemptOutcome
from hotline.values.states.call import CallOutcome
from hotline.values.states.campaign import CampaignState
from hotline.values.states.leg import LegStatus
from tests.integration.campaign_house import NOW, Outside, campaign, look, outside, report
from tests.support.morning import a_call, hashed
from tests.support.staff import signed_in


@pytest.fixture
def spring(context: AppContext) -> str:
    """A campaign of eight patients, six of whom answered; its id."""
    campaign(context, 8)
    exchange = outside()
    for number in range(6):
        answers(context, exchange, number)
    with context.database.read() as session:
        return session.scalars(select(Campaign.id)).one()


@pytest.fixture
def app(context: AppContext, spring: str) -> Iterator[Flask]:  # noqa: ARG001 (its rows are needed)
    """The staff pages."""
    pages = create(context)
    yield pages
    pages.extensions["live_campaigns"].close()


def answers(context: AppContext, exchange: Outside, number: int) -> None:
    """The next patient is called and answers: recovery, pain, an opinion; the first tells of a warning sign."""
    now = NOW + timedelta(seconds=10 * number)
    look(context, exchange, now)
    line = list(exchange.lines.values())[-1]
    progress_service.answered(context.database, line.attempt_id, line.sid, now)
    with context.database.write() as session:
        progress_service.note_verified(session, line.attempt_id, now)
        given = conversation.GivenAnswer("pain", str(number), figure=float(number), is_warning=number == 0)
        progress_service.file_answer(session, context.notifier, line.attempt_id, given, now)
        words = "=1+1 更多热水" if number == 1 else "很好"
        progress_service.file_answer(
            session,
            context.notifier,
            line.attempt_id,
            conversation.GivenAnswer("opinion", "said", None, words, is_opinion=True),
            now,
        )
        if number == 0:
            progress_service.note_warning(session, context.notifier, line.attempt_id, "pain", now)
            progress_service.note_agent_requested(session, line.attempt_id, now)
            progress_service.note_agent_connected(session, line.attempt_id, now + timedelta(seconds=6))
        progress_service.conclude(session, line.attempt_id, AttemptOutcome.DONE)
    report(context, line, LegStatus.COMPLETED, now + timedelta(seconds=5))


def test_the_funnel_counts_each_step(context: AppContext, spring: str) -> None:
    with context.database.read() as session:
        found = figure_queries.funnel(session, spring)
        (pain, opinion) = figure_queries.questions(session, spring)
        compared = group_queries.compare(session, spring)
    assert (found.planned, found.reached, found.verified, found.completed) == (8, 6, 6, 6)
    assert (found.warnings, found.opinions, found.nurse_seconds, found.over) == (1, 6, 6.0, 6)
    assert (pain.name, pain.mean, pain.warnings, pain.values["3"]) == ("pain", 2.5, 1, 1)
    assert (opinion.count, opinion.mean) == (6, None)
    assert sum(group.planned for group in compared.wards) == 8
    assert [(group.name, group.completed, group.means) for group in compared.months] == [("2026-02", 6, {"pain": 2.5})]
    assert all(mean is None for group in compared.wards for mean in group.means.values())  # too few to compare


def test_leads_see_campaigns_and_agents_do_not_and_each_look_is_logged(
    app: Flask, context: AppContext, spring: str
) -> None:
    users(context)
    assert signed_in(app, Role.AGENT).open("/campaigns").status_code == 403
    lead = signed_in(app, Role.SUPERVISOR)
    assert "spring" in lead.open("/campaigns").text
    page = lead.open(f"/campaigns/{spring}").text
    assert "外科三病区" in page
    assert lead.send(f"/campaigns/{spring}/pause").status_code == 302
    assert lead.send(f"/campaigns/{spring}/pause").status_code == 302  # again: it stays as it is
    assert lead.open("/campaigns/none").status_code == 404
    with context.database.read() as session:
        assert session.get_one(Campaign, spring).state is CampaignState.PAUSED
        looked = list(
            session.scalars(
                select(AuditEntry.action)
                .where(AuditEntry.subject_id == spring, AuditEntry.outcome == "done")
                .order_by(AuditEntry.id)
            )
        )
    assert looked == ["view_campaign", "pause_campaign", "pause_campaign"]


def test_the_patient_s_page_leads_to_every_try_and_is_open_to_whom_it_concerns(
    app: Flask, context: AppContext, spring: str
) -> None:
    users(context)
    with context.database.read() as session:
        told = session.scalars(select(Attempt).where(Attempt.warning_at.is_not(None))).one()
        patient_id = session.get_one(Recipient, told.recipient_id).patient_id
    lead, agent = signed_in(app, Role.SUPERVISOR), signed_in(app, Role.AGENT)
    assert f"/patients/{patient_id}" in lead.open(f"/campaigns/{spring}").text
    page = lead.open(f"/patients/{patient_id}").text
    assert "王芳" in page
    assert "spring" in page
    assert "疼痛: 0" in page
    assert "6.0" in page  # seconds from the sign to the nurse's voice
    assert agent.open(f"/patients/{patient_id}").status_code == 404
    assert lead.open("/patients/none").status_code == 404
    with context.database.read() as session:
        looked = list(
            session.scalars(
                select(AuditEntry.subject_id).where(AuditEntry.action == "view_patient", AuditEntry.outcome == "done")
            )
        )
    assert looked == [patient_id]


def test_an_agent_opens_the_history_of_whoever_they_spoke_with(app: Flask, context: AppContext, spring: str) -> None:
    assert spring
    users(context)
    with context.database.write() as session:
        nurse = session.scalars(select(Agent).where(Agent.staff_number == "7000")).one()
        session.scalars(select(User).where(User.role == Role.AGENT)).one().agent_id = nurse.id
        patient = session.scalars(select(Patient).order_by(Patient.id)).first()
        assert patient is not None
        call = a_call("spoke", clock.now(), CallOutcome.ANSWERED, caller_index=patient.number_index, agent_id=nurse.id)
        session.add(call)
        session.flush()
        call_id = call.id
    agent = signed_in(app, Role.AGENT)
    assert f"/patients/{patient.id}" in agent.open("/calls?day=all").text
    assert f"/patients/{patient.id}" in agent.open(f"/calls/{call_id}").text
    page = agent.open(f"/patients/{patient.id}").text
    assert f"/calls/{call_id}" in page
    assert patient.number not in page


def users(context: AppContext) -> None:
    """A user of each role."""
    with context.database.write() as session:
        for role in Role:
            session.add(User(login=role.value, password=hashed(), name=role.value, role=role))


@pytest.mark.usefixtures("spring")
def test_results_go_out_as_table_and_as_fhir_and_without_names_on_request(context: AppContext, tmp_path: Path) -> None:
    assert export_service.to_csv(context.database, "spring", tmp_path / "a.csv", is_named=True) == 8
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert {row["name"] for row in rows} == {"王芳"}
    assert sum("更多热水" in row["opinion"] for row in rows) == 1
    assert not any(cell.startswith("=") for row in rows for cell in row.values())
    assert export_service.to_xlsx(context.database, "spring", tmp_path / "a.xlsx", is_named=False) == 8
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert not {"name", "phone", "birth_date", "patient_number"} & {cell.value for cell in sheet[1]}
    assert "王芳" not in {cell.value for row in sheet.iter_rows() for cell in row}
    assert export_service.to_fhir(context.database, "spring", tmp_path / "a.ndjson", is_named=True) == 6
    first = json.loads((tmp_path / "a.ndjson").read_text("utf-8").splitlines()[0])
    assert (first["resourceType"], first["status"]) == ("QuestionnaireResponse", "completed")
    assert first["item"][0] == {"linkId": "pain", "answer": [{"valueDecimal": 0.0}]}


def test_the_status_says_what_bounds_the_pace(context: AppContext, spring: str) -> None:
    with context.database.read() as session:
        told = command.explain(session.get_one(Campaign, spring))
    assert "nurses free" in told
    assert "hand-overs" in told


def test_the_page_hears_of_every_try(context: AppContext, spring: str) -> None:
    with context.database.read() as session:
        told = [(event.subject, event.state) for event in session.scalars(select(FloorEvent))]
    assert told.count(("attempt", "ended")) == 6
    assert ("campaign", "running") in told
    assert spring
