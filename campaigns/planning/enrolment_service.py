"""A campaign's plan becomes recipients: every step of every discharge in its scope, once, some at a time."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, aliased

from campaigns.dialling import queries
from campaigns.importing.visits import person_queries, stop_reasons
from campaigns.planning import dialling_limits_file, plan, plans_file, preference_queries, service
from campaigns.planning.calling_windows import CallingHours
from campaigns.planning.plan import DischargeProfile, Plan, PlannedCall, Scope
from campaigns.stopping import stop_reason_queries
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database import upsert
from hotline.database.database import Database
from hotline.models import Campaign, Discharge, PatientIdentifier, Recipient
from hotline.models.sealed import in_row
from hotline.outbox.notifier import FLOOR
from hotline.values.states.recipient import RecipientState

CHUNK = 500


@dataclass(frozen=True)
class EnrolmentResult:
    """What planning did: recipients added, those left out by reason, steps that were planned before."""

    added: int
    without: Mapping[str, int]
    known: int


class Candidate(NamedTuple):
    """A discharge in scope, and what the plans go by."""

    discharge: Discharge
    profile: DischargeProfile


def enrol(context: AppContext, name: str, now: datetime) -> EnrolmentResult:
    """Plan the campaign: every step of every discharge in its scope becomes a recipient, once. May be done again.

    Whoever was left out before is looked at anew. Raises `NotFound`, `FileFault`.
    """
    plans = plans_file.of(context.settings)
    with context.database.write() as session:
        campaign = service.named(session, name)
        session.execute(
            delete(Recipient).where(Recipient.campaign_id == campaign.id, Recipient.state == RecipientState.EXCLUDED)
        )
    added, known, without = 0, 0, Counter[str]()
    for chunk in context.database.in_pieces(_chunks(context.database, campaign)):
        with context.database.write() as session:
            people = {discharge.person_index for discharge, _ in chunk}
            person_queries.hold(session, people, is_new=False)  # nothing is told of them until they are planned
            rows = [
                row
                for discharge, profile in _with_stop_reasons(session, chunk)
                for row in _rows(context.settings, plans, campaign, discharge, profile, now)
            ]
            fresh = store(session, rows)
        known += len(rows) - len(fresh)
        added += sum(row["state"] is RecipientState.PLANNED for row in fresh)
        without.update(row["reason"] for row in fresh if row["state"] is RecipientState.EXCLUDED)
    context.notifier.notify(FLOOR)
    return EnrolmentResult(added, dict(without), known)


def _chunks(database: Database, campaign: Campaign) -> Iterator[list[Candidate]]:
    """Yield the discharges in scope, some at a time, with what the plans go by."""
    last, scope = "", service.read_scope(campaign.scope)
    while True:
        with database.read() as session:
            claims = (Discharge.id > last, *_claims(scope))
            rows = session.scalars(select(Discharge).where(*claims).order_by(Discharge.id).limit(CHUNK)).all()
            busy = _busy(session, {discharge.person_index for discharge in rows}, campaign.id)
        if not rows:
            return
        last = rows[-1].id
        candidates = [Candidate(one, profile_of(one, is_busy=one.person_index in busy)) for one in rows]
        yield [one for one in candidates if scope.takes(one.profile)]


def _with_stop_reasons(session: Session, chunk: list[Candidate]) -> list[Candidate]:
    """Return the same, each with what stands against a call as the database says now."""
    people = stop_reason_queries.known(session, {discharge.person_index for discharge, _ in chunk})
    pairs = []
    for discharge, profile in chunk:
        person = people.get(discharge.person_index, stop_reason_queries.NOTHING)
        pairs.append(Candidate(discharge, replace(profile, cause=stop_reasons.cause(person, discharge.key))))
    return pairs


def _claims(scope: Scope) -> list[ColumnElement[bool]]:
    claims: list[ColumnElement[bool]] = []
    if scope.since is not None:
        claims.append(Discharge.discharged_on >= scope.since)
    if scope.until is not None:
        claims.append(Discharge.discharged_on <= scope.until)
    return claims


def _busy(session: Session, people: set[str], campaign_id: str) -> set[str]:
    """Return those of these numbers whose person another campaign has open, under whichever number."""
    theirs = (Recipient.state.in_(queries.OPEN), Recipient.campaign_id != campaign_id)
    busy = set(session.scalars(select(Recipient.person_index).where(Recipient.person_index.in_(people), *theirs)))
    same, other = aliased(PatientIdentifier), aliased(PatientIdentifier)
    query = (
        select(same.person_index)
        .join(other, other.root == same.root)
        .join(Recipient, Recipient.person_index == other.person_index)
        .where(same.person_index.in_(people), other.person_index != same.person_index, *theirs)
    )
    return busy | set(session.scalars(query))


def profile_of(discharge: Discharge, *, is_busy: bool = False) -> DischargeProfile:
    """Return what the plans go by, of a discharge's row; what stands against a call is not among it."""
    stored = discharge.preferences
    preferred = None
    if stored.get("from") and stored.get("to"):
        preferred = CallingHours(time.fromisoformat(stored["from"]), time.fromisoformat(stored["to"]))
    return DischargeProfile(
        condition=discharge.condition,
        ward=discharge.ward,
        birth_date=date.fromisoformat(discharge.birth_date) if discharge.birth_date else None,
        discharged_on=discharge.discharged_on,
        zone=ZoneInfo(discharge.zone),
        has_consent=discharge.has_consent,
        refused_days=frozenset(stored.get("refused", [])),
        preferred=preferred,
        open_elsewhere=is_busy,
    )


def _rows(
    settings: Settings,
    plans: Mapping[str, Plan],
    campaign: Campaign,
    discharge: Discharge,
    profile: DischargeProfile,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return the recipients of a discharge, one for each step of the plan that fits best."""
    scope = service.read_scope(campaign.scope)
    allowed = {name: each for name, each in plans.items() if not scope.plans or name in scope.plans}
    chosen = plan.choose(allowed.values(), profile)
    if chosen is None:
        return []
    legal = dialling_limits_file.of(settings).hours
    window = plan.window(chosen, profile, legal)
    shared = _shared(campaign, discharge, chosen) | {
        "preferences": preference_queries.write_window(window) if window else {},
        "added_at": now,
    }
    return [_row(shared, discharge, step, now) for step in plan.steps(chosen, profile, legal, now)]


def _shared(campaign: Campaign, discharge: Discharge, chosen: Plan) -> dict[str, Any]:
    copied = ("person_index", "name", "birth_date", "number", "number_index", "patient_id", "language", "zone")
    return {column: getattr(discharge, column) for column in (*copied, "ward", "condition")} | {
        "campaign_id": campaign.id,
        "discharge_id": discharge.id,
        "script": chosen.script,
        "notice": {},
        "state_before_stop": {},
        "dialogue_state": {},
        "tries": 0,
    }


def _row(shared: dict[str, Any], discharge: Discharge, wanted: PlannedCall, now: datetime) -> dict[str, Any]:
    is_out = bool(wanted.without)
    return shared | {
        "id": clock.new_id(),
        "key": f"{discharge.id}:{wanted.step.name}",
        "step": wanted.step.name,
        "state": RecipientState.EXCLUDED if is_out else RecipientState.PLANNED,
        "reason": wanted.without,
        "due_at": wanted.due_at,
        "opens_at": wanted.opens_at,
        "closes_at": wanted.closes_at,
        "ended_at": now if is_out else None,
    }


def store(session: Session, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add what is not there yet; the rows that were added."""
    if not rows:
        return []
    keys = [row["key"] for row in rows]
    before = set(session.scalars(select(Recipient.key).where(Recipient.key.in_(keys))))
    fresh = [row for row in rows if row["key"] not in before]
    if fresh:
        sealed = [in_row(Recipient, row) for row in fresh]
        insert = upsert.insert(session, Recipient.__table__)
        session.execute(insert.on_conflict_do_nothing(index_elements=["key"]), sealed)
    return fresh
