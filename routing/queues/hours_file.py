"""Opening hours as they are written in a YAML file: of the voice menu, of a queue."""

from datetime import date
from zoneinfo import ZoneInfo

from hotline.configuration.yaml_fields import Field
from routing.queues.hours import WEEKDAYS, Hours, Span, parse_span, parse_weekdays

ALWAYS = "always"
OTHER = ("open", "days", "holidays")
HOLIDAYS = {"china": True, "none": False}


def read(field: Field, zone: ZoneInfo) -> Hours:
    """The hours in this field; missing or `always` means at any hour. What is wrong is written down at its place."""
    if field.is_missing or (field.is_scalar and field.text() == ALWAYS) or field.get("open").text("") == ALWAYS:
        return Hours(zone, is_always=True)
    week: list[tuple[Span, ...]] = [()] * len(WEEKDAYS)
    for name, spans in field.items():
        days = parse_weekdays(name)
        if days is None and name not in OTHER:
            spans.fault(
                f"no weekday; write {', '.join(WEEKDAYS)}, a range like monday-friday, days, holidays or open: always"
            )
        for day in days or ():
            week[day] = _spans(spans)
    dated = [(_date(text, spans), _spans(spans)) for text, spans in field.get("days").items()]
    return Hours(
        zone,
        tuple(week),
        tuple((day, spans) for day, spans in dated if day is not None),
        keeps_holidays=field.get("holidays").one_of(HOLIDAYS, False),
    )


def _date(text: str, field: Field) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        field.fault(f"{text!r} is no date; write YYYY-MM-DD")
        return None


def _spans(field: Field) -> tuple[Span, ...]:
    found = []
    for entry in field.list():
        span = parse_span(entry.text())
        if span is None:
            entry.fault(f"{entry.text()!r} is no span of a day; write 08:00-17:30")
        else:
            found.append(span)
    return tuple(found)
