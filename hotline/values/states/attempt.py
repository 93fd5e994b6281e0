"""The life of an attempt to reach a recipient. Pure."""

from enum import StrEnum


class AttemptState(StrEnum):
    """The life of one try to speak with a recipient."""

    RESERVED = "reserved"
    DIALLED = "dialled"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class AttemptOutcome(StrEnum):
    """How a try ended; each has its own rule for what follows (`campaigns.dialling.next_attempt`)."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    MACHINE = "machine"
    WRONG_PERSON = "wrong_person"
    REFUSED = "refused"
    CALL_LATER = "call_later"
    PARTIAL = "partial"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
