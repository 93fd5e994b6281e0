"""`hotline staffing`: how many agents each half hour needs, from the calls of past days or from a file."""

import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from cli import audit_marks
from cli.local import embedded
from hotline.context import open_context
from hotline.errors import ConfigError
from reports.service_level import figures, queries
from reports.staffing.erlang import Forecast, Load, agents_needed

USUAL_HANDLE_SECONDS = 180.0
BAR = 12
DATES = click.DateTime(["%Y-%m-%d"])


@dataclass(frozen=True)
class HalfHour:
    """Calls that asked for a person in a half hour, and how long each takes an agent where that is known."""

    name: str
    calls: float
    handle_seconds: float | None = None


@dataclass(frozen=True)
class StaffingRequest:
    """What staff is to reach, and what is assumed of callers and agents. `patience_seconds` 0: nobody gives up."""

    target: float
    answer_seconds: float
    handle_seconds: float | None
    patience_seconds: float
    pickup_seconds: float


@click.command()
@click.option("--from", "start", type=DATES, help="first day of the history, YYYY-MM-DD")
@click.option("--to", "end", type=DATES, help="its last day")
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path), help="CSV: half_hour,calls[,handle_s]")
@click.option("--handle-seconds", type=click.FloatRange(1, 36_000), help="an agent's time per call, wrap-up included")
@click.option("--patience-seconds", default=120.0, show_default=True, type=click.FloatRange(0), help="0: endless")
@click.option(
    "--pickup-seconds", default=4.0, show_default=True, type=click.FloatRange(0), help="until a phone is answered"
)
@click.option("--rings", default=3.0, show_default=True, type=click.FloatRange(0.5, 100), help="rings to answer within")
@click.option("--ring-seconds", default=5.0, show_default=True, type=click.FloatRange(0.2, 10), help="of one ring")
@click.option("--target", default=0.95, show_default=True, help="share of all who ask, between 0 and 1")
@click.option("--json", "out", type=click.Path(dir_okay=False, path_type=Path), help="write the result there too")
@audit_marks.touches_nothing("counts of calls per half hour")
def command(
    start: datetime | None,
    end: datetime | None,
    file: Path | None,
    out: Path | None,
    rings: float,
    ring_seconds: float,
    **other: float,
) -> None:
    """Agents needed in each half hour so that callers hear a person within three rings.

    From the days --from to --to of this hotline (the average day), or from --file. Callers who lose patience are
    counted as missed (Erlang-A).
    """
    wish = StaffingRequest(answer_seconds=rings * ring_seconds, **other)
    if file is not None:
        half_hours = read(file, start and start.date(), end and end.date())
    elif start is not None and end is not None:
        half_hours = history(start.date(), end.date())
    else:
        raise click.UsageError("name the days with --from and --to, or a --file")
    lines = [_line(half_hour, wish) for half_hour in half_hours]
    Console().print(table(lines, wish))
    if out is not None:
        _write(out, lines, wish)


def read(file: Path, start: date | None = None, end: date | None = None) -> list[HalfHour]:
    """Return the half hours of a CSV file; those with a date only between `start` and `end`. Raises `ConfigError`."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            if not {"half_hour", "calls"} <= set(rows.fieldnames or ()):
                raise ConfigError(f"{file}:1: the columns half_hour and calls are needed, handle_s may follow")
            found = [_half_hour(file, rows.line_num, row) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{file}: {error}") from error
    if not found:
        raise ConfigError(f"{file}: holds no half hours")
    return [half_hour for half_hour in found if _is_between(half_hour.name, start, end)]


def _half_hour(file: Path, line: int, row: dict[str, str | None]) -> HalfHour:
    name = (row["half_hour"] or "").strip()
    for form in ("%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"):
        try:
            moment = datetime.strptime(name, form)  # noqa: DTZ007 (local time, as the hospital writes it)
        except ValueError:
            continue
        if moment.minute in (0, 30):
            name = f"{moment:%H:%M}" if form == "%H:%M" else f"{moment:%Y-%m-%d %H:%M}"
            break
    else:
        raise ConfigError(f"{file}:{line}: half_hour: {name!r} is no half hour such as 08:30 or 2026-03-02 08:30")
    handle = row.get("handle_s")
    handle_seconds = _number(file, line, "handle_s", handle, 1) if handle else None
    return HalfHour(name, _number(file, line, "calls", row["calls"], 0), handle_seconds)


def _number(file: Path, line: int, field: str, text: str | None, least: float) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = -1.0
    if not least <= value < 1e6:
        raise ConfigError(f"{file}:{line}: {field}: {text!r} is no number of {least:g} or more")
    return value


def _is_between(name: str, start: date | None, end: date | None) -> bool:
    if len(name) == len("08:30"):
        return True
    day = date.fromisoformat(name[:10])
    return (start is None or day >= start) and (end is None or day <= end)


def history(start: date, end: date) -> list[HalfHour]:
    """Return the average day between `start` and `end`, from the database. Raises `ConfigError`."""
    if end < start:
        raise ConfigError("--to: before --from")
    settings = embedded.load()
    zone = ZoneInfo(settings.timezone)
    first = datetime(start.year, start.month, start.day, tzinfo=zone)
    with open_context(settings) as context, context.database.read() as session:
        following = datetime.combine(end + timedelta(days=1), datetime.min.time(), zone)
        counted = queries.between(session, first, following)
        # A callback is the work of the caller who asked for it: counted there, not once more.
        back = {callback.outbound_call_id for callback in counted.callbacks}
    return average([call for call in counted.calls if call.id not in back], (end - start).days + 1, zone)


def average(calls: Sequence[figures.CallTimes], days: int, zone: ZoneInfo) -> list[HalfHour]:
    """Return the half hours of the average of `days` days: calls that asked, and the mean length of conversations.

    Raises `ConfigError` when nobody asked for a person.
    """
    asked: dict[str, int] = defaultdict(int)
    lengths: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        if call.asked_at is None:
            continue
        name = f"{figures.half_hour(call.asked_at, zone):%H:%M}"
        asked[name] += 1
        if call.answered_at is not None and call.ended_at is not None:
            lengths[name].append((call.ended_at - call.answered_at).total_seconds())
    if not asked:
        raise ConfigError("--from, --to: nobody asked for a person in these days")
    return [
        HalfHour(name, asked[name] / days, max(1.0, sum(lengths[name]) / len(lengths[name])) if lengths[name] else None)
        for name in sorted(asked)
    ]


@dataclass(frozen=True)
class StaffingRow:
    """A half hour of the result."""

    half_hour: HalfHour
    handle_seconds: float
    forecast: Forecast


def _line(half_hour: HalfHour, wish: StaffingRequest) -> StaffingRow:
    handle = wish.handle_seconds or half_hour.handle_seconds or USUAL_HANDLE_SECONDS
    load = Load(half_hour.calls, handle, wish.patience_seconds or None, wish.pickup_seconds)
    try:
        return StaffingRow(half_hour, handle, agents_needed(load, wish.answer_seconds, wish.target))
    except ValueError as error:
        raise ConfigError(f"{half_hour.name}: {error}") from error


def table(lines: Sequence[StaffingRow], wish: StaffingRequest) -> Table:
    """The half hours with the agents each needs, as bars."""
    title = f"Agents for {wish.target:.0%} within {wish.answer_seconds:g} s"
    made = Table(title=title, title_justify="left")
    for name in ("half hour", "calls", "s each", "agents", "within", "give up", "busy"):
        made.add_column(name, justify="left" if name == "half hour" else "right")
    made.add_column("")
    most = max((line.forecast.agents for line in lines), default=0)
    for line in lines:
        found = line.forecast
        made.add_row(
            line.half_hour.name,
            f"{line.half_hour.calls:.1f}",
            f"{line.handle_seconds:.0f}",
            str(found.agents),
            f"{found.within:.1%}",
            f"{found.abandoned:.1%}",
            f"{found.occupancy:.0%}",
            "█" * round(found.agents / most * BAR) if most else "",
        )
    return made


def _write(out: Path, lines: Sequence[StaffingRow], wish: StaffingRequest) -> None:
    half_hours = [
        {
            "half_hour": line.half_hour.name,
            "calls": line.half_hour.calls,
            "handle_seconds": line.handle_seconds,
            **asdict(line.forecast),
        }
        for line in lines
    ]
    text = json.dumps({"assumed": asdict(wish), "half_hours": half_hours}, indent=2)
    out.write_text(text + "\n", "utf-8")
