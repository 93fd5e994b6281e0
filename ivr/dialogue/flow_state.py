"""Where a caller stands in a flow, and what a turn changes beside it, as values. Pure."""

from dataclasses import dataclass

from hotline.values.call_events import HistoryEvent
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.phone_numbers import PhoneNumber
from hotline.values.states.call import CallOutcome, CallStatus
from ivr.dialogue.engine import Decision
from routing.estimates.wait_estimate import Estimate


@dataclass(frozen=True)
class FlowState:
    """Where a caller stands: the node, failures there, the menus behind (for `back`), and what was heard.

    `consent`: the notice of the recording was heard; `is_telling`: it is being spoken now.
    """

    node: str
    language: Language
    failures: int = 0
    trail: tuple[str, ...] = ()
    consent: bool = False
    is_telling: bool = False


@dataclass(frozen=True)
class CallSnapshot:
    """A call as one turn sees it. `turn` is the number of the turn that is expected next."""

    call_id: str
    sid: str
    state: FlowState
    status: CallStatus
    turn: int


@dataclass(frozen=True)
class NoteConsent:
    """The notice of the recording was heard or passed: the call may be recorded."""


@dataclass(frozen=True)
class JoinQueue:
    """The caller asks for a person."""

    intent: Intent
    queue: str
    skill: str | None
    priority: int | None


@dataclass(frozen=True)
class SetOutcome:
    """The call is at an end of the flow: should it end now, this is its outcome."""

    outcome: CallOutcome | None


@dataclass(frozen=True)
class SetIntent:
    """What the caller wants, where nobody was asked for."""

    intent: Intent


@dataclass(frozen=True)
class KeepMessage:
    """The caller has left a message; `sid` is the provider's id of its recording."""

    sid: str


@dataclass(frozen=True)
class LeaveQueue:
    """The caller leaves the queue for something else, and may come back to their place."""


@dataclass(frozen=True)
class ReturnToMenu:
    """The router has closed the caller's place in the queue: they hear the flow again."""


@dataclass(frozen=True)
class RejoinQueue:
    """The caller goes back to the queue, to their old place; a callback is off."""


@dataclass(frozen=True)
class RequestCallback:
    """The caller leaves the queue and is to be called back at this number; again, that number for the same callback."""

    number: PhoneNumber


@dataclass(frozen=True)
class MarkForwarded:
    """A number outside has answered the caller."""


@dataclass(frozen=True)
class NoteWait:
    """The caller was told what wait to expect; only the first time counts."""

    estimate: Estimate


@dataclass(frozen=True)
class NoteRatingAsked:
    """The caller hears the question for a rating."""


@dataclass(frozen=True)
class StoreRating:
    """The caller rates the conversation from 1 to 5."""

    rating: int


Effect = (
    HistoryEvent
    | NoteConsent
    | JoinQueue
    | SetOutcome
    | SetIntent
    | KeepMessage
    | LeaveQueue
    | ReturnToMenu
    | RejoinQueue
    | RequestCallback
    | MarkForwarded
    | NoteWait
    | NoteRatingAsked
    | StoreRating
)


@dataclass(frozen=True)
class FlowDecision(Decision[FlowState, Effect]):
    """What follows from a turn of a caller."""

    # Spoken beside the flow: the numbered turn that is expected stays the same.
    is_interlude: bool = False
