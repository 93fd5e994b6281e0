"""What stopped calls and who undid it, as the staff pages show it: recipients' history, and what can be undone."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from campaigns.importing.visits import stop_reasons
from campaigns.stopping import stop_reason_queries
from hotline.models import Campaign, Recipient, RecipientChange, User
from hotline.values.states.recipient import RecipientState

MOST = 100


@dataclass(frozen=True)
class Change:
    """One change of a recipient, with the name of whoever made it."""

    row: RecipientChange
    recipient: Recipient
    campaign: Campaign
    by: str | None


@dataclass(frozen=True)
class Stop:
    """A recipient whose calls are stopped; `token` names what stops them."""

    recipient: Recipient
    campaign: Campaign
    reason: str
    token: str
    is_death: bool


@dataclass(frozen=True)
class Stops:
    """The history of some recipients, the newest change first, and those of them who are stopped now."""

    changes: list[Change]
    stopped: list[Stop]


def of_patient(session: Session, patient_id: str) -> Stops:
    """Return those of everyone whom campaigns know as this patient."""
    return _stops(session, Recipient.patient_id == patient_id)


def of_campaign(session: Session, campaign_id: str) -> Stops:
    """Return those of a campaign's recipients."""
    return _stops(session, Recipient.campaign_id == campaign_id)


def _stops(session: Session, claim: ColumnElement[bool]) -> Stops:
    changes = (
        select(RecipientChange, Recipient, Campaign, User.name)
        .join(Recipient, Recipient.id == RecipientChange.recipient_id)
        .join(Campaign, Campaign.id == Recipient.campaign_id)
        .outerjoin(User, User.id == RecipientChange.user_id)
        .where(claim)
        .order_by(RecipientChange.at.desc(), RecipientChange.id.desc())
        .limit(MOST)
    )
    stopped = (
        select(Recipient, Campaign)
        .join(Campaign, Campaign.id == Recipient.campaign_id)
        .where(claim, Recipient.state == RecipientState.STOPPED, Recipient.reason.in_(stop_reasons.CAUSES))
        .order_by(Recipient.ended_at.desc(), Recipient.id)
        .limit(MOST)
    )
    found = [_stop(session, recipient, campaign) for recipient, campaign in session.execute(stopped)]
    return Stops([Change(*row) for row in session.execute(changes)], [one for one in found if one is not None])


def _stop(session: Session, recipient: Recipient, campaign: Campaign) -> Stop | None:
    cause = stop_reason_queries.cause_to_undo(session, recipient)
    if cause is None:
        return None
    return Stop(recipient, campaign, cause.reason, stop_reason_queries.token(cause), cause.reason == stop_reasons.DIED)
