"""The dialler: one leader that calls patients at the pace that nurses can catch, and mends what a crash left behind.

Whatever it asks of the exchange is a fact in the database first: a dialler that is killed at any point leaves rows that
say what the next one must do. An attempt that may or may not have reached the exchange is looked for there, never
dialled again.
"""

import threading
from collections import deque
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.dialling import follow_up, pacing, pacing_queries, queries, service
from campaigns.dialogue import after_call
from campaigns.importing.watched_folder import WatchedFolder
from campaigns.planning import dialling_limits_file
from campaigns.planning.dialling_limits import Caps
from campaigns.stopping import permission
from hotline import clock, log
from hotline.context import AppContext
from hotline.models import Attempt, Campaign, Recipient
from hotline.outbox.lease import Leadership, candidate
from hotline.outbox.notifier import FLOOR
from hotline.values.language import Language
from hotline.values.states.campaign import CampaignState
from hotline.values.states.leg import ENDED_LEGS, LegStatus
from routing.calls.legs import Report
from routing.queues import queues_file
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider
from telephony.provider.calls import patient_webhooks

TICK_SECONDS = 0.5
INBOX_SECONDS = 5.0
# After so long without a word about an attempt the exchange is asked whether it ever took the call.
LOST = timedelta(seconds=20)
# After so long without an end the exchange is asked about a line.
SILENCE = timedelta(seconds=60)
ASK_EVERY = timedelta(seconds=15)
# Calls begun a little before we wrote that we would are not ours.
SKEW = timedelta(seconds=5)
INBOUND_SPAN = timedelta(minutes=30)
QUEUE = "nurse"


class Dialler:
    """Calls patients while it holds the lease."""

    def __init__(self, context: AppContext, provider: Provider, lease: Leadership | None = None) -> None:
        """Use these resources; nothing starts yet. Raises `FileFault` when the caps cannot be used."""
        self._ground, self._provider = context, provider
        self._lease = lease or candidate(context.database, "dialler")
        self._caps: Caps = dialling_limits_file.of(context.settings)
        self._dialled: deque[datetime] = deque()
        self._asked: dict[str, datetime] = {}

    def run(self, stop: threading.Event) -> None:
        """Call until `stop` is set; after a fault the next tick tries again. The watched folder is looked at beside."""
        threading.Thread(target=self._watch, args=(stop,), daemon=True, name="watched folder").start()
        while not stop.wait(TICK_SECONDS):
            try:
                self.work(clock.now())
            except Exception:
                log.get().exception("dialler_pass_failed")  # the rows say what is to be done; the next tick does it
        self._lease.release()

    def _watch(self, stop: threading.Event) -> None:
        folder = WatchedFolder(self._ground)
        while not stop.wait(INBOX_SECONDS):
            if not self._lease.is_fresh:
                continue
            try:
                folder.sweep(clock.now())
            except Exception:
                log.get().exception("watched_folder_failed")  # the files stay where they are; the next look takes them

    def work(self, now: datetime) -> bool:
        """One pass; `False` when another dialler leads."""
        if not self._lease.holds():
            return False
        self.mend(now)
        with self._ground.database.read() as session:
            left = queries.to_dial(session)
            campaigns = queries.running(session)
        for attempt_id in left:
            self.dial(attempt_id, now)
        for campaign in campaigns:
            self._call(campaign, now)
        return True

    def mend(self, now: datetime) -> None:
        """What crashes, lost webhooks and the passing of time left to be done."""
        with self._ground.database.read() as session:
            stops = queries.to_hang_up(session)
            lost = queries.lost(session, now - LOST)
            silent = queries.silent(session, now - SILENCE)
            over = queries.hung_over(session)
            late = queries.overdue(session, now)
        for attempt in stops:
            self._hang_up(attempt, now)
        for attempt, number in lost:
            self._look_for(attempt, number, now)
        for attempt in silent:
            self._ask(attempt, now)
        for attempt_id in over:
            self._close(attempt_id, now)
        for recipient_id in late:
            permission.overdue(self._ground, recipient_id, now)
        after_call.alarm(self._ground, self._provider, now)

    def dial(self, attempt_id: str, now: datetime) -> bool:
        """Ask the exchange for this call, if it is still to be made and nobody has; whether it was asked."""
        wanted = service.take(self._ground, attempt_id, now)
        if wanted is None:
            return False
        self._dialled.append(now)
        settings = self._ground.settings
        webhooks = patient_webhooks(settings.voice_url, attempt_id)
        try:
            sid = self._provider.dial_patient(wanted.number, settings.hotline_number, webhooks, self._caps.ring_seconds)
        except ProviderRefused as refusal:
            log.get().warning("patient_not_dialled", attempt_id=attempt_id, error=str(refusal))
            service.failed(self._ground, attempt_id, "the exchange refused the call", now)
        except ProviderDown as error:
            # It may have taken the call all the same: it is looked for there, and never dialled again blindly.
            log.get().warning("patient_dial_unknown", attempt_id=attempt_id, error=str(error))
        else:
            service.dialled(self._ground, attempt_id, sid)
        return True

    def _call(self, campaign: Campaign, now: datetime) -> None:
        """Mark and dial as many recipients of this campaign as the pace allows, language by language."""
        with self._ground.database.read() as session:
            languages = pacing_queries.languages_due(session, campaign.id, now) or [
                self._ground.settings.default_language
            ]
            paces = [(language, self._pace(session, campaign, language, now)) for language in languages]
        for language, decided in paces:
            for recipient_id in self._due(campaign.id, language, decided.dial, now):
                attempt_id = service.mark(self._ground, recipient_id, now)
                if attempt_id is not None:
                    self.dial(attempt_id, now)
        self._tell(campaign, paces[0][1], now)

    def _due(self, campaign_id: str, language: Language, most: int, now: datetime) -> list[str]:
        if most < 1:
            return []
        query = queries.due(campaign_id, now).where(Recipient.language == language)
        with self._ground.database.read() as session:
            return list(session.scalars(query.limit(min(most, self._left(now)))))

    def _left(self, now: datetime) -> int:
        """Calls that may still be started within this second."""
        while self._dialled and self._dialled[0] <= now - timedelta(seconds=1):
            self._dialled.popleft()
        return max(0, self._caps.calls_a_second - len(self._dialled))

    def _pace(self, session: Session, campaign: Campaign, language: Language, now: datetime) -> pacing.Pace:
        levels = queues_file.of(self._ground.settings).queues[QUEUE].levels(language)
        nurses = pacing_queries.nurses(session, levels)
        dialling, talking = pacing_queries.in_flight(session)
        ring = timedelta(seconds=self._ground.settings.ring_seconds)
        unserved, waiting = pacing_queries.line(session, now - ring)
        due = queries.due(campaign.id, now).where(Recipient.language == language).order_by(None).limit(200)
        floor = pacing.Floor(
            free=nurses.free,
            busy=nurses.busy,
            dialling=dialling,
            talking=talking,
            waiting=waiting,
            unserved=unserved,
            inbound_a_second=pacing_queries.inbound_a_second(session, nurses.ids, now - INBOUND_SPAN, now),
            due=len(session.scalars(due).all()),
        )
        caps = self._caps
        bounds = pacing.Bounds(caps.lost_target_permille / 1000, caps.lost_limit_permille / 1000, self._left(now))
        return pacing.decide(floor, pacing_queries.counts(session, campaign.id, now), bounds)

    def _tell(self, campaign: Campaign, decided: pacing.Pace, now: datetime) -> None:
        """Keep the decision for people to read, where it changed."""
        told = {**asdict(decided), "facts": {name: round(value, 4) for name, value in decided.facts.items()}}
        del told["dial"]
        if told == {name: value for name, value in campaign.pace.items() if name != "at"}:
            return
        with self._ground.database.write() as session:
            row = session.get_one(Campaign, campaign.id)
            if row.state is CampaignState.RUNNING:
                row.pace = told | {"at": now.isoformat()}
                self._ground.notifier.ring_after(session, FLOOR, follow_up.TOPIC)

    def _hang_up(self, attempt: Attempt, now: datetime) -> None:
        try:
            self._provider.hang_up(attempt.provider_sid or "")
        except ProviderRefused:
            log.get().info("line_had_ended", sid=attempt.provider_sid)
        except ProviderDown:
            return  # the next pass asks again
        with self._ground.database.write() as session:
            session.get_one(Attempt, attempt.id).hung_up_at = now

    def _look_for(self, attempt: Attempt, number: str, now: datetime) -> None:
        """Whether the exchange took the call of which it never spoke: found, it goes on; not found, it never was."""
        if not self._may_ask(attempt.id, now) or attempt.dialled_at is None:
            return
        try:
            listed = self._provider.outbound(number, attempt.dialled_at - SKEW)
        except ProviderDown:
            return
        with self._ground.database.read() as session:
            known = set(session.scalars(select(Attempt.provider_sid).where(Attempt.provider_sid.is_not(None))))
        found = [view for view in listed if view.sid not in known and view.started_at >= attempt.dialled_at - SKEW]
        if not found:
            service.failed(self._ground, attempt.id, service.NEVER_DIALLED, now)
            return
        service.dialled(self._ground, attempt.id, found[-1].sid)
        service.report(self._ground, attempt.id, Report(found[-1].sid, found[-1].status), now)
        log.get().warning("attempt_found", attempt_id=attempt.id, status=found[-1].status)

    def _ask(self, attempt: Attempt, now: datetime) -> None:
        """The exchange has said nothing of this line for long: ask, and write down what it says."""
        if not self._may_ask(attempt.id, now):
            return
        try:
            view = self._provider.leg(attempt.provider_sid or "")
        except (ProviderDown, ProviderRefused):
            return
        # A line that the exchange does not know any more has ended.
        status = LegStatus.COMPLETED if view is None else view.status
        if status in ENDED_LEGS:
            service.report(self._ground, attempt.id, Report(attempt.provider_sid or "", status), now)
            log.get().warning("attempt_end_found", attempt_id=attempt.id, status=status)

    def _may_ask(self, attempt_id: str, now: datetime) -> bool:
        last = self._asked.get(attempt_id)
        if last is not None and now - last < ASK_EVERY:
            return False
        self._asked = {key: at for key, at in self._asked.items() if now - at < ASK_EVERY} | {attempt_id: now}
        return True

    def _close(self, attempt_id: str, now: datetime) -> None:
        with self._ground.database.read() as session:
            attempt = session.get(Attempt, attempt_id)
        if attempt is not None:
            service.report(self._ground, attempt_id, Report(attempt.provider_sid or "", LegStatus.COMPLETED), now)
