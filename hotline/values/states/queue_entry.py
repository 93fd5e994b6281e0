"""The life of a queue entry. Pure."""

from enum import StrEnum


class QueueEntryState(StrEnum):
    """The life of one caller in line."""

    WAITING = "waiting"
    WON = "won"
    CONNECTED = "connected"
    ABANDONED = "abandoned"
    LEFT = "left"


class QueueEntryKind(StrEnum):
    """Who waits in a place in line: a caller, or an agent who consults another while the caller is on hold."""

    CALLER = "caller"
    CONSULT = "consult"
