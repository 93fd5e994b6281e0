"""How long sound, words and reviews of a call are kept, and what keeps them longer: rules as data. Pure, but `of`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from hotline.configuration import yaml_file
from hotline.configuration.field_types import Exactly, FieldFaults, FileModel
from hotline.values.intent import Intent
from hotline.values.states.case import CaseKind

LONGEST_DAYS = 36_500
STANDARD = Path(__file__).with_name("retention.yaml")


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


Days = Annotated[int, Field(ge=1, le=LONGEST_DAYS)]


class Rules(FileModel):
    """How many days sound, words and reviews of a call are kept after its end, by kind of call."""

    standard: ClassVar = "recordings/retention/retention.yaml"

    days: Annotated[Mapping[Kind, Annotated[Mapping[What, Days], Exactly.of(What)]], Exactly.of(Kind)] = Field(
        alias="kinds"
    )
    after_complaint_days: Days = Field(
        description="for how many days a complaint's evidence is kept after the complaint is closed"
    )
    report_days: Days = Field(description="for how many days the files of reports are kept")

    @field_validator("days")
    @classmethod
    def _check(cls, days: Mapping[Kind, Mapping[What, int]]) -> Mapping[Kind, Mapping[What, int]]:
        FieldFaults.raise_any(
            ((kind,), "a review must not be deleted before all that it judges")
            for kind, kept in days.items()
            if kept[What.REVIEW] < min(kept[What.TRANSCRIPT], kept[What.AUDIO])
        )
        return days


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
    """Return the rules in the hospital's own file, the standard ones where it has none. Raises `FileFault`."""
    return yaml_file.read(Rules, file or STANDARD)


def read(text: str, name: str) -> Rules:
    """Read the rules; `name` is their file in messages. Raises `FileFault`."""
    return yaml_file.parse(Rules, text, name)
