"""Faults that other call centres had, and ours that the interleavings found: each proven absent by its own story."""

import itertools
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, Call, Offer
from hotline.values.reason_codes import QueueEntryEndReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.queue_entry import QueueEntryState
from reports.service_level import queries
from routing.agents import status_service as agent_status
from routing.calls import conversation_service, transfer_service
from routing.ladder import floor_state
from routing.offers import service as offer_service
from routing.queues import overflow_service as queues_overflow
from routing.queues import service
from routing.queues.queues import OverflowKind
from routing.router import floor_queries
from routing.router import queries as statements
from routing.router.service import Router
from tests.integration.stories import ADVICE, BOOKING, EMERGENCY, Story, opened
from tests.simulation.exchange.network import Faults, Mail
from tests.simulation.exchange.telephone import Place
from tests.simulation.interleave.arrivals import Caller
from tests.simulation.interleave.callers import hear_anew
from tests.simulation.interleave.seams import InTurn
from tests.support.factories import NOW


@pytest.fixture
def told(context: AppContext) -> Iterator[Story]:
    """A story at the sample hospital."""
    with opened(context) as story:
        yield story


def come(told: Story, staff_number: str) -> None:
    """This agent is available from now on."""
    with told.world.context.database.write() as session:
        agent = session.scalars(select(Agent).where(Agent.staff_number == staff_number)).one()
        agent_status.choose_status(session, told.world.context.notifier, agent, AgentStatus.AVAILABLE, clock.now())


# What others had.


def test_an_agent_whose_hang_up_nobody_reported_is_not_answered_for_ever(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    phone = told.meet(caller)
    told.world.exchange.end(caller, "completed")
    told.post("/calls/status", "/done")
    assert phone.place is Place.ENDED
    told.lose()
    told.wait(20)
    told.world.look_again()
    assert told.agent("1001").state is AgentState.WRAP_UP


def test_an_agent_who_was_reserved_by_a_router_that_died_is_free_again(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    offer = Offer(
        id=clock.new_id(), queue_entry_id=told.place(caller).id, call_id=caller.owner, agent_id=told.agent("1001").id,
        ring=1, rings=3, started_at=clock.now(), dialled_at=clock.now(),
    )  # fmt: skip
    assert offer_service.start(told.world.context.database, told.world.context.notifier, offer)
    told.wait(9)
    told.route()
    assert (told.agent("1001").state, told.agent("1001").is_present) == (AgentState.IDLE, False)
    told.wait(2)
    assert told.ring(caller).owner != offer.id


def test_a_call_is_never_answered_by_two_agents(told: Story) -> None:
    told.only("1001", "1002")
    caller = told.call()
    first = told.ring(caller)
    told.wait(5)
    second = told.ring(caller)
    assert first is not second
    told.pick_up(first)
    told.pick_up(second)
    told.hear()
    assert (first.place, second.place) == (Place.ROOM, Place.ENDED)
    assert told.place(caller).winner_id == first.owner


def test_a_caller_who_hung_up_rings_nobody(told: Story) -> None:
    caller = told.call()
    phone = told.ring(caller)
    rung = len(told.phones(caller))
    told.world.exchange.end(caller, "completed")
    told.post()
    told.route()
    assert phone.place is Place.ENDED
    told.wait(5)
    told.route()
    assert len(told.phones(caller)) == rung


def test_one_rejection_leaves_the_other_phones_ringing(told: Story) -> None:
    told.only("1001", "1002")
    caller = told.call()
    first = told.ring(caller)
    told.wait(5)
    second = told.ring(caller)
    told.world.exchange.end(first, "busy")
    told.post()
    told.route()
    assert second.place is Place.RINGING
    assert told.agent("1001").state is AgentState.NOT_READY or told.agent("1002").state is AgentState.NOT_READY


def test_a_queue_that_everybody_missed_is_offered_again(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    first = told.ring(caller)
    told.wait(16)
    told.route()
    told.post()
    assert (first.place, told.agent("1001").state) == (Place.ENDED, AgentState.NOT_READY)
    told.wait(121)
    assert told.ring(caller) is not first


def test_the_urgent_caller_of_a_queue_is_rung_for_first(told: Story) -> None:
    told.only()
    usual, urgent = told.call(ADVICE), told.call(EMERGENCY)
    come(told, "2001")
    told.route()
    assert (len(told.phones(urgent)), len(told.phones(usual))) == (1, 0)


def test_counters_are_not_doubled_by_webhooks_that_come_at_the_same_time(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    phone = told.ring(caller)
    told.pick_up(phone)
    told.route()
    told.post("/connect")
    start = told.in_flight("conference-start")
    app = told.world.app
    several = [threading.Thread(target=lambda: app.test_client().post(start.url, data=start.form)) for _ in range(4)]
    several += [
        threading.Thread(
            target=partial(
                offer_service.answer, told.world.context.database, told.world.context.notifier, phone.owner, clock.now()
            )
        )
    ]
    for thread in several:
        thread.start()
    for thread in several:
        thread.join()
    assert (told.told("caller_connected"), told.told("offer_answered")) == (1, 1)
    with told.world.context.database.read() as session:
        counted = queries.since(session, NOW, 5)
    assert (counted.asked, counted.answered, counted.offers, counted.offers_answered) == (1, 1, 1, 1)


def test_nobody_is_rung_during_wrap_up(told: Story) -> None:
    told.only("1001")
    first, second = told.call(), told.call()
    phone = told.meet(first)
    told.world.exchange.end(phone, "completed")
    told.post()
    told.route()
    assert (told.agent("1001").state, told.phones(second)) == (AgentState.WRAP_UP, [])
    told.wait(31)
    told.route()
    assert len(told.phones(second)) == 1


def test_callers_who_gave_up_are_in_the_figures(told: Story) -> None:
    callers = [told.call(), told.call()]
    for caller in callers:
        told.world.exchange.end(caller, "completed")
    told.post()
    with told.world.context.database.read() as session:
        counted = queries.since(session, NOW, 5)
        outcomes = set(session.scalars(select(Call.outcome)))
    assert (counted.asked, counted.abandoned, counted.caller_share, outcomes) == (2, 2, 0, {CallOutcome.ABANDONED})


def test_an_agent_who_went_away_stays_away_whatever_comes_late(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    phone = told.ring(caller)
    told.pick_up(phone)
    with told.world.context.database.write() as session:
        row = session.get_one(Agent, told.agent("1001").id)
        agent_status.choose_status(session, told.world.context.notifier, row, AgentStatus.AWAY, clock.now())
    told.world.exchange.end(phone, "completed")
    reports = list(told.world.exchange.mail)
    told.post()
    for mail in reversed(reports):
        told.world.post(mail)
    told.wait(200)
    told.route()
    assert (told.agent("1001").status, told.agent("1001").state) == (AgentStatus.AWAY, AgentState.IDLE)
    assert len(told.phones(caller)) == 1


# What the interleavings found in ours.


def test_a_caller_whose_agent_left_at_once_is_in_line_though_the_conference_s_start_comes_late(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    phone = told.ring(caller)
    told.pick_up(phone)
    told.route()
    told.post("/connect")
    told.world.exchange.end(phone, "completed")
    while told.post("/conference-left", "/requeued"):
        told.hear()
    assert (caller.place, told.place(caller).state) == (Place.QUEUE, QueueEntryState.WAITING)
    told.post()
    assert told.status(caller) is CallStatus.WAITING
    told.route()
    told.post()
    assert caller.place is Place.QUEUE
    told.wait(1)
    told.meet(caller)


def test_a_caller_who_came_too_late_to_meet_anybody_goes_back_in_line(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    phone = told.ring(caller)
    told.pick_up(phone)
    told.route()
    told.world.exchange.end(phone, "completed")
    told.wait(7)
    told.route()  # by now they ought to have met
    told.post()
    assert (caller.place, told.status(caller)) == (Place.ROOM, CallStatus.TALKING)
    told.wait(21)
    told.route()
    told.post()
    assert (caller.place, told.status(caller), told.place(caller).is_at_front) == (
        Place.QUEUE,
        CallStatus.WAITING,
        True,
    )


def test_a_second_winner_s_caller_is_moved_again(told: Story) -> None:
    told.only("1001", "1002")
    caller = told.call()
    first = told.ring(caller)
    told.pick_up(first)
    told.route()  # the caller is on the way
    told.world.exchange.end(first, "completed")
    told.post("completed")
    told.world.exchange.faults = Faults(down=1)
    told.route()  # an offer starts, but the exchange does nothing
    told.world.exchange.faults = Faults(0, 0, 0)
    told.wait(16)
    told.post()
    second = told.ring(caller)
    told.pick_up(second)
    told.route()
    told.post()
    assert (caller.place, caller.room, second.room) == (Place.ROOM, second.room, caller.room)


def test_the_start_of_an_earlier_conference_does_not_connect_a_caller_to_the_next_agent(told: Story) -> None:
    told.only("1001", "1002")
    caller = told.call()
    first = told.ring(caller)
    told.pick_up(first)
    told.route()
    told.post("/connect")
    late = told.in_flight("conference-start")
    told.lose("conference-start")
    told.world.exchange.end(first, "completed")
    told.post()
    told.route()
    told.post()
    second = told.ring(caller)
    told.pick_up(second)
    told.world.post(late)
    assert told.place(caller).state is QueueEntryState.WON
    told.route()
    told.world.post(late)
    assert told.place(caller).state is QueueEntryState.WON
    told.post()
    assert told.place(caller).state is QueueEntryState.CONNECTED


def test_a_line_of_which_no_report_arrived_is_known_by_its_answer_and_ended_with_its_call(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    told.world.exchange.faults = Faults(down=0, lost=1)
    told.route()
    (phone,) = told.phones(caller)
    with told.world.context.database.write() as session:
        session.get_one(Offer, phone.owner).provider_sid = None  # the router died before it wrote it down
    told.pick_up(phone)
    told.world.exchange.faults = Faults(0, 0, 0)
    told.world.exchange.end(caller, "completed")
    told.post()
    told.wait(4)
    told.route()
    told.post()
    assert (phone.place, told.agent("1001").state) == (Place.ENDED, AgentState.WRAP_UP)


def test_an_answer_that_comes_before_the_report_of_its_ringing_counts_from_the_dialling(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    told.route()
    (phone,) = told.phones(caller)
    told.world.exchange.ring(phone)
    told.wait(4)
    told.world.exchange.pick_up(phone)
    told.post("/answer")
    told.post()
    with told.world.context.database.read() as session:
        offer = session.get_one(Offer, phone.owner)
    assert offer.answered_at is not None
    assert offer.ringing_at is not None
    assert (offer.answered_at - offer.ringing_at).total_seconds() == 4


def test_who_picks_up_while_the_answer_to_the_dialling_gets_lost_has_the_caller(told: Story) -> None:
    told.only("1001")
    caller = told.call()

    def meanwhile() -> None:
        """The phone rings and is picked up before the exchange could tell the router."""
        if told.phones(caller):
            told.world.exchange.requests.between = lambda: None
            told.pick_up(told.phones(caller)[0])
            told.world.exchange.faults = Faults(down=1)

    told.world.exchange.requests.between = meanwhile
    told.route()
    assert (told.place(caller).state, told.agent("1001").state) == (QueueEntryState.WON, AgentState.TALKING)
    told.world.exchange.faults = Faults(0, 0, 0)
    told.route()
    told.post()
    assert told.status(caller) is CallStatus.TALKING


def test_a_conference_that_begins_before_the_router_has_heard_back_is_believed_at_once(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    told.pick_up(told.ring(caller))

    def meanwhile() -> None:
        """While the router waits for the exchange, the caller is led on and the conference begins."""
        told.post("/connect", "conference-start")

    told.world.exchange.requests.between = meanwhile
    told.route()
    assert told.status(caller) is CallStatus.TALKING
    assert (told.place(caller).state, told.told("caller_connected")) == (QueueEntryState.CONNECTED, 1)
    # Whoever hangs up soon after was answered, and has not given up.
    told.world.exchange.end(caller, "completed")
    told.post()
    with told.world.context.database.read() as session:
        counted = queries.since(session, NOW, 5)
    assert (counted.asked, counted.answered, counted.abandoned) == (1, 1, 0)


def test_who_has_become_busy_between_two_looks_is_not_freed_by_the_end_of_a_pause(told: Story) -> None:
    told.only("1001")
    told.call()
    with told.world.context.database.write() as session:
        agent = session.get_one(Agent, told.agent("1001").id)
        agent.state, agent.state_until = AgentState.WRAP_UP, clock.now()
    told.route()
    assert told.agent("1001").state is AgentState.OFFERED
    router = Router(told.world.context, told.world.exchange.provider, InTurn())
    router._come_back(told.agent("1001").id, clock.now() + timedelta(hours=1))
    assert told.agent("1001").state is AgentState.OFFERED


def test_a_decision_that_could_not_be_applied_is_followed_by_a_new_one(told: Story) -> None:
    told.only("1001", "1002")
    first, second = told.call(), told.call()
    taken, looks = told.agent("1001").id, itertools.count(1)

    def leave() -> None:
        """After the lease, who is back, and the floor have been looked at, the best agent leaves."""
        if next(looks) == 5:
            with told.world.context.database.write() as session:
                session.get_one(Agent, taken).status = AgentStatus.AWAY

    told.world._between = leave  # type: ignore[method-assign] # what happens between the steps of a router
    told.world.routers[0] = told.world._router()
    told.route()
    assert (len(told.phones(first)), len(told.phones(second))) == (1, 0)


def test_a_caller_who_is_in_line_again_before_they_are_found_alone_stays_there(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    context = told.world.context
    assert told.place(caller).winner_id is None
    with context.database.write() as session:
        conversation_service.alone(session, context.notifier, session.get_one(Call, caller.owner), clock.now())
    assert told.place(caller).state is QueueEntryState.WAITING


def test_nobody_is_called_back_while_they_are_on_the_line_for_something_else(told: Story) -> None:
    told.only()
    patient, exchange = Caller(number="+8613800000001"), told.world.exchange
    first = told.world.join(BOOKING, patient)
    told.world.door.post(f"/voice/calls/{first.owner}/wait", {"CallSid": first.sid, "Digits": "1"})
    exchange.end(first, "completed")
    told.post()
    second = told.world.join(ADVICE, patient)
    come(told, "1001")
    told.route()
    assert exchange.dialled == []
    exchange.end(second, "completed")
    told.post()
    told.route()
    assert [(line.address, line.is_agent) for line in exchange.dialled] == [(patient.number, False)]


def test_the_router_never_reads_through_what_is_over(context: AppContext) -> None:
    if not context.database.is_sqlite:
        pytest.skip("PostgreSQL decides by the size of the tables")
    asked = (statements.TO_HANG_UP, statements.TO_DIAL, statements.TO_MOVE, statements.TO_ARRANGE, statements.TO_RECORD)
    seen = (
        statements.UNCONNECTED,
        statements.ALONE,
        floor_queries._IN_LINE,
        floor_queries._MADE,
        floor_queries._RINGING,
    )
    moments = dict.fromkeys(("ghosts", "met", "left"), NOW)
    with context.database.engine.connect() as connection:
        for query in (*asked, *seen):
            compiled = query.params(moments).compile(
                context.database.engine, compile_kwargs={"render_postcompile": True}
            )
            plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + str(compiled).replace("?", "''")).all()
            assert not [row[3] for row in plan if row[3].startswith("SCAN") and "recordings" not in row[3]]


def test_a_caller_put_on_hold_before_they_are_in_the_room_hears_nobody_when_they_come_in(told: Story) -> None:
    caller = told.call()
    phone = told.ring(caller)
    told.pick_up(phone)
    told.route()  # the caller is on the way, for long
    told.wait(8)
    told.route()
    assert told.status(caller) is CallStatus.TALKING
    with told.world.context.database.write() as session:
        transfer_service.hold(
            session, told.world.context.notifier, session.get_one(Call, caller.owner), clock.now(), is_held=True
        )
    told.route()
    told.post()
    assert caller.place is Place.ROOM
    told.route()
    assert caller.is_held


def test_who_is_not_yet_back_in_line_is_not_led_out_of_it(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    phone = told.ring(caller)
    told.pick_up(phone)
    told.route()  # the caller is on the way
    told.world.exchange.end(phone, "completed")
    told.post("completed")
    place = told.place(caller)
    assert (place.state, place.sent_to_conference_at is not None) == (QueueEntryState.WAITING, True)
    way = floor_state.LeaveByOverflow(place.id, OverflowKind.CALL_BACK, None)
    assert not queues_overflow.leave_queue(told.world.context, told.world.exchange.provider, way, clock.now())
    assert told.place(caller).state is QueueEntryState.WAITING


def test_who_is_in_the_queue_though_they_were_led_out_of_it_leaves_it_for_where_they_stand(told: Story) -> None:
    told.only()
    caller = told.call()
    with told.world.context.database.write() as session:
        call = session.get_one(Call, caller.owner)
        service.leave(session, told.world.context.notifier, call, QueueEntryEndReason.OVERFLOW_VOICEMAIL, clock.now())
    overflow = Mail(f"/voice/calls/{caller.owner}/overflow?kind=voicemail", {"CallSid": caller.sid})
    told.world.post(overflow)  # late: its document is not wanted any more, the caller is in the queue
    assert told.status(caller) is CallStatus.IN_MENU
    hear_anew(told.world.exchange)
    told.post("/wait")
    assert caller.place is not Place.QUEUE
    told.post("left")
    told.hear()
    assert (caller.place, caller.verb) == (Place.ASKED, "Record")
