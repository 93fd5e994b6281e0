"""Transcripts that are wanted first: complaints, bad ratings, warning signs. Pure."""

from typing import NamedTuple

from hotline.values.intent import Intent
from hotline.values.states.case import CaseKind, Urgency

LOW_RATING = 2
_INTENTS = frozenset({Intent.COMPLAINT, Intent.EMERGENCY})


class CaseWeight(NamedTuple):
    """What a case is, and how soon it must be seen to."""

    kind: CaseKind
    urgency: Urgency


def is_urgent(
    intent: Intent,
    cases: frozenset[CaseWeight] = frozenset(),
    rating: int | None = None,
    *,
    warned: bool = False,
) -> bool:
    """Decide by what the caller wanted, the cases that came of it, the rating from 1 to 5, and
    whether a warning sign was told.
    """
    if intent in _INTENTS or warned or (rating is not None and rating <= LOW_RATING):
        return True
    return any(kind is CaseKind.COMPLAINT or urgency is not Urgency.NORMAL for kind, urgency in cases)
