"""The pages of cases: who sees which, what may be done, that every look is logged, and whose message may be heard."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from console.web.app import create
from crm.cases import queries as crm_queries
from crm.cases import service as crm
from crm.cases.service import Actor, NewCase
from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, AuditEntry, Case, Recording
from hotline.values.access import Role
from hotline.values.states.case import CaseKind, CaseState
from hotline.values.states.recording import RecordingKind
from tests.support.morning import Morning, morning
from tests.support.staff import signed_in


@pytest.fixture
def made(context: AppContext) -> Morning:
    """The morning's rows."""
    return morning(context, clock.now())


@pytest.fixture
def app(context: AppContext, made: Morning) -> Iterator[Flask]:  # noqa: ARG001 (its rows are needed)
    """The staff pages."""
    pages = create(context)
    yield pages
    pages.extensions["live"].close()


def opened(context: AppContext, made: Morning, kind: CaseKind, owner: Agent | None = None, call: str = "gone") -> Case:
    """A case of one of the morning's calls."""
    new = NewCase(kind, made.calls[call], owner_agent_id=owner.id if owner else None, text="what it is about")
    with context.database.write() as session:
        return crm.open_case(session, context.notifier, context.settings, new, Actor(), clock.now())


def stored(context: AppContext, case: Case) -> Case:
    with context.database.read() as session:
        return session.get_one(Case, case.id)


def steps(context: AppContext, case: Case) -> list[str]:
    with context.database.read() as session:
        return [step.kind for step in crm_queries.steps(session, case.id)]


def looks(context: AppContext, case: Case) -> list[str]:
    with context.database.read() as session:
        return list(
            session.scalars(
                select(AuditEntry.action)
                .where(AuditEntry.subject_id == case.id, AuditEntry.outcome == "done")
                .order_by(AuditEntry.id)
            )
        )


def test_leads_see_all_cases_and_agents_their_own_and_nobody_s(app: Flask, made: Morning, context: AppContext) -> None:
    mine = opened(context, made, CaseKind.ENQUIRY, made.agents["N01"])
    free = opened(context, made, CaseKind.MESSAGE)
    other = opened(context, made, CaseKind.COMPLAINT, made.agents["N02"])
    agent, lead = signed_in(app, Role.AGENT), signed_in(app, Role.SUPERVISOR)
    assert [m.id in agent.open("/cases").text for m in (mine, free, other)] == [True, True, False]
    assert [m.id in lead.open("/cases").text for m in (mine, free, other)] == [True, True, True]
    assert agent.open(f"/cases/{other.id}").status_code == 404
    assert agent.send(f"/cases/{other.id}/comment", text="x").status_code == 404
    assert agent.open(f"/cases/{'0' * 32}").status_code == 404
    assert looks(context, other) == []


def test_the_list_is_filtered_and_closed_ones_are_left_out(app: Flask, made: Morning, context: AppContext) -> None:
    message, complaint = opened(context, made, CaseKind.MESSAGE), opened(context, made, CaseKind.COMPLAINT)
    lead = signed_in(app, Role.SUPERVISOR)
    with context.database.write() as session:
        session.get_one(Case, message.id).due_at = clock.now() - timedelta(minutes=1)
    assert complaint.id not in lead.open("/cases?late=yes").text
    assert message.id in lead.open("/cases?kind=message&owner=nobody").text
    assert message.id not in lead.open("/cases?kind=complaint").text
    lead.send(f"/cases/{message.id}/state", state="closed")
    assert message.id not in lead.open("/cases").text
    assert message.id in lead.open("/cases?state=closed").text
    assert lead.open("/cases?kind=nonsense&state=nonsense&page=99").status_code == 200


def test_one_case_is_shown_in_both_languages_and_the_look_is_logged(
    app: Flask, made: Morning, context: AppContext
) -> None:
    case = opened(context, made, CaseKind.COMPLAINT)
    lead = signed_in(app, Role.SUPERVISOR)
    assert f"工单 {case.number}" in lead.open(f"/cases/{case.id}").text
    lead.send("/language", language="en-US", next="/")
    page = lead.open(f"/cases/{case.id}").text
    assert f"Case {case.number}" in page
    assert "what it is about" in page
    assert looks(context, case) == ["view_case", "view_case"]


def test_an_agent_takes_a_case_works_on_it_and_closes_it(app: Flask, made: Morning, context: AppContext) -> None:
    case = opened(context, made, CaseKind.MESSAGE)
    agent, me = signed_in(app, Role.AGENT), made.agents["N01"].id
    assert agent.send(f"/cases/{case.id}/state", state="closed").status_code == 403  # not theirs yet
    assert agent.send(f"/cases/{case.id}/owner", agent=made.agents["N02"].id).status_code == 403
    assert agent.send(f"/cases/{case.id}/owner", agent=me).status_code == 302
    assert agent.send(f"/cases/{case.id}/comment", text="rang, nobody at home").status_code == 302
    assert agent.send(f"/cases/{case.id}/state", state="in_progress").status_code == 302
    assert agent.send(f"/cases/{case.id}/state", state="closed").status_code == 302
    assert agent.send(f"/cases/{case.id}/owner", agent=made.agents["N02"].id).status_code == 400  # it is closed
    now = stored(context, case)
    assert (now.state, now.owner_agent_id) == (CaseState.CLOSED, me)
    assert steps(context, case) == ["opened", "handed_over", "commented", "moved", "moved"]
    assert looks(context, case) == ["hand_over_case", "comment_case", "move_case", "move_case"]


def test_who_hands_a_case_over_sees_it_no_more(app: Flask, made: Morning, context: AppContext) -> None:
    case = opened(context, made, CaseKind.ENQUIRY, made.agents["N01"])
    agent = signed_in(app, Role.AGENT)
    assert agent.send(f"/cases/{case.id}/owner", agent=made.agents["N02"].id).status_code == 302
    assert agent.open(f"/cases/{case.id}").status_code == 404


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("state", {"state": "sold"}),
        ("state", {"state": "open"}),
        ("owner", {"agent": "nobody"}),
        ("comment", {"text": " "}),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    app: Flask, made: Morning, context: AppContext, path: str, form: dict[str, str]
) -> None:
    case = opened(context, made, CaseKind.MESSAGE)
    lead = signed_in(app, Role.SUPERVISOR)
    lead.send(f"/cases/{case.id}/state", state="in_progress")
    assert lead.send(f"/cases/{case.id}/{path}", **form).status_code == 400
    assert steps(context, case) == ["opened", "moved"]


def test_a_message_may_be_heard_by_those_who_may_see_its_case_and_no_conversation(
    app: Flask, made: Morning, context: AppContext
) -> None:
    agent = signed_in(app, Role.AGENT)
    with context.database.write() as session:
        sound = session.get_one(Recording, made.sound.id)
        sound.call_id = made.calls["gone"].id
    case = opened(context, made, CaseKind.MESSAGE)
    assert agent.open(f"/recordings/{made.sound.id}/audio").status_code == 404
    with context.database.write() as session:
        session.get_one(Recording, made.sound.id).kind = RecordingKind.MESSAGE
    assert agent.open(f"/recordings/{made.sound.id}/audio").status_code == 200
    page = agent.open(f"/cases/{case.id}")
    assert page.status_code == 200
    assert f"/recordings/{made.sound.id}/audio" in page.text
    assert signed_in(app, Role.SUPERVISOR).open(f"/cases/{case.id}?words=original").status_code == 200


def test_a_call_names_its_cases_and_the_desk_that_of_the_caller(app: Flask, made: Morning, context: AppContext) -> None:
    case = opened(context, made, CaseKind.ENQUIRY, made.agents["N01"], call="talks")
    page = signed_in(app, Role.SUPERVISOR).open(f"/calls/{made.calls['talks'].id}").text
    assert f"/cases/{case.id}" in page
