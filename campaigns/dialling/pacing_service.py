"""Pacing as it is done: recipients are reserved at the pace that nurses can catch, and workers dial them.

A reserved attempt and the job that dials it are rows of one transaction. Nothing is asked of the exchange here.
"""

from collections import deque
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from campaigns.dialling import pacing, pacing_queries, queries, service
from campaigns.planning import dialling_limits_file
from campaigns.planning.dialling_limits import DiallingLimits
from hotline.context import AppContext
from hotline.models import Campaign
from hotline.outbox.notifier import FLOOR
from hotline.values.language import Language
from hotline.values.states.campaign import CampaignState
from routing.queues import queues_file

INBOUND_SPAN = timedelta(minutes=30)
ONE_SECOND = timedelta(seconds=1)
QUEUE = "nurse"


class Pacer:
    """Decides how many recipients of each running campaign are dialled now; `work` is one step of it."""

    def __init__(self, context: AppContext) -> None:
        """Use these resources; nothing starts yet. Raises `FileFault` when the dialling limits cannot be used."""
        self._context = context
        self._limits: DiallingLimits = dialling_limits_file.of(context.settings)
        self._reserved: deque[datetime] = deque()

    def work(self, now: datetime) -> None:
        """Reserve as many recipients as the pace allows, campaign by campaign."""
        with self._context.database.read() as session:
            campaigns = queries.running(session)
        for campaign in campaigns:
            self._reserve(campaign, now)

    def _reserve(self, campaign: Campaign, now: datetime) -> None:
        """Reserve recipients of this campaign, language by language."""
        with self._context.database.read() as session:
            languages = pacing_queries.languages_due(session, campaign.id, now) or [
                self._context.settings.default_language
            ]
            paces = [(language, self._pace(session, campaign, language, now)) for language in languages]
        for language, pace in paces:
            for recipient_id in self._due(campaign.id, language, pace.dial, now):
                if service.reserve(self._context, recipient_id, now) is not None:
                    self._reserved.append(now)
        self._keep_for_people(campaign, paces[0][1], now)

    def _due(self, campaign_id: str, language: Language, most: int, now: datetime) -> list[str]:
        with self._context.database.read() as session:
            most = min(most, self._calls_left(session, now))
            return queries.due_in(session, campaign_id, language, now, most) if most > 0 else []

    def _calls_left(self, session: Session, now: datetime) -> int:
        """Return how many calls may still be started within this second.

        None while attempts of an earlier second are still to be dialled: workers that come back find no more than one
        second's calls.
        """
        while self._reserved and self._reserved[0] <= now - ONE_SECOND:
            self._reserved.popleft()
        if queries.is_behind(session, now - ONE_SECOND):
            return 0
        return max(0, self._limits.calls_a_second - len(self._reserved))

    def _pace(self, session: Session, campaign: Campaign, language: Language, now: datetime) -> pacing.Pace:
        levels = queues_file.of(self._context.settings).queues[QUEUE].levels(language)
        nurses = pacing_queries.nurses(session, levels)
        dialling, talking = pacing_queries.in_flight(session)
        ring = timedelta(seconds=self._context.settings.ring_seconds)
        unserved, waiting = pacing_queries.waiting_callers(session, now - ring)
        floor = pacing.NurseFloor(
            free=nurses.free,
            busy=nurses.busy,
            dialling=dialling,
            talking=talking,
            waiting=waiting,
            unserved=unserved,
            inbound_a_second=pacing_queries.inbound_a_second(session, nurses.ids, now - INBOUND_SPAN, now),
            due=len(queries.due_in(session, campaign.id, language, now, pacing.MOST_LINES)),
        )
        limits = self._limits
        bounds = pacing.PacingBounds(
            limits.lost_target_permille / 1000, limits.lost_limit_permille / 1000, self._calls_left(session, now)
        )
        return pacing.decide(floor, pacing_queries.counts(session, campaign.id, now), bounds)

    def _keep_for_people(self, campaign: Campaign, pace: pacing.Pace, now: datetime) -> None:
        """Keep the decision for people to read, where it changed."""
        kept = {**asdict(pace), "facts": {name: round(value, 4) for name, value in pace.facts.items()}}
        del kept["dial"]
        if kept == {name: value for name, value in campaign.pace.items() if name != "at"}:
            return
        with self._context.database.write() as session:
            row = session.get_one(Campaign, campaign.id)
            if row.state is CampaignState.RUNNING:
                row.pace = kept | {"at": now.isoformat()}
                self._context.notifier.notify_after(session, FLOOR)
