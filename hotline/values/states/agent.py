"""An agent's status, state and presence. Pure."""

from enum import StrEnum


class AgentStatus(StrEnum):
    """What the agent chose."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


class AgentState(StrEnum):
    """What the system is doing with the agent."""

    IDLE = "idle"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    NOT_READY = "not_ready"


class SignsIn(StrEnum):
    """What proves that an agent is at work: a page of theirs that is open, or their telephone alone."""

    PAGE = "page"
    TELEPHONE = "telephone"


class PagePhone(StrEnum):
    """The telephone of an agent's page, as the page says."""

    NONE = "none"
    CONNECTING = "connecting"
    CONNECTED = "connected"


class AbsenceReason(StrEnum):
    """Why an agent can be offered no call, whatever their status: no page is open, or no telephone can be reached."""

    NOT_SIGNED_IN = "not_signed_in"
    NOT_CONNECTED = "not_connected"
    PAGE_SILENT = "page_silent"
    NOT_REACHED = "not_reached"
    EXCHANGE_DOWN = "exchange_down"
