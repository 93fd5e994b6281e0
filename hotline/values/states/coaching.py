"""A coaching item: a finding that an agent works on. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Lifecycle, Transition


class CoachingState(StrEnum):
    """Where a coaching item stands."""

    OPEN = "open"
    DONE = "done"
    PASSED = "passed"


class CoachingEvent(StrEnum):
    """What happens to a coaching item."""

    DONE = "done"  # the agent has worked on it
    PASSED = "passed"  # the re-check
    NOT_PASSED = "not_passed"


LIFECYCLE = Lifecycle(
    CoachingState,
    CoachingEvent,
    (
        Transition(CoachingEvent.DONE, (CoachingState.OPEN,), CoachingState.DONE),
        Transition(CoachingEvent.PASSED, (CoachingState.DONE,), CoachingState.PASSED),
        Transition(CoachingEvent.NOT_PASSED, (CoachingState.DONE,), CoachingState.OPEN),
    ),
)
