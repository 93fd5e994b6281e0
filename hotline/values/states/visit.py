"""The states of a visit to the hospital, which are derived. Pure."""

from enum import StrEnum


class VisitState(StrEnum):
    """What follows from all that was told of a visit (`campaigns.importing.visits.visit_state`); no moves.

    It is derived.
    """

    UNKNOWN = "unknown"
    IN_HOSPITAL = "in_hospital"
    DISCHARGED = "discharged"
    DISCHARGE_CANCELLED = "discharge_cancelled"
    ADMISSION_CANCELLED = "admission_cancelled"
    ENTERED_IN_ERROR = "entered_in_error"
    OUTPATIENT = "outpatient"
