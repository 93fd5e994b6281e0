"""The demo's house: who is on duty in which act, what is told of each, who can sign in afterwards."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from cli.demo import act, follow_up, report, sign_ins, watch
from console.web.app import create
from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, AutoScore
from hotline.values.access import Role
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.agent import AgentStatus
from hotline.values.states.call import CallOutcome
from tests.support.factories import load_hospital
from tests.support.morning import a_call, morning

PASSWORD = "k7mq-x2np-8rtw"


def available(context: AppContext) -> set[str]:
    with context.database.read() as session:
        query = select(Agent.staff_number).where(Agent.status == AgentStatus.AVAILABLE)
        return set(session.scalars(query))


def test_each_act_has_its_own_agents_on_duty_and_nobody_afterwards(context: AppContext) -> None:
    assert load_hospital(context).keys() == act.DESK | follow_up.NURSES
    act.MORNING.begin(context)
    assert available(context) == act.DESK
    act.on_duty(context.database, context.notifier, follow_up.NURSES)
    assert available(context) == follow_up.NURSES
    act.on_duty(context.database, context.notifier, frozenset())
    assert available(context) == set()


def test_an_act_tells_of_its_own_calls_alone_in_the_order_of_their_numbers(context: AppContext) -> None:
    begin = clock.now()
    with context.database.write() as session:
        for number, minutes in ((8, -9), (7, 1), (3, 2), (5, 3)):
            call = a_call(str(number), begin + timedelta(minutes=minutes), CallOutcome.ABANDONED)
            call.caller_number = f"+861380000000{number}"
            session.add(call)
    told = report.as_json(context, begin)
    assert [call["caller"][-1] for call in told["calls"]] == ["3", "5", "7"]
    assert told["summary"]["calls"] == 3
    assert [row[0] for row in watch.rows(context, begin, begin)] == ["…0003", "…0005", "…0007"]
    assert len(report.as_json(context, begin - timedelta(hours=1))["calls"]) == 4


@pytest.mark.parametrize(
    ("answer", "verdict", "check"),
    [(ItemAnswer.YES, "passed", True), (ItemAnswer.NO, "failed", False), (ItemAnswer.UNSURE, "unsure", None)],
)
def test_a_check_that_the_machine_leaves_to_people_is_unsure_and_not_unchecked(
    context: AppContext, answer: ItemAnswer, verdict: str, check: bool | None
) -> None:
    begin = clock.now()
    morning(context, begin)
    with context.database.write() as session:
        mark = session.scalars(select(AutoScore)).one()
        mark.answer = answer
    told = report.as_json(context, begin - timedelta(hours=1))["calls"]
    (marked,) = [call for call in told if call["verdicts"]]
    assert marked["verdicts"] == {"greeting": verdict}
    assert marked["checks"].get("greeting") is check
    assert marked["probabilities"]["greeting"] == 0.98


@pytest.fixture
def url(context: AppContext) -> Iterator[str]:
    """The staff pages at an address of this machine."""
    app = create(context)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join(10)
    server.server_close()
    for live in ("live", "live_campaigns"):
        app.extensions[live].close()


def test_every_account_of_the_demo_is_let_in_and_a_wrong_password_is_not(context: AppContext, url: str) -> None:
    load_hospital(context)
    made = sign_ins.make(context.database, PASSWORD)
    assert [one.role for one in made[:3]] == [Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AUDITOR]
    assert {one.login for one in made} == {"admin", "supervisor", "auditor"} | act.DESK | follow_up.NURSES
    assert all(sign_ins.works(url, one.login, PASSWORD) for one in made)
    assert not sign_ins.works(url, "admin", "another password")
    assert not sign_ins.works("http://127.0.0.1:9", "admin", PASSWORD)
