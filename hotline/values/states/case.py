"""A case: what somebody wants of the hospital, followed to its end. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Ignored, Lifecycle, Transition


class CaseKind(StrEnum):
    """What somebody wants of the hospital."""

    ENQUIRY = "enquiry"
    COMPLAINT = "complaint"
    OPINION = "opinion"
    MESSAGE = "message"
    CALL_BACK = "call_back"
    FOLLOW_UP = "follow_up"


class Urgency(StrEnum):
    """How urgent a case is; danger to life or a major dispute is urgent (C3)."""

    NORMAL = "normal"
    URGENT = "urgent"


class CaseState(StrEnum):
    """Where a case stands: nobody has begun, somebody works on it, the patient has an answer, over."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    CLOSED = "closed"


class CaseEvent(StrEnum):
    """What staff do with a case."""

    BEGUN = "begun"
    ANSWERED = "answered"
    CLOSED = "closed"
    TAKEN_UP_AGAIN = "taken_up_again"  # after an answer
    REOPENED = "reopened"


_S, _E = CaseState, CaseEvent
LIFECYCLE = Lifecycle(
    CaseState,
    CaseEvent,
    (
        Transition(_E.BEGUN, (_S.OPEN,), _S.IN_PROGRESS),
        Transition(_E.ANSWERED, (_S.OPEN, _S.IN_PROGRESS), _S.ANSWERED),
        Transition(_E.CLOSED, (_S.OPEN, _S.IN_PROGRESS, _S.ANSWERED), _S.CLOSED),
        Transition(_E.TAKEN_UP_AGAIN, (_S.ANSWERED,), _S.IN_PROGRESS),
        Transition(_E.REOPENED, (_S.CLOSED,), _S.IN_PROGRESS),
    ),
    (Ignored(_E.CLOSED, (_S.CLOSED,), "two people close it at once"),),
)
