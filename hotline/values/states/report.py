"""A report as a file, made by a worker. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Lifecycle, Transition


class ReportState(StrEnum):
    """Where a report stands."""

    REQUESTED = "requested"
    READY = "ready"
    FAILED = "failed"


class ReportEvent(StrEnum):
    """What happens to a report."""

    RETRIED = "retried"
    FINISHED = "finished"
    FAILED = "failed"  # the page says so until a later try makes it


_S, _E = ReportState, ReportEvent
LIFECYCLE = Lifecycle(
    ReportState,
    ReportEvent,
    (
        Transition(_E.RETRIED, (_S.REQUESTED, _S.FAILED), _S.REQUESTED),
        Transition(_E.FINISHED, (_S.REQUESTED,), _S.READY),
        Transition(_E.FAILED, (_S.REQUESTED, _S.FAILED), _S.FAILED),
    ),
)
