"""A message fills in who a patient is and overwrites nothing: what it tells otherwise waits until staff decide."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaigns.importing import service
from campaigns.importing.record import VisitEvent, VisitRecord
from campaigns.stopping import identity_decisions
from campaigns.stopping.identity_decisions import Decision
from console.web.app import create
from hotline.context import Ground
from hotline.models import Discharge, IdentityProposal, Look, Patient, User
from hotline.values.statuses import Language, Role
from tests.console_client import Staff, signed_in
from tests.console_data import hashed
from tests.integration.campaign_house import NOW, recipient
from tests.integration.test_visits import DISCHARGE, FACTS, planned, told

OTHER = "+8613900000022"


def hears(ground: Ground, *records: VisitRecord) -> service.Stored:
    """A message of a system that nobody answers for."""
    return service.store(ground, records, "hl7", NOW)


def correction(hour: int = 5, **facts: Any) -> VisitRecord:
    return told(VisitEvent.UPDATED, hour=hour, facts=replace(FACTS, **facts))


def discharges(ground: Ground) -> list[Discharge]:
    with ground.database.read() as session:
        return list(session.scalars(select(Discharge).order_by(Discharge.id)))


def waiting(ground: Ground) -> list[identity_decisions.Open]:
    with ground.database.read() as session:
        return identity_decisions.waiting(session)


def decide(ground: Ground, *, is_accepted: bool) -> bool:
    (one,) = waiting(ground)
    return identity_decisions.decide(ground, one.proposal.id, Decision(is_accepted, None), NOW)


@pytest.mark.parametrize(
    ("told_now", "proposed"),
    [
        ({"number": OTHER}, {"number": OTHER}),
        ({"name": "李四"}, {"name": "李四"}),
        ({"birth_date": date(1970, 1, 1)}, {"birth_date": "1970-01-01"}),
        ({"number": OTHER, "name": "李四"}, {"number": OTHER, "name": "李四"}),
    ],
)
def test_what_is_told_otherwise_waits_and_calls_go_as_before(
    ground: Ground, told_now: dict[str, Any], proposed: dict[str, str]
) -> None:
    only = planned(ground)
    stored = hears(ground, correction(ward="内科", **told_now))
    assert (stored.corrected, stored.proposed) == (1, 1)
    row = recipient(ground, only)
    assert (row.name, row.number, row.birth_date) == ("林晓", FACTS.number, "1960-01-02")
    assert row.ward == "内科", "what nobody is checked by is corrected"
    (one,) = waiting(ground)
    assert one.proposal.proposed == proposed
    assert one.known == {"name": "林晓", "number": FACTS.number, "birth_date": "1960-01-02"}
    assert hears(ground, correction(ward="内科", **told_now)).proposed == 0


def test_a_new_stay_leads_no_call_elsewhere_either(ground: Ground) -> None:
    planned(ground)
    day = DISCHARGE.happened_on
    assert day
    again = told(VisitEvent.DISCHARGED, visit="V2", hour=9, happened_on=day + timedelta(days=1))
    stored = hears(ground, replace(again, facts=replace(FACTS, number=OTHER)))
    assert (stored.added, stored.proposed) == (1, 1)
    assert {row.number for row in discharges(ground)} == {FACTS.number}


def test_a_stay_that_has_not_ended_is_protected_as_well(ground: Ground) -> None:
    hears(ground, told(VisitEvent.ADMITTED, hour=0, facts=FACTS, happened_on=DISCHARGE.happened_on))
    hears(ground, correction(hour=1, number=OTHER), replace(DISCHARGE, facts=replace(FACTS, number=OTHER)))
    assert [row.number for row in discharges(ground)] == [FACTS.number]
    assert len(waiting(ground)) == 1


def test_what_is_not_known_is_filled_in_and_nothing_is_emptied(ground: Ground) -> None:
    hears(ground, replace(DISCHARGE, facts=replace(FACTS, birth_date=None)))
    hears(ground, correction(hour=1))
    assert discharges(ground)[0].birth_date == "1960-01-02"
    hears(ground, correction(hour=2, birth_date=None))
    assert discharges(ground)[0].birth_date == "1960-01-02"
    assert waiting(ground) == []


def test_another_spelling_is_the_same_name(ground: Ground) -> None:
    hears(ground, replace(DISCHARGE, facts=replace(FACTS, name="Anna Reed")))
    assert hears(ground, correction(name="ANNA  REED")).proposed == 0


def test_accepted_it_counts_for_every_stay_and_call_and_the_patient_is_found_by_it(ground: Ground) -> None:
    only = planned(ground)
    hears(ground, correction(number=OTHER))
    assert decide(ground, is_accepted=True)
    row, (discharge,) = recipient(ground, only), discharges(ground)
    assert (row.number, discharge.number) == (OTHER, OTHER)
    assert row.number_index == discharge.number_index == ground.keyring.index(OTHER)
    with ground.database.read() as session:
        assert session.get_one(Patient, discharge.patient_id).number == OTHER
    assert waiting(ground) == []
    assert hears(ground, correction(hour=6, number=OTHER)).proposed == 0
    assert hears(ground, correction(hour=7)).proposed == 1, "the old one is another one now"


def test_refused_it_is_not_asked_again_but_something_else_is(ground: Ground) -> None:
    only = planned(ground)
    hears(ground, correction(number=OTHER))
    assert decide(ground, is_accepted=False)
    assert recipient(ground, only).number == FACTS.number
    assert hears(ground, correction(hour=6, number=OTHER, language=Language.ENGLISH)).proposed == 0
    assert hears(ground, correction(hour=7, number="+8613900000033")).proposed == 1


def test_of_several_that_wait_the_latest_stands(ground: Ground) -> None:
    planned(ground)
    hears(ground, correction(hour=5, number=OTHER))
    hears(ground, correction(hour=6, number="+8613900000033"))
    hears(ground, correction(hour=3, number="+8613900000044"))  # older, and late
    (one,) = waiting(ground)
    assert one.proposal.proposed == {"number": "+8613900000033"}
    hears(ground, correction(hour=8, number=OTHER))
    (one,) = waiting(ground)
    assert one.proposal.proposed == {"number": OTHER}, "nobody had refused it"


def test_it_is_decided_once(ground: Ground) -> None:
    planned(ground)
    hears(ground, correction(number=OTHER))
    (one,) = waiting(ground)
    assert identity_decisions.decide(ground, one.proposal.id, Decision(False, None), NOW)
    assert not identity_decisions.decide(ground, one.proposal.id, Decision(True, None), NOW)
    assert discharges(ground)[0].number == FACTS.number


def test_whoever_answers_for_a_file_overwrites(ground: Ground) -> None:
    only = planned(ground)
    assert service.store(ground, [correction(number=OTHER)], "csv", NOW, confirms=True).proposed == 0
    assert recipient(ground, only).number == OTHER


# The page


@pytest.fixture
def app(ground: Ground) -> Iterator[Flask]:
    planned(ground)
    hears(ground, correction(number=OTHER))
    with ground.database.write() as session:
        for role in Role:
            session.add(User(login=role.value, password=hashed(), name=role.value, role=role))
    pages = create(ground)
    yield pages
    for live in ("live", "live_campaigns"):
        pages.extensions[live].close()


def test_a_supervisor_sees_both_and_decides_and_it_is_logged(app: Flask, ground: Ground) -> None:
    staff = signed_in(app, Role.SUPERVISOR)
    assert "/identities" in staff.open("/campaigns").text
    page = staff.open("/identities").text
    assert OTHER in page
    assert FACTS.number in page
    (one,) = waiting(ground)
    assert staff.send(f"/identities/{one.proposal.id}", accept="yes").status_code == 302
    assert "已采用" in staff.open("/identities").text
    assert discharges(ground)[0].number == OTHER
    staff.send(f"/identities/{one.proposal.id}", accept="no")
    assert "已有人处理" in staff.open("/identities").text
    with ground.database.read() as session:
        looks = select(Look.action).where(Look.subject == "identity").order_by(Look.at, Look.id)
        assert list(session.scalars(looks)) == ["view_identity", "accept_identity", "view_identity"]
        by = session.scalars(select(IdentityProposal.user_id)).one()
        assert by == session.scalars(select(User.id).where(User.login == "supervisor")).one()


def test_an_agent_decides_nothing(app: Flask, ground: Ground) -> None:
    staff: Staff = signed_in(app, Role.AGENT)
    (one,) = waiting(ground)
    assert staff.open("/identities").status_code == 403
    assert staff.send(f"/identities/{one.proposal.id}", accept="yes").status_code == 403
    assert discharges(ground)[0].number == FACTS.number


def test_nothing_of_it_lies_in_the_open(ground: Ground) -> None:
    planned(ground)
    hears(ground, correction(number=OTHER, name="李四"))
    with ground.database.read() as session:
        assert session.scalar(select(func.count()).select_from(IdentityProposal)) == 1
        raw = session.connection().exec_driver_sql("SELECT proposed FROM identity_proposals").scalar_one()
    assert OTHER.encode() not in bytes(raw)
