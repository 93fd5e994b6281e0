"""How values look on the pages: local times, masked numbers, rings, lengths. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hotline.models import Agent
from hotline.values.phone_numbers import PhoneNumber
from hotline.values.states.agent import AgentState, AgentStatus


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the local day of `now`."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def clock(moment: datetime | None, zone: ZoneInfo) -> str:
    """The local time of day, `16:30:05`; a dash where there is none."""
    return "–" if moment is None else moment.astimezone(zone).strftime("%H:%M:%S")


def day(moment: datetime, zone: ZoneInfo) -> str:
    """The local day, `2026-03-02`."""
    return moment.astimezone(zone).strftime("%Y-%m-%d")


def number(e164: str | None) -> str | None:
    """A caller's number with its middle hidden; `None` where it was withheld."""
    return PhoneNumber(e164).masked if e164 else None


def rings(count: float | None) -> str:
    """Rings with one decimal, always up, so that 3.01 never reads as within three; a dash where there are none."""
    return "–" if count is None else f"{-(-count * 10 // 1) / 10:.1f}"


def length(seconds: float | None) -> str:
    """Minutes and seconds, `1:05`."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    return f"{minutes}:{rest:02d}"


def percent(share: float | None) -> str:
    """A share as whole per cent, always down, so that 99.6 never reads as all; a dash where there is none."""
    return "–" if share is None else f"{int(share * 100 + 1e-9)}%"


def absent(agent: Agent) -> bool:
    """Whether *phone not connected* is to be shown of an agent: nobody can be put through to them, and not by choice.

    A telephone that the last dials did not reach is not known to be there before one gets through. Who talks is there.
    """
    if agent.status is AgentStatus.OFFLINE or agent.state is AgentState.TALKING:
        return False
    return not agent.is_present or agent.dial_failures > 0
