"""The legal moves of every stored status. Pure."""

from enum import StrEnum

from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.attempt import AttemptState
from hotline.values.states.calibration import CalibrationState
from hotline.values.states.call import CallStatus
from hotline.values.states.callback import CallbackState
from hotline.values.states.campaign import CampaignState
from hotline.values.states.case import CaseState
from hotline.values.states.coaching import CoachingState
from hotline.values.states.job import JobState
from hotline.values.states.offer import OfferState
from hotline.values.states.queue_entry import QueueEntryState
from hotline.values.states.recipient import RecipientState
from hotline.values.states.recording import RecordingState
from hotline.values.states.report import ReportState
from hotline.values.states.review import ReviewState
from hotline.values.states.transfer import TransferState


def _moves(*rows: tuple[StrEnum, str]) -> dict[StrEnum, frozenset[StrEnum]]:
    return {start: frozenset(type(start)(word) for word in ends.split()) for start, ends in rows}


# One table of legal moves per stored status; what is not here is illegal.
MOVES: dict[type[StrEnum], dict[StrEnum, frozenset[StrEnum]]] = {
    CallStatus: _moves(
        (CallStatus.IN_MENU, "waiting ended"),
        (CallStatus.WAITING, "in_menu talking ended"),
        (CallStatus.TALKING, "waiting ended"),
        (CallStatus.ENDED, ""),
    ),
    QueueEntryState: _moves(
        (QueueEntryState.WAITING, "won abandoned left"),
        (QueueEntryState.WON, "waiting connected abandoned"),
        (QueueEntryState.CONNECTED, ""),
        (QueueEntryState.ABANDONED, ""),
        (QueueEntryState.LEFT, ""),
    ),
    OfferState: _moves(
        (OfferState.STARTED, "ringing answered cancelled missed rejected unreachable failed"),
        (OfferState.RINGING, "answered cancelled missed rejected unreachable failed"),
        (OfferState.ANSWERED, "failed"),
        (OfferState.CANCELLED, ""),
        (OfferState.MISSED, "unreachable"),  # the page had been cut off before it ended, which shows later
        (OfferState.REJECTED, ""),
        (OfferState.UNREACHABLE, ""),
        (OfferState.FAILED, ""),
    ),
    TransferState: _moves(
        (TransferState.ASKED, "consulting completed taken_back failed"),
        (TransferState.CONSULTING, "merged completed taken_back failed"),
        (TransferState.MERGED, "completed taken_back failed"),
        (TransferState.COMPLETED, ""),
        (TransferState.TAKEN_BACK, ""),
        (TransferState.FAILED, ""),
    ),
    AgentStatus: _moves(
        (AgentStatus.AVAILABLE, "away offline"),
        (AgentStatus.AWAY, "available offline"),
        (AgentStatus.OFFLINE, "available away"),
    ),
    AgentState: _moves(
        (AgentState.IDLE, "offered not_ready"),
        (AgentState.OFFERED, "idle talking not_ready"),
        (AgentState.TALKING, "wrap_up idle"),
        (AgentState.WRAP_UP, "idle not_ready"),
        (AgentState.NOT_READY, "idle"),
    ),
    CallbackState: _moves(
        (CallbackState.WAITING, "dialling failed cancelled"),
        (CallbackState.DIALLING, "waiting back failed"),
        (CallbackState.BACK, "waiting done failed"),
        (CallbackState.DONE, ""),
        (CallbackState.FAILED, ""),
        (CallbackState.CANCELLED, ""),
    ),
    CaseState: _moves(
        (CaseState.OPEN, "in_progress answered closed"),
        (CaseState.IN_PROGRESS, "answered closed"),
        (CaseState.ANSWERED, "in_progress closed"),
        (CaseState.CLOSED, "in_progress"),
    ),
    RecordingState: _moves(
        (RecordingState.STARTED, "ready absent failed"),
        (RecordingState.READY, "stored absent failed"),
        (RecordingState.STORED, "transcribed failed purged"),
        (RecordingState.TRANSCRIBED, "purged"),
        (RecordingState.PURGED, ""),
        (RecordingState.ABSENT, ""),
        (RecordingState.FAILED, "ready stored purged"),
    ),
    CampaignState: _moves(
        (CampaignState.DRAFT, "running finished"),
        (CampaignState.RUNNING, "paused finished"),
        (CampaignState.PAUSED, "running finished"),
        (CampaignState.FINISHED, ""),
    ),
    RecipientState: _moves(
        (RecipientState.PLANNED, "calling texted with_person stopped"),
        (RecipientState.CALLING, "planned texted with_person done refused stopped"),
        (RecipientState.TEXTED, "calling with_person done stopped"),
        (RecipientState.WITH_PERSON, "calling done refused stopped"),
        (RecipientState.DONE, ""),
        (RecipientState.REFUSED, ""),
        # What stopped the calls has gone away, or staff undid it.
        (RecipientState.STOPPED, "planned texted with_person"),
        (RecipientState.EXCLUDED, ""),
    ),
    AttemptState: _moves(
        (AttemptState.RESERVED, "dialled answered ended"),
        (AttemptState.DIALLED, "ringing answered ended"),
        (AttemptState.RINGING, "answered ended"),
        (AttemptState.ANSWERED, "ended"),
        (AttemptState.ENDED, ""),
    ),
    ReviewState: _moves(
        (ReviewState.DUE, "draft finished dropped"),
        (ReviewState.DRAFT, "due published finished dropped"),
        (ReviewState.PUBLISHED, "acknowledged appealed"),
        (ReviewState.ACKNOWLEDGED, ""),
        (ReviewState.APPEALED, "upheld changed"),
        (ReviewState.UPHELD, ""),
        (ReviewState.CHANGED, ""),
        (ReviewState.FINISHED, ""),
        (ReviewState.DROPPED, ""),
    ),
    CalibrationState: _moves((CalibrationState.OPEN, "closed"), (CalibrationState.CLOSED, "")),
    CoachingState: _moves(
        (CoachingState.OPEN, "done"),
        (CoachingState.DONE, "open passed"),
        (CoachingState.PASSED, ""),
    ),
    ReportState: _moves(
        (ReportState.REQUESTED, "ready failed"),
        (ReportState.READY, ""),
        (ReportState.FAILED, "requested"),
    ),
    JobState: _moves(
        (JobState.DUE, "done discarded failed"),
        (JobState.DONE, "due"),  # done once more: a recording that came late
        (JobState.DISCARDED, "due"),
        (JobState.FAILED, "due"),
    ),
}


def may_move(start: StrEnum, end: StrEnum) -> bool:
    """Whether the table of this status leads from `start` to `end`; staying is always allowed."""
    return start == end or end in MOVES[type(start)][start]
