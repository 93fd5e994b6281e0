"""A queue entry: somebody who waits for an agent. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Ignored, Lifecycle, Transition


class QueueEntryState(StrEnum):
    """Where a queue entry stands; `won` is assigned to the agent who answered first, and not yet connected."""

    WAITING = "waiting"
    WON = "won"
    CONNECTED = "connected"
    ABANDONED = "abandoned"
    LEFT = "left"


class QueueEntryEvent(StrEnum):
    """What happens to a queue entry."""

    WON = "won"  # by compare-and-set: `routing` answers an offer
    AGENT_LOST = "agent_lost"  # before they met
    CONNECTED = "connected"
    ABANDONED = "abandoned"  # the caller hung up
    LEFT = "left"  # the caller stays on the telephone, but waits no longer


class QueueEntryKind(StrEnum):
    """Who waits: a caller, or an agent who consults another while the caller is on hold."""

    CALLER = "caller"
    CONSULT = "consult"


_S, _E = QueueEntryState, QueueEntryEvent
LIFECYCLE = Lifecycle(
    QueueEntryState,
    QueueEntryEvent,
    (
        Transition(_E.WON, (_S.WAITING,), _S.WON),
        Transition(_E.AGENT_LOST, (_S.WON,), _S.WAITING),
        Transition(_E.CONNECTED, (_S.WON,), _S.CONNECTED),
        Transition(_E.ABANDONED, (_S.WAITING, _S.WON), _S.ABANDONED),
        Transition(_E.LEFT, (_S.WAITING,), _S.LEFT),
    ),
    (Ignored(_E.LEFT, (_S.WON,), "the caller is on the way to an agent already"),),
)
