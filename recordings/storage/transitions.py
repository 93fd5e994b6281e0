"""What a word from the exchange means for a recording: a table of state × word. Pure."""

from hotline.values.states.recording import RecordingState as State

# (where it stands, what the exchange says) -> where it goes. Whatever is missing is a duplicate or comes late and
# changes nothing: a recording that is ready cannot start again, and one that we hold cannot become absent.
HEARD: dict[tuple[State, State], State] = {
    (State.STARTED, State.READY): State.READY,
    (State.STARTED, State.ABSENT): State.ABSENT,
    (State.STARTED, State.FAILED): State.FAILED,
    (State.FAILED, State.READY): State.READY,
}
# Work on these is not over: the checks of a call wait for them.
UNDER_WAY = frozenset({State.STARTED, State.READY, State.STORED})
HELD = frozenset({State.STORED, State.TRANSCRIBED})


def state_after(state: State, reported: State) -> State:
    """Where a recording in `state` stands once the exchange has said `reported`."""
    return HEARD.get((state, reported), state)
