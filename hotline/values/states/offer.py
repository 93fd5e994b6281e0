"""An offer: a lease on an agent whose phone rings for a queue entry. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Ignored, Lifecycle, Transition


class OfferState(StrEnum):
    """Where an offer stands."""

    STARTED = "started"
    RINGING = "ringing"
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    MISSED = "missed"
    REJECTED = "rejected"
    # The phone could not be rung, or vanished while it rang: nobody let it ring.
    UNREACHABLE = "unreachable"
    FAILED = "failed"


class OfferEvent(StrEnum):
    """What happens to an offer."""

    RANG = "rang"
    ANSWERED = "answered"
    CANCELLED = "cancelled"  # answered by another, given up, or the caller is gone
    RING_NO_ANSWER = "ring_no_answer"
    REJECTED = "rejected"
    NOT_REACHED = "not_reached"
    CUT_OFF = "cut_off"  # learned later: the page was not connected when it rang
    FAILED = "failed"


LIVE_OFFERS = frozenset({OfferState.STARTED, OfferState.RINGING})

_S, _E = OfferState, OfferEvent
_LIVE = (_S.STARTED, _S.RINGING)
_OVER = (_S.ANSWERED, _S.CANCELLED, _S.MISSED, _S.REJECTED, _S.UNREACHABLE, _S.FAILED)
LIFECYCLE = Lifecycle(
    OfferState,
    OfferEvent,
    (
        Transition(_E.RANG, (_S.STARTED,), _S.RINGING),
        Transition(_E.ANSWERED, _LIVE, _S.ANSWERED),
        Transition(_E.CANCELLED, _LIVE, _S.CANCELLED),
        Transition(_E.RING_NO_ANSWER, _LIVE, _S.MISSED),
        Transition(_E.REJECTED, _LIVE, _S.REJECTED),
        Transition(_E.NOT_REACHED, _LIVE, _S.UNREACHABLE),
        Transition(_E.CUT_OFF, (_S.MISSED,), _S.UNREACHABLE),
        Transition(_E.FAILED, (*_LIVE, _S.ANSWERED), _S.FAILED),
    ),
    (Ignored(_E.RANG, (_S.RINGING, *_OVER), "status callbacks come twice and late"),),
)
