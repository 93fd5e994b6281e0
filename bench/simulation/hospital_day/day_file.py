"""Reads a day file for `bench.floor`: every fault is named with its field, all of them at once."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from bench.simulation.hospital_day.day import WHOLE_DAY, DayAgent, DayCall, HospitalDay

DAYS = Path(__file__).resolve().parents[1] / "days"
TOP = ("ring_seconds", "agents", "calls")
SEAT = ("id", "skills", "shifts", "pickup_median_s", "pickup_sigma", "no_answer_rate")
CALL = ("t", "skill", "level", "priority", "handle_s", "patience_s")
# More faults than these tell nothing new.
MOST_FAULTS = 20
MISSING = object()


@dataclass
class _File:
    """A file being read: what is wrong with it, and which unknown fields are passed over."""

    faults: list[str] = field(default_factory=list)
    passed_over: set[str] = field(default_factory=set)

    def number(self, raw: dict[str, Any], at: str, bounds: tuple[float, float], default: object = MISSING) -> float:
        """Return the number in the field that `at` ends with, within `bounds`."""
        value = raw.get(at.rsplit(".", 1)[-1], default)
        if value is MISSING:
            self.faults.append(f"{at}: missing; write a number")
            return bounds[0]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.faults.append(f"{at}: must be a number, not {json.dumps(value)}")
            return bounds[0]
        if not bounds[0] <= value <= bounds[1]:
            self.faults.append(f"{at}: must be from {bounds[0]:g} to {bounds[1]:g}, not {value:g}")
        return float(value)

    def whole(self, raw: dict[str, Any], at: str, bounds: tuple[int, int], default: int) -> int:
        """Return the whole number in the field that `at` ends with."""
        value = self.number(raw, at, bounds, default)
        if value != int(value):
            self.faults.append(f"{at}: must be a whole number, not {value:g}")
        return int(value)

    def fields(self, raw: object, at: str, known: tuple[str, ...]) -> dict[str, Any]:
        """Return the named fields at `at`."""
        if not isinstance(raw, dict):
            self.faults.append(f"{at}: must hold named fields, {', '.join(known)}")
            return {}
        self.passed_over |= {name for name in raw if name not in known}
        return raw

    def entries(self, raw: dict[str, Any], name: str) -> list[Any]:
        """Return the entries of a list that must have some."""
        value = raw.get(name)
        if not isinstance(value, list) or not value:
            self.faults.append(f"{name}: must be a list with at least one entry")
            return []
        return value


def read(path: Path) -> HospitalDay:
    """Return the day in this file. Raises `click.ClickException` that names every field that is wrong."""
    try:
        raw = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise click.ClickException(f"{path}: no JSON that can be read: {error}") from error
    file = _File()
    top = file.fields(raw, "the file", TOP)
    seats = [_seat(file, entry, f"agents[{number}]") for number, entry in enumerate(file.entries(top, "agents"))]
    calls = [_call(file, entry, f"calls[{number}]") for number, entry in enumerate(file.entries(top, "calls"))]
    for twice in sorted({seat.id for seat in seats if [other.id for other in seats].count(seat.id) > 1}):
        file.faults.append(f"agents: the id {twice!r} stands there twice")
    day = HospitalDay(
        file.number(top, "ring_seconds", (0.5, 60.0), 5.0),
        tuple(seats),
        tuple(sorted(calls, key=lambda call: call.t)),
    )
    if file.faults:
        more = [f"and {len(file.faults) - MOST_FAULTS} more"] if len(file.faults) > MOST_FAULTS else []
        raise click.ClickException("\n".join(f"{path}: {fault}" for fault in file.faults[:MOST_FAULTS] + more))
    if file.passed_over:
        click.echo(f"{path}: passed over unknown fields: {', '.join(sorted(file.passed_over))}", err=True)
    return day


def _seat(file: _File, entry: object, at: str) -> DayAgent:
    raw = file.fields(entry, at, SEAT)
    name = raw.get("id")
    if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
        file.faults.append(f"{at}.id: missing or no text; every agent needs an id of their own")
    skills = raw.get("skills")
    if not isinstance(skills, dict) or not skills:
        file.faults.append(f'{at}.skills: must hold levels by skill, like {{"booking": 3}}')
        skills = {}
    return DayAgent(
        id=str(name),
        skills={skill: file.whole(skills, f"{at}.skills.{skill}", (0, 100), 0) for skill in skills},
        shifts=tuple(_shifts(file, raw.get("shifts"), f"{at}.shifts")),
        pickup_median_s=file.number(raw, f"{at}.pickup_median_s", (0.01, 3600.0), DayAgent.pickup_median_s),
        pickup_sigma=file.number(raw, f"{at}.pickup_sigma", (0.0, 10.0), DayAgent.pickup_sigma),
        no_answer_rate=file.number(raw, f"{at}.no_answer_rate", (0.0, 1.0), DayAgent.no_answer_rate),
    )


def _shifts(file: _File, raw: object, at: str) -> Iterator[tuple[float, float]]:
    """Yield the shifts; who has none is there all day."""
    if raw is None or raw == []:
        yield WHOLE_DAY
        return
    if not isinstance(raw, list):
        file.faults.append(f"{at}: must be a list of shifts, like [[28800, 43200]]")
        return
    for number, shift in enumerate(raw):
        is_pair = isinstance(shift, list | tuple) and len(shift) == 2
        if not is_pair or not all(isinstance(end, int | float) and not isinstance(end, bool) for end in shift):
            file.faults.append(f"{at}[{number}]: must be two numbers, seconds from midnight, like [28800, 43200]")
        elif shift[0] >= shift[1]:
            file.faults.append(f"{at}[{number}]: ends before it begins")
        else:
            yield float(shift[0]), float(shift[1])


def _call(file: _File, entry: object, at: str) -> DayCall:
    raw = file.fields(entry, at, CALL)
    skill = raw.get("skill")
    if not isinstance(skill, str) or not skill:
        file.faults.append(f"{at}.skill: missing or no text; write whom the caller asks for")
    return DayCall(
        t=file.number(raw, f"{at}.t", (0.0, 10 * WHOLE_DAY[1])),
        skill=str(skill),
        # Whoever asks for a skill asks for someone who has it.
        level=max(1, file.whole(raw, f"{at}.level", (0, 100), 1)),
        priority=file.whole(raw, f"{at}.priority", (-1_000_000, 1_000_000), 0),
        handle_s=file.number(raw, f"{at}.handle_s", (0.0, WHOLE_DAY[1])),
        patience_s=file.number(raw, f"{at}.patience_s", (0.0, 10 * WHOLE_DAY[1])),
    )
