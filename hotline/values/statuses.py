"""The words of the field as values: statuses with their legal moves, phone numbers, languages. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from hotline.values import phone_numbers


class Language(StrEnum):
    """The languages of callers, agents, prompts and pages; Mandarin comes first."""

    MANDARIN = "zh-CN"
    ENGLISH = "en-US"


class Intent(StrEnum):
    """What the caller wants (requirement A4)."""

    UNKNOWN = "unknown"
    BOOKING = "booking"
    ENQUIRY = "enquiry"
    COMPLAINT = "complaint"
    CONSULTATION = "consultation"
    OPINION = "opinion"
    EMERGENCY = "emergency"


class CallStatus(StrEnum):
    """Where a call stands."""

    IN_MENU = "in_menu"
    WAITING = "waiting"
    TALKING = "talking"
    ENDED = "ended"


class Outcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    LEFT_IN_MENU = "left_in_menu"
    OUT_OF_HOURS = "out_of_hours"
    CALL_BACK = "call_back"
    MESSAGE = "message"
    LED_ON = "led_on"
    FAILED = "failed"


class LegKind(StrEnum):
    """Whose line a leg is."""

    CALLER = "caller"
    AGENT = "agent"


class LegStatus(StrEnum):
    """The life of one line, in the field's words."""

    INITIATED = "initiated"
    RINGING = "ringing"
    ANSWERED = "answered"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCELED = "canceled"
    FAILED = "failed"


class QueueEntryState(StrEnum):
    """The life of one caller in line."""

    WAITING = "waiting"
    WON = "won"
    CONNECTED = "connected"
    ABANDONED = "abandoned"
    LEFT = "left"


class WaitKind(StrEnum):
    """Who waits in a place in line: a caller, or an agent who consults another while the caller is on hold."""

    CALLER = "caller"
    CONSULT = "consult"


class TransferKind(StrEnum):
    """How a conversation is handed on: the caller goes at once, or the agents talk first."""

    COLD = "cold"
    WARM = "warm"


class TransferState(StrEnum):
    """The life of one transfer."""

    ASKED = "asked"
    CONSULTING = "consulting"
    MERGED = "merged"
    COMPLETED = "completed"
    TAKEN_BACK = "taken_back"
    FAILED = "failed"


class OfferState(StrEnum):
    """The life of one offer: a lease on an agent for a waiting caller."""

    STARTED = "started"
    RINGING = "ringing"
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    MISSED = "missed"
    REJECTED = "rejected"
    # The phone could not be rung, or vanished while it rang: nobody let it ring.
    UNREACHABLE = "unreachable"
    FAILED = "failed"


class AgentStatus(StrEnum):
    """What the agent chose."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


class AgentState(StrEnum):
    """What the system is doing with the agent."""

    IDLE = "idle"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    SET_ASIDE = "set_aside"


class SignsIn(StrEnum):
    """What proves that an agent is at work: a page of theirs that is open, or their telephone alone."""

    PAGE = "page"
    TELEPHONE = "telephone"


class PagePhone(StrEnum):
    """The telephone of an agent's page, as the page says."""

    NONE = "none"
    CONNECTING = "connecting"
    CONNECTED = "connected"


class Absence(StrEnum):
    """Why an agent can be offered no call, whatever their status: no page is open, or no telephone can be reached."""

    NOT_SIGNED_IN = "not_signed_in"
    NOT_CONNECTED = "not_connected"
    PAGE_SILENT = "page_silent"
    NOT_REACHED = "not_reached"
    EXCHANGE_DOWN = "exchange_down"


class CallbackState(StrEnum):
    """The life of a call-back: in line by its place, being dialled, back on the line, over."""

    WAITING = "waiting"
    DIALLING = "dialling"
    BACK = "back"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CaseKind(StrEnum):
    """What somebody wants of the hospital that is followed to its end."""

    ENQUIRY = "enquiry"
    COMPLAINT = "complaint"
    OPINION = "opinion"
    MESSAGE = "message"
    CALL_BACK = "call_back"
    FOLLOW_UP = "follow_up"


class CaseState(StrEnum):
    """Where a case stands: nobody has begun, somebody works on it, the patient has an answer, over."""

    OPEN = "open"
    IN_HAND = "in_hand"
    ANSWERED = "answered"
    CLOSED = "closed"


class Urgency(StrEnum):
    """How urgent a case is; danger to life or a major dispute is urgent (C3)."""

    NORMAL = "normal"
    URGENT = "urgent"


class RecordingKind(StrEnum):
    """What was recorded: a conversation of two, or a message that a caller left."""

    CONVERSATION = "conversation"
    MESSAGE = "message"


class RecordingState(StrEnum):
    """The life of a recording, from the provider's machine to a transcript in ours."""

    STARTED = "started"
    READY = "ready"
    STORED = "stored"
    TRANSCRIBED = "transcribed"
    PURGED = "purged"
    ABSENT = "absent"
    FAILED = "failed"


class JobState(StrEnum):
    """The life of a piece of work that must be done."""

    DUE = "due"
    DONE = "done"
    DISCARDED = "discarded"
    FAILED = "failed"


class Answer(StrEnum):
    """The answer to an item of a scorecard; `unsure` is the machine's alone and goes to people."""

    YES = "yes"
    NO = "no"
    PARTLY = "partly"
    NA = "na"
    UNSURE = "unsure"


class CampaignKind(StrEnum):
    """Why patients are called."""

    FOLLOW_UP = "follow_up"
    DOCTOR_AWAY = "doctor_away"


class CampaignState(StrEnum):
    """The life of a campaign."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


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


class RecipientState(StrEnum):
    """Where a campaign stands with one recipient."""

    PLANNED = "planned"
    CALLING = "calling"
    TEXTED = "texted"
    WITH_PERSON = "with_person"
    DONE = "done"
    REFUSED = "refused"
    STOPPED = "stopped"
    EXCLUDED = "excluded"


class AttemptState(StrEnum):
    """The life of one try to speak with a recipient."""

    MARKED = "marked"
    DIALLED = "dialled"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class AttemptOutcome(StrEnum):
    """How a try ended; each has its own rule for what follows (`campaigns.dialling.next_attempt`)."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    MACHINE = "machine"
    WRONG_PERSON = "wrong_person"
    REFUSED = "refused"
    CALL_LATER = "call_later"
    HALF_WAY = "half_way"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class Direction(StrEnum):
    """Who dialled."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class ReviewState(StrEnum):
    """The life of a review; `finished` is the end of one in a calibration, which nobody publishes."""

    DUE = "due"
    DRAFT = "draft"
    PUBLISHED = "published"
    ACKNOWLEDGED = "acknowledged"
    APPEALED = "appealed"
    UPHELD = "upheld"
    CHANGED = "changed"
    FINISHED = "finished"
    DROPPED = "dropped"


class Ruling(StrEnum):
    """What another supervisor ruled on an appeal."""

    UPHELD = "upheld"
    CHANGED = "changed"


class RoundState(StrEnum):
    """The life of a calibration."""

    OPEN = "open"
    CLOSED = "closed"


class CoachingState(StrEnum):
    """The life of a finding that an agent works on."""

    OPEN = "open"
    DONE = "done"
    PASSED = "passed"


class ReportState(StrEnum):
    """The life of a report as a file."""

    ASKED = "asked"
    MADE = "made"
    FAILED = "failed"


class Role(StrEnum):
    """Who may do what on the staff pages."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    # Reads the audit log, and nothing of patients.
    AUDITOR = "auditor"


class AuditOutcome(StrEnum):
    """How what the audit log tells of ended: it was done, it was not allowed, it could not be done."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


LIVE_OFFERS = frozenset({OfferState.STARTED, OfferState.RINGING})
OPEN_TRANSFERS = frozenset({TransferState.ASKED, TransferState.CONSULTING, TransferState.MERGED})
ENDED_LEGS = frozenset({LegStatus.COMPLETED, LegStatus.BUSY, LegStatus.NO_ANSWER, LegStatus.CANCELED, LegStatus.FAILED})


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
        (AgentState.IDLE, "offered set_aside"),
        (AgentState.OFFERED, "idle talking set_aside"),
        (AgentState.TALKING, "wrap_up idle"),
        (AgentState.WRAP_UP, "idle set_aside"),
        (AgentState.SET_ASIDE, "idle"),
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
        (CaseState.OPEN, "in_hand answered closed"),
        (CaseState.IN_HAND, "answered closed"),
        (CaseState.ANSWERED, "in_hand closed"),
        (CaseState.CLOSED, "in_hand"),
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
        (AttemptState.MARKED, "dialled answered ended"),
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
    RoundState: _moves((RoundState.OPEN, "closed"), (RoundState.CLOSED, "")),
    CoachingState: _moves(
        (CoachingState.OPEN, "done"),
        (CoachingState.DONE, "open passed"),
        (CoachingState.PASSED, ""),
    ),
    ReportState: _moves(
        (ReportState.ASKED, "made failed"),
        (ReportState.MADE, ""),
        (ReportState.FAILED, "asked"),
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


@dataclass(frozen=True)
class PhoneNumber:
    """A telephone number in E.164 (`+` and up to 15 digits), its extension behind it (`;ext=801`) where it has one."""

    e164: str

    @classmethod
    def parse(cls, text: str, *, area_code: str = "") -> "PhoneNumber | None":
        """The number that reaches a person; `None` when nobody would be (`hotline.values.phone_numbers` says why)."""
        try:
            return cls(phone_numbers.parse(text, area_code=area_code))
        except ValueError:
            return None

    @classmethod
    def of_line(cls, text: str) -> "PhoneNumber | None":
        """The number of any line, from which a service may call, too; `None` when it is hidden or no number."""
        found = phone_numbers.caller_id(text)
        return None if found is None else cls(found)

    @property
    def masked(self) -> str:
        """The number with its middle hidden, for screens: `+86138****0001`; an extension is hidden whole."""
        base, extension = phone_numbers.split(self.e164)
        shown = f"{base[:-8]}****{base[-4:]}" if len(base) > 10 else f"****{base[-2:]}"
        return f"{shown}-***" if extension else shown
