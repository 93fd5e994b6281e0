"""A leg's life, in the field's words. Pure."""

from enum import StrEnum


class LegKind(StrEnum):
    """Whose line a leg is."""

    CALLER = "caller"
    AGENT = "agent"


class LegStatus(StrEnum):
    """The life of one line, in the field's words."""

    INITIATED = "initiated"
    RINGING = "ringing"
    ANSWERED = "answered"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCELED = "canceled"
    FAILED = "failed"


ENDED_LEGS = frozenset({LegStatus.COMPLETED, LegStatus.BUSY, LegStatus.NO_ANSWER, LegStatus.CANCELED, LegStatus.FAILED})
