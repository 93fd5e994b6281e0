"""How long sound, words and reviews of a call are kept, and what keeps them longer: rules as data. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from hotline.configuration.field_types import Exactly, FieldFaults, FileModel
from hotline.values.intent import Intent
from hotline.values.states.case import CaseKind

LONGEST_DAYS = 36_500


class RetentionItem(StrEnum):
    """The things that are deleted by themselves, in this order."""

    AUDIO = "audio"
    TRANSCRIPT = "transcript"
    REVIEW = "review"


class RetainedCallKind(StrEnum):
    """The kinds of calls that have periods of their own; the first that fits counts."""

    COMPLAINT = "complaint"
    EMERGENCY = "emergency"
    FOLLOW_UP = "follow_up"
    MESSAGE = "message"
    ROUTINE = "routine"


class RetentionBlock(StrEnum):
    """The reasons for which evidence is kept although its time is over."""

    HOLD = "legal_hold"
    COMPLAINT = "open_complaint"


Days = Annotated[int, Field(ge=1, le=LONGEST_DAYS)]


class RetentionRules(FileModel):
    """How many days sound, words and reviews of a call are kept after its end, by kind of call."""

    standard: ClassVar = "recordings/retention/retention.yaml"

    days: Annotated[
        Mapping[RetainedCallKind, Annotated[Mapping[RetentionItem, Days], Exactly.of(RetentionItem)]],
        Exactly.of(RetainedCallKind),
    ] = Field(alias="kinds")
    after_complaint_days: Days = Field(
        description="for how many days a complaint's evidence is kept after the complaint is closed"
    )
    report_days: Days = Field(description="for how many days the files of reports are kept")

    @field_validator("days")
    @classmethod
    def _check(
        cls, days: Mapping[RetainedCallKind, Mapping[RetentionItem, int]]
    ) -> Mapping[RetainedCallKind, Mapping[RetentionItem, int]]:
        FieldFaults.raise_any(
            ((kind,), "a review must not be deleted before all that it judges")
            for kind, kept in days.items()
            if kept[RetentionItem.REVIEW] < min(kept[RetentionItem.TRANSCRIPT], kept[RetentionItem.AUDIO])
        )
        return days


@dataclass(frozen=True)
class RetentionFacts:
    """The facts of a call that the rules ask for."""

    ended_at: datetime
    intent: Intent
    there: frozenset[RetentionItem]
    cases: frozenset[CaseKind] = frozenset()
    has_message: bool = False
    is_held: bool = False
    has_open_complaint: bool = False
    complaint_closed_at: datetime | None = None


@dataclass(frozen=True)
class RetentionVerdict:
    """Until when a thing is kept by which rule, and what keeps it beyond."""

    what: RetentionItem
    kind: RetainedCallKind
    days: int
    due_at: datetime
    kept_by: RetentionBlock | None

    def is_over(self, now: datetime) -> bool:
        """Return whether it is to be deleted."""
        return self.kept_by is None and self.due_at <= now


def kind_of(facts: RetentionFacts) -> RetainedCallKind:
    """Return the kind of a call: what it was and what came of it."""
    if facts.intent is Intent.COMPLAINT or CaseKind.COMPLAINT in facts.cases:
        return RetainedCallKind.COMPLAINT
    if facts.intent is Intent.EMERGENCY:
        return RetainedCallKind.EMERGENCY
    if CaseKind.FOLLOW_UP in facts.cases:
        return RetainedCallKind.FOLLOW_UP
    return (
        RetainedCallKind.MESSAGE if facts.has_message or CaseKind.MESSAGE in facts.cases else RetainedCallKind.ROUTINE
    )


def verdicts(rules: RetentionRules, facts: RetentionFacts) -> list[RetentionVerdict]:
    """Return a verdict on everything of a call that is still there."""
    kind = kind_of(facts)
    keeper = RetentionBlock.HOLD if facts.is_held else RetentionBlock.COMPLAINT if facts.has_open_complaint else None
    verdicts = []
    for what in RetentionItem:
        if what in facts.there:
            due = facts.ended_at + timedelta(days=rules.days[kind][what])
            if facts.complaint_closed_at is not None:
                due = max(due, facts.complaint_closed_at + timedelta(days=rules.after_complaint_days))
            verdicts.append(RetentionVerdict(what, kind, rules.days[kind][what], due, keeper))
    return verdicts
