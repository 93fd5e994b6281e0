"""The daily draw: reads yesterday's calls, draws by a new seed, and opens reviews; once per day, provable later."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline.clock import new_secret
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.errors import Discard
from hotline.models import AutoScore, Call, DailySample, Job, Review, ReviewStep
from hotline.outbox import jobs
from hotline.outbox.job_kinds import job
from hotline.values.intent import Intent
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.call import CallOutcome, Direction
from qa import scorecards
from qa.sampling import policy_file, queries
from qa.sampling.policy_file import Policy
from qa.sampling.sample import Candidate, DrawnSample, Quota, SampledCall, TargetRule, draw
from qa.statistics import rating_queries

JOB = "draw_sample"
# How many days back a missed draw is made up for.
DAYS_BACK = 7


def sweep(context: AppContext, now: datetime) -> int:
    """Have every past day drawn that was not, once its hour has come; return how many were asked for."""
    days = due(context.database, context.settings, now)
    if not days:
        return 0
    with context.database.write() as session:
        for day in days:
            jobs.add(session, context.notifier, JOB, day.isoformat(), now)
    return len(days)


def due(database: Database, settings: Settings, now: datetime) -> list[date]:
    """Return the days that can be drawn and have neither a draw nor a job that will make it."""
    local = now.astimezone(ZoneInfo(settings.timezone))
    last = (local - timedelta(hours=24 + policy_file.load(settings.quality_file).draw_hour)).date()
    with database.read() as session:
        first = session.scalar(select(func.min(Call.started_at)).where(Call.outcome == CallOutcome.ANSWERED))
        if first is None:
            return []
        since = max(first.astimezone(local.tzinfo).date(), last - timedelta(days=DAYS_BACK - 1))
        days = [since + timedelta(days=number) for number in range((last - since).days + 1)]
        drawn = set(session.scalars(select(DailySample.day).where(DailySample.day.in_(days))))
        asked = set(session.scalars(select(Job.subject_id).where(Job.kind == JOB)))
    return [day for day in days if day not in drawn and day.isoformat() not in asked]


@job(JOB, queue="now")
def make(context: AppContext, subject_id: str, now: datetime) -> None:
    """Draw the day `subject_id` (`2026-03-02`) and open its reviews. Raises `Discard` when it was drawn before."""
    day, rules = date.fromisoformat(subject_id), policy_file.load(context.settings.quality_file)
    try:
        with context.database.write() as session:
            if session.scalar(select(DailySample.id).where(DailySample.day == day)):
                raise Discard(f"{day} was drawn before")
            calls = queries.audible_calls(session, day, ZoneInfo(context.settings.timezone))
            row = _draw(context.settings, session, day, calls, rules)
            row.drawn_at = now
            session.add(row)
            session.flush()
            _open(session, row, {call.id: call for call in calls}, rules, now)
    except IntegrityError as error:  # another worker drew the same day at the same time
        raise Discard(f"{day} was drawn before") from error


def latest(session: Session, most: int = 31) -> list[DailySample]:
    """Return the samples of the last days, the newest first."""
    return list(session.scalars(select(DailySample).order_by(DailySample.day.desc()).limit(most)))


def redraw(row: DailySample) -> DrawnSample:
    """Return the draw made once more from what is stored: seed, calls and terms."""
    calls = [Candidate(call, agent, queue, hour, frozenset(traits)) for call, agent, queue, hour, traits in row.frame]
    rules = tuple(TargetRule(trait, most) for trait, most in row.rules["rules"])
    return draw(calls, Quota(**row.rules["quota"]), rules, row.seed)


def is_proven(row: DailySample) -> bool:
    """Return whether drawing again gives exactly what was stored."""
    return [_plain(one) for one in redraw(row).drawn] == row.drawn


def _draw(settings: Settings, session: Session, day: date, calls: Sequence[Call], rules: Policy) -> DailySample:
    traits = _traits(settings, session, calls, rules, day)
    zone = ZoneInfo(settings.timezone)
    frame = [
        [call.id, call.agent_id, call.queue or "", call.started_at.astimezone(zone).hour, sorted(traits[call.id])]
        for call in calls
    ]
    quota = {"share": rules.quota.share, "least": rules.quota.least, "most": rules.quota.most}
    sampling_rules = {"quota": quota, "rules": [[rule.trait, rule.most] for rule in rules.rules]}
    row = DailySample(day=day, seed=new_secret(), frame=frame, rules=sampling_rules)
    drawn = redraw(row)
    row.drawn, row.excluded = [_plain(one) for one in drawn.drawn], drawn.excluded
    return row


def _plain(one: SampledCall) -> list[Any]:
    return [one.call_id, one.agent_id, one.is_random, list(one.reasons)]


def _open(session: Session, row: DailySample, calls: dict[str, Call], rules: Policy, now: datetime) -> None:
    for call_id, agent_id, is_random, reasons in row.drawn:
        call = calls[call_id]
        card = card_for(rules, call)
        review = session.scalar(
            select(Review).where(Review.call_id == call_id, Review.scorecard == card, Review.calibration_id.is_(None))
        )
        # A call that somebody has chosen before counts as random all the same: chance did not look at that.
        if review is None:
            review = Review(
                call_id=call_id, agent_id=agent_id, queue=call.queue, day=row.day, scorecard=card, added_at=now
            )
            session.add(review)
        review.sample_id, review.is_random = row.id, is_random
        review.reasons = [*(review.reasons or []), *reasons]
        session.flush()
        session.add(
            ReviewStep(review_id=review.id, at=now, kind="drawn", data={"random": is_random, "reasons": reasons})
        )


def card_for(rules: Policy, call: Call) -> str:
    """Return the scorecard against which a call is heard."""
    is_outbound = call.direction is Direction.OUTBOUND
    return rules.scorecards["outbound" if is_outbound else "inbound"]


def _traits(
    settings: Settings, session: Session, calls: Sequence[Call], rules: Policy, day: date
) -> dict[str, set[str]]:
    traits: dict[str, set[str]] = {call.id: set() for call in calls}
    ids = list(traits)
    for call_id, rating in rating_queries.ratings_of_calls(session, ids).items():
        if rating <= rating_queries.LOW:
            traits[call_id].add("low_rating")
    for called in queries.of_campaigns(session, ids):
        traits[called].add("campaign")
    for call in calls:
        if call.intent is Intent.COMPLAINT:
            traits[call.id].add("complaint")
    for call_id, trait in _machine(settings, session, ids):
        traits[call_id].add(trait)
    new = _new_agents(settings, session, {call.agent_id for call in calls}, day - timedelta(days=rules.new_agent_days))
    for call in calls:
        if call.agent_id in new:
            traits[call.id].add("new_agent")
    return traits


def _machine(settings: Settings, session: Session, ids: Sequence[str]) -> list[tuple[str, str]]:
    """Return what the machine points at: a fatal fault that it heard or is unsure of, and a long silence."""
    cards = scorecards.load(settings.scorecards_folder)
    fatal = {(card.name, item.id): item.good for card in cards for item in card.items if item.fatal}
    traits = []
    for mark in session.scalars(select(AutoScore).where(AutoScore.call_id.in_(ids))):
        good = fatal.get((mark.scorecard, mark.item))
        if good is not None and mark.answer not in (good, ItemAnswer.NA):
            traits.append((mark.call_id, "fatal"))
        if mark.item == "long_silence" and mark.answer is ItemAnswer.YES:
            traits.append((mark.call_id, "long_silence"))
    return traits


def _new_agents(settings: Settings, session: Session, agent_ids: set[str | None], since: date) -> set[str | None]:
    first = select(Call.agent_id, func.min(Call.started_at)).where(Call.agent_id.in_(agent_ids)).group_by(Call.agent_id)
    return {agent_id for agent_id, moment in session.execute(first) if settings.day(moment) >= since}
