"""Who sees whose cases and patients: agents those of their calls and work, for a time; by state, owner, queue."""

from datetime import timedelta
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import select

from crm.cases import service as crm
from crm.cases.queries import visible_to
from crm.cases.service import Actor, NewCase
from crm.cases.visibility import AFTERCARE, Reader
from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, Call, Case, Offer, Patient
from hotline.values.access import Role
from hotline.values.states.call import CallOutcome
from hotline.values.states.case import CaseKind, CaseState, Urgency
from routing.calls.queries import of_other_queues
from tests.support.morning import Morning, a_call
from tests.support.staff import signed_in

INDEX = "f" * 64
ELSEWHERE = of_other_queues(["booking"])


def patient(context: AppContext) -> str:
    """A patient whom nobody has to do with yet; their id."""
    now = clock.now()
    with context.database.write() as session:
        one = Patient(number="+8613800000000", number_index=INDEX, name="病人", identity_index="i")
        one.added_at = one.changed_at = now
        session.add(one)
    return one.id


def case(context: AppContext, patient_id: str, queue: str | None = "booking", owner: str | None = None) -> str:
    """An open case of the patient, from a call that asked for this queue; its id."""
    now = clock.now()
    with context.database.write() as session:
        call = a_call(f"m{queue}{owner}", now - timedelta(hours=1), CallOutcome.ABANDONED, queue=queue)
        session.add(call)
        session.flush()
        new = NewCase(CaseKind.ENQUIRY, call, patient_id, owner)
        return crm.open_case(session, context.notifier, context.settings, new, Actor(), now).id


def put(context: AppContext, case_id: str, **values: object) -> None:
    with context.database.write() as session:
        row = session.get_one(Case, case_id)
        for name, value in values.items():
            setattr(row, name, value)


def closed(context: AppContext, case_id: str, ago: timedelta = timedelta()) -> None:
    put(context, case_id, state=CaseState.CLOSED, closed_at=clock.now() - ago)


def is_seen(case: tuple[object, ...]) -> bool:
    """The rule in plain words, for an agent `me` of the queue `mine` who has the caller `now` on the line."""
    state, owner, queue, urgency, age, caller = case
    if owner is not None:
        return owner == "me" and (state != CaseState.CLOSED or age == "fresh")
    if state == CaseState.CLOSED:
        return False
    return queue in (None, "mine") or urgency == Urgency.URGENT or caller == "now"


def test_the_rule_holds_in_every_state_for_one_case_and_for_lists(context: AppContext, made: Morning) -> None:
    now, people = clock.now(), {"me": made.agents["N01"].id, "other": made.agents["N02"].id, None: None}
    reader = Reader(False, people["me"], frozenset({"booking"}), frozenset({"now"}))
    lines = {None: None, "mine": "booking", "theirs": "nurse"}
    cases = list(product(CaseState, people, lines, Urgency, ("fresh", "old"), ("now", "then")))
    with context.database.write() as session:
        rows: list[tuple[Case, str | None]] = []
        for number, (state, owner, line, urgency, age, caller) in enumerate(cases, 1000):
            call = a_call(f"c{number}", now, CallOutcome.ABANDONED, queue=lines[line])
            session.add(call)
            session.flush()
            at = now - AFTERCARE + timedelta(minutes=1 if age == "fresh" else -1)
            row = Case(number=number, kind=CaseKind.ENQUIRY, state=state, urgency=urgency, call_id=call.id)
            row.owner_agent_id, row.caller_index = people[owner], caller
            row.opened_at, row.due_at, row.closed_at = at, at, at if state is CaseState.CLOSED else None
            session.add(row)
            rows.append((row, lines[line]))
    with context.database.read() as session:
        listed = set(session.scalars(select(Case.id).where(visible_to(reader, ELSEWHERE, now))))
        nobody = set(session.scalars(select(Case.id).where(visible_to(Reader(False), ELSEWHERE, now))))
        everybody = set(session.scalars(select(Case.id).where(visible_to(Reader(True), ELSEWHERE, now))))
    for case, (row, queue) in zip(cases, rows, strict=True):
        assert reader.sees(row, queue, now) == is_seen(case), case
        assert (row.id in listed) == is_seen(case), case
        assert not Reader(False).sees(row, queue, now)
        assert Reader(True).sees(row, queue, now)
    assert (nobody, everybody) == (set(), {row.id for row, _ in rows})


@pytest.mark.parametrize(
    ("queue", "owner", "is_open", "code"),
    [
        ("booking", None, True, 200),
        ("booking", None, False, 404),  # a closed one that is nobody's opens nothing
        ("nurse", None, True, 404),
        ("nurse", "N01", True, 200),
        ("booking", "N01", False, 404),
        ("booking", "N02", True, 404),
        (None, None, True, 200),
    ],
)
def test_a_case_opens_its_patient_while_it_is_open_and_theirs(
    app: Flask, context: AppContext, made: Morning, queue: str | None, owner: str | None, is_open: bool, code: int
) -> None:
    one = patient(context)
    found = case(context, one, queue, made.agents[owner].id if owner else None)
    if not is_open:
        closed(context, found)
    agent = signed_in(app, Role.AGENT)
    assert agent.open(f"/patients/{one}").status_code == code
    for role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
        assert signed_in(app, role).open(f"/patients/{one}").status_code == 200
    assert signed_in(app, Role.AUDITOR).open(f"/patients/{one}").status_code == 403


@pytest.mark.parametrize(("ago", "code"), [(None, 200), (AFTERCARE - timedelta(hours=1), 200), (AFTERCARE * 2, 404)])
def test_a_call_opens_its_patient_while_it_goes_on_and_some_days_after(
    app: Flask, context: AppContext, made: Morning, ago: timedelta | None, code: int
) -> None:
    one, now = patient(context), clock.now()
    agent = signed_in(app, Role.AGENT)
    assert agent.open(f"/patients/{one}").status_code == 404
    with context.database.write() as session:
        start = now - timedelta(minutes=9) - (ago or timedelta())
        call = a_call("spoke", start, CallOutcome.ANSWERED, caller_index=INDEX, agent_id=made.agents["N01"].id)
        call.ended_at = now - ago if ago is not None else None
        session.add(call)
    assert agent.open(f"/patients/{one}").status_code == code


def test_who_rings_at_an_agent_is_open_to_them_and_so_is_a_case_of_theirs_that_is_nobody_s(
    app: Flask, context: AppContext, made: Morning
) -> None:
    one, me = patient(context), made.agents["N01"].id
    found = case(context, one, "nurse")
    agent = signed_in(app, Role.AGENT)
    assert [agent.open(path).status_code for path in (f"/patients/{one}", f"/cases/{found}")] == [404, 404]
    with context.database.write() as session:
        call = session.get_one(Call, made.calls["urgent"].id)
        call.caller_index = session.get_one(Case, found).caller_index = INDEX
        offer = session.scalars(select(Offer).where(Offer.call_id == call.id)).one()
        offer.agent_id = me
        session.get_one(Agent, me).offer_id = offer.id
    assert [agent.open(path).status_code for path in (f"/patients/{one}", f"/cases/{found}")] == [200, 200]


def test_a_closed_case_stays_with_its_owner_for_some_days_and_with_nobody_else(
    app: Flask, context: AppContext, made: Morning
) -> None:
    found = case(context, patient(context), "booking", made.agents["N01"].id)
    agent = signed_in(app, Role.AGENT)
    closed(context, found)
    assert agent.open(f"/cases/{found}").status_code == 200
    assert found in agent.open("/cases?state=closed").text
    closed(context, found, AFTERCARE * 2)
    assert agent.open(f"/cases/{found}").status_code == 404
    assert found not in agent.open("/cases?state=closed").text
    closed(context, found)
    put(context, found, owner_agent_id=None)
    assert agent.open(f"/cases/{found}").status_code == 404
    assert agent.send(f"/cases/{found}/comment", text="x").status_code == 404
