"""An agent's own page without a browser: whose it is, what it gives away, and what the agent's choices do."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from console.web.app import create
from exchange.core.tokens import is_signed
from hotline import clock
from hotline.context import AppContext, open_context
from hotline.models import Agent, AuditEntry, Call, Offer, Patient, QueueEntry, User
from hotline.values.access import Role
from hotline.values.reason import Reason
from hotline.values.reason_codes import PriorityReason
from hotline.values.states.agent import AgentState, AgentStatus
from routing.agents import status_service as agent_status
from tests.conftest import make_settings
from tests.support.factories import NOW, load_hospital
from tests.support.morning import Morning, morning
from tests.support.staff import Staff, signed_in

PLACE = "http://127.0.0.1:8002"


@pytest.fixture
def here(tmp_path: Path, sqlite_url: str, redis_server: str) -> Iterator[AppContext]:
    """Open resources with a local exchange."""
    opened = open_context(make_settings(tmp_path, sqlite_url, redis_server, twilio_api_base=PLACE))
    yield opened
    opened.notifier.redis.flushdb()
    opened.close()


@pytest.fixture
def made(here: AppContext) -> Morning:
    """The morning's rows; the user `agent` is N01, who is in a conversation."""
    return morning(here, clock.now())


@pytest.fixture
def app(here: AppContext, made: Morning) -> Iterator[Flask]:  # noqa: ARG001 (its rows are needed)
    """The staff pages."""
    pages = create(here)
    yield pages
    pages.extensions["live"].close()


@pytest.fixture
def agent(app: Flask) -> Staff:
    """The agent, signed in."""
    return signed_in(app, Role.AGENT)


def row(context: AppContext, made: Morning, number: str = "N01") -> Agent:
    with context.database.read() as session:
        return session.get_one(Agent, made.agents[number].id)


def becomes(context: AppContext, made: Morning, status: AgentStatus, state: AgentState) -> None:
    with context.database.write() as session:
        own = session.get_one(Agent, made.agents["N01"].id)
        own.status, own.state, own.offer_id = status, state, None
        own.state_since, own.state_until = clock.now() - timedelta(minutes=9), None


def test_the_token_is_for_the_agents_own_telephone_alone(agent: Staff, here: AppContext) -> None:
    token = agent.send("/desk/token").json["token"]  # type: ignore[index] # the answer is JSON
    key = here.settings.twilio_auth_token.get_secret_value()
    assert is_signed(token, "client:N01", key, clock.now())
    assert not is_signed(token, "client:N02", key, clock.now())


def test_a_nurse_reads_the_warning_sign_and_is_led_to_the_patient(
    agent: Staff, here: AppContext, made: Morning
) -> None:
    with here.database.write() as session:
        own = session.get_one(Agent, made.agents["N01"].id)
        offer = session.scalars(select(Offer).where(Offer.agent_id == own.id)).first()
        assert offer is not None
        own.offer_id = offer.id
        sign = Reason(PriorityReason.WARNING_SIGN, {"sign": "chest_pain"})
        session.get_one(QueueEntry, offer.queue_entry_id).reasons = [sign]
        call = session.get_one(Call, offer.call_id)
        call.caller_index = here.keyring.index(call.caller_number or "")
        facts = {"number": call.caller_number, "number_index": call.caller_index, "name": "王芳"}
        patient = Patient(**facts, identity_index="i", added_at=clock.now(), changed_at=clock.now())
        session.add(patient)
    page = agent.open("/desk").text
    assert "胸痛" in page
    assert f"/patients/{patient.id}" in page
    assert agent.open(f"/patients/{patient.id}").status_code == 200


def test_who_is_no_agent_gets_no_token_and_is_told_why(app: Flask) -> None:
    staff = signed_in(app, Role.SUPERVISOR)
    for path in ("token", "back", "status"):
        assert staff.send(f"/desk/{path}", status="away").status_code == 404
    assert staff.open("/desk/stream").status_code == 404
    page = staff.open("/desk")
    assert page.status_code == 200
    assert "没有对应的坐席" in page.text
    assert 'href="/desk"' not in staff.open("/").text


def test_an_agent_with_a_number_loads_no_telephone(agent: Staff, here: AppContext, made: Morning) -> None:
    with here.database.write() as session:
        session.get_one(Agent, made.agents["N01"].id).address = "+861066880001"
    page = agent.open("/desk").text
    assert 'data-kind="none"' in page
    assert "+8610****0001" in page
    assert agent.send("/desk/token").status_code == 404


def test_only_the_agents_page_may_connect_to_the_exchange(agent: Staff) -> None:
    assert "connect-src 'self' ws://127.0.0.1:8002;" in agent.open("/desk").headers["Content-Security-Policy"] + ";"
    assert "connect-src" not in agent.open("/calls").headers["Content-Security-Policy"]


def test_the_telephones_scripts_are_served_and_nothing_else_of_the_exchange(agent: Staff) -> None:
    script = agent.open("/desk/phone/phone.js")
    assert "class Phone " in script.text
    script.close()
    for name in ("phone.html", "../config.py", "phone-page.js"):
        assert agent.open(f"/desk/phone/{name}").status_code == 404


def test_a_status_is_chosen_written_down_and_seen_at_once(agent: Staff, here: AppContext, made: Morning) -> None:
    becomes(here, made, AgentStatus.AVAILABLE, AgentState.IDLE)
    assert agent.send("/desk/status", status="away").status_code == 204
    assert row(here, made).status is AgentStatus.AWAY
    assert agent.send("/desk/status", status="busy").status_code == 400
    with here.database.read() as session:
        looks = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("status_"))).all()
        user = session.scalars(select(User).where(User.login == "agent")).one()
    assert [(look.action, look.subject_id, look.user_id) for look in looks] == [
        ("status_away", made.agents["N01"].id, user.id)
    ]


def test_the_stream_shows_who_is_talked_to_with_the_number_masked(
    agent: Staff, here: AppContext, made: Morning
) -> None:
    with here.database.write() as session:
        offer = session.scalars(select(Offer).where(Offer.answered_at.is_not(None))).first()
        assert offer is not None
        own = session.get_one(Agent, offer.agent_id)
        own.offer_id = offer.id
    answer = agent.open("/desk/stream")
    event = next(text for text in answer.iter_encoded() if text.startswith(b"event: desk")).decode()
    answer.close()
    told = json.loads(event.split("data: ", 1)[1])
    assert (told["status"], told["state"]) == ("available", "talking")
    assert "预约挂号" in told["html"]
    number = made.calls["answered"].caller_number or ""
    assert number not in told["html"]
    assert number[-4:] in told["html"]


def test_coming_back_ends_wrap_up_and_being_set_aside(agent: Staff, here: AppContext, made: Morning) -> None:
    for state in (AgentState.WRAP_UP, AgentState.NOT_READY):
        becomes(here, made, AgentStatus.AVAILABLE, state)
        assert agent.send("/desk/back").status_code == 204
        assert row(here, made).state is AgentState.IDLE


@pytest.mark.parametrize("status", list(AgentStatus))
@pytest.mark.parametrize("state", list(AgentState))
def test_choosing_a_status_never_takes_an_agent_out_of_a_call(
    context: AppContext, status: AgentStatus, state: AgentState
) -> None:
    agent = load_hospital(context)["1001"]
    later = NOW + timedelta(minutes=3)
    with context.database.write() as session:
        own = session.get_one(Agent, agent.id)
        own.status, own.state, own.state_since = AgentStatus.OFFLINE, state, NOW
    with context.database.write() as session:
        own = session.get_one(Agent, agent.id)
        assert agent_status.choose_status(session, context.notifier, own, status, later) == (
            status is not AgentStatus.OFFLINE
        )
        assert not agent_status.choose_status(session, context.notifier, own, status, later)
    with context.database.read() as session:
        own = session.get_one(Agent, agent.id)
    is_back = state is AgentState.NOT_READY and status is AgentStatus.AVAILABLE
    assert own.status is status
    assert own.state is (AgentState.IDLE if is_back else state)
    starts_anew = is_back or (state is AgentState.IDLE and status is not AgentStatus.OFFLINE)
    assert own.state_since == (later if starts_anew else NOW)
