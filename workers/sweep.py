"""The sweep: rows whose bell was lost, and lines of which the exchange has said nothing for too long."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select, update

from hotline import jobs, log, story
from hotline.ground import Ground
from hotline.models import Call, Job, Offer, Recording
from hotline.values import ENDED_LEGS, CallStatus, JobState, LegStatus, OfferState, RecordingState
from ivr import service as ivr
from qa import draws, ratings
from recordings import queries as recording_queries
from recordings import service as recordings
from recordings.urgency import is_urgent
from routing import legs
from telephony.errors import ProviderDown
from telephony.provider import Provider
from workers.run import MAX_DEATHS

# A bell takes milliseconds; a row that is due for longer has lost its own.
PATIENCE = timedelta(seconds=2)
# The exchange is asked about lines it has not mentioned for this long.
SILENCE = timedelta(seconds=15)
# A recording is ready seconds after its call; past this the exchange is asked.
# How often, in seconds of the minute, and how far back the exchange is asked for calls we never heard of.
UNHEARD_EVERY, UNHEARD_SINCE = 15, timedelta(hours=2)
RECORDING_SILENCE = timedelta(seconds=20)
# How often, in seconds of the minute, it is looked whether yesterday's sample is drawn.
UNDRAWN_EVERY = 10
# How often waiting transcripts are looked through for urgent ones, and the night's deleting; from which local hour on.
URGENT_EVERY, PURGE_EVERY, PURGE_HOUR = 5, 30, 3


def lost_bells(ground: Ground, now: datetime) -> int:
    """Ring again for every job that is due, not held and not in line; how many there were."""
    free = or_(Job.held_until.is_(None), Job.held_until < now)
    due = (
        select(Job)
        .where(Job.state == JobState.DUE, Job.due_at < now - PATIENCE, free)
        .order_by(Job.urgency.desc(), Job.due_at)
        .limit(500)
    )
    with ground.database.read() as session:
        rows = list(session.scalars(due))
    for job in rows:
        if job.held_until is not None and job.tries >= MAX_DEATHS:
            _give_up(ground, job, now)
    return sum(jobs.ring(ground.bell, job) for job in rows)


def _give_up(ground: Ground, job: Job, now: datetime) -> None:
    """The worker died of this job again and again: it fails, and staff see why."""
    with ground.database.write() as session:
        row = session.get_one(Job, job.id)
        if row.state is JobState.DUE:
            story.move(row, JobState.FAILED)
            row.reason, row.ended_at = f"its worker died {row.tries} times", now
    log.get().error("job_kills_workers", job_id=job.id, kind=job.kind)


def silent_lines(ground: Ground, provider: Provider, now: datetime) -> int:
    """Ask the exchange about lines it has long not mentioned, and write down what it says; how many were asked about.

    A line it does not know any more (it was restarted) has ended.
    """
    with ground.database.read() as session:
        calls = list(
            session.scalars(select(Call).where(Call.status != CallStatus.ENDED, Call.heard_at < now - SILENCE))
        )
        offers = list(session.scalars(_silent_offers(now)))
    alive = [call.id for call in calls if _is_up(ground, provider, call, now)]
    if alive:
        with ground.database.write() as session:
            session.execute(update(Call).where(Call.id.in_(alive)).values(heard_at=now))
    for offer in offers:
        _ask_agent(ground, provider, offer, now)
    return len(calls) + len(offers)


def _silent_offers(now: datetime) -> Select[Offer]:
    live = Offer.state.in_([OfferState.STARTED, OfferState.RINGING])
    talking = (Offer.state == OfferState.ANSWERED) & Offer.ended_at.is_(None)
    return select(Offer).where(live | talking, Offer.provider_sid.is_not(None), Offer.started_at < now - SILENCE)


def _is_up(ground: Ground, provider: Provider, call: Call, now: datetime) -> bool:
    """Whether the exchange says that the caller's line is up; that it has ended is written down at once."""
    status = _status(provider, call.provider_sid)
    if status not in ENDED_LEGS:
        return status is not None
    ivr.ended(ground, call.provider_sid, legs.Report(call.provider_sid, status), now)
    log.get().warning("call_end_found", call_id=call.id, status=status)
    return False


def _ask_agent(ground: Ground, provider: Provider, offer: Offer, now: datetime) -> None:
    sid = offer.provider_sid or ""
    status = _status(provider, sid)
    if status in ENDED_LEGS:
        legs.agent_line(ground, offer.id, legs.Report(sid, status), now)
        log.get().warning("agent_end_found", offer_id=offer.id, status=status)


def _status(provider: Provider, sid: str) -> LegStatus | None:
    """The line's status; `FAILED` when the exchange does not know it, `None` when it does not answer."""
    try:
        view = provider.leg(sid)
    except ProviderDown:
        return None  # asked again at the next sweep
    return LegStatus.FAILED if view is None else view.status


def unheard_calls(ground: Ground, provider: Provider, now: datetime) -> int:
    """Write down calls that ended without our ever hearing of them (the webhooks were down); how many there were.

    A lost call is a lost patient: it appears in the list of calls with its number, so that staff can call back.
    """
    if now.second % UNHEARD_EVERY:
        return 0
    listed = provider.inbound(ground.settings.hotline_number, now - UNHEARD_SINCE)
    ended = {view.sid: view for view in listed if view.ended_at is not None and view.ended_at < now - SILENCE}
    with ground.database.read() as session:
        known = set(session.scalars(select(Call.provider_sid).where(Call.provider_sid.in_(ended))))
    for sid in ended.keys() - known:
        ivr.unheard(ground, ended[sid], now)
        log.get().error("call_unheard", sid=sid)
    return len(ended.keys() - known)


def silent_recordings(ground: Ground, provider: Provider, now: datetime) -> int:
    """Ask about recordings of calls that ended a while ago and never became ready; how many were asked about."""
    query = (
        select(Recording, Call.ended_at)
        .join(Call, Call.id == Recording.call_id)
        .where(Recording.state == RecordingState.STARTED, Call.ended_at < now - RECORDING_SILENCE)
    )
    with ground.database.read() as session:
        rows = [recording for recording, _ in session.execute(query)]
    for recording in rows:
        recordings.reconcile(ground, provider, recording.id, now)
    return len(rows)


def undrawn_days(ground: Ground, now: datetime) -> int:
    """Have the sample of every past day drawn that was not; how many days were asked for."""
    return 0 if now.second % UNDRAWN_EVERY else draws.sweep(ground, now)


def urgent_words(ground: Ground, now: datetime) -> int:
    """Have transcripts made first of calls that have become a complaint or an emergency since; how many."""
    if now.second % URGENT_EVERY:
        return 0
    waiting = (
        select(Job, Call.id, Call.intent)
        .join(Recording, Recording.id == Job.subject_id)
        .join(Call, Call.id == Recording.call_id)
        .where(Job.kind == "transcribe", Job.state == JobState.DUE, Job.urgency == 0)
        .limit(500)
    )
    with ground.database.write() as session:
        rows = list(session.execute(waiting))
        rated = ratings.of(session, [call_id for _, call_id, _ in rows])
        return sum(
            jobs.urge(session, ground.bell, job)
            for job, call_id, intent in rows
            if is_urgent(intent, recording_queries.matters(session, call_id), rated.get(call_id))
        )


def over_periods(ground: Ground, now: datetime) -> int:
    """Have what is no longer kept deleted, once every local day, at night; 1 when it was asked for."""
    local = now.astimezone(ZoneInfo(ground.settings.timezone))
    if now.second % PURGE_EVERY or local.hour < PURGE_HOUR:
        return 0
    day = local.date().isoformat()
    with ground.database.write() as session:
        known = session.scalar(select(Job.id).where(Job.kind == "purge", Job.subject_id == day))
        if known is None:
            jobs.add(session, ground.bell, "purge", day, now)
    return int(known is None)
