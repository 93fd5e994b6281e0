"""A callback: a caller who left the queue, keeps their place in it and is called back. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Lifecycle, Transition


class CallbackState(StrEnum):
    """Where a callback stands: in the queue, being dialled, in the queue again with its patient, over."""

    WAITING = "waiting"
    DIALLING = "dialling"
    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CallbackEvent(StrEnum):
    """What happens to a callback."""

    DIALLED = "dialled"
    ACCEPTED = "accepted"  # the patient has answered and stays
    TRY_MISSED = "try_missed"  # another try is due later
    MET = "met"  # the patient has talked with an agent
    GIVEN_UP = "given_up"
    CANCELLED = "cancelled"  # the caller stays in the queue, or called again


_S, _E = CallbackState, CallbackEvent
LIFECYCLE = Lifecycle(
    CallbackState,
    CallbackEvent,
    (
        Transition(_E.DIALLED, (_S.WAITING,), _S.DIALLING),
        Transition(_E.ACCEPTED, (_S.DIALLING,), _S.ACCEPTED),
        Transition(_E.TRY_MISSED, (_S.DIALLING, _S.ACCEPTED), _S.WAITING),
        Transition(_E.MET, (_S.ACCEPTED,), _S.DONE),
        Transition(_E.GIVEN_UP, (_S.WAITING, _S.DIALLING, _S.ACCEPTED), _S.FAILED),
        Transition(_E.CANCELLED, (_S.WAITING,), _S.CANCELLED),
    ),
)
