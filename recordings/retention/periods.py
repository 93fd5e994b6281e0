"""How long sound, words and reviews of a call are kept, and what keeps them longer: rules as data. Pure, but `of`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from hotline.configuration.yaml_fields import own_or_standard, plain
from hotline.errors import ConfigError
from hotline.values.intent import Intent
from hotline.values.states.case import CaseKind

LONGEST_DAYS = 36_500


class What(StrEnum):
    """What is deleted by itself, in this order."""

    AUDIO = "audio"
    TRANSCRIPT = "transcript"
    REVIEW = "review"


class Kind(StrEnum):
    """What a call was, for its periods; the first that fits counts."""

    COMPLAINT = "complaint"
    EMERGENCY = "emergency"
    FOLLOW_UP = "follow_up"
    MESSAGE = "message"
    ROUTINE = "routine"


class Keeper(StrEnum):
    """What keeps evidence although its time is over."""

    HOLD = "legal_hold"
    COMPLAINT = "open_complaint"


@dataclass(frozen=True)
class Rules:
    """Days by kind and thing, and the days for which a complaint's evidence is kept after its closing."""

    days: dict[Kind, dict[What, int]]
    after_complaint_days: int
    report_days: int


@dataclass(frozen=True)
class Facts:
    """What the rules ask of a call."""

    ended_at: datetime
    intent: Intent
    there: frozenset[What]
    cases: frozenset[CaseKind] = frozenset()
    has_message: bool = False
    is_held: bool = False
    has_open_complaint: bool = False
    complaint_closed_at: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """Until when a thing is kept by which rule, and what keeps it beyond."""

    what: What
    kind: Kind
    days: int
    due_at: datetime
    kept_by: Keeper | None

    def is_over(self, now: datetime) -> bool:
        """Whether it is to be deleted."""
        return self.kept_by is None and self.due_at <= now


def kind_of(facts: Facts) -> Kind:
    """The kind of a call: what it was and what came of it."""
    if facts.intent is Intent.COMPLAINT or CaseKind.COMPLAINT in facts.cases:
        return Kind.COMPLAINT
    if facts.intent is Intent.EMERGENCY:
        return Kind.EMERGENCY
    if CaseKind.FOLLOW_UP in facts.cases:
        return Kind.FOLLOW_UP
    return Kind.MESSAGE if facts.has_message or CaseKind.MESSAGE in facts.cases else Kind.ROUTINE


def judge(rules: Rules, facts: Facts) -> list[Verdict]:
    """A verdict on everything of a call that is still there."""
    kind = kind_of(facts)
    keeper = Keeper.HOLD if facts.is_held else Keeper.COMPLAINT if facts.has_open_complaint else None
    verdicts = []
    for what in What:
        if what in facts.there:
            due = facts.ended_at + timedelta(days=rules.days[kind][what])
            if facts.complaint_closed_at is not None:
                due = max(due, facts.complaint_closed_at + timedelta(days=rules.after_complaint_days))
            verdicts.append(Verdict(what, kind, rules.days[kind][what], due, keeper))
    return verdicts


@cache
def of(file: Path | None) -> Rules:
    """The rules in the hospital's own file, the standard ones where it has none. Raises `ConfigError`."""
    return _read(*own_or_standard(file, ("recordings.retention", "retention.yaml"), "RETENTION_FILE"))


def read(text: str, name: str) -> Rules:
    """The rules in the YAML `text` of the file `name`. Raises `ConfigError` that names the field."""
    return _read(*plain(text, name))


def _read(raw: Any, name: str) -> Rules:
    raw = _fields(raw, {"after_complaint_days", "report_days", "kinds"}, name)
    kinds = _fields(raw["kinds"], set(Kind), f"{name}: kinds")
    days = {}
    for kind in Kind:
        row = _fields(kinds[kind], set(What), f"{name}: kinds.{kind}")
        days[kind] = {what: _days(row[what], f"{name}: kinds.{kind}.{what}") for what in What}
        if days[kind][What.TRANSCRIPT] > days[kind][What.REVIEW] and days[kind][What.AUDIO] > days[kind][What.REVIEW]:
            raise ConfigError(f"{name}: kinds.{kind}: a review must not be deleted before all that it judges")
    after, report = (_days(raw[field], f"{name}: {field}") for field in ("after_complaint_days", "report_days"))
    return Rules(days, after, report)


def _fields(raw: Any, wanted: set[str], at: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise ConfigError(f"{at}: holds no fields; there must be {', '.join(sorted(wanted))}")
    missing, strange = wanted - set(raw), set(raw) - wanted
    if missing or strange:
        told = [f"{', '.join(sorted(missing))} missing"] * bool(missing)
        told += [f"{', '.join(sorted(map(str, strange)))} unknown"] * bool(strange)
        raise ConfigError(f"{at}: {'; '.join(told)}")
    return raw


def _days(value: Any, at: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_DAYS:
        raise ConfigError(f"{at}: must be whole days, 1 to {LONGEST_DAYS}")
    return value
