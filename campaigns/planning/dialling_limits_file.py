"""Reads the caps: what calls to patients may do at most, by the body of law that holds, each with its source."""

from functools import cache
from pathlib import Path

from campaigns.errors import PlanFault
from campaigns.planning import plans_file
from campaigns.planning.dialling_limits import Caps
from hotline.configuration.settings import Settings
from hotline.configuration.yaml_fields import Field, Source

STANDARD = Path(__file__).with_name("dialling_limits.yaml")
# Figure -> least and most that may be written.
FIGURES = {
    "tries": (1, 10),
    "tries_a_day": (1, 5),
    "tries_a_week": (1, 20),
    "hours_apart": (1, 72),
    "ring_seconds": (15, 60),
    "calls_a_second": (1, 100),
    "lost_target_permille": (1, 30),
    "lost_limit_permille": (1, 30),
}


def of(settings: Settings) -> Caps:
    """The caps that hold for this installation, read once. Raises `PlanFault`."""
    return _read_once(settings.dialling_limits_file or STANDARD, settings.campaign_law)


@cache
def _read_once(file: Path, law: str) -> Caps:
    return read_file(file, law)


def read_file(file: Path, law: str) -> Caps:
    """The caps of `law` in this file. Raises `PlanFault` that lists everything that is wrong with it."""
    text = plans_file.text_of(file)
    source = Source(str(file))
    root = source.open(text)
    found = {name: _caps(name, field) for name, field in root.items()}
    if law not in found and not source.faults:
        root.fault(f"no caps for {law!r}, which CAMPAIGN_LAW names; there are {', '.join(found) or 'none'}")
    if source.faults:
        raise PlanFault(source.in_order())
    return found[law]


def _caps(law: str, field: Field) -> Caps:
    field.only("hours", *FIGURES)
    figures, sources = {}, {}
    for name, (least, most) in FIGURES.items():
        entry = field.get(name)
        figures[name] = _value(entry).whole(least, least, most)
        sources[name] = entry.get("source").text()
    hours = field.get("hours")
    sources["hours"] = hours.get("source").text()
    return Caps(law=law, hours=plans_file.hours(_value(hours)), sources=sources, **figures)


def _value(field: Field) -> Field:
    field.only("value", "source")
    value = field.get("value")
    if value.is_missing:
        field.fault("missing; write {value: …, source: where the figure comes from}")
    return value
