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
from hotline.context import AppContext
from hotline.models import Agent, Attempt, Call, CallHistoryEvent, Job, Lease, Offer, QueueEntry, Recipient, Row
from hotline.outbox import jobs
from hotline.outbox.lease import LEASE, Leadership
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.job import JobState
from hotline.values.states.leg import LegStatus
from hotline.values.states.offer import LIVE_OFFERS, OfferState
from hotline.values.states.queue_entry import QueueEntryState
from hotline.values.states.recipient import RecipientState
from ivr.dialogue import call_end_service
from routing.calls import leg_service
from routing.offers import service as offer_service
from telephony.provider import connect
from tests.integration import campaign_house
from tests.integration.rivals import changed, halfway
from tests.support.factories import NOW, call_in_line, load_hospital, offer_to
from workers import run
from workers.registry import JobKind

R = TypeVar("R", bound=Row)
LATER = NOW + timedelta(seconds=5)


def offer_of(waiting: QueueEntry, agent: Agent) -> Offer:
    """An offer that is not made yet."""
    return Offer(
        id=new_id(),
        queue_entry_id=waiting.id,
        call_id=waiting.call_id,
        agent_id=agent.id,
        ring=1,
        rings=3,
        started_at=NOW,
    )


def now_of(context: AppContext, kind: type[R], row_id: str) -> R:
    with context.database.read() as session:
        return session.get_one(kind, row_id)


def ended(context: AppContext, call: Call) -> Callable[[], bool]:
    """The exchange reports the end of this caller's line."""
    return lambda: call_end_service.line_reported(
        context, leg_service.LegReport(call.provider_sid, LegStatus.COMPLETED, 9), LATER
    )


# A rival on a connection of its own.


def test_of_two_who_pick_up_one_has_the_caller(context: AppContext) -> None:
    agents = load_hospital(context)
    _, waiting = call_in_line(context)
    first, second = (offer_to(context, waiting, agents[number]) for number in ("1001", "1002"))
    with halfway(
        context, QueueEntry, lambda: offer_service.answer(context.database, context.notifier, second.id, LATER)
    ) as rival:
        mine = offer_service.answer(context.database, context.notifier, first.id, LATER)
    assert sorted([mine, *rival]) == [False, True]
    states = {now_of(context, Offer, offer.id).state for offer in (first, second)}
    assert states == {OfferState.ANSWERED, OfferState.CANCELLED}
    with context.database.read() as session:
        talking = session.scalars(select(Agent.offer_id).where(Agent.state == AgentState.TALKING)).all()
    assert talking == [now_of(context, QueueEntry, waiting.id).winner_id]


def test_of_two_callers_one_rings_the_only_agent(context: AppContext) -> None:
    agent = load_hospital(context)["1001"]
    first, second = (offer_of(call_in_line(context)[1], agent) for _ in range(2))
    with halfway(context, Agent, lambda: offer_service.start(context.database, context.notifier, second)) as rival:
        mine = offer_service.start(context.database, context.notifier, first)
    assert sorted([mine, *rival]) == [False, True]
    with context.database.read() as session:
        assert session.scalars(select(Offer.id)).all() == [now_of(context, Agent, agent.id).offer_id]


def test_no_phone_goes_on_ringing_for_a_caller_who_hangs_up_as_it_starts(context: AppContext) -> None:
    agent = load_hospital(context)["1001"]
    call, waiting = call_in_line(context)
    with halfway(context, Agent, ended(context, call)) as rival:
        offer_service.start(context.database, context.notifier, offer_of(waiting, agent))
    assert rival == [True]
    assert now_of(context, Agent, agent.id).state is AgentState.IDLE
    with context.database.read() as session:
        assert not session.scalars(select(Offer).where(Offer.state.in_(LIVE_OFFERS))).all()
    # Decided before, but too late.
    assert not offer_service.start(context.database, context.notifier, offer_of(waiting, agent))


def test_a_call_ends_once_though_its_end_is_reported_twice_at_the_same_time(context: AppContext) -> None:
    load_hospital(context)
    call, _ = call_in_line(context)
    with halfway(context, Call, ended(context, call)) as rival:
        mine = ended(context, call)()
    assert [mine, *rival] == [True, True]
    with context.database.read() as session:
        assert session.scalar(select(func.count()).where(CallHistoryEvent.kind == "call_ended")) == 1


def test_an_attempt_is_dialled_by_one_of_two(context: AppContext) -> None:
    (only,) = campaign_house.campaign(context, 1)
    attempt_id = dialling_service.reserve(context, only, campaign_house.NOW)
    assert attempt_id is not None

    def start() -> str | None:
        return dialling_service.start_dialling(context, attempt_id, campaign_house.NOW)

    with halfway(context, Attempt, start) as rival:
        mine = start()
    assert [mine, *rival].count(None) == 1


class Later:
    """A steady clock that goes on by a lease's length whenever it is looked at."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += LEASE.total_seconds()
        return self.at


def test_of_two_candidates_one_leads(context: AppContext) -> None:
    assert Leadership(context.database, "router", "gone").holds()
    first, second = standbys = [Leadership(context.database, "router", name, Later()) for name in ("first", "second")]
    assert not any(one.holds() for one in standbys)  # they have seen it for the first time
    with halfway(context, Lease, second.holds) as rival:
        mine = first.holds()
    assert sorted([mine, *rival]) == [False, True]


# Rows as a rival left them.


def test_the_place_decides_who_has_the_caller_whatever_the_offer_says(context: AppContext) -> None:
    agents = load_hospital(context)
    _, waiting = call_in_line(context)
    first, second = (offer_to(context, waiting, agents[number]) for number in ("1001", "1002"))
    with changed(context, QueueEntry, update(QueueEntry).values(state=QueueEntryState.WON, winner_id=first.id)):
        assert not offer_service.answer(context.database, context.notifier, second.id, LATER)
    assert now_of(context, QueueEntry, waiting.id).winner_id == first.id
    assert now_of(context, Offer, second.id).state is OfferState.CANCELLED
    assert now_of(context, Agent, agents["1002"].id).state is AgentState.IDLE


@pytest.mark.parametrize("meanwhile", [{"state": AgentState.TALKING}, {"status": AgentStatus.AWAY}])
def test_an_agent_who_became_busy_or_went_away_meanwhile_is_not_rung(
    context: AppContext, meanwhile: dict[str, object]
) -> None:
    agent = load_hospital(context)["1001"]
    offer = offer_of(call_in_line(context)[1], agent)
    with changed(context, Agent, update(Agent).where(Agent.id == agent.id).values(meanwhile)):
        assert not offer_service.start(context.database, context.notifier, offer)
    assert now_of(context, Agent, agent.id).offer_id is None


@pytest.mark.parametrize("meanwhile", ["held", "done"])
def test_work_that_somebody_else_took_or_did_meanwhile_is_left_alone(
    context: AppContext, settings: Settings, meanwhile: str
) -> None:
    now: dict[str, object] = {"held_until": clock.now() + timedelta(minutes=5)}
    done: list[str] = []
    kind = JobKind("check_call", "speech", lambda _context, _provider, subject, _now: done.append(subject))
    home = run.WorkerContext(context, connect(settings), {"check_call": kind})
    with context.database.write() as session:
        job = jobs.add(session, context.notifier, "check_call", "c1", clock.now())
    with changed(context, Job, update(Job).values(now if meanwhile == "held" else {"state": JobState.DONE})):
        run.run(home, job.id)
    assert done == []


def test_a_patient_who_is_being_called_already_is_not_marked_again(context: AppContext) -> None:
    (only,) = campaign_house.campaign(context, 1)
    with changed(context, Recipient, update(Recipient).values(state=RecipientState.CALLING, due_at=None)):
        assert dialling_service.reserve(context, only, campaign_house.NOW) is None
    assert not campaign_house.attempts_of(context, only)


def test_nobody_leads_who_comes_after_somebody_else(context: AppContext) -> None:
    assert Leadership(context.database, "router", "gone").holds()
    late = Leadership(context.database, "router", "late", Later())
    assert not late.holds()
    with changed(context, Lease, update(Lease).values(holder="other", heartbeat=Lease.heartbeat + 1)):
        assert not late.holds()


def test_an_offer_that_no_longer_holds_its_agent_does_not_move_them(context: AppContext) -> None:
    agent = load_hospital(context)["1001"]
    offer = offer_to(context, call_in_line(context)[1], agent)
    with context.database.write() as session:
        session.execute(update(Agent).where(Agent.id == agent.id).values(offer_id=None, state=AgentState.WRAP_UP))
    leg_service.agent_line(context, offer.id, leg_service.LegReport("CAx", LegStatus.NO_ANSWER, 2), LATER)
    assert now_of(context, Offer, offer.id).state is OfferState.MISSED
    assert now_of(context, Agent, agent.id).state is AgentState.WRAP_UP
