"""Offers as leases on both databases: one winner, nobody stuck, late and doubled events change nothing."""

import threading
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from hotline.clock import new_id
from hotline.context import Ground
from hotline.models import Agent, Call, Event, Leg, Offer, Waiting
from hotline.values.statuses import AgentState, CallStatus, LegStatus, OfferState, WaitingState
from routing.agents import hospital_file
from routing.calls import conversations, legs
from routing.errors import HospitalFault, UnknownQueue
from routing.queues import queries, queues_file, service
from routing.queues.service import Wish
from routing.router import reconcile
from tests.factories import NOW, call_in_line, load_hospital, offer_to

LATER = NOW + timedelta(seconds=5)


def fresh(ground: Ground, *rows: Agent | Call | Offer | Waiting) -> list[object]:
    with ground.database.read() as session:
        return [session.get_one(type(row), row.id) for row in rows]


def state_of(ground: Ground, row: Agent | Offer | Waiting) -> object:
    return fresh(ground, row)[0].state  # type: ignore[attr-defined] # every row given here has a state


def test_a_caller_who_asks_twice_has_one_place(ground: Ground) -> None:
    load_hospital(ground)
    call, waiting = call_in_line(ground)
    with ground.database.write() as session:
        again = service.join(session, ground, session.get_one(Call, call.id), Wish("booking"), LATER)
        assert again.id == waiting.id
        assert again.asked_at == NOW
    assert waiting.wish == {"booking": 1, "en-US": 1}


def test_position_counts_priority_before_time(ground: Ground) -> None:
    load_hospital(ground)
    first, _ = call_in_line(ground)
    second, _ = call_in_line(ground, now=LATER)
    urgent, _ = call_in_line(ground, Wish("booking", priority=100), LATER)
    with ground.database.read() as session:
        assert [service.position(session, call.id) for call in (first, second, urgent)] == [2, 3, 1]
        assert service.position(session, "nobody") is None


def test_a_queue_that_does_not_exist_is_named(ground: Ground) -> None:
    load_hospital(ground)
    with pytest.raises(UnknownQueue, match="surgery"):
        call_in_line(ground, Wish("surgery"))


def test_an_agent_is_leased_once_however_many_ask_at_the_same_time(ground: Ground) -> None:
    agent = load_hospital(ground)["1001"]
    places = [call_in_line(ground)[1] for _ in range(6)]
    offers = [
        Offer(id=new_id(), waiting_id=w.id, call_id=w.call_id, agent_id=agent.id, ring=1, rings=3, started_at=NOW)
        for w in places
    ]
    won: list[bool] = []
    threads = [threading.Thread(target=lambda o=offer: won.append(service.start_offer(ground, o))) for offer in offers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 5 + [True]


def test_one_winner_however_many_pick_up_at_the_same_time(ground: Ground) -> None:
    agents = load_hospital(ground)
    _, waiting = call_in_line(ground)
    offers = [offer_to(ground, waiting, agents[number]) for number in ("1001", "1002", "1003", "1004")]
    won: list[tuple[str, bool]] = []
    pick_up = [
        threading.Thread(target=lambda o=offer: won.append((o.id, service.answer(ground, o.id, LATER))))
        for offer in offers
    ]
    for thread in pick_up:
        thread.start()
    for thread in pick_up:
        thread.join()
    winners = [offer_id for offer_id, is_winner in won if is_winner]
    assert len(winners) == 1
    with ground.database.read() as session:
        states = {offer.id: offer.state for offer in session.scalars(select(Offer))}
        talking = [a.offer_id for a in session.scalars(select(Agent).where(Agent.state == AgentState.TALKING))]
        idle = session.scalars(select(Agent).where(Agent.state == AgentState.IDLE)).all()
        row = session.get_one(Waiting, waiting.id)
    assert states.pop(winners[0]) is OfferState.ANSWERED
    assert set(states.values()) == {OfferState.CANCELLED}
    assert (row.state, row.winner_id, talking) == (WaitingState.WON, winners[0], winners)
    assert len(idle) == len(agents) - 1
    assert service.answer(ground, winners[0], LATER)  # delivered twice: the same answer
    assert not service.answer(ground, next(iter(states)), LATER)


def test_a_caller_who_hangs_up_stops_every_phone_and_frees_every_agent(ground: Ground) -> None:
    agents = load_hospital(ground)
    call, waiting = call_in_line(ground)
    offers = [offer_to(ground, waiting, agents[number]) for number in ("1001", "1002")]
    for offer, sid in zip(offers, ("CAx", "CAy"), strict=True):
        legs.agent_line(ground, offer.id, legs.Report(sid, LegStatus.RINGING, 1), NOW)
    for _ in range(2):
        with ground.database.write() as session:
            held = queries.locked_call(session, call.id)
            assert held is not None
            service.caller_ended(session, ground, held, LATER)
    assert state_of(ground, waiting) is WaitingState.ABANDONED
    assert {state_of(ground, offer) for offer in offers} == {OfferState.CANCELLED}
    assert {state_of(ground, agents[number]) for number in ("1001", "1002")} == {AgentState.IDLE}
    with ground.database.read() as session:
        assert {row.provider_sid for row in reconcile.asks(session, NOW).hang_up} == {"CAx", "CAy"}
    assert not service.answer(ground, offers[0].id, LATER)  # the agent was a moment too late


def test_wrap_up_begins_when_the_agent_leaves_and_ends_by_itself(ground: Ground) -> None:
    agent = load_hospital(ground)["1001"]
    call, waiting = call_in_line(ground)
    offer = offer_to(ground, waiting, agent)
    service.answer(ground, offer.id, NOW)
    with ground.database.write() as session:
        held = queries.locked_call(session, call.id)
        assert held is not None
        session.get_one(Waiting, waiting.id).moved_at = NOW
        session.flush()
        conversations.connected(session, ground, held, NOW)
        conversations.connected(session, ground, held, LATER)
        assert (held.status, held.answered_at) == (CallStatus.TALKING, NOW)
    for _ in range(2):
        legs.agent_line(ground, offer.id, legs.Report("CAx", LegStatus.COMPLETED, 3), LATER)
    assert state_of(ground, agent) is AgentState.WRAP_UP
    with ground.database.read() as session:
        assert reconcile.over(session, LATER).back == []
        (back,) = reconcile.over(session, LATER + timedelta(seconds=30)).back
    with ground.database.write() as session:
        assert service.come_back(session, ground, session.get_one(Agent, back.id), LATER)
        assert not service.come_back(session, ground, session.get_one(Agent, back.id), LATER)
    assert state_of(ground, agent) is AgentState.IDLE
    with ground.database.read() as session:
        kinds = session.scalars(select(Event.kind).where(Event.call_id == call.id)).all()
    assert sorted(kinds) == ["agent_left", "asked", "caller_connected", "offer_answered", "offer_started"]


def test_winner_whose_line_breaks_before_the_caller_came_puts_the_caller_back_in_line(ground: Ground) -> None:
    agents = load_hospital(ground)
    _, waiting = call_in_line(ground)
    offer = offer_to(ground, waiting, agents["1001"])
    service.answer(ground, offer.id, NOW)
    legs.agent_line(ground, offer.id, legs.Report("CAx", LegStatus.COMPLETED, 3), LATER)
    assert state_of(ground, waiting) is WaitingState.WAITING
    assert state_of(ground, agents["1001"]) is AgentState.IDLE
    second = offer_to(ground, waiting, agents["1002"])
    assert service.answer(ground, second.id, LATER)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (LegStatus.NO_ANSWER, AgentState.SET_ASIDE),
        (LegStatus.BUSY, AgentState.SET_ASIDE),
        (LegStatus.FAILED, AgentState.IDLE),
        (LegStatus.CANCELED, AgentState.IDLE),
    ],
)
def test_a_phone_that_ends_unanswered_never_leaves_its_agent_stuck(
    ground: Ground, end: LegStatus, state: AgentState
) -> None:
    agent = load_hospital(ground)["1001"]
    _, waiting = call_in_line(ground)
    offer = offer_to(ground, waiting, agent)
    legs.agent_line(ground, offer.id, legs.Report("CAx", LegStatus.RINGING, 1), NOW)
    legs.agent_line(ground, offer.id, legs.Report("CAx", end, 2), LATER)
    (row,) = fresh(ground, agent)
    assert isinstance(row, Agent)
    assert row.state is state
    assert row.offer_id is None
    assert (row.state_until is not None) == (state is AgentState.SET_ASIDE)
    assert state_of(ground, waiting) is WaitingState.WAITING


def test_status_reports_in_any_order_leave_the_same_rows(ground: Ground) -> None:
    agents = load_hospital(ground)
    reports = [
        legs.Report("CA", LegStatus.INITIATED, 0),
        legs.Report("CA", LegStatus.RINGING, 1),
        legs.Report("CA", LegStatus.NO_ANSWER, 2),
    ]
    ends = []
    for number, order in (("1001", (0, 1, 2)), ("1002", (2, 1, 0)), ("1003", (1, 2, 0, 1, 2))):
        _, waiting = call_in_line(ground)
        offer = offer_to(ground, waiting, agents[number])
        for index in order:
            report = legs.Report(f"CA{number}", reports[index].status, reports[index].sequence)
            legs.agent_line(ground, offer.id, report, LATER)
        with ground.database.read() as session:
            leg = session.scalars(select(Leg).where(Leg.offer_id == offer.id)).one()
            row = session.get_one(Offer, offer.id)
            ends.append((leg.status, leg.sequence, leg.ended_at, row.state, row.ended_at))
    assert len(set(ends)) == 1


def test_a_late_event_of_an_old_offer_does_not_move_an_agent_who_went_on(ground: Ground) -> None:
    agent = load_hospital(ground)["1001"]
    _, first = call_in_line(ground)
    old = offer_to(ground, first, agent)
    legs.agent_line(ground, old.id, legs.Report("CA1", LegStatus.CANCELED, 2), NOW)
    _, second = call_in_line(ground)
    new = offer_to(ground, second, agent)
    assert service.answer(ground, new.id, NOW)
    legs.agent_line(ground, old.id, legs.Report("CA1", LegStatus.COMPLETED, 3), LATER)
    assert state_of(ground, agent) is AgentState.TALKING


def test_hospital_file_with_faults_names_file_line_and_field_of_all(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(
        "queues: {}\n"
        "agents:\n"
        '  "1": {name: A, address: client:a, skills: {surgery: 3}, languages: {zh-CN: 9}}\n'
        '  "2": {name: B, address: room 5, department: none, skills: {booking: 3}, languages: {fr-FR: 1}}\n',
        "utf-8",
    )
    with pytest.raises(HospitalFault) as caught:
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
