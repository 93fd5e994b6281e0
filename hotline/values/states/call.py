"""A call's life: who dialled, where it stands, how it ended. Pure."""

from enum import StrEnum


class CallStatus(StrEnum):
    """Where a call stands."""

    IN_MENU = "in_menu"
    WAITING = "waiting"
    TALKING = "talking"
    ENDED = "ended"


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
