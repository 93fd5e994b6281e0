"""Twelve agents and thirty callers at once, with sound, through every process: rings as measured."""

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from hotline import clock
from hotline.models import Agent, AgentSkill, Call, Offer, QueueEntry
from hotline.values.reason_codes import RequeueReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.offer import OfferState
from hotline.values.states.queue_entry import QueueEntryState
from reports.service_level import figures, queries
from routing.router import reconcile_queries
from tests.calls.stage import ANSWER, IGNORES, QUESTION, Stage, agent, patient, stage

RING_SECONDS = 3.0
AGENTS, CALLERS = 12, 30
REJECTS = {"on_ring": {"reject": True}}
# Answers, and is gone a moment later without a word.
DROPS = {"on_ring": {"answer_after_seconds": 0.3}, "steps": [{"wait": 2.0}, "hang_up"]}
# One sentence each way: the caller hears the agent to the end before asking, and whoever heard nobody never asks.
ASKS = [{"wait_for_speech_end": {"quiet": 1.0, "timeout": 120}}, {"speak": QUESTION}, {"wait": 0.5}, "hang_up"]
# All in one process of the run: they share one rush.


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, list[dict[str, Any]]]]:
    """The house after the rush, and what its telephones saw."""
    folder = tmp_path_factory.mktemp("house")
    with stage(folder, is_deaf=True, RING_SECONDS=str(RING_SECONDS)) as house:
        _staff(house)
        with house.phones(*_phones()):
            house.wait(lambda: len(house.rows(Call, Call.status == CallStatus.ENDED)) == CALLERS, 150, "thirty ends")
        house.wait(lambda: not house.rows(Agent, Agent.state.in_(["offered", "talking"])), 30, "agents who are free")
        lines = (folder / "phones.log").read_text("utf-8").splitlines()
        yield house, [json.loads(line) for line in lines if line.startswith("{")]


def _staff(house: Stage) -> None:
    """Twelve agents who can all book; their telephones announce that they hang up."""
    with house.context.database.write() as session:
        for number in range(1, AGENTS + 1):
            address = f"client:agent-{number}"
            row = session.query(Agent).filter_by(address=address).one_or_none()
            if row is None:
                row = Agent(staff_number=f"9{number:03}", name=f"N{number}", address=address, state_since=clock.now())
                session.add(row)
            row.status, row.page_phone_since = AgentStatus.AVAILABLE, clock.now()
            row.skills = [AgentSkill(skill=skill, level=4) for skill in ("booking", "zh-CN", "en-US")]
            session.flush()


def _phones() -> list[dict[str, Any]]:
    first: dict[int, list[Any]] = {
        1: [IGNORES],
        2: [REJECTS],
        3: [DROPS],
        4: [_speaks(0.3), IGNORES],
        5: [REJECTS, DROPS],
    }
    agents = [agent(n, *first.get(n, []), _speaks(0.3 + 0.1 * n)) for n in range(1, AGENTS + 1)]
    callers = [patient(f"+86139000007{n:02}", *ASKS, at=0.5 + 0.3 * n) for n in range(CALLERS)]
    return [*agents, *callers]


def _speaks(after_seconds: float) -> dict[str, Any]:
    steps = [{"wait": 0.8}, {"speak": ANSWER}, {"wait_for_hang_up": {"timeout": 30}}]
    return {"on_ring": {"answer_after_seconds": after_seconds}, "steps": steps}


def test_every_caller_hears_a_person_and_nobody_is_stuck(played: tuple[Stage, list[dict[str, Any]]]) -> None:
    house, seen = played
    assert [event for event in seen if event["event"] == "gave_up"] == []
    calls = house.rows(Call)
    assert len(calls) == CALLERS
    assert {call.outcome for call in calls} == {CallOutcome.ANSWERED}
    assert not house.rows(QueueEntry, QueueEntry.state.in_([QueueEntryState.WAITING, QueueEntryState.WON]))
    assert not house.rows(Offer, Offer.state.in_([OfferState.STARTED, OfferState.RINGING]))
    assert not house.rows(Agent, Agent.offer_id.is_not(None))
    assert {row.state for row in house.rows(Agent)} <= {AgentState.IDLE, AgentState.WRAP_UP, AgentState.NOT_READY}


def test_one_winner_for_each_place_and_one_talk_at_a_time_for_each_agent(
    played: tuple[Stage, list[dict[str, Any]]],
) -> None:
    house, _ = played
    offers = house.rows(Offer)
    winners = [offer.queue_entry_id for offer in offers if offer.state is OfferState.ANSWERED]
    assert len(winners) == len(set(winners))
    held: dict[str, list[Offer]] = defaultdict(list)
    for offer in offers:
        held[offer.agent_id].append(offer)
    for own in held.values():
        own.sort(key=lambda offer: offer.started_at)
        for before, after in pairwise(own):
            assert before.ended_at is not None
            assert before.ended_at <= after.started_at


def test_missed_rejected_and_dropped_calls_are_told_apart(played: tuple[Stage, list[dict[str, Any]]]) -> None:
    house, _ = played
    states = {offer.state for offer in house.rows(Offer)}
    assert {OfferState.ANSWERED, OfferState.REJECTED} <= states
    lost = house.rows(QueueEntry, QueueEntry.requeue_reason == RequeueReason.LINE_LOST)
    assert 1 <= len(lost) <= 3
    assert all(place.state is QueueEntryState.CONNECTED and place.is_at_front for place in lost)


def test_nobody_counts_as_connected_only_because_the_exchange_kept_silent(
    played: tuple[Stage, list[dict[str, Any]]],
) -> None:
    house, _ = played
    picked_up = {offer.id: offer.answered_at for offer in house.rows(Offer)}
    for place in house.rows(QueueEntry, QueueEntry.state == QueueEntryState.CONNECTED):
        assert (place.ended_at - picked_up[place.winner_id]).total_seconds() < reconcile_queries.MEET_SECONDS


def test_the_figures_are_those_of_the_rows(played: tuple[Stage, list[dict[str, Any]]]) -> None:
    house, _ = played
    calls = house.rows(Call)
    with house.context.database.read() as session:
        counted = queries.since(session, min(call.started_at for call in calls), RING_SECONDS)
    assert (counted.calls, counted.asked, counted.answered, counted.abandoned, counted.other) == (30, 30, 30, 0, 0)
    assert counted.offers_answered == len(house.rows(Offer, Offer.state == OfferState.ANSWERED))


def test_rings_at_the_telephones_are_those_in_the_database(played: tuple[Stage, list[dict[str, Any]]]) -> None:
    house, seen = played
    measured: dict[str, list[float]] = defaultdict(list)
    since: dict[str, float] = {}
    for event in seen:
        phone = str(event["phone"])
        if event["event"] == "ring":
            since.setdefault(phone, float(event["at"]))
        elif event["event"] in {"answered", "ended"} and phone in since:
            began = since.pop(phone)
            if event["event"] == "answered":
                measured[phone].append((float(event["at"]) - began) / RING_SECONDS)
    addresses = {row.id: row.address for row in house.rows(Agent)}
    stored: dict[str, list[float]] = defaultdict(list)
    answered = [o for o in house.rows(Offer) if o.answered_at is not None]
    for offer in sorted(answered, key=lambda offer: offer.started_at):
        counted = figures.offer_rings(offer, RING_SECONDS)
        assert counted is not None
        stored[addresses[offer.agent_id]].append(counted)
    for address, rings in stored.items():
        assert len(measured[address]) >= len(rings)
        for ours, theirs in zip(rings, measured[address][: len(rings)], strict=True):
            assert abs(ours - theirs) <= 0.5, (address, ours, theirs)
