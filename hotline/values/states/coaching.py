"""The life of a coaching item. Pure."""

from enum import StrEnum


class CoachingState(StrEnum):
    """The life of a finding that an agent works on."""

    OPEN = "open"
    DONE = "done"
    PASSED = "passed"
