"""A recording, from the provider's machine to a transcript in ours. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Ignored, Lifecycle, Transition


class RecordingKind(StrEnum):
    """What was recorded: a conversation of two, or a message that a caller left."""

    CONVERSATION = "conversation"
    MESSAGE = "message"


class RecordingState(StrEnum):
    """Where a recording stands."""

    STARTED = "started"
    READY = "ready"
    STORED = "stored"
    TRANSCRIBED = "transcribed"
    PURGED = "purged"
    ABSENT = "absent"
    FAILED = "failed"

    @property
    def is_awaited(self) -> bool:
        """Tell whether the sound is still to come from the provider."""
        return self in {RecordingState.STARTED, RecordingState.READY}

    @property
    def is_held(self) -> bool:
        """Tell whether the sound is ours to play."""
        return self in {RecordingState.STORED, RecordingState.TRANSCRIBED}


class RecordingEvent(StrEnum):
    """What happens to a recording. The first four are the provider's reports, which come twice and late."""

    REPORTED_STARTED = "reported_started"
    REPORTED_READY = "reported_ready"
    REPORTED_ABSENT = "reported_absent"  # or without any sound
    REPORTED_FAILED = "reported_failed"
    STORED = "stored"
    NO_SOUND = "no_sound"  # the provider has no such recording when it is fetched, or nothing is heard in it
    GIVEN_UP = "given_up"  # it cannot be fetched, or not be transcribed
    TRANSCRIBED = "transcribed"
    PURGED = "purged"


_S, _E = RecordingState, RecordingEvent
# The event by which the provider reports that its recording is in this state.
REPORTED = {
    _S.STARTED: _E.REPORTED_STARTED,
    _S.READY: _E.REPORTED_READY,
    _S.ABSENT: _E.REPORTED_ABSENT,
    _S.FAILED: _E.REPORTED_FAILED,
}
# Work on these is not over: the checks of a call wait for them.
UNDER_WAY = frozenset({_S.STARTED, _S.READY, _S.STORED})
# Their sound is ours to play.
HELD = frozenset(state for state in _S if state.is_held)

_LATER = (_S.READY, _S.STORED, _S.TRANSCRIBED, _S.PURGED, _S.ABSENT)
LIFECYCLE = Lifecycle(
    RecordingState,
    RecordingEvent,
    (
        Transition(_E.REPORTED_READY, (_S.STARTED, _S.FAILED), _S.READY),
        Transition(_E.REPORTED_ABSENT, (_S.STARTED,), _S.ABSENT),
        Transition(_E.REPORTED_FAILED, (_S.STARTED,), _S.FAILED),
        Transition(_E.STORED, (_S.READY, _S.FAILED), _S.STORED),
        Transition(_E.NO_SOUND, (_S.READY,), _S.ABSENT),
        Transition(_E.GIVEN_UP, (_S.READY, _S.STORED), _S.FAILED),
        Transition(_E.TRANSCRIBED, (_S.STORED,), _S.TRANSCRIBED),
        Transition(_E.PURGED, (_S.STORED, _S.TRANSCRIBED, _S.FAILED), _S.PURGED),
    ),
    (
        Ignored(_E.REPORTED_STARTED, tuple(_S), "it has a row, so that it started is known"),
        Ignored(_E.REPORTED_READY, _LATER, "it is fetched once; what was deleted or is absent stays so"),
        Ignored(_E.REPORTED_ABSENT, (*_LATER, _S.FAILED), "what was ready cannot become absent"),
        Ignored(_E.REPORTED_FAILED, (*_LATER, _S.FAILED), "what was ready cannot fail at the provider"),
        Ignored(_E.NO_SOUND, (_S.ABSENT,), "two workers may find it"),
        Ignored(_E.GIVEN_UP, (_S.FAILED,), "two workers may give up"),
    ),
)
