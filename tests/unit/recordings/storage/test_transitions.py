"""What the exchange's words mean for a recording, as a table; and that it always agrees with the legal moves."""

from itertools import product

import pytest

from hotline.values.states.moves import may_move
from hotline.values.states.recording import RecordingState
from recordings.storage.transitions import state_after

S = RecordingState


@pytest.mark.parametrize(("state", "heard"), list(product(S, S)))
def test_every_word_in_every_state_is_a_legal_move_or_changes_nothing(state: S, heard: S) -> None:
    assert may_move(state, state_after(state, heard))


@pytest.mark.parametrize("state", [S.READY, S.STORED, S.TRANSCRIBED, S.ABSENT])
@pytest.mark.parametrize("heard", list(S))
def test_late_and_doubled_words_change_nothing(state: S, heard: S) -> None:
    assert state_after(state, heard) is state


def test_a_recording_becomes_ready_absent_or_failed() -> None:
    assert {state_after(S.STARTED, heard) for heard in S} == {S.STARTED, S.READY, S.ABSENT, S.FAILED}


def test_a_failed_recording_that_is_ready_after_all_is_fetched() -> None:
    assert state_after(S.FAILED, S.READY) is S.READY
