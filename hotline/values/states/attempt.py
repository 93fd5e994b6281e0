"""An attempt: one try to speak with a recipient. Pure."""

from enum import StrEnum
from typing import Any

from hotline.values.states.lifecycle import Ignored, Lifecycle, Transition


class AttemptState(StrEnum):
    """Where an attempt stands."""

    RESERVED = "reserved"
    DIALLED = "dialled"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class AttemptEvent(StrEnum):
    """What happens to an attempt."""

    DIALLED = "dialled"
    RANG = "rang"
    ANSWERED = "answered"
    ENDED = "ended"


class AttemptOutcome(StrEnum):
    """How an attempt ended; each has its own rule for what follows (`campaigns.dialling.next_attempt`)."""

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


def is_not_dialled(attempt: Any) -> bool:
    """Tell whether the exchange was never asked to place this call: nobody is dialled twice for one attempt."""
    return attempt.dialled_at is None


_S, _E = AttemptState, AttemptEvent
LIFECYCLE = Lifecycle(
    AttemptState,
    AttemptEvent,
    (
        Transition(_E.DIALLED, (_S.RESERVED,), _S.DIALLED, is_not_dialled),
        # The webhook may overtake the answer to the request that dialled.
        Transition(_E.RANG, (_S.RESERVED, _S.DIALLED), _S.RINGING),
        Transition(_E.ANSWERED, (_S.RESERVED, _S.DIALLED, _S.RINGING), _S.ANSWERED),
        Transition(_E.ENDED, (_S.RESERVED, _S.DIALLED, _S.RINGING, _S.ANSWERED), _S.ENDED),
    ),
    (
        Ignored(_E.RANG, (_S.RINGING, _S.ANSWERED, _S.ENDED), "status callbacks come twice and late"),
        Ignored(_E.ANSWERED, (_S.ANSWERED, _S.ENDED), "status callbacks come twice and late"),
        Ignored(_E.ENDED, (_S.ENDED,), "status callbacks come twice"),
    ),
)
