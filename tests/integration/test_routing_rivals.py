"""Whoever comes between what a transaction reads and what it changes: one of two wins, on both databases.

First with a rival on a connection of its own, then with rows as a rival left them although they were locked: each
conditional change decides by itself.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import func, select, update

from campaigns.dialling import service as dialling_service
from hotline import clock
from hotline.clock import new_id
from hotline.configuration.settings import Settings
from hotline.context import Ground
from hotline.models import Agent, Attempt, Call, Event, Job, Lease, Offer, Recipient, Row, Waiting
from hotline.outbox import jobs
from hotline.outbox.lease import LEASE, Leadership
from hotline.values.statuses import (
    LIVE_OFFERS,
    AgentState,
    AgentStatus,
    JobState,
    LegStatus,
    OfferState,
    RecipientState,
    WaitingState,
)
from ivr.dialogue import service as calls
from routing.calls import legs
from routing.queues import service
from telephony.provider import connect
from tests.factories import NOW, call_in_line, load_hospital, offer_to
from tests.integration import campaign_house
from tests.integration.rivals import changed, halfway
from workers import run

R = TypeVar("R", bound=Row)
LATER = NOW + timedelta(seconds=5)


def offer_of(waiting: Waiting, agent: Agent) -> Offer:
    """An offer that is not made yet."""
    return Offer(
        id=new_id(), waiting_id=waiting.id, call_id=waiting.call_id, agent_id=agent.id, ring=1, rings=3, started_at=NOW
    )


def now_of(ground: Ground, kind: type[R], row_id: str) -> R:
    with ground.database.read() as session:
        return session.get_one(kind, row_id)


def ended(ground: Ground, call: Call) -> Callable[[], bool]:
    """The exchange reports the end of this caller's line."""
    return lambda: calls.ended(ground, call.provider_sid, legs.Report(call.provider_sid, LegStatus.COMPLETED, 9), LATER)


# A rival on a connection of its own.


def test_of_two_who_pick_up_one_has_the_caller(ground: Ground) -> None:
    agents = load_hospital(ground)
    _, waiting = call_in_line(ground)
    first, second = (offer_to(ground, waiting, agents[number]) for number in ("1001", "1002"))
    with halfway(ground, Waiting, lambda: service.answer(ground, second.id, LATER)) as rival:
        mine = service.answer(ground, first.id, LATER)
    assert sorted([mine, *rival]) == [False, True]
    states = {now_of(ground, Offer, offer.id).state for offer in (first, second)}
    assert states == {OfferState.ANSWERED, OfferState.CANCELLED}
    with ground.database.read() as session:
        talking = session.scalars(select(Agent.offer_id).where(Agent.state == AgentState.TALKING)).all()
    assert talking == [now_of(ground, Waiting, waiting.id).winner_id]


def test_of_two_callers_one_rings_the_only_agent(ground: Ground) -> None:
    agent = load_hospital(ground)["1001"]
    first, second = (offer_of(call_in_line(ground)[1], agent) for _ in range(2))
    with halfway(ground, Agent, lambda: service.start_offer(ground, second)) as rival:
        mine = service.start_offer(ground, first)
    assert sorted([mine, *rival]) == [False, True]
    with ground.database.read() as session:
        assert session.scalars(select(Offer.id)).all() == [now_of(ground, Agent, agent.id).offer_id]


def test_no_phone_goes_on_ringing_for_a_caller_who_hangs_up_as_it_starts(ground: Ground) -> None:
    agent = load_hospital(ground)["1001"]
    call, waiting = call_in_line(ground)
    with halfway(ground, Agent, ended(ground, call)) as rival:
        service.start_offer(ground, offer_of(waiting, agent))
    assert rival == [True]
    assert now_of(ground, Agent, agent.id).state is AgentState.IDLE
    with ground.database.read() as session:
        assert not session.scalars(select(Offer).where(Offer.state.in_(LIVE_OFFERS))).all()
    assert not service.start_offer(ground, offer_of(waiting, agent))  # decided before, but too late


def test_a_call_ends_once_though_its_end_is_reported_twice_at_the_same_time(ground: Ground) -> None:
    load_hospital(ground)
    call, _ = call_in_line(ground)
    with halfway(ground, Call, ended(ground, call)) as rival:
        mine = ended(ground, call)()
    assert [mine, *rival] == [True, True]
    with ground.database.read() as session:
        assert session.scalar(select(func.count()).where(Event.kind == "call_ended")) == 1


def test_an_attempt_is_dialled_by_one_of_two(ground: Ground) -> None:
    (only,) = campaign_house.campaign(ground, 1)
    attempt_id = dialling_service.mark(ground, only, campaign_house.NOW)
    assert attempt_id is not None
    with halfway(ground, Attempt, lambda: dialling_service.take(ground, attempt_id, campaign_house.NOW)) as rival:
        mine = dialling_service.take(ground, attempt_id, campaign_house.NOW)
    assert [mine, *rival].count(None) == 1


class Later:
    """A steady clock that goes on by a lease's length whenever it is looked at."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += LEASE.total_seconds()
        return self.at


def test_of_two_candidates_one_leads(ground: Ground) -> None:
    assert Leadership(ground.database, "router", "gone").holds()
    first, second = standbys = [Leadership(ground.database, "router", name, Later()) for name in ("first", "second")]
    assert not any(one.holds() for one in standbys)  # they have seen it for the first time
    with halfway(ground, Lease, second.holds) as rival:
        mine = first.holds()
    assert sorted([mine, *rival]) == [False, True]


# Rows as a rival left them.


def test_the_place_decides_who_has_the_caller_whatever_the_offer_says(ground: Ground) -> None:
    agents = load_hospital(ground)
    _, waiting = call_in_line(ground)
    first, second = (offer_to(ground, waiting, agents[number]) for number in ("1001", "1002"))
    with changed(ground, Waiting, update(Waiting).values(state=WaitingState.WON, winner_id=first.id)):
        assert not service.answer(ground, second.id, LATER)
    assert now_of(ground, Waiting, waiting.id).winner_id == first.id
    assert now_of(ground, Offer, second.id).state is OfferState.CANCELLED
    assert now_of(ground, Agent, agents["1002"].id).state is AgentState.IDLE


@pytest.mark.parametrize("meanwhile", [{"state": AgentState.TALKING}, {"status": AgentStatus.AWAY}])
def test_an_agent_who_became_busy_or_went_away_meanwhile_is_not_rung(
    ground: Ground, meanwhile: dict[str, object]
) -> None:
    agent = load_hospital(ground)["1001"]
    offer = offer_of(call_in_line(ground)[1], agent)
    with changed(ground, Agent, update(Agent).where(Agent.id == agent.id).values(meanwhile)):
        assert not service.start_offer(ground, offer)
    assert now_of(ground, Agent, agent.id).offer_id is None


@pytest.mark.parametrize("meanwhile", ["held", "done"])
def test_work_that_somebody_else_took_or_did_meanwhile_is_left_alone(
    ground: Ground, settings: Settings, meanwhile: str
) -> None:
    now: dict[str, object] = {"held_until": clock.now() + timedelta(minutes=5)}
    done: list[str] = []
    home = run.House(ground, connect(settings), {"check_call": lambda _g, _p, subject, _now: done.append(subject)})
    with ground.database.write() as session:
        job = jobs.add(session, ground.bell, "check_call", "c1", clock.now())
    with changed(ground, Job, update(Job).values(now if meanwhile == "held" else {"state": JobState.DONE})):
        run.run(home, job.id)
    assert done == []


def test_a_patient_who_is_being_called_already_is_not_marked_again(ground: Ground) -> None:
    (only,) = campaign_house.campaign(ground, 1)
    with changed(ground, Recipient, update(Recipient).values(state=RecipientState.CALLING, due_at=None)):
        assert dialling_service.mark(ground, only, campaign_house.NOW) is None
    assert not campaign_house.attempts_of(ground, only)


def test_nobody_leads_who_comes_after_somebody_else(ground: Ground) -> None:
    assert Leadership(ground.database, "router", "gone").holds()
    late = Leadership(ground.database, "router", "late", Later())
    assert not late.holds()
    with changed(ground, Lease, update(Lease).values(holder="other", beat=Lease.beat + 1)):
        assert not late.holds()


def test_an_offer_that_no_longer_holds_its_agent_does_not_move_them(ground: Ground) -> None:
    agent = load_hospital(ground)["1001"]
    offer = offer_to(ground, call_in_line(ground)[1], agent)
    with ground.database.write() as session:
        session.execute(update(Agent).where(Agent.id == agent.id).values(offer_id=None, state=AgentState.WRAP_UP))
    legs.agent_line(ground, offer.id, legs.Report("CAx", LegStatus.NO_ANSWER, 2), LATER)
    assert now_of(ground, Offer, offer.id).state is OfferState.MISSED
    assert now_of(ground, Agent, agent.id).state is AgentState.WRAP_UP
