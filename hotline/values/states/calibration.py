"""A calibration: the same calls reviewed by several supervisors. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Lifecycle, Transition


class CalibrationState(StrEnum):
    """Where a calibration stands."""

    OPEN = "open"
    CLOSED = "closed"


class CalibrationEvent(StrEnum):
    """What happens to a calibration."""

    CLOSED = "closed"


LIFECYCLE = Lifecycle(
    CalibrationState,
    CalibrationEvent,
    (Transition(CalibrationEvent.CLOSED, (CalibrationState.OPEN,), CalibrationState.CLOSED),),
)
