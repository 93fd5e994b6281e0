"""Reads plans. Whatever is wrong with one is said with file, line and field, all of it at once."""

import re
from collections.abc import Mapping
from datetime import time
from functools import cache
from pathlib import Path

from campaigns.errors import PlanFault
from campaigns.planning.calling_windows import EVERY_DAY, MIDNIGHT, Hours
from campaigns.planning.plan import Plan, Step
from hotline.configuration.settings import Settings
from hotline.configuration.yaml_fields import Field, Source
from hotline.values.language import Language
from hotline.values.states.campaign import CampaignKind

STANDARD = Path(__file__).parents[1] / "plans"
TOP = ("label", "kind", "for", "script", "steps", "hours", "elderly", "days")
DAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
SHORT = {"zh": Language.MANDARIN, "en": Language.ENGLISH}
KINDS = {kind.value: kind for kind in CampaignKind}
LAST_DAY = 365
ELDERLY_AGE, ELDERLY_HOURS = 70, Hours(time(9), time(17))
DAY_HOURS = Hours(time(9), time(20))
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\Z")
END_OF_DAY = "24:00"


def of(settings: Settings) -> Mapping[str, Plan]:
    """The plans of this installation by name, read once. Raises `PlanFault`."""
    return _read_once(settings.campaign_plans or STANDARD)


@cache
def _read_once(folder: Path) -> Mapping[str, Plan]:
    return read_folder(folder)


def read_folder(folder: Path) -> Mapping[str, Plan]:
    """Every `*.yaml` of the folder as a plan named for its file. Raises `PlanFault` with the faults of all."""
    plans: dict[str, Plan] = {}
    faults: list[str] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            plans[file.stem] = read_file(file)
        except PlanFault as fault:
            faults.extend(fault.faults)
    if not plans and not faults:
        faults.append(f"{folder}:1: file: no plans (*.yaml) are here; copy campaigns/plans and change them")
    if faults:
        raise PlanFault(faults)
    return plans


def read_file(file: Path) -> Plan:
    """The plan in this file. Raises `PlanFault` that lists everything that is wrong with it."""
    return parse(text_of(file), str(file), file.stem)


def text_of(file: Path) -> str:
    """The text of a file of ours. Raises `PlanFault` where it cannot be read."""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanFault([f"{file}:1: file: cannot be read: {error}"]) from error


def parse(text: str, file: str, name: str) -> Plan:
    """The plan in this text; `file` is its name in messages. Raises `PlanFault`."""
    source = Source(file)
    root = source.open(text)
    plan = None if root.is_missing else _plan(root, name)
    if plan is None and not source.faults:
        root.fault("is empty; copy one of campaigns/plans and change it")
    if plan is None or source.faults:
        raise PlanFault(source.in_order())
    return plan


def _plan(root: Field, name: str) -> Plan:
    root.only(*TOP)
    if not NAME.match(name):
        root.fault(f"{name!r} is no name for a plan; small letters, digits and _, a letter first")
    wanted, elderly = root.get("for"), root.get("elderly")
    wanted.only("conditions", "wards", "age")
    elderly.only("age", "hours")
    root.get("label").only(*SHORT)
    return Plan(
        name=name,
        label={language: root.get("label").get(word).text() for word, language in SHORT.items()},
        kind=root.get("kind").one_of(KINDS, CampaignKind.FOLLOW_UP),
        script=root.get("script").text(),
        steps=_steps(root.get("steps")),
        hours=hours(root.get("hours"), DAY_HOURS),
        elderly_hours=hours(elderly.get("hours"), ELDERLY_HOURS),
        elderly_age=elderly.get("age").whole(ELDERLY_AGE, 1, 130),
        conditions=frozenset(field.text() for field in wanted.get("conditions").list()),
        wards=frozenset(field.text() for field in wanted.get("wards").list()),
        least_age=wanted.get("age").whole(0, 0, 130),
        days=_days(root.get("days")),
    )


def _steps(field: Field) -> tuple[Step, ...]:
    found: list[Step] = []
    for entry in field.list():
        entry.only("name", "day", "until")
        day = entry.get("day").whole(7, 0, LAST_DAY)
        until = entry.get("until").whole(day + 2, 0, LAST_DAY)
        if until < day:
            entry.get("until").fault(f"day {until} is before day {day}; the call is of use from one to the other")
        if found and day <= found[-1].until:
            entry.get("day").fault(f"day {day} is before the step {found[-1].name!r} is over, on day {found[-1].until}")
        found.append(Step(entry.get("name").text(f"day_{day}"), day, until))
    if not found:
        field.fault("missing; write at least one, like - {day: 7, until: 14}")
    if len({step.name for step in found}) != len(found):
        field.fault("two steps have one name")
    return tuple(found)


def _days(field: Field) -> frozenset[int]:
    if field.is_missing:
        return EVERY_DAY
    return frozenset(entry.one_of(DAYS, 0) for entry in field.list())


def hours(field: Field, default: Hours = DAY_HOURS) -> Hours:
    """`{from: "09:00", to: "20:00"}`."""
    if field.is_missing:
        return default
    field.only("from", "to")
    opens, closes = _clock(field.get("from"), default.opens), _clock(field.get("to"), default.closes)
    if opens >= closes:
        field.fault(f"{opens:%H:%M} is not before {closes:%H:%M}")
        return default
    return Hours(opens, closes)


def _clock(field: Field, default: time) -> time:
    text = field.text()
    if text == END_OF_DAY:
        return MIDNIGHT
    found = CLOCK.match(text)
    if text and found is None:
        field.fault(f'{text!r} is no time of the day; write it like "09:00", and the end of a day "24:00"')
    return time(int(found[1]), int(found[2])) if found else default
