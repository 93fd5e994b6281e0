"""Opening hours as they are written in a YAML file: of the voice menu, of a queue."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.json_schema import WithJsonSchema

from hotline.configuration.field_types import Context, FileModel, OneOrMore, Parsed, ReadAs, Shorthand
from routing.queues.hours import WEEKDAYS, Hours, Span, parse_span, parse_weekdays

ALWAYS = "always"
DAY = f"({'|'.join(WEEKDAYS)})"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


SpanField = Annotated[Span, Parsed(parse_span, "is no span of a day; write 08:00-17:30")]
Spans = Annotated[tuple[SpanField, ...], OneOrMore()]
Weekdays = Annotated[
    range,
    Parsed(
        parse_weekdays,
        f"is no weekday; write {', '.join(WEEKDAYS)}, a range like monday-friday, days, holidays or open: always",
        f"^{DAY}(-{DAY})?$",
    ),
]
Date = Annotated[date, Parsed(_date, "is no date; write YYYY-MM-DD", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class HoursFields(FileModel):
    """Opening hours: spans of the day by weekday, dates that differ, and whether Chinese public holidays are kept."""

    week: dict[Weekdays, Spans] = Field({})
    days: dict[Date, Spans] = Field({}, description="dates that differ; an empty list closes the day")
    holidays: Literal["china", "none"] = "none"
    open: Literal["always"] | None = None

    def value(self, context: Context) -> Hours:
        """Return the hours in the zone of the context."""
        zone = context["zone"]
        if self.open == ALWAYS:
            return Hours(zone, is_always=True)
        week: list[tuple[Span, ...]] = [()] * len(WEEKDAYS)
        for days, spans in self.week.items():
            week[days.start : days.stop] = [spans] * len(days)
        return Hours(zone, tuple(week), tuple(self.days.items()), keeps_holidays=self.holidays == "china")


def _by_part(value: Any) -> Any:
    """Sort the weekdays, which stand beside the other fields, into one part."""
    if value is None or value == ALWAYS:
        return {"open": ALWAYS}
    if not isinstance(value, dict):
        return value
    others = {"days", "holidays", "open"}
    parts = {name: part for name, part in value.items() if name in others}
    return parts | {"week": {name: part for name, part in value.items() if name not in others}}


_SPANS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
HoursField = Annotated[
    Hours,
    ReadAs(HoursFields),
    Shorthand(_by_part, {"const": ALWAYS}),
    WithJsonSchema(
        {
            "description": HoursFields.__doc__,
            "anyOf": [
                {"const": ALWAYS},
                {
                    "type": "object",
                    "properties": {
                        "open": {"const": ALWAYS},
                        "holidays": {"enum": ["china", "none"]},
                        "days": {"type": "object", "additionalProperties": _SPANS},
                    },
                    "patternProperties": {f"^{DAY}(-{DAY})?$": _SPANS},
                    "additionalProperties": False,
                },
            ],
        }
    ),
]
