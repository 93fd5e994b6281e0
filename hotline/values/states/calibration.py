"""The life of a calibration. Pure."""

from enum import StrEnum


class CalibrationState(StrEnum):
    """The life of a calibration."""

    OPEN = "open"
    CLOSED = "closed"
