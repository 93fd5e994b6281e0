"""Values as the pages show them: dates, times and numbers in the reader's language, masked numbers, rings.

`clock_here`, `day_here` and the numbers ask Flask-Babel for the language and the time zone of the request.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import flask_babel
from babel import dates

from hotline.values.phone_numbers import PhoneNumber
from hotline.values.states.agent import AgentState, AgentStatus

if TYPE_CHECKING:
    from hotline.models import Agent

DASH = "–"
# The 24-hour clock in both languages: nobody at a switchboard should think about a.m. and p.m.
CLOCK = "HH:mm:ss"


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the beginning of the local day of `now`."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def clock(moment: datetime | None, zone: ZoneInfo) -> str:
    """Return the local time of day by the 24-hour clock, `16:30:05`; a dash without one."""
    return DASH if moment is None else dates.format_time(moment, CLOCK, tzinfo=zone, locale="en")


def clock_here(moment: datetime | None) -> str:
    """Return the time of day where the hospital is, `16:30:05`; a dash without one."""
    return DASH if moment is None else str(flask_babel.format_time(moment, CLOCK))


def day_here(day: date | None) -> str:
    """Return a day, or the local day of a moment, as the reader writes it: `2026年3月2日`, `Mar 2, 2026`."""
    return DASH if day is None else str(flask_babel.format_date(day))


def number(e164: str | None) -> str | None:
    """Return a telephone number with its middle hidden; `None` for a withheld one."""
    return PhoneNumber(e164).masked if e164 else None


def rings(count: float | None) -> str:
    """Return rings with one decimal, rounded up, so that 3.01 never reads as within three; a dash without any."""
    return DASH if count is None else str(flask_babel.format_decimal(-(-count * 10 // 1) / 10, "0.0"))


def length(seconds: float | None) -> str:
    """Return minutes and seconds, `1:05`."""
    if seconds is None:
        return DASH
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    return f"{minutes}:{rest:02d}"


def percent(share: float | None) -> str:
    """Return a share as whole per cent, rounded down, so that 99.6 never reads as all; a dash without one."""
    return DASH if share is None else str(flask_babel.format_percent(math.floor(share * 100 + 1e-9) / 100))


def score(value: float | None) -> str:
    """Return a score or figure with one decimal; a dash without one."""
    return DASH if value is None else str(flask_babel.format_decimal(value, "0.0"))


def signed(value: float | None) -> str:
    """Return a difference with its sign and one decimal; a dash without one."""
    return DASH if value is None else str(flask_babel.format_decimal(value, "+0.0;-0.0"))


def absent(agent: Agent) -> bool:
    """Tell whether the page shows *phone not connected*: nobody can be put through to the agent, and not by choice.

    A telephone that the last dials did not reach is not known to be there before one gets through. Who talks is there.
    """
    if agent.status is AgentStatus.OFFLINE or agent.state is AgentState.TALKING:
        return False
    return not agent.is_present or agent.dial_failures > 0
