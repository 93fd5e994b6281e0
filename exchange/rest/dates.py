"""Twilio's filters by time: `StartTime`, `StartTime>`, `StartTime<` and their like. Pure."""

from datetime import UTC, datetime, timedelta

from exchange.core.errors import ApiError
from exchange.rest.api import RestRequest

DAY = len("2026-01-01")


def is_within(ask: RestRequest, name: str, moment: datetime | None) -> bool:
    """Return whether a time fits the filters of that name; a day counts as the whole of it, what
    has no time fits none.
    """
    for sign in ("", ">", "<"):
        text = ask.text(f"{name}{sign}")
        if text and (moment is None or not _fits(sign, text, moment, f"{name}{sign}")):
            return False
    return True


def _fits(sign: str, text: str, moment: datetime, name: str) -> bool:
    try:
        bound = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise ApiError(400, 20001, f"{name} {text!r} is no date: use YYYY-MM-DD or ISO 8601") from error
    # Twilio's own library writes a day as its midnight.
    is_day = len(text) <= DAY or text[DAY:] == "T00:00:00Z"
    try:
        start = (bound if bound.tzinfo else bound.replace(tzinfo=UTC)).astimezone(UTC)
        end = start + (timedelta(days=1) if is_day else timedelta(seconds=1))
    except OverflowError as error:
        raise ApiError(400, 20001, f"{name} {text!r} is beyond all time") from error
    if sign == ">":
        return moment >= start
    return moment < end if sign == "<" else start <= moment < end
