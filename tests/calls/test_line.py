"""Whole calls around the line, with audio: a callback that keeps its place, and a message left out of hours."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hotline.models import Agent, Call, Callback, Case, Offer, QueueEntry, Recording
from hotline.values.language import Language
from hotline.values.states.agent import AgentStatus
from hotline.values.states.call import CallOutcome, Direction
from hotline.values.states.callback import CallbackState
from hotline.values.states.case import CaseKind, CaseState
from hotline.values.states.queue_entry import QueueEntryState
from hotline.values.states.recording import RecordingKind, RecordingState
from ivr.flow import flow_file
from tests.calls.stage import (
    LINES,
    NUMBER,
    QUESTION,
    Stage,
    agent,
    asks_and_hangs_up,
    heard,
    patient,
    picks_up,
    stage,
    words_of,
)
from tests.support.hearing import error_rate

FIRST, BACK, LATER, NIGHT = "+8613900000101", "+8613900000102", "+8613900000103", "+8613900000104"
COMPLAINT = str(LINES / "caller-waited-three-hours.wav")


@pytest.fixture
def one_agent(tmp_path: Path) -> Iterator[Stage]:
    """A house in which only the agent 1001 works, with wrap-ups of five seconds."""
    with stage(tmp_path, QUEUES_FILE="cli/demo/queues.yaml") as house:
        with house.context.database.write() as session:
            for row in session.query(Agent):
                row.status = AgentStatus.AVAILABLE if row.staff_number == "1001" else AgentStatus.OFFLINE
        yield house


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Stage]:
    """A house that is never open."""
    flow = tmp_path / "closed.yaml"
    flow.write_text(flow_file.STANDARD.read_text("utf-8").replace("  open: always ", "  monday: [] "), "utf-8")
    with stage(tmp_path, FLOW_FILE=str(flow)) as house:
        yield house


def wants_a_call_back(at: float) -> dict[str, Any]:
    """Presses 1 in line, hangs up, and picks up when called: presses 1 once more and asks their question."""
    leaves = [{"wait": 5}, {"press": "1"}, {"wait": 4}, "hang_up"]
    caller = patient(BACK, *leaves, at=at)
    called = [{"wait": 5}, {"press": "1"}, *asks_and_hangs_up()]
    return caller | {"incoming": [{"on_ring": {"answer_after_seconds": 1}, "steps": called}]}


def test_a_caller_who_asked_for_a_call_back_is_called_and_served_before_who_asked_later(one_agent: Stage) -> None:
    house = one_agent
    talks_long = [{"wait": 28}, "hang_up"]
    phones = [
        patient(FIRST, *talks_long),
        wants_a_call_back(at=6),
        patient(LATER, *asks_and_hangs_up(), at=16),
        agent(1, picks_up()),
    ]
    with house.phones(*phones):
        house.wait(lambda: house.rows(Callback, Callback.state == CallbackState.DONE), 150, "a callback that is done")
        house.ended(LATER)
    (callback,) = house.rows(Callback)
    asked, (back,) = (
        house.rows(Call, Call.id == callback.call_id)[0],
        house.rows(Call, Call.id == callback.outbound_call_id),
    )
    later = house.call(LATER)
    assert later is not None
    assert (asked.outcome, callback.tries) == (CallOutcome.CALL_BACK, 1)
    assert (back.direction, back.outcome, back.agent_id) == (Direction.OUTBOUND, CallOutcome.ANSWERED, later.agent_id)
    (place,) = house.rows(QueueEntry, QueueEntry.call_id == back.id)
    assert (place.asked_at, place.state) == (callback.asked_at, QueueEntryState.CONNECTED)
    assert back.answered_at < later.answered_at
    assert place.asked_at < later.asked_at < back.asked_at
    assert house.rows(Case) == []
    transcript = house.transcript(back)
    assert error_rate([words_of(QUESTION)], heard(transcript, "caller"), Language.ENGLISH) < 0.5
    house.wait(house.nothing_is_stuck, 30, "no work left")


def test_a_complaint_left_out_of_hours_becomes_a_case(closed: Stage) -> None:
    house = closed
    speaks = [
        {"wait_for_answer": 10}, {"wait": 0.5}, {"press": "2"},
        {"wait_for_prompt": {"pattern": ".", "timeout": 20}}, {"wait": 6}, {"press": "2"},
        {"wait": 14}, {"speak": COMPLAINT}, {"wait": 1}, {"press": "#"}, {"wait_for_hang_up": {"timeout": 20}},
    ]  # fmt: skip
    silent = [*speaks[:7], {"wait_for_hang_up": {"timeout": 40, "required": False}}]
    phones = [
        {"address": NIGHT, "at": 0.5, "dial": NUMBER, "steps": speaks},
        {"address": FIRST, "at": 0.5, "dial": NUMBER, "steps": silent},
    ]
    with house.phones(*phones):
        call = house.ended(NIGHT, 90)
        quiet = house.ended(FIRST)
    (case,) = house.wait(lambda: house.rows(Case), 40, "a case")
    assert (case.kind, case.state, case.call_id) == (CaseKind.COMPLAINT, CaseState.OPEN, call.id)
    assert (case.due_at - case.opened_at).total_seconds() <= 24 * 3600
    assert (call.outcome, quiet.outcome) == (CallOutcome.MESSAGE, CallOutcome.OUT_OF_HOURS)
    transcript = house.transcript(call)
    recording = house.recording(call)
    assert (recording.kind, recording.channels) == (RecordingKind.MESSAGE, 1)
    assert {utterance.speaker for utterance in transcript.utterances} == {"caller"}
    assert error_rate([words_of(COMPLAINT)], heard(transcript, "caller"), Language.ENGLISH) < 0.5
    assert [r for r in house.rows(Recording, Recording.call_id == quiet.id) if r.state is RecordingState.STORED] == []
    assert house.rows(Offer) == []
