"""Who is called when: which plan fits a discharge, when its steps fall, who is left out and why. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.importing.visits import stop_reasons
from campaigns.importing.visits.stop_reasons import StopReason
from campaigns.planning.calling_windows import EVERY_DAY, CallingHours, CallingWindow
from hotline.values.language import Language
from hotline.values.states.campaign import CampaignKind

# Reasons for leaving a patient out, beside those of `importing.causes`; pages and reports have words for each.
NO_CONSENT = "no_consent"
DO_NOT_CALL, DIED, READMITTED = stop_reasons.DO_NOT_CALL, stop_reasons.DIED, stop_reasons.READMITTED
TOO_LATE = "too_late"
NO_HOURS = "no_hours"
ELSEWHERE = "in_another_campaign"


@dataclass(frozen=True)
class PlanStep:
    """A call of the plan: `day` days after discharge, of use until day `until`."""

    name: str
    day: int
    until: int


@dataclass(frozen=True)
class Plan:
    """A plan of the hospital's. Empty `conditions` and `wards` fit every discharge; `elderly` hours bind from `age`."""

    name: str
    label: Mapping[Language, str]
    script: str
    steps: tuple[PlanStep, ...]
    hours: CallingHours
    elderly_hours: CallingHours
    elderly_age: int
    kind: CampaignKind = CampaignKind.FOLLOW_UP
    conditions: frozenset[str] = frozenset()
    wards: frozenset[str] = frozenset()
    least_age: int = 0
    days: frozenset[int] = EVERY_DAY


@dataclass(frozen=True)
class DischargeProfile:
    """What a plan goes by, of one discharge."""

    condition: str
    ward: str
    birth_date: date | None
    discharged_on: date
    zone: ZoneInfo
    has_consent: bool = True
    # What stands against every call to this patient, by all that is known of their visits.
    cause: StopReason | None = None
    refused_days: frozenset[int] = frozenset()
    preferred: CallingHours | None = None
    open_elsewhere: bool = False


@dataclass(frozen=True)
class PlannedCall:
    """A step of one discharge: due first at `due_at`, of use until `closes_at`; `without` says why it is left out."""

    step: PlanStep
    opens_at: datetime
    closes_at: datetime
    due_at: datetime | None = None
    without: str = ""


@dataclass(frozen=True)
class Scope:
    """Which discharges a campaign takes; empty means all."""

    since: date | None = None
    until: date | None = None
    wards: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    plans: frozenset[str] = field(default_factory=frozenset)

    def takes(self, facts: DischargeProfile) -> bool:
        """Return whether this discharge is meant."""
        return (
            (self.since is None or facts.discharged_on >= self.since)
            and (self.until is None or facts.discharged_on <= self.until)
            and (not self.wards or facts.ward in self.wards)
            and (not self.conditions or facts.condition in self.conditions)
        )


def choose(plans: Iterable[Plan], facts: DischargeProfile) -> Plan | None:
    """Return the plan that fits most closely: by condition and ward, by either, by age, then the one for everyone."""
    fitting = [plan for plan in plans if plan.kind is CampaignKind.FOLLOW_UP and _fits(plan, facts)]
    return max(fitting, key=lambda plan: (_closeness(plan), plan.name), default=None)


def _fits(plan: Plan, facts: DischargeProfile) -> bool:
    return (
        (not plan.conditions or facts.condition in plan.conditions)
        and (not plan.wards or facts.ward in plan.wards)
        and age(facts) >= plan.least_age
    )


def _closeness(plan: Plan) -> int:
    return 4 * bool(plan.conditions) + 2 * bool(plan.wards) + bool(plan.least_age)


def age(facts: DischargeProfile) -> int:
    """Return years of age on the day of discharge; 0 when the birth date is unknown."""
    born, day = facts.birth_date, facts.discharged_on
    if born is None:
        return 0
    return max(0, day.year - born.year - ((day.month, day.day) < (born.month, born.day)))


def window(plan: Plan, facts: DischargeProfile, legal: CallingHours) -> CallingWindow | None:
    """Return when this patient may be called under the plan and the law; `None` when no hour is left."""
    is_elderly = age(facts) >= plan.elderly_age
    hours = plan.hours.within(legal)
    if hours is not None and is_elderly:
        hours = hours.within(plan.elderly_hours)
    days = plan.days - facts.refused_days
    if hours is None or not days:
        return None
    return CallingWindow(facts.zone, hours, days, facts.preferred)


def steps(plan: Plan, facts: DischargeProfile, legal: CallingHours, now: datetime) -> Sequence[PlannedCall]:
    """Return the calls of this discharge with the first moment each is due; one that is left out says why."""
    return [_call(step, plan, facts, legal, now) for step in plan.steps]


def _call(step: PlanStep, plan: Plan, facts: DischargeProfile, legal: CallingHours, now: datetime) -> PlannedCall:
    opens = _midnight(facts, step.day)
    closes = _midnight(facts, step.until + 1)
    reason = without(facts)
    if not reason and closes <= now:
        reason = TOO_LATE
    open_window = None if reason else window(plan, facts, legal)
    due = None if open_window is None else open_window.next(max(opens, now), closes)
    if not reason and due is None:
        reason = NO_HOURS
    return PlannedCall(step, opens, closes, due, reason)


def without(facts: DischargeProfile) -> str:
    """Return why this patient must not be called at all; empty when they may be."""
    if facts.cause is not None:
        return facts.cause.reason
    if not facts.has_consent:
        return NO_CONSENT
    return ELSEWHERE if facts.open_elsewhere else ""


def _midnight(facts: DischargeProfile, days: int) -> datetime:
    return datetime.combine(facts.discharged_on + timedelta(days=days), time(0), facts.zone)
