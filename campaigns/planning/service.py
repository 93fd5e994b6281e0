"""Campaigns: made, started, paused, finished, each in one transaction; `enrolment_service` plans them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.dialling import queries
from campaigns.errors import CampaignRefused
from campaigns.planning.plan import Scope
from hotline import clock
from hotline.database.database import Database
from hotline.errors import NotFound
from hotline.models import Campaign, Recipient
from hotline.outbox import transitions
from hotline.outbox.notifier import FLOOR, Notifier
from hotline.values.states.campaign import CampaignEvent, CampaignKind, CampaignState
from hotline.values.states.recipient import RecipientEvent, RecipientState


def make(
    database: Database, name: str, scope: Scope, now: datetime, kind: CampaignKind = CampaignKind.FOLLOW_UP
) -> str:
    """Make a campaign of this name, as a draft, or give the one there is this scope; return its id."""
    with database.write() as session:
        campaign = queries.by_name(session, name)
        if campaign is None:
            campaign = Campaign(id=clock.new_id(), name=name, kind=kind, made_at=now)
            session.add(campaign)
        campaign.scope = write_scope(scope)
        return campaign.id


def names(database: Database, state: CampaignState | None = None) -> list[str]:
    """Return the names of all campaigns, or of those in this state, the newest first."""
    query = select(Campaign.name).order_by(Campaign.made_at.desc())
    with database.read() as session:
        return list(session.scalars(query if state is None else query.where(Campaign.state == state)))


def start(database: Database, notifier: Notifier, name: str, now: datetime) -> None:
    """Start calling. Raises `CampaignRefused` when nobody is planned."""
    with database.write() as session:
        campaign = named(session, name)
        planned = select(func.count()).where(
            Recipient.campaign_id == campaign.id, Recipient.state.in_([RecipientState.PLANNED, RecipientState.TEXTED])
        )
        if not session.scalar(planned):
            raise CampaignRefused(f"{name}: nobody is planned; `hotline campaign plan {name}` first")
        transitions.transition(campaign, CampaignEvent.STARTED)
        campaign.started_at, campaign.reason = campaign.started_at or now, ""
        notifier.notify_after(session, FLOOR)


def pause(database: Database, notifier: Notifier, name: str, reason: str = "") -> None:
    """Dial nobody until it is started again; conversations go on, and whoever calls back is heard."""
    with database.write() as session:
        campaign = named(session, name)
        transitions.transition(campaign, CampaignEvent.PAUSED)
        campaign.reason, campaign.pace = reason[:120], {}
        notifier.notify_after(session, FLOOR)


def finish(database: Database, notifier: Notifier, name: str, now: datetime) -> None:
    """End the campaign: whoever is still planned is stopped."""
    with database.write() as session:
        campaign = named(session, name)
        left = select(Recipient.id).where(
            Recipient.campaign_id == campaign.id, Recipient.state.in_([RecipientState.PLANNED, RecipientState.TEXTED])
        )
        for recipient_id in session.scalars(left).all():
            recipient = queries.locked(session, recipient_id)
            if recipient is not None:
                transitions.transition(recipient, RecipientEvent.STOPPED)
                recipient.reason, recipient.due_at, recipient.ended_at = "campaign_finished", None, now
        transitions.transition(campaign, CampaignEvent.FINISHED)
        campaign.ended_at, campaign.pace = now, {}
        notifier.notify_after(session, FLOOR)


def write_scope(scope: Scope) -> dict[str, Any]:
    """Return the scope as the campaign's row keeps it."""
    return {
        "since": scope.since.isoformat() if scope.since else None,
        "until": scope.until.isoformat() if scope.until else None,
        "wards": sorted(scope.wards),
        "conditions": sorted(scope.conditions),
        "plans": sorted(scope.plans),
    }


def read_scope(stored: Mapping[str, Any]) -> Scope:
    """Return the scope that `write_scope` stored."""
    return Scope(
        since=date.fromisoformat(stored["since"]) if stored.get("since") else None,
        until=date.fromisoformat(stored["until"]) if stored.get("until") else None,
        wards=frozenset(stored.get("wards", [])),
        conditions=frozenset(stored.get("conditions", [])),
        plans=frozenset(stored.get("plans", [])),
    )


def named(session: Session, name: str) -> Campaign:
    """Return the campaign of this name or id. Raises `NotFound`."""
    campaign = queries.by_name(session, name)
    if campaign is None:
        raise NotFound(f"no campaign {name!r}; `hotline campaign status` lists those there are, `plan` makes one")
    return campaign
