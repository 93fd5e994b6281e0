"""The codes of reasons: why something was decided or ended, as rows hold it. The wording stands in the catalogues.

Codes with parameters are kept as a `Reason` (`hotline.values.reason`); the others stand alone in their column.
"""

from enum import StrEnum

from hotline.values.states.agent import AbsenceReason


class PriorityReason(StrEnum):
    """Why a queue entry goes ahead, and whom it is offered to first (with parameters)."""

    CASE_OWNER = "case_owner"  # case: the number of the open case
    AGED = "aged"  # age: the least age of the rule
    LIMITED_MOBILITY = "limited_mobility"
    CARDIAC = "cardiac"
    DIABETIC = "diabetic"
    FLAGGED = "flagged"
    DISCHARGED = "discharged"  # days: how long ago at most
    WARNING_SIGN = "warning_sign"  # sign: its name in the campaign's script
    ASKED_IN_OUR_CALL = "asked_in_our_call"


# What the hospital knows of the patient: shown with every offer of the entry.
PRIORITY_PATIENT = frozenset(
    {
        PriorityReason.AGED,
        PriorityReason.LIMITED_MOBILITY,
        PriorityReason.CARDIAC,
        PriorityReason.DIABETIC,
        PriorityReason.FLAGGED,
        PriorityReason.DISCHARGED,
    }
)


class OfferReason(StrEnum):
    """Why an agent was rung (with parameters)."""

    RUNG_FIRST = "rung_first"
    WIDENED = "widened"  # ring: the caller's ring, from 1
    CALLER_WAITED = "caller_waited"  # rings: before the first phone rang
    PREFERRED = "preferred"  # the agent of the entry's own reason, where that is not known
    ASKED_BY_COLLEAGUE = "asked_by_colleague"
    TRANSFERRED_BEFORE = "transferred_before"
    LOST_THE_CALLER = "lost_the_caller"
    BESIDE_FIRST = "beside_first"
    AT_RISK = "at_risk"
    OVERFLOW = "overflow"  # queue: the queue that helps
    SKILLS = "skills"  # levels: the agent's level by skill
    ONLY_ONE_FREE = "only_one_free"  # skills: those that nobody else who is free has
    LAST_RESORT = "last_resort"
    ANSWERS_WITHIN = "answers_within"  # seconds
    IDLE_SINCE = "idle_since"  # at: ISO 8601, UTC


class CaseReason(StrEnum):
    """Why a call to a patient opened a case (with parameters)."""

    PATIENT_ANSWERED = "patient_answered"  # question, value: their names in the campaign's script
    HANDED_TO_PERSON = "handed_to_person"  # why: the code of the recipient; step: of the plan


class RecordingReason(StrEnum):
    """Why a recording is not there (with parameters)."""

    NO_SOUND = "no_sound"
    PROVIDER_REFUSED = "provider_refused"  # status: HTTP's, or the provider's own code
    PROVIDER_SAID = "provider_said"  # state: what it said of the recording
    RETENTION = "retention"  # days, kind: the period that is over


class AgentStateReason(StrEnum):
    """Why an agent wraps up, or gets no calls for a while."""

    RING_NO_ANSWER = "ring_no_answer"
    DECLINED = "declined"
    HUNG_UP = "hung_up"
    LINE_LOST = "line_lost"


class OfferEndReason(StrEnum):
    """Why an offer ended without an answer."""

    RING_NO_ANSWER = "ring_no_answer"
    DECLINED = "declined"
    HUNG_UP = "hung_up"
    STOPPED_RINGING = "stopped_ringing"
    ANSWERED_BY_ANOTHER = "answered_by_another"
    PREEMPTED = "preempted"
    REASSIGNED = "reassigned"
    CALLER_HUNG_UP = "caller_hung_up"
    CALLER_LEFT = "caller_left"
    TRANSFER_ENDED = "transfer_ended"
    # Why the agent's telephone could not be reached: the words of `AbsenceReason`.
    NOT_SIGNED_IN = AbsenceReason.NOT_SIGNED_IN.value
    NOT_CONNECTED = AbsenceReason.NOT_CONNECTED.value
    PAGE_SILENT = AbsenceReason.PAGE_SILENT.value
    NOT_REACHED = AbsenceReason.NOT_REACHED.value
    EXCHANGE_DOWN = AbsenceReason.EXCHANGE_DOWN.value


class QueueEntryEndReason(StrEnum):
    """Why a queue entry ended without a conversation."""

    CALLER_HUNG_UP = "caller_hung_up"
    CALLBACK = "callback"
    MESSAGE = "message"
    OTHER_QUEUE = "other_queue"
    FORWARDED = "forwarded"
    OVERFLOW_CALLBACK = "overflow_callback"
    OVERFLOW_VOICEMAIL = "overflow_voicemail"
    OVERFLOW_NUMBER = "overflow_number"
    TRANSFER_NOT_ANSWERED = "transfer_not_answered"
    TRANSFER_TAKEN_BACK = "transfer_taken_back"


class RequeueReason(StrEnum):
    """Why a caller who talked to somebody already is in the queue again."""

    LINE_LOST = "line_lost"
    TRANSFER = "transfer"
    RETURNED = "returned"
    ALONE = "alone"


class TransferEndReason(StrEnum):
    """Why a transfer did not come about."""

    NOT_ANSWERED = "not_answered"
    COLLEAGUE_LEFT = "colleague_left"
    CALLER_HUNG_UP = "caller_hung_up"
    LINE_LOST = "line_lost"


class CallbackReason(StrEnum):
    """Why a callback, or one try of it, did not come about."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    NUMBER_UNREACHABLE = "number_unreachable"
    NOT_REACHED = "not_reached"
    HUNG_UP = "hung_up"
    SILENT = "silent"
    TOO_LATE = "too_late"
    CALLER_STAYED = "caller_stayed"
    CALLED_AGAIN = "called_again"


class CallReason(StrEnum):
    """Why a call ended as it did, where its events do not say it."""

    NEVER_REACHED_US = "never_reached_us"
