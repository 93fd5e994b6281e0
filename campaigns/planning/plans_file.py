"""The file of a plan: who is called, by which script, how many days after discharge, at which hours."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from campaigns.planning.calling_windows import EVERY_DAY, MIDNIGHT, CallingHours
from campaigns.planning.plan import Plan, PlanStep
from hotline.configuration import yaml_file
from hotline.configuration.errors import FileFault
from hotline.configuration.field_types import Context, FieldFaults, FileModel, OneOrMore, Parsed, ReadAs
from hotline.configuration.settings import Settings
from hotline.configuration.texts import Label
from hotline.values.states.campaign import CampaignKind

STANDARD = Path(__file__).parents[1] / "plans"
DAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
END_OF_DAY = "24:00"
Day = Annotated[int, Field(ge=0, le=365)]
Age = Annotated[int, Field(ge=0, le=130)]
Texts = Annotated[tuple[str, ...], OneOrMore()]


def _clock(text: str) -> time | None:
    if text == END_OF_DAY:
        return MIDNIGHT
    return time.fromisoformat(text) if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text) else None


Clock = Annotated[
    time,
    Parsed(_clock, f'is no time of the day; write it like "09:00", and the end of a day "{END_OF_DAY}"', "^[0-9]{2}:"),
]


class CallingHoursFields(FileModel):
    """From one time of the day to a later one, in the patient's own zone."""

    from_: Clock = Field(alias="from", description='when calls begin, like from: "09:00"')
    to: Clock = Field(description='when calls end, like to: "20:00"')

    def value(self, _context: Context) -> CallingHours:
        """Return the hours."""
        if self.from_ >= self.to:
            raise ValueError(f"{self.from_:%H:%M} is not before {self.to:%H:%M}")
        return CallingHours(self.from_, self.to)


HoursField = Annotated[CallingHours, ReadAs(CallingHoursFields)]


class ForFields(FileModel):
    """Which discharges the plan fits; where nothing is written, every one."""

    conditions: Texts = ()
    wards: Texts = ()
    age: Age = 0


class StepFields(FileModel):
    """A call: `day` days after discharge, of use until day `until`."""

    name: str | None = None
    day: Day = 7
    until: Day | None = None

    def value(self, _context: Context) -> PlanStep:
        """Return the step."""
        until = self.day + 2 if self.until is None else self.until
        if until < self.day:
            fault = f"day {until} is before day {self.day}; the call is of use from one to the other"
            raise FieldFaults([(("until",), fault)])
        return PlanStep(self.name or f"day_{self.day}", self.day, until)


class ElderlyFields(FileModel):
    """The hours that also bind from an age on."""

    age: Annotated[int, Field(ge=1, le=130)] = 70
    hours: HoursField = CallingHours(time(9), time(17))


class PlanFile(FileModel):
    """A plan: who is called, by which script, how many days after discharge, at which hours."""

    standard: ClassVar = "campaigns/plans/standard.yaml"

    label: Label
    kind: CampaignKind = CampaignKind.FOLLOW_UP
    for_: ForFields = Field(ForFields(), alias="for")
    script: str = Field(description="the name of a script")
    steps: Annotated[tuple[Annotated[PlanStep, ReadAs(StepFields)], ...], OneOrMore()] = Field(
        description="at least one step, like - {day: 7, until: 14}", min_length=1
    )
    hours: HoursField = CallingHours(time(9), time(20))
    elderly: ElderlyFields = ElderlyFields()
    days: Annotated[
        tuple[Annotated[int, Parsed(DAYS.get, f"is not one of {', '.join(DAYS)}", f"^({'|'.join(DAYS)})$")], ...],
        OneOrMore(),
    ] = tuple(EVERY_DAY)

    @field_validator("steps")
    @classmethod
    def _check(cls, steps: tuple[PlanStep, ...]) -> tuple[PlanStep, ...]:
        FieldFaults.raise_any(_step_faults(steps))
        return steps

    def plan(self, name: str) -> Plan:
        """Return the plan of this name."""
        return Plan(
            name=name,
            label=self.label,
            kind=self.kind,
            script=self.script,
            steps=self.steps,
            hours=self.hours,
            elderly_hours=self.elderly.hours,
            elderly_age=self.elderly.age,
            conditions=frozenset(self.for_.conditions),
            wards=frozenset(self.for_.wards),
            least_age=self.for_.age,
            days=frozenset(self.days),
        )


def _step_faults(steps: tuple[PlanStep, ...]) -> Iterator[tuple[Sequence[str | int], str]]:
    for place, (before, step) in enumerate(pairwise(steps), 1):
        if step.day <= before.until:
            fault = f"day {step.day} is before the step {before.name!r} is over, on day {before.until}"
            yield (place, "day"), fault
    if len({step.name for step in steps}) < len(steps):
        yield (), "two steps have one name"


def of(settings: Settings) -> Mapping[str, Plan]:
    """Return the plans of this installation by name, read once. Raises `FileFault`."""
    return _read_once(settings.campaign_plans or STANDARD)


@cache
def _read_once(folder: Path) -> Mapping[str, Plan]:
    return read_folder(folder)


def read_folder(folder: Path) -> Mapping[str, Plan]:
    """Read every `*.yaml` of the folder as a plan named for its file. Raises `FileFault` with the faults of all."""
    plans: dict[str, Plan] = {}
    faults: list[str] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            plans[file.stem] = read_file(file)
        except FileFault as fault:
            faults.extend(fault.faults)
    if not plans and not faults:
        faults.append(f"{folder}:1: file: no plans (*.yaml) are here; copy campaigns/plans and change them")
    if faults:
        raise FileFault(faults)
    return plans


def read_file(file: Path) -> Plan:
    """Read the plan. Raises `FileFault` that lists everything that is wrong with it."""
    return parse(yaml_file.text_of(file), str(file), file.stem)


def parse(text: str, file: str, name: str) -> Plan:
    """Read the plan of this name; `file` is its name in messages. Raises `FileFault`."""
    if not NAME.match(name):
        fault = f"{name!r} is no name for a plan; small letters, digits and _, a letter first"
        raise FileFault([f"{file}:1: file: {fault}"])
    return yaml_file.parse(PlanFile, text, file).plan(name)
