"""A review: one call heard by one person against a scorecard. Pure."""

from enum import StrEnum
from typing import Any

from hotline.values.states.lifecycle import Lifecycle, Transition


class ReviewState(StrEnum):
    """Where a review stands; `finished` is the end of one in a calibration, which nobody publishes."""

    DUE = "due"
    DRAFT = "draft"
    PUBLISHED = "published"
    ACKNOWLEDGED = "acknowledged"
    APPEALED = "appealed"
    UPHELD = "upheld"
    CHANGED = "changed"
    FINISHED = "finished"
    DROPPED = "dropped"


class ReviewEvent(StrEnum):
    """What people do with a review."""

    TAKEN = "taken"
    RELEASED = "released"
    PUBLISHED = "published"
    FINISHED = "finished"
    DROPPED = "dropped"
    ACKNOWLEDGED = "acknowledged"
    APPEALED = "appealed"
    UPHELD = "upheld"
    CHANGED = "changed"


class Ruling(StrEnum):
    """What another supervisor ruled on an appeal."""

    UPHELD = "upheld"
    CHANGED = "changed"


def is_in_calibration(review: Any) -> bool:
    """Tell whether the review is one person's part of a calibration."""
    return review.calibration_id is not None


def is_for_agent(review: Any) -> bool:
    """Tell whether the review is for the agent to read."""
    return not is_in_calibration(review)


_S, _E = ReviewState, ReviewEvent
# What an agent may read: reviews that were published, whatever came of them.
PUBLIC = frozenset({_S.PUBLISHED, _S.ACKNOWLEDGED, _S.APPEALED, _S.UPHELD, _S.CHANGED})
LIFECYCLE = Lifecycle(
    ReviewState,
    ReviewEvent,
    (
        Transition(_E.TAKEN, (_S.DUE,), _S.DRAFT),
        Transition(_E.RELEASED, (_S.DRAFT,), _S.DUE),
        Transition(_E.PUBLISHED, (_S.DRAFT,), _S.PUBLISHED, is_for_agent),
        Transition(_E.FINISHED, (_S.DUE, _S.DRAFT), _S.FINISHED, is_in_calibration),
        Transition(_E.DROPPED, (_S.DUE, _S.DRAFT), _S.DROPPED),
        Transition(_E.ACKNOWLEDGED, (_S.PUBLISHED,), _S.ACKNOWLEDGED),
        Transition(_E.APPEALED, (_S.PUBLISHED,), _S.APPEALED),
        Transition(_E.UPHELD, (_S.APPEALED,), _S.UPHELD),
        Transition(_E.CHANGED, (_S.APPEALED,), _S.CHANGED),
    ),
)
