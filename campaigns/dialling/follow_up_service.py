"""What follows for a recipient: another try, the text, a person, the end. Runs in its caller's transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.dialling import next_attempt
from crm.cases import service as crm
from hotline.configuration.settings import Settings
from hotline.models import Recipient
from hotline.outbox import jobs, transitions
from hotline.outbox.notifier import Notifier
from hotline.values.reason import Reason
from hotline.values.reason_codes import CaseReason
from hotline.values.states.case import CaseKind
from hotline.values.states.recipient import RecipientEvent


def follow(
    session: Session,
    notifier: Notifier,
    settings: Settings,
    recipient: Recipient,
    then: next_attempt.NextStep,
    now: datetime,
) -> None:
    """Do what was decided for the recipient."""
    match then:
        case next_attempt.RetryAt(at):
            transitions.transition(recipient, RecipientEvent.TRY_AGAIN)
            recipient.due_at = at
        case next_attempt.SendText(until):
            transitions.transition(recipient, RecipientEvent.TEXTED)
            recipient.due_at = until
            jobs.renew(session, notifier, "text_recipient", recipient.id, now)
        case next_attempt.HandToPerson(reason):
            _to_person(session, notifier, settings, recipient, reason, now)
        case next_attempt.EndCalls(event):
            transitions.transition(recipient, event)
            recipient.due_at, recipient.ended_at = None, now


def _to_person(
    session: Session, notifier: Notifier, settings: Settings, recipient: Recipient, reason: str, now: datetime
) -> None:
    """Put them on the list for a person: a case with a deadline, which names the recipient and nothing medical."""
    transitions.transition(recipient, RecipientEvent.HANDED_TO_PERSON)
    recipient.reason, recipient.due_at, recipient.ended_at = reason, None, now
    why = Reason(CaseReason.HANDED_TO_PERSON, {"why": reason, "step": recipient.step})
    new = crm.NewCase(CaseKind.FOLLOW_UP, patient_id=recipient.patient_id, reasons=(why,))
    crm.open_case(session, notifier, settings, new, crm.Actor(), now)
