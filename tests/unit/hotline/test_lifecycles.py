"""Every lifecycle as a table, status × event, the illegal ones included; and what the tables must never allow."""

from enum import StrEnum
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from hotline.errors import IllegalMove
from hotline.outbox import transitions
from hotline.values.states import attempt, leg, offer, recording, review, transfer
from hotline.values.states.agent import STATE_LIFECYCLE, AgentState, AgentStateEvent
from hotline.values.states.lifecycle import Lifecycle
from hotline.values.states.lifecycles import BY_EVENT, LIFECYCLES
from hotline.values.states.offer import OfferEvent, OfferState
from hotline.values.states.recording import REPORTED, RecordingEvent, RecordingState
from hotline.values.states.review import ReviewEvent, ReviewState

each = pytest.mark.parametrize("life", LIFECYCLES, ids=lambda life: life.status.__name__)


class _Any:
    """A row for which every guard holds that asks for something, and none that forbids it."""

    dialled_at = None
    kind = transfer.TransferKind.CONSULT
    calibration_id = None


@each
def test_every_event_in_every_status_has_one_meaning_or_is_illegal(life: Lifecycle[StrEnum]) -> None:
    for source, event in product(life.status, life.events):
        rows = [one for one in life.transitions if one.event is event and source in one.sources]
        late = [one for one in life.ignored if one.event is event and source in one.sources]
        assert len(rows) + len(late) <= 1, (source, event)
        unguarded = bool(late) or any(one.guard is None for one in rows)
        if unguarded:
            assert life.after(source, event) is (rows[0].target if rows else source)
        elif not rows:
            with pytest.raises(IllegalMove):
                life.after(source, event)


@each
def test_every_status_is_reached_or_is_where_rows_begin_and_every_event_happens(life: Lifecycle[StrEnum]) -> None:
    reached = {row.target for row in life.transitions}
    begins = {source for row in life.transitions for source in row.sources}
    assert reached | begins | {"excluded"} >= set(life.status)
    assert {row.event for row in life.transitions} | {late.event for late in life.ignored} == set(life.events)
    assert all(row.reason for row in life.ignored)


@each
def test_the_event_between_two_statuses_leads_there(life: Lifecycle[StrEnum]) -> None:
    for row in life.transitions:
        for source in row.sources:
            if row.guard is None and source is not row.target:
                event = life.event_between(source, row.target, _Any)
                assert life.after(source, event, _Any) is row.target


def test_statuses_and_events_name_one_lifecycle_each() -> None:
    assert len({life.status for life in LIFECYCLES}) == len(BY_EVENT) == len(LIFECYCLES)


def test_an_offer_that_ended_never_lives_again() -> None:
    alive = {OfferState.STARTED, OfferState.RINGING, OfferState.ANSWERED}
    over = set(OfferState) - alive
    assert not any(offer.LIFECYCLE.allows(start, end) for start in over for end in alive)
    # Only this is learned later: that a phone rang out where nobody could hear it.
    moves = {(start, end) for start in over for end in over if start != end and offer.LIFECYCLE.allows(start, end)}
    assert moves == {(OfferState.MISSED, OfferState.UNREACHABLE)}


@pytest.mark.parametrize("state", list(OfferState))
def test_a_report_of_ringing_comes_twice_and_late(state: OfferState) -> None:
    after = OfferState.RINGING if state is OfferState.STARTED else state
    assert offer.LIFECYCLE.after(state, OfferEvent.RANG) is after


@pytest.mark.parametrize(("status", "reported"), list(product(leg.LegStatus, leg.REPORTED)))
def test_a_leg_goes_on_only_and_stays_as_it_ended(status: leg.LegStatus, reported: leg.LegStatus) -> None:
    order = [leg.LegStatus.INITIATED, leg.LegStatus.RINGING, leg.LegStatus.ANSWERED]
    after = leg.LIFECYCLE.after(status, leg.REPORTED[reported])
    is_late = status in leg.ENDED_LEGS or (reported in order and order.index(reported) <= order.index(status))
    assert after is (status if is_late else reported)


@pytest.mark.parametrize(
    ("sequence", "reported", "is_news"), [(1, 2, True), (2, 2, False), (2, 1, False), (None, 0, True), (3, None, True)]
)
def test_only_a_report_with_a_higher_number_changes_a_leg(
    sequence: int | None, reported: int | None, is_news: bool
) -> None:
    assert leg.is_news(sequence, reported) is is_news


def test_an_agent_who_is_not_ready_is_a_last_resort_and_can_be_offered_a_call() -> None:
    assert STATE_LIFECYCLE.after(AgentState.NOT_READY, AgentStateEvent.OFFERED) is AgentState.OFFERED


@pytest.mark.parametrize(("state", "reported"), list(product(RecordingState, REPORTED)))
def test_every_report_on_a_recording_in_every_state_is_legal_or_changes_nothing(
    state: RecordingState, reported: RecordingState
) -> None:
    after = recording.LIFECYCLE.after(state, REPORTED[reported])
    known = {
        (RecordingState.STARTED, RecordingState.READY): RecordingState.READY,
        (RecordingState.STARTED, RecordingState.ABSENT): RecordingState.ABSENT,
        (RecordingState.STARTED, RecordingState.FAILED): RecordingState.FAILED,
        (RecordingState.FAILED, RecordingState.READY): RecordingState.READY,  # fetched after all
    }
    assert after is known.get((state, reported), state)


def test_a_recording_that_was_purged_is_never_stored_again() -> None:
    for event in RecordingEvent:
        try:
            after = recording.LIFECYCLE.after(RecordingState.PURGED, event)
        except IllegalMove:
            continue
        assert after is RecordingState.PURGED


def test_an_attempt_is_dialled_once() -> None:
    life, state, event = attempt.LIFECYCLE, attempt.AttemptState, attempt.AttemptEvent.DIALLED
    assert life.after(state.RESERVED, event, SimpleNamespace(dialled_at=None)) is state.DIALLED
    with pytest.raises(IllegalMove):
        life.after(state.RESERVED, event, SimpleNamespace(dialled_at="2026-03-02T08:00:00Z"))


@pytest.mark.parametrize("calibration", [None, "a"])
def test_a_review_of_a_calibration_is_finished_and_every_other_is_published(calibration: str | None) -> None:
    row = SimpleNamespace(calibration_id=calibration)
    legal, illegal = ReviewEvent.PUBLISHED, ReviewEvent.FINISHED
    if calibration is not None:
        legal, illegal = illegal, legal
    assert review.LIFECYCLE.after(ReviewState.DRAFT, legal, row) in {ReviewState.PUBLISHED, ReviewState.FINISHED}
    with pytest.raises(IllegalMove):
        review.LIFECYCLE.after(ReviewState.DRAFT, illegal, row)


def test_a_transition_changes_the_row_and_an_illegal_one_leaves_it() -> None:
    row: Any = SimpleNamespace(__tablename__="offers", id="1", state=OfferState.STARTED)
    assert transitions.transition(row, OfferEvent.RANG)
    assert row.state is OfferState.RINGING
    assert not transitions.transition(row, OfferEvent.RANG)
    assert transitions.transition(row, OfferEvent.RING_NO_ANSWER)
    with pytest.raises(IllegalMove):
        transitions.transition(row, OfferEvent.ANSWERED)
    assert str(row.state) == "missed"
