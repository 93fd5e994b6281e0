"""The life of a report. Pure."""

from enum import StrEnum


class ReportState(StrEnum):
    """The life of a report as a file."""

    REQUESTED = "requested"
    READY = "ready"
    FAILED = "failed"
