"""A call: who dialled, where it stands, how it ended. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Lifecycle, Transition


class CallStatus(StrEnum):
    """Where a call stands."""

    IN_MENU = "in_menu"
    WAITING = "waiting"
    TALKING = "talking"
    ENDED = "ended"


class CallEvent(StrEnum):
    """What happens to a call."""

    QUEUED = "queued"  # asked for a person, or was put back into the queue
    LEFT_QUEUE = "left_queue"  # for a message, a callback or another number
    CONNECTED = "connected"
    ENDED = "ended"


LIFECYCLE = Lifecycle(
    CallStatus,
    CallEvent,
    (
        Transition(CallEvent.QUEUED, (CallStatus.IN_MENU, CallStatus.WAITING, CallStatus.TALKING), CallStatus.WAITING),
        Transition(CallEvent.LEFT_QUEUE, (CallStatus.IN_MENU, CallStatus.WAITING), CallStatus.IN_MENU),
        Transition(CallEvent.CONNECTED, (CallStatus.WAITING, CallStatus.TALKING), CallStatus.TALKING),
        Transition(CallEvent.ENDED, tuple(CallStatus), CallStatus.ENDED),
    ),
    field="status",
)


class CallOutcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    LEFT_IN_MENU = "left_in_menu"
    OUT_OF_HOURS = "out_of_hours"
    CALL_BACK = "call_back"
    MESSAGE = "message"
    FORWARDED = "forwarded"
    FAILED = "failed"


class Direction(StrEnum):
    """Who dialled."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
