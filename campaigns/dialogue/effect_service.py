"""What a turn of a patient changes beside where they stand. Runs in the transaction that saves the turn."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.dialogue import dialogue_state, doctor_absence, progress_service
from campaigns.dialogue.conversation import AttemptDetails, GivenAnswer
from campaigns.dialogue.dialogue_state import DialogueDecision
from crm.cases import queries as crm_queries
from crm.cases import service as crm
from hotline.configuration.settings import Settings
from hotline.models import Call, Recipient
from hotline.outbox import call_log, jobs
from hotline.outbox.notifier import Notifier
from hotline.values.call_events import WarningSign
from hotline.values.intent import Intent
from hotline.values.reason import Reason
from hotline.values.reason_codes import CaseReason, PriorityReason
from hotline.values.states.campaign import CampaignKind
from hotline.values.states.case import CaseKind
from ivr.dialogue import queries
from ivr.dialogue.flow_state import FlowState
from ivr.flow import flow_file
from routing.queues import service as routing
from routing.queues.service import QueueRequest

# Ahead of every other caller, the emergency key's included: the sign is certain, and we have called them ourselves.
SIGN_PRIORITY = 200
RECORD = "record_attempt"
ADVISE = "text_advice"
# Under which name an opinion is filed that was told beside the questions.
TOLD = "opinion_told"


@dataclass(frozen=True)
class AttemptCall:
    """The attempt that a turn is about, and its call."""

    details: AttemptDetails
    call: Call


def apply(
    session: Session,
    notifier: Notifier,
    settings: Settings,
    attempt: AttemptCall,
    outcome: DialogueDecision,
    now: datetime,
) -> None:
    """Do what follows from a turn, for the attempt and for its call."""
    details, call = attempt.details, attempt.call
    for effect in outcome.effects:
        match effect:
            case dialogue_state.NoteReached():
                progress_service.note_reached(session, details.attempt_id, now)
            case dialogue_state.NoteVerified():
                progress_service.note_verified(session, details.attempt_id, now)
            case dialogue_state.StartRecording():
                jobs.add(session, notifier, RECORD, details.attempt_id, now)
            case dialogue_state.FileAnswer():
                _file(session, notifier, settings, attempt, effect, now)
            case dialogue_state.FileOpinion(words=words):
                told = GivenAnswer(TOLD, "", verbatim=words, is_opinion=True)
                progress_service.file_answer(session, notifier, details.attempt_id, told, now)
                _opinion(session, notifier, settings, attempt, words, now)
            case dialogue_state.FileWarning(sign=sign):
                progress_service.note_warning(session, notifier, details.attempt_id, sign, now)
                call_log.record(session, notifier, call.id, WarningSign(), now)
            case dialogue_state.RequestPerson():
                _ask(session, notifier, settings, attempt, effect, now)
            case dialogue_state.SendAdvice():
                jobs.add(session, notifier, ADVISE, details.attempt_id, now)
            case dialogue_state.Conclude(outcome=how, reason=reason, postponed_until=postponed_until):
                progress_service.conclude(session, details.attempt_id, how, reason, postponed_until)


def _file(
    session: Session,
    notifier: Notifier,
    settings: Settings,
    attempt: AttemptCall,
    answered: dialogue_state.FileAnswer,
    now: datetime,
) -> None:
    details, call = attempt.details, attempt.call
    given = GivenAnswer(
        question=answered.question,
        value=answered.value,
        figure=answered.figure,
        verbatim=answered.words or None,
        is_warning=answered.is_warning,
        is_opinion=answered.value == "recorded",
    )
    progress_service.file_answer(session, notifier, details.attempt_id, given, now)
    if details.kind is CampaignKind.DOCTOR_AWAY and answered.value != "unanswered":
        # Somebody changes the booking, and the case is followed until it is done.
        new = crm.NewCase(
            CaseKind.ENQUIRY, call, text=doctor_absence.told(doctor_absence.Notice.read(details.notice), answered.value)
        )
        crm.open_case(session, notifier, settings, new, crm.Actor(), now)
    if given.is_opinion:
        call.intent = Intent.OPINION  # what the message becomes a case of
    if answered.is_low:
        why = Reason(CaseReason.PATIENT_ANSWERED, {"question": answered.question, "value": answered.value})
        _opinion(session, notifier, settings, attempt, None, now, reasons=(why,))


def _opinion(
    session: Session,
    notifier: Notifier,
    settings: Settings,
    attempt: AttemptCall,
    text: str | None,
    now: datetime,
    *,
    reasons: tuple[Reason, ...] = (),
) -> None:
    """Have somebody look into it (D2): one case a conversation, with the patient and what was said."""
    details, call = attempt.details, attempt.call
    patient_id = session.get_one(Recipient, details.recipient_id).patient_id
    before = crm_queries.opened_by_call(session, call.id, CaseKind.OPINION)
    if before is None:
        new = crm.NewCase(CaseKind.OPINION, call, patient_id, text=text, reasons=reasons)
        crm.open_case(session, notifier, settings, new, crm.Actor(), now)
    else:
        crm.comment(session, before, text, crm.Actor(), now, reasons)


def _ask(
    session: Session,
    notifier: Notifier,
    settings: Settings,
    attempt: AttemptCall,
    asks: dialogue_state.RequestPerson,
    now: datetime,
) -> None:
    """Put the patient in that queue, for a warning sign ahead of everybody, with the reason for the screen."""
    details, call, sign = attempt.details, attempt.call, asks.sign
    menu = flow_file.load(settings).flow
    call.dialogue_state = queries.write_state(FlowState(menu.emergency, call.language, consent=True))
    call.intent = Intent.EMERGENCY if sign else Intent.CONSULTATION
    waiting = routing.join(
        session, notifier, settings, call, QueueRequest(asks.queue, priority=SIGN_PRIORITY if sign else None), now
    )
    reason = Reason(PriorityReason.WARNING_SIGN, {"sign": sign}) if sign else Reason(PriorityReason.ASKED_IN_OUR_CALL)
    waiting.reasons = [reason, *waiting.reasons]
    if sign:
        waiting.priority = max(waiting.priority, SIGN_PRIORITY)
    progress_service.note_agent_requested(session, details.attempt_id, now)
