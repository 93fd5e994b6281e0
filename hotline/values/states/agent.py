"""An agent: the status that they chose, the state that the system sees, and presence. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Lifecycle, Transition


class AgentStatus(StrEnum):
    """What the agent chose."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


class AgentStatusEvent(StrEnum):
    """What the agent does about their status."""

    BECAME_AVAILABLE = "became_available"
    WENT_AWAY = "went_away"
    WENT_OFFLINE = "went_offline"


# What an agent does who chooses a status.
CHOSEN = {
    AgentStatus.AVAILABLE: AgentStatusEvent.BECAME_AVAILABLE,
    AgentStatus.AWAY: AgentStatusEvent.WENT_AWAY,
    AgentStatus.OFFLINE: AgentStatusEvent.WENT_OFFLINE,
}
STATUS_LIFECYCLE = Lifecycle(
    AgentStatus,
    AgentStatusEvent,
    (
        Transition(AgentStatusEvent.BECAME_AVAILABLE, tuple(AgentStatus), AgentStatus.AVAILABLE),
        Transition(AgentStatusEvent.WENT_AWAY, tuple(AgentStatus), AgentStatus.AWAY),
        Transition(AgentStatusEvent.WENT_OFFLINE, tuple(AgentStatus), AgentStatus.OFFLINE),
    ),
    field="status",
)


class AgentState(StrEnum):
    """What the system is doing with the agent; `state_reason` says why an agent is not ready."""

    IDLE = "idle"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    NOT_READY = "not_ready"


class AgentStateEvent(StrEnum):
    """What happens to an agent."""

    OFFERED = "offered"  # by compare-and-set: the lease of an offer
    ANSWERED = "answered"
    OFFER_ENDED = "offer_ended"  # not by their doing, or before they met the caller
    MADE_NOT_READY = "made_not_ready"  # let it ring out, declined, or the phone failed
    HUNG_UP = "hung_up"
    READY_AGAIN = "ready_again"  # by their own choice, or when the time is over


_S, _E = AgentState, AgentStateEvent
STATE_LIFECYCLE = Lifecycle(
    AgentState,
    AgentStateEvent,
    (
        Transition(_E.OFFERED, (_S.IDLE, _S.NOT_READY), _S.OFFERED),
        Transition(_E.ANSWERED, (_S.OFFERED,), _S.TALKING),
        Transition(_E.OFFER_ENDED, (_S.OFFERED, _S.TALKING), _S.IDLE),
        Transition(_E.MADE_NOT_READY, (_S.IDLE, _S.OFFERED, _S.WRAP_UP), _S.NOT_READY),
        Transition(_E.HUNG_UP, (_S.TALKING,), _S.WRAP_UP),
        Transition(_E.READY_AGAIN, (_S.WRAP_UP, _S.NOT_READY), _S.IDLE),
    ),
)


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
    EXCHANGE_DOWN = "exchange_unreachable"
