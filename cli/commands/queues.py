"""`hotline queues`: check the queue file, and show who rings when."""

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.console import Console
from rich.table import Table

from cli import audit_marks
from hotline import clock
from hotline.configuration.errors import FileFault
from hotline.configuration.settings import Settings
from hotline.values.language import Language
from routing.queues import hours, queues_file
from routing.queues.hours import WEEKDAYS, Hours, Span
from routing.queues.priority_patients import GreenChannel
from routing.queues.queues import HELPERS, LadderStep, OverflowKind, OverflowRule, Queue, QueueRules, SkillLevel

FILE = click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
WORDS = {
    OverflowKind.CALL_BACK: "callback",
    OverflowKind.VOICEMAIL: "voicemail",
}


@click.group()
def command() -> None:
    """Check or show the queues; without FILE those in QUEUES_FILE, else the standard ones."""


@command.command()
@FILE
@audit_marks.touches_nothing("the queue file")
def check(file: Path | None) -> None:
    """Say everything that is wrong with a queue file, with file, line and field."""
    found = _read(file)
    click.echo(f"{found.file}: {len(found.queues)} queues, {len(found.skills)} skills, no faults")


@command.command()
@FILE
@audit_marks.touches_nothing("the queue file")
def show(file: Path | None) -> None:
    """Show who rings at which ring, what follows, when each queue is open, and who goes ahead in the line."""
    found = _read(file)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table(found, clock.now()))
    console.print(f"Priority patients: {green(found.green)}")


def table(found: QueueRules, now: datetime) -> Table:
    """Return the queues, one row each."""
    shown = Table(title=found.file, show_lines=True)
    for heading in ("queue", "asks for", "who rings", "then", "open", "priority", "wrap-up"):
        shown.add_column(heading)
    for queue in found.queues.values():
        shown.add_row(
            f"{queue.name}\n{queue.label[Language.MANDARIN]}",
            _wish(queue),
            "\n".join(_steps(queue)),
            "\n".join(map(_way, queue.overflow)) or "–",
            f"{opening(queue.hours)}\n{_state(queue.hours, now)}",
            str(queue.priority),
            f"{queue.wrap_up_seconds} s",
        )
    return shown


def green(channel: GreenChannel) -> str:
    """Return who goes ahead, and how far."""
    ages = [(f"aged {least} or over", priority) for least, priority in channel.ages]
    facts = [
        *ages,
        ("limited mobility", channel.limited_mobility),
        ("cardiac", channel.cardiac),
        ("diabetic", channel.diabetic),
        ("flagged", channel.flagged),
        (f"discharged in the last {channel.discharged_days} days", channel.discharged),
    ]
    lifts = [f"{text} +{priority}" for text, priority in facts if priority]
    return f"{', '.join(lifts)}; together at most +{channel.at_most}" if lifts else "nobody"


def opening(table_of: Hours) -> str:
    """Return the hours in a few words: `monday-friday 08:00-17:30, holidays closed`."""
    if table_of.is_always:
        return "always"
    parts = []
    start = 0
    for day in range(1, len(WEEKDAYS) + 1):
        if day == len(WEEKDAYS) or table_of.week[day] != table_of.week[start]:
            if table_of.week[start]:
                last = f"-{WEEKDAYS[day - 1]}" if day - 1 > start else ""
                parts.append(f"{WEEKDAYS[start]}{last} {_spans(table_of.week[start])}")
            start = day
    parts += ["Chinese holidays closed, make-up days open"] if table_of.keeps_holidays else []
    parts += [f"{day} {_spans(spans)}" for day, spans in table_of.days]
    return "\n".join(parts) or "never"


def _state(table_of: Hours, now: datetime) -> str:
    if table_of.is_always:
        return ""
    coming = hours.next_opening(table_of, now)
    if coming is None:
        return "(does not open)"
    return "(open now)" if hours.is_open(table_of, now) else f"(opens {coming:%Y-%m-%d %H:%M})"


def _spans(spans: Sequence[Span]) -> str:
    return ", ".join(f"{span.start:%H:%M}-{span.end:%H:%M}" for span in spans) or "closed"


def _wish(queue: Queue) -> str:
    languages = {language.value: need for language, need in queue.languages.items()}
    return "\n".join(f"{name} {_need(need)}" for name, need in {**queue.required_skills, **languages}.items())


def _need(need: SkillLevel) -> str:
    return f"≥ {need.least}" + ("" if need.prefers is None else f", prefers {need.prefers}")


def _steps(queue: Queue) -> list[str]:
    """Ring by ring, up to the end of the queue's budget."""
    return [f"ring {number}: {_phones(queue.ladder, number)}" for number in range(1, queue.rings + 1)]


def _phones(ladder: Sequence[LadderStep], number: int) -> str:
    if not ladder:
        return "1 phone, 2 if to spare" if number == 1 else f"{number} phones"
    step = ladder[min(number, len(ladder)) - 1]
    level = "" if step.least is None else f", level ≥ {step.least}"
    if step.phones is None:
        return f"everyone{level}"
    phones = step.phones + max(0, number - len(ladder))
    return f"{phones} phone{'s' * (phones != 1)}{level}"


def _way(way: OverflowRule) -> str:
    when = f"after ring {way.after_rings}" if way.after is None else f"after {way.after.total_seconds():.0f} s"
    what = f"{way.to} helps" if way.kind in HELPERS else way.to or WORDS.get(way.kind, way.kind.value)
    return f"{when}: {what}"


def _read(file: Path | None) -> QueueRules:
    named = os.environ.get("QUEUES_FILE")
    zone = os.environ.get("TIMEZONE") or str(Settings.model_fields["timezone"].default)
    try:
        return queues_file.read_file(file or (Path(named) if named else queues_file.STANDARD), ZoneInfo(zone))
    except FileFault as fault:
        for line in fault.faults:
            click.echo(line, err=True)
        raise SystemExit(1) from fault
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.ClickException(f"TIMEZONE: {zone!r} is no time zone; write one like Asia/Shanghai") from error
