"""The fields of one queue in the queue file."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, WithJsonSchema, model_validator

from hotline.configuration.field_types import (
    Context,
    Exactly,
    FieldFaults,
    FileModel,
    Known,
    OneOrMore,
    Parsed,
    ReadAs,
    Shorthand,
)
from hotline.values.language import Language
from hotline.values.phone_numbers import PhoneNumber
from routing.queues.hours import Hours
from routing.queues.hours_file import HoursField
from routing.queues.queues import HELPERS, LadderStep, OverflowKind, OverflowRule, Queue, SkillLevel

EVERYONE = "everyone"
NURSE = "nurse"
MOST_RINGS, MOST_PHONES, MOST_PRIORITY, MOST_LEVEL = 10, 50, 1000, 5
WRAP_UP_SECONDS = 30

Level = Annotated[int, Field(ge=1, le=MOST_LEVEL)]
Priority = Annotated[int, Field(ge=0, le=MOST_PRIORITY)]
Seconds = Annotated[int, Field(ge=0, le=3600)]
Faults = Iterator[tuple[Sequence[str | int], str]]


class NeedFields(FileModel):
    """How well a skill is needed: nobody below `least` is rung; who has `prefers` or more goes first."""

    least: Level = 1
    prefers: Level | None = None

    def value(self, _context: Context) -> SkillLevel:
        """Return the need."""
        if self.prefers is not None and self.prefers < self.least:
            fault = f"level {self.prefers} is below the least, {self.least}; prefer that level or a better one"
            raise FieldFaults([(("prefers",), fault)])
        return SkillLevel(self.least, self.prefers)


def _need(value: Any) -> Any:
    return {"least": value} if isinstance(value, str) else value


LEVEL_SCHEMA = {"type": "integer", "minimum": 1, "maximum": MOST_LEVEL}
NEED_SCHEMA = {
    "type": "object",
    "properties": {"least": LEVEL_SCHEMA, "prefers": LEVEL_SCHEMA},
    "additionalProperties": False,
}
NeedField = Annotated[SkillLevel, ReadAs(NeedFields), Shorthand(_need, LEVEL_SCHEMA)]


def _for_every_language(value: Any) -> Any:
    is_need = isinstance(value, dict) and not value.keys().isdisjoint(NeedFields.model_fields)
    return dict.fromkeys(Language, value) if isinstance(value, str) or is_need else value


def _phones(text: str) -> int | None:
    if text == EVERYONE:
        return MOST_PHONES + 1
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_PHONES else None


PHONES_SCHEMA = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": MOST_PHONES}, {"const": EVERYONE}]}
Phones = Annotated[
    int,
    Parsed(_phones, f"is no number of phones; write 1 to {MOST_PHONES}, or {EVERYONE}"),
    WithJsonSchema(PHONES_SCHEMA),
]


class StepFields(FileModel):
    """One ring of a ladder: how many phones ring in it, and the least level in it."""

    phones: Phones = Field(description=f"how many phones ring, or {EVERYONE}")
    least: Level | None = None

    def value(self, _context: Context) -> LadderStep:
        """Return the step."""
        return LadderStep(None if self.phones > MOST_PHONES else self.phones, self.least)


def _step(value: Any) -> Any:
    return {"phones": value} if isinstance(value, str) else value


class OverflowFields(FileModel):
    """What follows when nobody has answered, and when: after rings, or after a time since the caller asked."""

    kind: OverflowKind
    to: str | None = Field(None, description="the queue that helps, or the telephone number that takes over")
    after_rings: Seconds | None = None
    after_seconds: Seconds | None = None

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> "OverflowFields":
        FieldFaults.raise_any(self._faults(info.context or {}))
        return self

    def _faults(self, context: Context) -> Faults:
        if self.after_rings is not None and self.after_seconds is not None:
            yield ("after_seconds",), "stands beside after_rings; write one of them"
        queues = context.get("queues")
        if self.kind in HELPERS:
            if self.helper is None:
                yield ("to",), "missing; write the queue that helps"
            elif queues is not None and self.helper not in queues:
                yield ("to",), f"no queue {self.helper!r}; the queues are {', '.join(queues)}"
        elif self.kind is OverflowKind.NUMBER:
            if self.to is None:
                yield ("to",), "missing; write the number, like +861012345678"
            elif PhoneNumber.of_line(self.to) is None:
                yield ("to",), f"{self.to!r} is no telephone number; write it like +861012345678"
        elif self.to is not None:
            yield ("to",), f"{self.kind} leads to nobody else; remove it"

    @property
    def helper(self) -> str | None:
        """The queue that helps."""
        return self.to or (NURSE if self.kind is OverflowKind.NURSE else None)

    def way(self, usual_rings: int) -> OverflowRule:
        """Return what follows, after so many rings where the file says nothing."""
        number = PhoneNumber.of_line(self.to) if self.kind is OverflowKind.NUMBER and self.to else None
        to = self.helper if number is None else number.e164
        after = None if self.after_seconds is None else timedelta(seconds=self.after_seconds)
        return OverflowRule(self.kind, to, usual_rings if self.after_rings is None else self.after_rings, after)


def _overflow(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


class QueueFields(FileModel):
    """A queue: whom it asks for, who rings at which ring, and what follows when nobody answers."""

    zh: str
    en: str
    required_skills: dict[Annotated[str, Known("skill")], NeedField] = Field(
        description="whom the queue asks for, like required_skills: {booking: {least: 3, prefers: 4}}"
    )
    languages: Annotated[
        Mapping[Language, NeedField],
        Exactly.of(Language, missing=SkillLevel()),
        Shorthand(_for_every_language, {"anyOf": [LEVEL_SCHEMA, NEED_SCHEMA]}),
    ] = Field({})
    rings: Annotated[int, Field(ge=1, le=MOST_RINGS)] = 3
    ladder: Annotated[
        tuple[Annotated[LadderStep, ReadAs(StepFields), Shorthand(_step, PHONES_SCHEMA)], ...],
        OneOrMore(),
    ] = Field((), description="the phones at each ring; without it one more with each ring")
    overflow: Annotated[
        tuple[Annotated[OverflowFields, Shorthand(_overflow, {"enum": [*OverflowKind]})], ...], OneOrMore()
    ] = Field((), description="what follows after the last ring, in turn")
    priority: Priority = 0
    hours: HoursField | None = None
    wrap_up_seconds: Seconds = WRAP_UP_SECONDS

    @model_validator(mode="after")
    def _check(self) -> "QueueFields":
        FieldFaults.raise_any(self._ladder_faults())
        return self

    def _ladder_faults(self) -> Faults:
        if len(self.ladder) > self.rings:
            fault = f"there are only {self.rings} rings; remove this step or give the queue more rings"
            yield ("ladder", self.rings), fault
        before: int | None = 0
        for place, step in enumerate(self.ladder):
            if before is None and step.phones is not None:
                yield ("ladder", place), f"{step.phones} phones come after {EVERYONE}; phones only join"
            elif before and step.phones is not None and step.phones < before:
                fault = f"{step.phones} phones are fewer than in the ring before, {before}; phones only join"
                yield ("ladder", place), fault
            before = step.phones

    def queue(self, name: str, zone: ZoneInfo) -> Queue:
        """Return the queue of this name."""
        return Queue(
            name=name,
            label={Language.MANDARIN: self.zh, Language.ENGLISH: self.en},
            hours=self.hours or Hours(zone, is_always=True),
            required_skills=self.required_skills,
            languages=self.languages,
            rings=self.rings,
            ladder=self.ladder,
            overflow=tuple(entry.way(turn * self.rings) for turn, entry in enumerate(self.overflow, 1)),
            priority=self.priority,
            wrap_up_seconds=self.wrap_up_seconds,
        )
