"""The sweep: jobs that RQ forgot, and lines of which the exchange has said nothing for too long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hotline import log
from hotline.context import AppContext
from hotline.database import server_clock
from hotline.database.database import Database
from hotline.outbox import jobs, transitions
from hotline.outbox.notifier import Notifier
from hotline.values.states.job import JobEvent
from hotline.values.states.leg import ENDED_LEGS, LegStatus
from ivr.dialogue import call_end_service
from qa.sampling import service as sampling_service
from qa.statistics import rating_queries
from recordings.storage import queries as recording_queries
from recordings.storage import service as recordings
from recordings.transcripts import queries as transcript_queries
from recordings.transcripts.urgency import is_urgent
from routing.calls import leg_service
from routing.calls import queries as call_queries
from telephony.errors import ProviderDown
from telephony.provider import Provider
from workers import queries
from workers.retrying import DIED, MAX_DEATHS

if TYPE_CHECKING:
    from hotline.models import Call, Job, Offer

InTime = Callable[[], bool]
# RQ takes milliseconds; what is due for longer was forgotten by it.
PATIENCE = timedelta(seconds=2)
# So many jobs are looked at in one sweep.
MOST = 500
# The exchange is asked about lines it has not mentioned for this long.
SILENCE = timedelta(seconds=15)
# How far back the exchange is asked for calls we never heard of.
UNHEARD_SINCE = timedelta(hours=2)
# A recording is ready seconds after its call; past this the exchange is asked.
RECORDING_SILENCE = timedelta(seconds=20)
# From which local hour on the night's deleting is asked for.
PURGE_HOUR = 3


def always() -> bool:
    """Set no end to the time that a sweep may take."""
    return True


def forgotten_jobs(database: Database, notifier: Notifier) -> int:
    """Enqueue every job that is due, not held and that RQ does not have; return how many there were."""
    with database.read() as session:
        rows = queries.forgotten(session, PATIENCE, MOST)
    killers = {job.id for job in rows if job.held_until is not None and job.worker_deaths + 1 >= MAX_DEATHS}
    for job in rows:
        if job.id in killers:
            _give_up(database, job)
    return sum(jobs.enqueue(notifier, job) for job in rows if job.id not in killers)


def _give_up(database: Database, job: Job) -> None:
    """Fail a job of which workers died again and again; staff see why."""
    with database.write() as session:
        row = queries.untaken_row(session, job)
        if row is None:
            return  # somebody took it meanwhile, or holds it after all
        now = server_clock.now(session)
        transitions.transition(row, JobEvent.GIVEN_UP)
        row.worker_deaths, row.first_failed_at = job.worker_deaths + 1, row.first_failed_at or now
        row.reason, row.held_until, row.ended_at = DIED, None, now
    log.get().error("job_kills_workers", job_id=job.id, kind=job.kind)


def silent_lines(context: AppContext, provider: Provider, now: datetime, in_time: InTime = always) -> int:
    """Ask the exchange about lines it has long not mentioned, and write down what it says; how many there were.

    A line it does not know any more (it was restarted) has ended. What is not asked `in_time` is asked next time.
    """
    with context.database.read() as session:
        calls = call_queries.silent(session, now - SILENCE)
        offers = call_queries.silent_offers(session, now - SILENCE)
    alive = [call.id for call in calls if in_time() and _is_up(context, provider, call, now)]
    if alive:
        with context.database.write() as session:
            call_queries.mark_reported(session, alive, now)
    for offer in takewhile(lambda _offer: in_time(), offers):
        _ask_agent(context, provider, offer, now)
    return len(calls) + len(offers)


def _is_up(context: AppContext, provider: Provider, call: Call, now: datetime) -> bool:
    """Return whether the exchange says that the caller's line is up; write down at once that it has ended."""
    status = _status(provider, call.provider_sid)
    if status not in ENDED_LEGS:
        return status is not None
    call_end_service.line_reported(context, leg_service.LegReport(call.provider_sid, status), now)
    log.get().warning("call_end_found", call_id=call.id, status=status)
    return False


def _ask_agent(context: AppContext, provider: Provider, offer: Offer, now: datetime) -> None:
    sid = offer.provider_sid or ""
    status = _status(provider, sid)
    if status in ENDED_LEGS:
        leg_service.agent_line(context, offer.id, leg_service.LegReport(sid, status), now)
        log.get().warning("agent_end_found", offer_id=offer.id, status=status)


def _status(provider: Provider, sid: str) -> LegStatus | None:
    """Ask for the line's status; `FAILED` when the exchange does not know it, `None` when it does not answer."""
    try:
        view = provider.leg(sid)
    except ProviderDown:
        return None  # asked again at the next sweep
    return LegStatus.FAILED if view is None else view.status


def unheard_calls(context: AppContext, provider: Provider, now: datetime) -> int:
    """Write down calls that ended without our ever hearing of them (the webhooks were down); how many there were.

    A lost call is a lost patient: it appears in the list of calls with its number, so that staff can call back.
    """
    listed = provider.inbound(context.settings.hotline_number, now - UNHEARD_SINCE)
    ended = {view.sid: view for view in listed if view.ended_at is not None and view.ended_at < now - SILENCE}
    with context.database.read() as session:
        known = call_queries.known_sids(session, ended)
    for sid in ended.keys() - known:
        call_end_service.write_down_missed(context, ended[sid], now)
        log.get().error("call_unheard", sid=sid)
    return len(ended.keys() - known)


def silent_recordings(
    database: Database, notifier: Notifier, provider: Provider, now: datetime, in_time: InTime = always
) -> int:
    """Ask about recordings of calls that ended a while ago and never became ready; how many there were."""
    with database.read() as session:
        rows = recording_queries.never_ready(session, now - RECORDING_SILENCE)
    for recording in takewhile(lambda _recording: in_time(), rows):
        recordings.reconcile(database, notifier, provider, recording.id, now)
    return len(rows)


def undrawn_days(context: AppContext, now: datetime) -> int:
    """Have the sample of every past day drawn that was not; how many days were asked for."""
    return sampling_service.sweep(context, now)


def urgent_words(database: Database, notifier: Notifier) -> int:
    """Have transcripts made first of calls that have become a complaint or an emergency since; how many."""
    with database.write() as session:
        rows = transcript_queries.waiting(session, MOST)
        rated = rating_queries.ratings_of_calls(session, [call_id for _, call_id, _ in rows])
        return sum(
            jobs.urge(session, notifier, job)
            for job, call_id, intent in rows
            if is_urgent(intent, recording_queries.cases(session, call_id), rated.get(call_id))
        )


def over_periods(context: AppContext, now: datetime) -> int:
    """Have what is no longer kept deleted, once every local day, at night; 1 when it was asked for."""
    local = now.astimezone(ZoneInfo(context.settings.timezone))
    if local.hour < PURGE_HOUR:
        return 0
    day = local.date().isoformat()
    with context.database.write() as session:
        is_new = not queries.is_known(session, "purge", day)
        if is_new:
            jobs.add(session, context.notifier, "purge", day, now)
    return int(is_new)
