"""A job: work that must be done. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Lifecycle, Transition


class JobState(StrEnum):
    """Where a job stands."""

    DUE = "due"
    DONE = "done"
    DISCARDED = "discarded"
    FAILED = "failed"


class JobEvent(StrEnum):
    """What happens to a job; a failed try that is made again later leaves it due."""

    DONE = "done"
    DISCARDED = "discarded"  # it was a duplicate, or came too late
    GIVEN_UP = "given_up"
    RENEWED = "renewed"  # asked for once more: by staff, or as a recording came late


LIFECYCLE = Lifecycle(
    JobState,
    JobEvent,
    (
        Transition(JobEvent.DONE, (JobState.DUE,), JobState.DONE),
        Transition(JobEvent.DISCARDED, (JobState.DUE,), JobState.DISCARDED),
        Transition(JobEvent.GIVEN_UP, (JobState.DUE,), JobState.FAILED),
        Transition(JobEvent.RENEWED, tuple(JobState), JobState.DUE),
    ),
)
