"""Presence as rows: pages, telephones and dials decide who is rung; who is not there has missed nothing."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import func, select

from accounts.sessions import queries
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.models import Agent, AgentPage, CallHistoryEvent, Offer, SignIn, User
from hotline.values.access import Role
from hotline.values.reason_codes import OfferEndReason, QueueEntryEndReason
from hotline.values.states.agent import AbsenceReason, AgentState, AgentStatus, PagePhone, SignsIn
from hotline.values.states.leg import LegStatus
from hotline.values.states.offer import OfferState
from hotline.values.states.queue_entry import QueueEntryState
from qa.reports import queries as reports_queries
from reports.service_level.figures import by_agent, summary
from reports.service_level.queries import between
from routing.agents import service as agents_service
from routing.agents import status_service as agent_status
from routing.agents.service import PageHeartbeat
from routing.calls import leg_service
from routing.offers import service as offer_service
from routing.queues import queues_file
from routing.router import floor_queries
from telephony.views import RegisteredPhone
from tests.conftest import make_settings
from tests.integration.stories import ADVICE, BOOKING, Story, opened
from tests.support.factories import call_in_line, load_hospital, offer_to

STANDARD = Path("routing/queues/queues.yaml")


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_server: str) -> Settings:
    """A hospital whose callers of the service desk are called back after twelve rings."""
    queues = yaml.safe_load(STANDARD.read_text("utf-8"))
    queues["queues"]["booking"]["overflow"] = [{"kind": "call_back", "after_rings": 12}]
    path = tmp_path / "queues.yaml"
    path.write_text(yaml.safe_dump(queues, allow_unicode=True), "utf-8")
    return make_settings(tmp_path, database_url, redis_server, queues_file=path)


@pytest.fixture
def told(context: AppContext) -> Iterator[Story]:
    """A story at the sample hospital, with 1001 alone at work."""
    with opened(context) as story:
        story.only("1001")
        yield story


class Desk:
    """The staff page of agent 1001: it is there as long as `stays` says so."""

    def __init__(self, told: Story, page_id: str = "a" * 32) -> None:
        """Open the page."""
        self.told = told
        with told.world.context.database.write() as session:
            agent = session.scalars(select(Agent).where(Agent.staff_number == "1001")).one()
            user = session.scalars(select(User).where(User.agent_id == agent.id)).first()
            if user is None:
                user = User(login="lijing", password="-", name="李静", role=Role.AGENT, agent_id=agent.id)
                session.add(user)
                session.flush()
            made = SignIn(id=clock.new_id())
            queries.begin(session, user, made, timedelta(hours=12), clock.now())
            self.beat = PageHeartbeat(page_id, agent.id, user.id, PagePhone.CONNECTED, made.id)
            agent.signs_in = None
        self.stays(0)

    def stays(self, seconds: float) -> None:
        """Say every other second that it is there, for so long."""
        context = self.told.world.context
        while True:
            with context.database.write() as session:
                assert agents_service.heartbeat(session, context.notifier, self.beat, clock.now())
            if seconds <= 0:
                return
            self.told.wait(2)
            seconds -= 2

    def registers(self, sid: str = "PH1") -> None:
        """Its telephone is registered at the exchange, which tells of nobody else's."""
        address = self.told.agent("1001").address
        self.told.world.exchange.registered = [RegisteredPhone(address, sid, self.beat.page_id)]
        self.looks()

    def looks(self) -> None:
        """The router asks the exchange, and decides who is there."""
        self.told.wait(1)
        self.told.route()
        self.told.route()

    def closes(self) -> None:
        context = self.told.world.context
        with context.database.write() as session:
            agents_service.leave(session, context.notifier, self.beat.agent_id, self.beat.page_id, clock.now())


def offers(told: Story) -> list[Offer]:
    with told.world.context.database.read() as session:
        return list(session.scalars(select(Offer).order_by(Offer.id)))


def is_there(told: Story) -> bool:
    return told.agent("1001").is_present


# Pages


def test_a_page_that_falls_silent_takes_its_agent_off_the_floor_within_seven_seconds(told: Story) -> None:
    desk = Desk(told)
    desk.registers()
    assert is_there(told)
    desk.stays(10)
    told.wait(5.9)
    told.route()
    assert is_there(told)
    told.wait(0.2)
    told.route()
    assert (is_there(told), told.agent("1001").absence_reason) == (False, AbsenceReason.PAGE_SILENT)
    told.call()
    told.route()
    assert offers(told) == []
    assert told.agent("1001").status is AgentStatus.AVAILABLE  # what they chose stands


def test_a_page_that_is_back_puts_its_agent_back_at_once(told: Story) -> None:
    desk = Desk(told)
    desk.registers()
    told.wait(60)
    told.route()
    assert not is_there(told)
    caller = told.call()
    desk.stays(0)
    assert is_there(told)
    assert told.ring(caller)


def test_a_page_that_says_good_bye_is_gone_at_once_and_its_phone_stops(told: Story) -> None:
    desk = Desk(told)
    desk.registers()
    caller = told.call()
    phone = told.ring(caller)
    desk.closes()
    (offer,) = offers(told)
    assert (offer.state, offer.reason) == (OfferState.UNREACHABLE, OfferEndReason.PAGE_SILENT)
    assert (told.agent("1001").state, is_there(told)) == (AgentState.IDLE, False)
    told.route()
    assert phone.word == "canceled"
    assert told.told("offer_missed") == 0


def test_signing_out_ends_the_pages_of_that_session_and_no_others(told: Story) -> None:
    here, there = Desk(told), Desk(told, "b" * 32)
    context = told.world.context
    there.registers()
    with context.database.write() as session:
        agents_service.sign_out(session, context.notifier, here.beat.agent_id, here.beat.sign_in_id or "", clock.now())
    assert is_there(told)
    with context.database.write() as session:
        agents_service.sign_out(session, context.notifier, here.beat.agent_id, there.beat.sign_in_id or "", clock.now())
        assert session.scalar(select(func.count()).select_from(AgentPage)) == 0
    assert not is_there(told)


def test_who_is_shut_out_is_off_the_floor_whatever_their_page_says(told: Story) -> None:
    desk = Desk(told)
    desk.registers()
    with told.world.context.database.write() as session:
        session.get_one(User, desk.beat.user_id).is_active = False
    desk.stays(2)
    told.route()
    assert (is_there(told), told.agent("1001").absence_reason) == (False, AbsenceReason.NOT_SIGNED_IN)


def test_nobody_speaks_for_anothers_page(told: Story) -> None:
    desk = Desk(told)
    context = told.world.context
    other = PageHeartbeat(desk.beat.page_id, told.agent("1002").id, desk.beat.user_id, PagePhone.CONNECTED)
    with context.database.write() as session:
        assert not agents_service.heartbeat(session, context.notifier, other, clock.now())


def test_an_agent_with_a_number_is_there_while_a_page_is_open_or_where_the_file_says_so(told: Story) -> None:
    desk = Desk(told)
    with told.world.context.database.write() as session:
        session.get_one(Agent, desk.beat.agent_id).address = "+861066880001"
    desk.looks()
    assert is_there(told)
    told.wait(10)
    told.route()
    assert told.agent("1001").absence_reason is AbsenceReason.NOT_SIGNED_IN
    with told.world.context.database.write() as session:
        session.get_one(Agent, desk.beat.agent_id).signs_in = SignsIn.TELEPHONE
    told.route()
    assert is_there(told)


# Telephones


def test_a_telephone_that_is_registered_no_more_is_offered_nothing(told: Story) -> None:
    desk = Desk(told)
    desk.registers()
    told.world.exchange.registered = []
    told.wait(1)
    desk.stays(0)
    told.route()
    told.route()
    assert (is_there(told), told.agent("1001").absence_reason) == (False, AbsenceReason.NOT_CONNECTED)


def test_a_registration_lost_between_lease_and_dial_is_no_missed_offer(told: Story) -> None:
    desk = Desk(told)
    desk.registers()
    caller = told.call()
    told.route()
    (phone,) = told.phones(caller)
    told.world.exchange.end(phone, "no-answer")  # nobody was there: it never rang
    told.post("no-answer")
    (offer,) = offers(told)
    assert (offer.state, offer.reason) == (OfferState.UNREACHABLE, OfferEndReason.NOT_REACHED)
    assert told.agent("1001").state is AgentState.IDLE


def test_signing_out_between_decision_and_lease_wins(context: AppContext) -> None:
    agent = load_hospital(context)["1001"]
    _, waiting = call_in_line(context)
    with context.database.write() as session:
        row = session.get_one(Agent, agent.id)
        row.is_present, row.absence_reason = False, AbsenceReason.NOT_SIGNED_IN
    offer = Offer(
        id=clock.new_id(), queue_entry_id=waiting.id, call_id=waiting.call_id, agent_id=agent.id,
        ring=1, rings=3, reasons=[], started_at=clock.now(),
    )  # fmt: skip
    assert not offer_service.start(context.database, context.notifier, offer)


def test_an_address_that_cannot_be_reached_is_tried_with_growing_pauses(told: Story) -> None:
    told.only("2001")
    come(told, "2001")
    caller = told.call(ADVICE)  # whose queue has no other way: they stay in line
    tried: list[float] = []
    start = clock.now()
    for _ in range(4 * 70):
        told.route()
        for phone in told.phones(caller):
            if phone.word == "initiated":
                tried.append((clock.now() - start).total_seconds())
                told.world.exchange.end(phone, "no-answer")
        told.post("initiated", "no-answer")
        told.wait(0.25)
    gaps = [round(later - earlier) for earlier, later in itertools.pairwise(tried)]
    assert gaps == [2, 4, 8, 16, 32]
    assert {offer.state for offer in offers(told)} == {OfferState.UNREACHABLE}


def test_a_new_registration_ends_the_pause(told: Story) -> None:
    desk = Desk(told)
    desk.registers()
    caller = told.call()
    told.route()
    (phone,) = told.phones(caller)
    told.world.exchange.end(phone, "no-answer")
    told.post("initiated", "no-answer")
    assert told.agent("1001").dial_failures == 1
    desk.registers("PH2")
    assert (told.agent("1001").dial_failures, is_there(told)) == (0, True)


def come(told: Story, staff_number: str) -> None:
    with told.world.context.database.write() as session:
        agent = session.scalars(select(Agent).where(Agent.staff_number == staff_number)).one()
        agent_status.choose_status(session, told.world.context.notifier, agent, AgentStatus.AVAILABLE, clock.now())


# Callers whose queue is not there


def test_a_caller_whose_whole_queue_is_not_there_is_led_to_overflow_at_once(told: Story) -> None:
    told.world.exchange.registered = []
    told.wait(1)
    told.route()
    told.route()
    told.wait(10)
    caller = told.call()
    told.route()
    place = told.place(caller)
    assert (place.state, place.reason) == (QueueEntryState.LEFT, QueueEntryEndReason.OVERFLOW_CALLBACK)
    assert offers(told) == []


def test_who_may_be_loading_their_page_again_is_waited_for(told: Story) -> None:
    told.world.exchange.registered = []
    desk = Desk(told)
    desk.registers()
    desk.closes()
    caller = told.call()
    told.wait(4)
    told.route()
    assert told.place(caller).state is QueueEntryState.WAITING
    again = Desk(told, "b" * 32)
    again.registers("PH2")
    assert told.ring(caller)


# Figures


def test_offers_to_nobody_are_in_no_figure_and_no_assessment(told: Story) -> None:
    desk = Desk(told)
    desk.registers()
    told.ring(told.call())
    desk.closes()
    context = told.world.context
    with context.database.read() as session:
        counted = between(session, clock.now() - timedelta(hours=1))
        whole = summary(counted, context.settings.ring_seconds)
        own = by_agent(counted, context.settings.ring_seconds).values()
        day = (clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1))
        assessed = reports_queries.offer_results(session, *day, context.settings.ring_seconds)
    assert (whole.offers, whole.missed, whole.rejected, whole.unreachable) == (0, 0, 0, 1)
    assert [(part.offers, part.missed) for part in own] == [(0, 0)]
    assert assessed == {}


def test_what_rang_out_after_the_page_was_cut_off_turns_out_not_to_be_missed(told: Story) -> None:
    desk = Desk(told)
    desk.registers()
    phone = told.ring(told.call())
    desk.stays(0)
    told.wait(1)  # the network is gone; the phone goes on ringing at the exchange
    told.world.exchange.end(phone, "no-answer")
    told.post("no-answer")
    assert [offer.state for offer in offers(told)] == [OfferState.MISSED]
    assert told.agent("1001").state is AgentState.NOT_READY
    told.wait(5.5)
    told.route()
    (offer,) = offers(told)
    assert (offer.state, offer.reason) == (OfferState.UNREACHABLE, OfferEndReason.PAGE_SILENT)
    assert told.agent("1001").state is AgentState.IDLE
    assert (told.told("offer_missed"), told.told("offer_unreachable")) == (0, 1)


def test_what_rang_out_while_the_page_was_heard_is_missed(told: Story) -> None:
    desk = Desk(told)
    desk.registers()
    phone = told.ring(told.call())
    told.world.exchange.end(phone, "no-answer")
    told.post("no-answer")
    told.wait(1)
    desk.stays(0)
    told.wait(10)
    told.route()
    assert [offer.state for offer in offers(told)] == [OfferState.MISSED]


def test_an_offer_that_never_rang_does_not_count_as_a_ring_of_the_caller(told: Story) -> None:
    desk = Desk(told)
    desk.registers()
    caller = told.call(BOOKING)
    told.ring(caller)
    desk.closes()
    context = told.world.context
    with context.database.read() as session:
        seen = floor_queries.floor_state_of(session, queues_file.of(context.settings), clock.now())
    assert [row.first_rung_at for row in seen.callers] == [None]


def test_a_lost_report_of_ringing_is_not_taken_for_an_empty_room(context: AppContext) -> None:
    agent = load_hospital(context)["1001"]
    _, waiting = call_in_line(context)
    offer = offer_to(context, waiting, agent)
    leg_service.agent_line(context, offer.id, leg_service.LegReport("CA1", LegStatus.NO_ANSWER, 2), clock.now())
    with context.database.read() as session:
        assert session.get_one(Offer, offer.id).state is OfferState.MISSED
        assert session.scalar(select(func.count()).where(CallHistoryEvent.kind == "offer_missed")) == 1


def test_a_phone_that_vanishes_while_it_rings_has_let_nobody_ring(context: AppContext) -> None:
    agent = load_hospital(context)["1001"]
    _, waiting = call_in_line(context)
    offer = offer_to(context, waiting, agent)
    leg_service.agent_line(context, offer.id, leg_service.LegReport("CA1", LegStatus.RINGING, 1), clock.now())
    leg_service.agent_line(context, offer.id, leg_service.LegReport("CA1", LegStatus.NO_ANSWER, 2, 410), clock.now())
    with context.database.read() as session:
        assert session.get_one(Offer, offer.id).state is OfferState.UNREACHABLE
        assert session.get_one(Agent, agent.id).state is AgentState.IDLE
