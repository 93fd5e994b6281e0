"""When a recipient may be called, as their row keeps it: planned hours, days, the time they prefer."""

from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.planning import dialling_limits_file
from campaigns.planning.calling_windows import CallingHours, CallingWindow
from hotline.configuration.settings import Settings
from hotline.models import Recipient


def window_of(settings: Settings, recipient: Recipient) -> CallingWindow | None:
    """Return when this recipient may be called: as it was planned, within the hours that the law allows today."""
    stored = recipient.preferences
    planned, preferred = _hours(stored.get("hours")), _hours(stored.get("preferred"))
    legal = dialling_limits_file.of(settings).hours
    hours = legal if planned is None else planned.within(legal)
    if hours is None:
        return None
    window = CallingWindow(ZoneInfo(recipient.zone), hours, preferred=preferred)
    return replace(window, days=frozenset(stored["days"])) if "days" in stored else window


def write_window(window: CallingWindow) -> dict[str, Any]:
    """Return the window as the recipient's row keeps it."""
    stored: dict[str, Any] = {"hours": _pair(window.hours), "days": sorted(window.days)}
    return stored | ({"preferred": _pair(window.preferred)} if window.preferred else {})


def _pair(hours: CallingHours) -> list[str]:
    return [f"{hours.opens:%H:%M}", f"{hours.closes:%H:%M}"]


def _hours(pair: Any) -> CallingHours | None:
    return None if not pair else CallingHours(time.fromisoformat(pair[0]), time.fromisoformat(pair[1]))
