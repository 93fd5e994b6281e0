"""What conversations with patients leave to be done beside the line: recording, the advice as a text, alarms."""

from datetime import datetime, timedelta

from sqlalchemy import select

from campaigns.dialling import message_service
from campaigns.dialogue import doctor_absence, progress_service, queries, script_queries
from campaigns.stopping import stop_reason_queries
from crm.cases import service as crm
from hotline import log
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.errors import Discard
from hotline.models import Answer, Attempt, Call, Recipient
from hotline.outbox.job_kinds import job
from hotline.values.states.call import CallStatus
from hotline.values.states.case import CaseKind, Urgency
from recordings.storage import service as recordings
from telephony import webhook_urls
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider

# A nurse has as many rings as any agent (requirement A1).
RINGS = 3
# Signs older than this were seen to long ago.
LONGEST = timedelta(days=2)


@job("record_attempt", queue="now")
def record(context: AppContext, provider: Provider, attempt_id: str, now: datetime) -> None:
    """The job: record the conversation from the patient's consent on. Again: the recording there is, is found.

    Raises `Discard` when the line has ended.
    """
    with context.database.read() as session:
        attempt = session.get(Attempt, attempt_id)
        call = session.get(Call, attempt.call_id) if attempt and attempt.call_id else None
    if call is None or call.status is CallStatus.ENDED:
        raise Discard("the line has ended")
    try:
        known = provider.recordings_of(call.provider_sid)
        events = webhook_urls.absolute(context.settings.voice_url, webhook_urls.recording_events(call.id))
        sid = known[0] if known else provider.record(call.provider_sid, events)
    except ProviderRefused as refusal:
        raise Discard(f"cannot be recorded: {refusal}") from refusal
    with context.database.write() as session:
        recordings.add_started(session, context.notifier, call.id, sid, now)


@job("text_advice", queue="now")
def advise(context: AppContext, provider: Provider, attempt_id: str, now: datetime) -> None:
    """The job: send the advice of the script as a text, to whom it was spoken. Raises `Retry`, `Discard`."""
    with context.database.read() as session:
        attempt = session.get(Attempt, attempt_id)
        if attempt is None or attempt.verified_at is None:
            raise Discard("nobody was verified")
        recipient = session.get_one(Recipient, attempt.recipient_id)
        if stop_reason_queries.cause(session, recipient) is not None:
            raise Discard("nobody is to be written to any more")
        chosen = session.scalar(
            select(Answer.value).where(Answer.recipient_id == recipient.id, Answer.question == doctor_absence.QUESTION)
        )
    script = script_queries.all_of(context.settings).get(recipient.script) or script_queries.any_of(context.settings)
    settings = context.settings
    hospital = {"zh-CN": settings.hospital_name_zh, "en-US": settings.hospital_name_en}[recipient.language]
    body = f"【{hospital}】{script.advice[recipient.language]} {settings.hotline_number}"
    if chosen is not None:
        told = doctor_absence.text(script, doctor_absence.Notice.read(recipient.notice), chosen)
        body = f"【{hospital}】{told[recipient.language]}"
    try:
        message_service.send(context.settings, provider, recipient.number, body, now)
    except ProviderRefused as refusal:
        raise Discard(f"no text can be sent: {refusal}") from refusal


def alarm(context: AppContext, provider: Provider, now: datetime) -> int:
    """Return every warning sign that no nurse has heard of within three rings: an urgent case, once, and what to do is
    said.

    Returns how many were found. A patient who has hung up meanwhile has a case all the same.
    """
    limit = now - timedelta(seconds=RINGS * context.settings.ring_seconds)
    with context.database.read() as session:
        left = queries.unheard_warnings(session, limit, now - LONGEST)
    for attempt_id, call_id in left:
        with context.database.write() as session:
            call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
            attempt = session.get_one(Attempt, attempt_id)
            if call.answered_at is not None:
                progress_service.note_agent_connected(session, attempt_id, call.answered_at)
                continue
            recipient = session.get_one(Recipient, attempt.recipient_id)
            new = crm.NewCase(CaseKind.FOLLOW_UP, call, recipient.patient_id, urgency=Urgency.URGENT)
            crm.open_case(session, context.notifier, context.settings, new, crm.Actor(), now)
            is_waiting = call.status is CallStatus.WAITING
        log.get().warning("warning_sign_unheard", attempt_id=attempt_id, call_id=call_id)
        if is_waiting:
            _tell(context.settings, provider, call.provider_sid, attempt_id)
    return len(left)


def _tell(settings: Settings, provider: Provider, sid: str, attempt_id: str) -> None:
    """The patient hears what to do until somebody comes, and stays in line."""
    url = webhook_urls.absolute(settings.voice_url, webhook_urls.attempt_unanswered(attempt_id))
    try:
        provider.redirect(sid, url)
    except (ProviderDown, ProviderRefused) as error:
        log.get().info("patient_text_not_sent", attempt_id=attempt_id, error=str(error))  # the case stands all the same
