"""A leg: one line of a call at the exchange, as its reports tell. Pure.

The provider numbers its reports in the order of sending, and they arrive in any order: `is_news` says whether one may
change the leg at all. The table of the provider's own words is `telephony.vendor_words.LEG_STATUSES`.
"""

from enum import StrEnum

from hotline.values.states.lifecycle import Ignored, Lifecycle, Transition


class LegKind(StrEnum):
    """Whose line a leg is."""

    CALLER = "caller"
    AGENT = "agent"


class LegStatus(StrEnum):
    """Where a leg stands."""

    INITIATED = "initiated"
    RINGING = "ringing"
    ANSWERED = "answered"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCELED = "canceled"
    FAILED = "failed"


class LegEvent(StrEnum):
    """What the provider reports of a leg."""

    INITIATED = "initiated"
    RANG = "rang"
    ANSWERED = "answered"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCELED = "canceled"
    FAILED = "failed"


_S, _E = LegStatus, LegEvent
# The event by which the provider reports that a leg has this status.
REPORTED = {
    _S.INITIATED: _E.INITIATED,
    _S.RINGING: _E.RANG,
    _S.ANSWERED: _E.ANSWERED,
    _S.COMPLETED: _E.COMPLETED,
    _S.BUSY: _E.BUSY,
    _S.NO_ANSWER: _E.NO_ANSWER,
    _S.CANCELED: _E.CANCELED,
    _S.FAILED: _E.FAILED,
}
ENDED_LEGS = frozenset({_S.COMPLETED, _S.BUSY, _S.NO_ANSWER, _S.CANCELED, _S.FAILED})
_UP = (_S.INITIATED, _S.RINGING, _S.ANSWERED)
_OVER = (_S.COMPLETED, _S.BUSY, _S.NO_ANSWER, _S.CANCELED, _S.FAILED)
_EARLIER = "reports without a number may come late"
LIFECYCLE = Lifecycle(
    LegStatus,
    LegEvent,
    (
        Transition(_E.RANG, (_S.INITIATED,), _S.RINGING),
        Transition(_E.ANSWERED, (_S.INITIATED, _S.RINGING), _S.ANSWERED),
        Transition(_E.COMPLETED, _UP, _S.COMPLETED),
        Transition(_E.BUSY, _UP, _S.BUSY),
        Transition(_E.NO_ANSWER, _UP, _S.NO_ANSWER),
        Transition(_E.CANCELED, _UP, _S.CANCELED),
        Transition(_E.FAILED, _UP, _S.FAILED),
    ),
    (
        Ignored(_E.INITIATED, _UP, _EARLIER),
        Ignored(_E.RANG, (_S.RINGING, _S.ANSWERED), _EARLIER),
        Ignored(_E.ANSWERED, (_S.ANSWERED,), "a line is answered once; the report comes twice"),
        *(Ignored(event, _OVER, "a leg that has ended stays as it ended") for event in _E),
    ),
    field="status",
)


def is_news(sequence: int | None, reported: int | None) -> bool:
    """Tell whether the report numbered `reported` is newer than the one at `sequence`; without numbers it may be."""
    return sequence is None or reported is None or reported > sequence
