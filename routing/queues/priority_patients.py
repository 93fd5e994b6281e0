"""The green channel: how far ahead in the line a patient goes, and why (requirement A8). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hotline.values.reason import Reason
from hotline.values.reason_codes import PriorityReason


@dataclass(frozen=True)
class PatientFacts:
    """What is known of a caller; nothing known means no lift."""

    age: int | None = None
    limited_mobility: bool = False
    cardiac: bool = False
    diabetic: bool = False
    flagged: bool = False
    discharged_on: date | None = None


@dataclass(frozen=True)
class GreenChannel:
    """How much priority each fact gives; they add up to `at_most`.

    `ages` are pairs of the least age and its priority, of which the highest that is reached counts.
    """

    ages: tuple[tuple[int, int], ...] = ()
    limited_mobility: int = 0
    cardiac: int = 0
    diabetic: int = 0
    flagged: int = 0
    discharged: int = 0
    discharged_days: int = 30
    at_most: int = 40


def priority_of(rules: GreenChannel, facts: PatientFacts, base: int, today: date) -> tuple[int, tuple[Reason, ...]]:
    """Return the caller's priority, `base` being that of their queue, and what lifted it, for supervisors.

    `today` is the hospital's local date.
    """
    lifts = [(priority, reason) for priority, reason in _lifts(rules, facts, today) if priority]
    lift = min(rules.at_most, sum(priority for priority, _ in lifts))
    return base + lift, tuple(reason for _, reason in lifts) if lift else ()


def _lifts(rules: GreenChannel, facts: PatientFacts, today: date) -> Iterator[tuple[int, Reason]]:
    reached = [(least, priority) for least, priority in rules.ages if facts.age is not None and facts.age >= least]
    if reached:
        least, priority = max(reached)
        yield priority, Reason(PriorityReason.AGED, {"age": least})
    if facts.limited_mobility:
        yield rules.limited_mobility, Reason(PriorityReason.LIMITED_MOBILITY)
    if facts.cardiac:
        yield rules.cardiac, Reason(PriorityReason.CARDIAC)
    if facts.diabetic:
        yield rules.diabetic, Reason(PriorityReason.DIABETIC)
    if facts.flagged:
        yield rules.flagged, Reason(PriorityReason.FLAGGED)
    if facts.discharged_on is not None and _is_recent(facts.discharged_on, today, rules.discharged_days):
        yield rules.discharged, Reason(PriorityReason.DISCHARGED, {"days": rules.discharged_days})


def _is_recent(discharged_on: date, today: date, days: int) -> bool:
    return timedelta() <= today - discharged_on <= timedelta(days=days)
