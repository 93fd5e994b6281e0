"""The life of a job. Pure."""

from enum import StrEnum


class JobState(StrEnum):
    """The life of a piece of work that must be done."""

    DUE = "due"
    DONE = "done"
    DISCARDED = "discarded"
    FAILED = "failed"
