"""The life of a transfer. Pure."""

from enum import StrEnum


class TransferKind(StrEnum):
    """How a conversation is handed on: the caller goes at once, or the agents talk first."""

    BLIND = "blind"
    CONSULT = "consult"


class TransferState(StrEnum):
    """The life of one transfer."""

    ASKED = "asked"
    CONSULTING = "consulting"
    MERGED = "merged"
    COMPLETED = "completed"
    TAKEN_BACK = "taken_back"
    FAILED = "failed"


OPEN_TRANSFERS = frozenset({TransferState.ASKED, TransferState.CONSULTING, TransferState.MERGED})
