"""What follows for a recipient: another try, the text, a person, the end. Runs in its caller's transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns import attempts
from crm import service as crm
from hotline import jobs, story
from hotline.ground import Ground
from hotline.models import Recipient
from hotline.values import MatterKind, RecipientState

TOPIC = "campaign"


def follow(session: Session, ground: Ground, recipient: Recipient, then: attempts.Next, now: datetime) -> None:
    """Do what was decided for the recipient."""
    match then:
        case attempts.Again(at):
            story.move(recipient, RecipientState.PLANNED)
            recipient.due_at = at
        case attempts.Text(until):
            story.move(recipient, RecipientState.TEXTED)
            recipient.due_at = until
            jobs.renew(session, ground.bell, "text_recipient", recipient.id, now)
        case attempts.Person(reason):
            _to_person(session, ground, recipient, reason, now)
        case attempts.End(state):
            story.move(recipient, state)
            recipient.due_at, recipient.ended_at = None, now


def _to_person(session: Session, ground: Ground, recipient: Recipient, reason: str, now: datetime) -> None:
    """On the list for a person: a matter with a deadline, which names the recipient and nothing medical."""
    story.move(recipient, RecipientState.WITH_PERSON)
    recipient.reason, recipient.due_at, recipient.ended_at = reason, None, now
    new = crm.NewMatter(MatterKind.FOLLOW_UP, patient_id=recipient.patient_id, text=f"{reason}: {recipient.step}")
    crm.open_matter(session, ground, new, crm.By(), now)
