"""Who sees whose matters and patients: agents those of their calls and work, for a time; by state, owner, queue."""

from datetime import timedelta
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import select

from console.crm.need import AFTER, Reader
from crm.cases import service as crm
from crm.cases.service import By, NewMatter
from hotline import clock
from hotline.context import Ground
from hotline.models import Agent, Call, Matter, Offer, Patient
from hotline.values.statuses import MatterKind, MatterState, Outcome, Role, Urgency
from tests.console_client import signed_in
from tests.console_data import Morning, a_call

INDEX = "f" * 64


def patient(ground: Ground) -> str:
    """A patient whom nobody has to do with yet; their id."""
    now = clock.now()
    with ground.database.write() as session:
        one = Patient(number="+8613800000000", number_index=INDEX, name="病人", identity_index="i")
        one.added_at = one.changed_at = now
        session.add(one)
    return one.id


def matter(ground: Ground, patient_id: str, queue: str | None = "booking", owner: str | None = None) -> str:
    """An open matter of the patient, from a call that asked for this queue; its id."""
    now = clock.now()
    with ground.database.write() as session:
        call = a_call(f"m{queue}{owner}", now - timedelta(hours=1), Outcome.ABANDONED, queue=queue)
        session.add(call)
        session.flush()
        new = NewMatter(MatterKind.ENQUIRY, call, patient_id, owner)
        return crm.open_matter(session, ground, new, By(), now).id


def put(ground: Ground, matter_id: str, **values: object) -> None:
    with ground.database.write() as session:
        row = session.get_one(Matter, matter_id)
        for name, value in values.items():
            setattr(row, name, value)


def closed(ground: Ground, matter_id: str, ago: timedelta = timedelta()) -> None:
    put(ground, matter_id, state=MatterState.CLOSED, closed_at=clock.now() - ago)


def is_seen(case: tuple[object, ...]) -> bool:
    """The rule in plain words, for an agent `me` of the queue `mine` who has the caller `now` on the line."""
    state, owner, queue, urgency, age, caller = case
    if owner is not None:
        return owner == "me" and (state != MatterState.CLOSED or age == "fresh")
    if state == MatterState.CLOSED:
        return False
    return queue in (None, "mine") or urgency == Urgency.URGENT or caller == "now"


def test_the_rule_holds_in_every_state_for_one_matter_and_for_lists(ground: Ground, made: Morning) -> None:
    now, people = clock.now(), {"me": made.agents["N01"].id, "other": made.agents["N02"].id, None: None}
    reader = Reader(False, people["me"], frozenset({"booking"}), frozenset({"now"}))
    lines = {None: None, "mine": "booking", "theirs": "nurse"}
    cases = list(product(MatterState, people, lines, Urgency, ("fresh", "old"), ("now", "then")))
    with ground.database.write() as session:
        rows: list[tuple[Matter, str | None]] = []
        for number, (state, owner, line, urgency, age, caller) in enumerate(cases, 1000):
            call = a_call(f"c{number}", now, Outcome.ABANDONED, queue=lines[line])
            session.add(call)
            session.flush()
            at = now - AFTER + timedelta(minutes=1 if age == "fresh" else -1)
            row = Matter(number=number, kind=MatterKind.ENQUIRY, state=state, urgency=urgency, call_id=call.id)
            row.owner_agent_id, row.caller_index = people[owner], caller
            row.opened_at, row.due_at, row.closed_at = at, at, at if state is MatterState.CLOSED else None
            session.add(row)
            rows.append((row, lines[line]))
    with ground.database.read() as session:
        listed = set(session.scalars(select(Matter.id).where(reader.claims(now))))
        nobody = set(session.scalars(select(Matter.id).where(Reader(False).claims(now))))
        everybody = set(session.scalars(select(Matter.id).where(Reader(True).claims(now))))
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
def test_a_matter_opens_its_patient_while_it_is_open_and_theirs(
    app: Flask, ground: Ground, made: Morning, queue: str | None, owner: str | None, is_open: bool, code: int
) -> None:
    one = patient(ground)
    found = matter(ground, one, queue, made.agents[owner].id if owner else None)
    if not is_open:
        closed(ground, found)
    agent = signed_in(app, Role.AGENT)
    assert agent.open(f"/patients/{one}").status_code == code
    for role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
        assert signed_in(app, role).open(f"/patients/{one}").status_code == 200
    assert signed_in(app, Role.AUDITOR).open(f"/patients/{one}").status_code == 403


@pytest.mark.parametrize(("ago", "code"), [(None, 200), (AFTER - timedelta(hours=1), 200), (AFTER * 2, 404)])
def test_a_call_opens_its_patient_while_it_goes_on_and_some_days_after(
    app: Flask, ground: Ground, made: Morning, ago: timedelta | None, code: int
) -> None:
    one, now = patient(ground), clock.now()
    agent = signed_in(app, Role.AGENT)
    assert agent.open(f"/patients/{one}").status_code == 404
    with ground.database.write() as session:
        start = now - timedelta(minutes=9) - (ago or timedelta())
        call = a_call("spoke", start, Outcome.ANSWERED, caller_index=INDEX, agent_id=made.agents["N01"].id)
        call.ended_at = now - ago if ago is not None else None
        session.add(call)
    assert agent.open(f"/patients/{one}").status_code == code


def test_who_rings_at_an_agent_is_open_to_them_and_so_is_a_matter_of_theirs_that_is_nobody_s(
    app: Flask, ground: Ground, made: Morning
) -> None:
    one, me = patient(ground), made.agents["N01"].id
    found = matter(ground, one, "nurse")
    agent = signed_in(app, Role.AGENT)
    assert [agent.open(path).status_code for path in (f"/patients/{one}", f"/matters/{found}")] == [404, 404]
    with ground.database.write() as session:
        call = session.get_one(Call, made.calls["urgent"].id)
        call.caller_index = session.get_one(Matter, found).caller_index = INDEX
        offer = session.scalars(select(Offer).where(Offer.call_id == call.id)).one()
        offer.agent_id = me
        session.get_one(Agent, me).offer_id = offer.id
    assert [agent.open(path).status_code for path in (f"/patients/{one}", f"/matters/{found}")] == [200, 200]


def test_a_closed_matter_stays_with_its_owner_for_some_days_and_with_nobody_else(
    app: Flask, ground: Ground, made: Morning
) -> None:
    found = matter(ground, patient(ground), "booking", made.agents["N01"].id)
    agent = signed_in(app, Role.AGENT)
    closed(ground, found)
    assert agent.open(f"/matters/{found}").status_code == 200
    assert found in agent.open("/matters?state=closed").text
    closed(ground, found, AFTER * 2)
    assert agent.open(f"/matters/{found}").status_code == 404
    assert found not in agent.open("/matters?state=closed").text
    closed(ground, found)
    put(ground, found, owner_agent_id=None)
    assert agent.open(f"/matters/{found}").status_code == 404
    assert agent.send(f"/matters/{found}/comment", text="x").status_code == 404
