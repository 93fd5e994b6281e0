"""Campaigns that run and what is new: whoever has been discharged since is planned in them."""

from datetime import datetime

from campaigns.planning import enrolment_service, service
from hotline.context import AppContext
from hotline.values.states.campaign import CampaignState


def plan(context: AppContext, now: datetime) -> None:
    """Have campaigns that run look at new discharges."""
    for name in service.names(context.database, CampaignState.RUNNING):
        enrolment_service.enrol(context, name, now)
