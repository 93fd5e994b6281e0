"""The life of a case, its kind and urgency. Pure."""

from enum import StrEnum


class CaseKind(StrEnum):
    """What somebody wants of the hospital that is followed to its end."""

    ENQUIRY = "enquiry"
    COMPLAINT = "complaint"
    OPINION = "opinion"
    MESSAGE = "message"
    CALL_BACK = "call_back"
    FOLLOW_UP = "follow_up"


class CaseState(StrEnum):
    """Where a case stands: nobody has begun, somebody works on it, the patient has an answer, over."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    CLOSED = "closed"


class Urgency(StrEnum):
    """How urgent a case is; danger to life or a major dispute is urgent (C3)."""

    NORMAL = "normal"
    URGENT = "urgent"
