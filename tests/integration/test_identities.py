"""A message fills in who a patient is and overwrites nothing: what it tells otherwise waits until staff decide."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaigns.importing import service
from campaigns.importing.import_result import ImportResult
from campaigns.importing.record import VisitEvent, VisitRecord
from campaigns.stopping import identity_service
from campaigns.stopping.identity_service import Decision
from console.web.app import create
from hotline.context import AppContext
from hotline.models import AuditEntry, Discharge, IdentityProposal, Patient, User
from hotline.values.access import Role
from hotline.values.language import Language
from tests.integration.campaign_house import NOW, recipient
from tests.integration.test_visits import DISCHARGE, FACTS, planned, told
from tests.support.morning import hashed
from tests.support.staff import Staff, signed_in

OTHER = "+8613900000022"


def hears(context: AppContext, *records: VisitRecord) -> ImportResult:
    """A message of a system that nobody answers for."""
    return service.store(context, records, "hl7", NOW)


def correction(hour: int = 5, **facts: Any) -> VisitRecord:
    return told(VisitEvent.UPDATED, hour=hour, facts=replace(FACTS, **facts))


def discharges(context: AppContext) -> list[Discharge]:
    with context.database.read() as session:
        return list(session.scalars(select(Discharge).order_by(Discharge.id)))


def waiting(context: AppContext) -> list[identity_service.OpenProposal]:
    with context.database.read() as session:
        return identity_service.waiting(session)


def decide(context: AppContext, *, is_accepted: bool) -> bool:
    (one,) = waiting(context)
    return identity_service.decide(context, one.proposal.id, Decision(is_accepted, None), NOW)


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
    context: AppContext, told_now: dict[str, Any], proposed: dict[str, str]
) -> None:
    only = planned(context)
    stored = hears(context, correction(ward="内科", **told_now))
    assert (stored.corrected, stored.proposed) == (1, 1)
    row = recipient(context, only)
    assert (row.name, row.number, row.birth_date) == ("林晓", FACTS.number, "1960-01-02")
    assert row.ward == "内科", "what nobody is checked by is corrected"
    (one,) = waiting(context)
    assert one.proposal.proposed == proposed
    assert one.known == {"name": "林晓", "number": FACTS.number, "birth_date": "1960-01-02"}
    assert hears(context, correction(ward="内科", **told_now)).proposed == 0


def test_a_new_stay_leads_no_call_elsewhere_either(context: AppContext) -> None:
    planned(context)
    day = DISCHARGE.happened_on
    assert day
    again = told(VisitEvent.DISCHARGED, visit="V2", hour=9, happened_on=day + timedelta(days=1))
    stored = hears(context, replace(again, facts=replace(FACTS, number=OTHER)))
    assert (stored.added, stored.proposed) == (1, 1)
    assert {row.number for row in discharges(context)} == {FACTS.number}


def test_a_stay_that_has_not_ended_is_protected_as_well(context: AppContext) -> None:
    hears(context, told(VisitEvent.ADMITTED, hour=0, facts=FACTS, happened_on=DISCHARGE.happened_on))
    hears(context, correction(hour=1, number=OTHER), replace(DISCHARGE, facts=replace(FACTS, number=OTHER)))
    assert [row.number for row in discharges(context)] == [FACTS.number]
    assert len(waiting(context)) == 1


def test_what_is_not_known_is_filled_in_and_nothing_is_emptied(context: AppContext) -> None:
    hears(context, replace(DISCHARGE, facts=replace(FACTS, birth_date=None)))
    hears(context, correction(hour=1))
    assert discharges(context)[0].birth_date == "1960-01-02"
    hears(context, correction(hour=2, birth_date=None))
    assert discharges(context)[0].birth_date == "1960-01-02"
    assert waiting(context) == []


def test_another_spelling_is_the_same_name(context: AppContext) -> None:
    hears(context, replace(DISCHARGE, facts=replace(FACTS, name="Anna Reed")))
    assert hears(context, correction(name="ANNA  REED")).proposed == 0


def test_accepted_it_counts_for_every_stay_and_call_and_the_patient_is_found_by_it(context: AppContext) -> None:
    only = planned(context)
    hears(context, correction(number=OTHER))
    assert decide(context, is_accepted=True)
    row, (discharge,) = recipient(context, only), discharges(context)
    assert (row.number, discharge.number) == (OTHER, OTHER)
    assert row.number_index == discharge.number_index == context.keyring.index(OTHER)
    with context.database.read() as session:
        assert session.get_one(Patient, discharge.patient_id).number == OTHER
    assert waiting(context) == []
    assert hears(context, correction(hour=6, number=OTHER)).proposed == 0
    assert hears(context, correction(hour=7)).proposed == 1, "the old one is another one now"


def test_refused_it_is_not_asked_again_but_something_else_is(context: AppContext) -> None:
    only = planned(context)
    hears(context, correction(number=OTHER))
    assert decide(context, is_accepted=False)
    assert recipient(context, only).number == FACTS.number
    assert hears(context, correction(hour=6, number=OTHER, language=Language.ENGLISH)).proposed == 0
    assert hears(context, correction(hour=7, number="+8613900000033")).proposed == 1


def test_of_several_that_wait_the_latest_stands(context: AppContext) -> None:
    planned(context)
    hears(context, correction(hour=5, number=OTHER))
    hears(context, correction(hour=6, number="+8613900000033"))
    hears(context, correction(hour=3, number="+8613900000044"))  # older, and late
    (one,) = waiting(context)
    assert one.proposal.proposed == {"number": "+8613900000033"}
    hears(context, correction(hour=8, number=OTHER))
    (one,) = waiting(context)
    assert one.proposal.proposed == {"number": OTHER}, "nobody had refused it"


def test_it_is_decided_once(context: AppContext) -> None:
    planned(context)
    hears(context, correction(number=OTHER))
    (one,) = waiting(context)
    assert identity_service.decide(context, one.proposal.id, Decision(False, None), NOW)
    assert not identity_service.decide(context, one.proposal.id, Decision(True, None), NOW)
    assert discharges(context)[0].number == FACTS.number


def test_whoever_answers_for_a_file_overwrites(context: AppContext) -> None:
    only = planned(context)
    assert service.store(context, [correction(number=OTHER)], "csv", NOW, confirms=True).proposed == 0
    assert recipient(context, only).number == OTHER


# The page


@pytest.fixture
def app(context: AppContext) -> Iterator[Flask]:
    planned(context)
    hears(context, correction(number=OTHER))
    with context.database.write() as session:
        for role in Role:
            session.add(User(login=role.value, password=hashed(), name=role.value, role=role))
    pages = create(context)
    yield pages
    for live in ("live", "live_campaigns"):
        pages.extensions[live].close()


def test_a_supervisor_sees_both_and_decides_and_it_is_logged(app: Flask, context: AppContext) -> None:
    staff = signed_in(app, Role.SUPERVISOR)
    assert "/identities" in staff.open("/campaigns").text
    page = staff.open("/identities").text
    assert OTHER in page
    assert FACTS.number in page
    (one,) = waiting(context)
    assert staff.send(f"/identities/{one.proposal.id}", accept="yes").status_code == 302
    assert "已采用" in staff.open("/identities").text
    assert discharges(context)[0].number == OTHER
    staff.send(f"/identities/{one.proposal.id}", accept="no")
    assert "已由他人处理" in staff.open("/identities").text
    with context.database.read() as session:
        looks = select(AuditEntry.action).where(AuditEntry.subject == "identity").order_by(AuditEntry.at, AuditEntry.id)
        assert list(session.scalars(looks)) == ["view_identity", "accept_identity", "view_identity"]
        by = session.scalars(select(IdentityProposal.user_id)).one()
        assert by == session.scalars(select(User.id).where(User.login == "supervisor")).one()


def test_an_agent_decides_nothing(app: Flask, context: AppContext) -> None:
    staff: Staff = signed_in(app, Role.AGENT)
    (one,) = waiting(context)
    assert staff.open("/identities").status_code == 403
    assert staff.send(f"/identities/{one.proposal.id}", accept="yes").status_code == 403
    assert discharges(context)[0].number == FACTS.number


def test_nothing_of_it_lies_in_the_open(context: AppContext) -> None:
    planned(context)
    hears(context, correction(number=OTHER, name="李四"))
    with context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(IdentityProposal)) == 1
        raw = session.connection().exec_driver_sql("SELECT proposed FROM identity_proposals").scalar_one()
    assert OTHER.encode() not in bytes(raw)
