"""Offers as leases on both databases: one winner, nobody stuck, late and doubled events change nothing."""

import threading
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from hotline.clock import new_id
from hotline.configuration.errors import FileFault
from hotline.context import AppContext
from hotline.models import Agent, Call, CallHistoryEvent, Leg, Offer, QueueEntry
from hotline.values.states.agent import AgentState
from hotline.values.states.call import CallStatus
from hotline.values.states.leg import LegStatus
from hotline.values.states.offer import OfferState
from hotline.values.states.queue_entry import QueueEntryState
from routing.agents import hospital_file
from routing.agents import status_service as agent_status
from routing.calls import conversation_service, leg_service
from routing.errors import UnknownQueue
from routing.offers import service as offer_service
from routing.queues import queries, queues_file, service
from routing.queues.service import QueueRequest
from routing.router import reconcile_queries
from tests.support.factories import NOW, call_in_line, load_hospital, offer_to

LATER = NOW + timedelta(seconds=5)


def fresh(context: AppContext, *rows: Agent | Call | Offer | QueueEntry) -> list[object]:
    with context.database.read() as session:
        return [session.get_one(type(row), row.id) for row in rows]


def state_of(context: AppContext, row: Agent | Offer | QueueEntry) -> object:
    return fresh(context, row)[0].state  # type: ignore[attr-defined] # every row given here has a state


def test_a_caller_who_asks_twice_has_one_place(context: AppContext) -> None:
    load_hospital(context)
    call, waiting = call_in_line(context)
    with context.database.write() as session:
        again = service.join(
            session, context.notifier, context.settings, session.get_one(Call, call.id), QueueRequest("booking"), LATER
        )
        assert again.id == waiting.id
        assert again.asked_at == NOW
    assert waiting.required_skills == {"booking": 1, "en-US": 1}


def test_position_counts_priority_before_time(context: AppContext) -> None:
    load_hospital(context)
    first, _ = call_in_line(context)
    second, _ = call_in_line(context, now=LATER)
    urgent, _ = call_in_line(context, QueueRequest("booking", priority=100), LATER)
    with context.database.read() as session:
        assert [service.position(session, call.id) for call in (first, second, urgent)] == [2, 3, 1]
        assert service.position(session, "nobody") is None


def test_a_queue_that_does_not_exist_is_named(context: AppContext) -> None:
    load_hospital(context)
    with pytest.raises(UnknownQueue, match="surgery"):
        call_in_line(context, QueueRequest("surgery"))


def test_an_agent_is_leased_once_however_many_ask_at_the_same_time(context: AppContext) -> None:
    agent = load_hospital(context)["1001"]
    places = [call_in_line(context)[1] for _ in range(6)]
    offers = [
        Offer(id=new_id(), queue_entry_id=w.id, call_id=w.call_id, agent_id=agent.id, ring=1, rings=3, started_at=NOW)
        for w in places
    ]
    won: list[bool] = []
    threads = [
        threading.Thread(target=lambda o=offer: won.append(offer_service.start(context.database, context.notifier, o)))
        for offer in offers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 5 + [True]


def test_one_winner_however_many_pick_up_at_the_same_time(context: AppContext) -> None:
    agents = load_hospital(context)
    _, waiting = call_in_line(context)
    offers = [offer_to(context, waiting, agents[number]) for number in ("1001", "1002", "1003", "1004")]
    won: list[tuple[str, bool]] = []
    pick_up = [
        threading.Thread(
            target=lambda o=offer: won.append(
                (o.id, offer_service.answer(context.database, context.notifier, o.id, LATER))
            )
        )
        for offer in offers
    ]
    for thread in pick_up:
        thread.start()
    for thread in pick_up:
        thread.join()
    winners = [offer_id for offer_id, is_winner in won if is_winner]
    assert len(winners) == 1
    with context.database.read() as session:
        states = {offer.id: offer.state for offer in session.scalars(select(Offer))}
        talking = [a.offer_id for a in session.scalars(select(Agent).where(Agent.state == AgentState.TALKING))]
        idle = session.scalars(select(Agent).where(Agent.state == AgentState.IDLE)).all()
        row = session.get_one(QueueEntry, waiting.id)
    assert states.pop(winners[0]) is OfferState.ANSWERED
    assert set(states.values()) == {OfferState.CANCELLED}
    assert (row.state, row.winner_id, talking) == (QueueEntryState.WON, winners[0], winners)
    assert len(idle) == len(agents) - 1
    # Delivered twice: the same answer.
    assert offer_service.answer(context.database, context.notifier, winners[0], LATER)
    assert not offer_service.answer(context.database, context.notifier, next(iter(states)), LATER)


def test_a_caller_who_hangs_up_stops_every_phone_and_frees_every_agent(context: AppContext) -> None:
    agents = load_hospital(context)
    call, waiting = call_in_line(context)
    offers = [offer_to(context, waiting, agents[number]) for number in ("1001", "1002")]
    for offer, sid in zip(offers, ("CAx", "CAy"), strict=True):
        leg_service.agent_line(context, offer.id, leg_service.LegReport(sid, LegStatus.RINGING, 1), NOW)
    for _ in range(2):
        with context.database.write() as session:
            held = queries.locked_call(session, call.id)
            assert held is not None
            service.caller_ended(session, context.notifier, held, LATER)
    assert state_of(context, waiting) is QueueEntryState.ABANDONED
    assert {state_of(context, offer) for offer in offers} == {OfferState.CANCELLED}
    assert {state_of(context, agents[number]) for number in ("1001", "1002")} == {AgentState.IDLE}
    with context.database.read() as session:
        assert {row.provider_sid for row in reconcile_queries.pending_requests(session, NOW).hang_up} == {"CAx", "CAy"}
    # The agent was a moment too late.
    assert not offer_service.answer(context.database, context.notifier, offers[0].id, LATER)


def test_wrap_up_begins_when_the_agent_leaves_and_ends_by_itself(context: AppContext) -> None:
    agent = load_hospital(context)["1001"]
    call, waiting = call_in_line(context)
    offer = offer_to(context, waiting, agent)
    offer_service.answer(context.database, context.notifier, offer.id, NOW)
    with context.database.write() as session:
        held = queries.locked_call(session, call.id)
        assert held is not None
        session.get_one(QueueEntry, waiting.id).sent_to_conference_at = NOW
        session.flush()
        conversation_service.connected(session, context.notifier, held, NOW)
        conversation_service.connected(session, context.notifier, held, LATER)
        assert (held.status, held.answered_at) == (CallStatus.TALKING, NOW)
    for _ in range(2):
        leg_service.agent_line(context, offer.id, leg_service.LegReport("CAx", LegStatus.COMPLETED, 3), LATER)
    assert state_of(context, agent) is AgentState.WRAP_UP
    with context.database.read() as session:
        assert reconcile_queries.elapsed(session, LATER).back == []
        (back,) = reconcile_queries.elapsed(session, LATER + timedelta(seconds=30)).back
    with context.database.write() as session:
        assert agent_status.come_back(session, context.notifier, session.get_one(Agent, back.id), LATER)
        assert not agent_status.come_back(session, context.notifier, session.get_one(Agent, back.id), LATER)
    assert state_of(context, agent) is AgentState.IDLE
    with context.database.read() as session:
        kinds = session.scalars(select(CallHistoryEvent.kind).where(CallHistoryEvent.call_id == call.id)).all()
    assert sorted(kinds) == ["agent_left", "caller_connected", "offer_answered", "offer_started", "person_requested"]


def test_winner_whose_line_breaks_before_the_caller_came_puts_the_caller_back_in_line(context: AppContext) -> None:
    agents = load_hospital(context)
    _, waiting = call_in_line(context)
    offer = offer_to(context, waiting, agents["1001"])
    offer_service.answer(context.database, context.notifier, offer.id, NOW)
    leg_service.agent_line(context, offer.id, leg_service.LegReport("CAx", LegStatus.COMPLETED, 3), LATER)
    assert state_of(context, waiting) is QueueEntryState.WAITING
    assert state_of(context, agents["1001"]) is AgentState.IDLE
    second = offer_to(context, waiting, agents["1002"])
    assert offer_service.answer(context.database, context.notifier, second.id, LATER)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (LegStatus.NO_ANSWER, AgentState.NOT_READY),
        (LegStatus.BUSY, AgentState.NOT_READY),
        (LegStatus.FAILED, AgentState.IDLE),
        (LegStatus.CANCELED, AgentState.IDLE),
    ],
)
def test_a_phone_that_ends_unanswered_never_leaves_its_agent_stuck(
    context: AppContext, end: LegStatus, state: AgentState
) -> None:
    agent = load_hospital(context)["1001"]
    _, waiting = call_in_line(context)
    offer = offer_to(context, waiting, agent)
    leg_service.agent_line(context, offer.id, leg_service.LegReport("CAx", LegStatus.RINGING, 1), NOW)
    leg_service.agent_line(context, offer.id, leg_service.LegReport("CAx", end, 2), LATER)
    (row,) = fresh(context, agent)
    assert isinstance(row, Agent)
    assert row.state is state
    assert row.offer_id is None
    assert (row.state_until is not None) == (state is AgentState.NOT_READY)
    assert state_of(context, waiting) is QueueEntryState.WAITING


def test_status_reports_in_any_order_leave_the_same_rows(context: AppContext) -> None:
    agents = load_hospital(context)
    reports = [
        leg_service.LegReport("CA", LegStatus.INITIATED, 0),
        leg_service.LegReport("CA", LegStatus.RINGING, 1),
        leg_service.LegReport("CA", LegStatus.NO_ANSWER, 2),
    ]
    ends = []
    for number, order in (("1001", (0, 1, 2)), ("1002", (2, 1, 0)), ("1003", (1, 2, 0, 1, 2))):
        _, waiting = call_in_line(context)
        offer = offer_to(context, waiting, agents[number])
        for index in order:
            report = leg_service.LegReport(f"CA{number}", reports[index].status, reports[index].sequence)
            leg_service.agent_line(context, offer.id, report, LATER)
        with context.database.read() as session:
            leg = session.scalars(select(Leg).where(Leg.offer_id == offer.id)).one()
            row = session.get_one(Offer, offer.id)
            ends.append((leg.status, leg.sequence, leg.ended_at, row.state, row.ended_at))
    assert len(set(ends)) == 1


def test_a_late_event_of_an_old_offer_does_not_move_an_agent_who_went_on(context: AppContext) -> None:
    agent = load_hospital(context)["1001"]
    _, first = call_in_line(context)
    old = offer_to(context, first, agent)
    leg_service.agent_line(context, old.id, leg_service.LegReport("CA1", LegStatus.CANCELED, 2), NOW)
    _, second = call_in_line(context)
    new = offer_to(context, second, agent)
    assert offer_service.answer(context.database, context.notifier, new.id, NOW)
    leg_service.agent_line(context, old.id, leg_service.LegReport("CA1", LegStatus.COMPLETED, 3), LATER)
    assert state_of(context, agent) is AgentState.TALKING


def test_hospital_file_with_faults_names_file_line_and_field_of_all(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(
        "queues: {}\n"
        "agents:\n"
        '  "1": {name: A, address: client:a, skills: {surgery: 3}, languages: {zh-CN: 9}}\n'
        '  "2": {name: B, address: room 5, department: none, skills: {booking: 3}, languages: {fr-FR: 1}}\n',
        "utf-8",
    )
    with pytest.raises(FileFault) as caught:
        hospital_file.read(file, queues_file.read_file(queues_file.STANDARD, ZoneInfo("Asia/Shanghai")))
    told = [fault.removeprefix(f"{file}:").split(":")[:2] for fault in caught.value.faults]
    assert told == [
        ["1", " queues"],
        ["3", " agents.1.languages.zh-CN"],
        ["3", " agents.1.skills.surgery"],
        ["4", " agents.2.address"],
        ["4", " agents.2.department"],
        ["4", " agents.2.languages.fr-FR"],
    ]
